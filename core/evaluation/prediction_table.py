"""Every prediction of a run in one table, kept as one Parquet file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from core.arrays import FloatArray, IntArray, StrArray
from core.datasets.records import SplitName


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PredictionTable:
    """What a run answered; one row per sample, all sequences of length n_samples.

    Attributes:
        sample_ids: hash of each sample's content.
        splits: shape (n_samples,), "train", "val" or "test".
        labels: true classes, shape (n_samples,), integers in [0, n_classes).
        predictions: predicted classes, same shape and range.
        probs: class probabilities, shape (n_samples, n_classes), float32.
        sources: where each sample came from, as the person knows it; for display only.
    """

    sample_ids: tuple[str, ...]
    splits: StrArray
    labels: IntArray
    predictions: IntArray
    probs: FloatArray
    sources: tuple[str, ...]

    def __post_init__(self) -> None:
        lengths = {len(self.splits), len(self.labels), len(self.predictions), len(self.probs), len(self.sources)}
        if lengths != {len(self.sample_ids)} or self.probs.ndim != 2:
            raise ValueError(f"A prediction table needs columns of one length; found {sorted(lengths)}.")

    @property
    def n_samples(self) -> int:
        """How many predictions the table has, over all splits."""
        return len(self.sample_ids)

    def rows(self, split: SplitName) -> IntArray:
        """Row numbers of one split, ascending, shape (n_split,)."""
        return np.flatnonzero(self.splits == split)


def save_predictions(table: PredictionTable, path: Path) -> None:
    """Write the table to one Parquet file; the caller sees to it that no half-written file is taken for a whole."""
    n_classes = table.probs.shape[1]
    flat = pa.array(np.ascontiguousarray(table.probs, dtype=np.float32).reshape(-1))
    columns = {
        "sample_id": pa.array(table.sample_ids, type=pa.string()),
        "split": pa.array([str(name) for name in table.splits], type=pa.string()),
        "label": pa.array(table.labels.astype(np.int32)),
        "prediction": pa.array(table.predictions.astype(np.int32)),
        "probs": pa.FixedSizeListArray.from_arrays(flat, n_classes),
        "source": pa.array(table.sources, type=pa.string()),
    }
    pq.write_table(pa.table(columns), path, compression="zstd")


def load_predictions(path: Path) -> PredictionTable:
    """The table `save_predictions` wrote; raises OSError or pyarrow.ArrowException where the file is none."""
    stored = pq.read_table(path).combine_chunks()
    n_classes = stored.schema.field("probs").type.list_size
    probs = stored.column("probs").combine_chunks().flatten().to_numpy(zero_copy_only=False)
    return PredictionTable(
        sample_ids=tuple(stored.column("sample_id").to_pylist()),
        splits=np.array(stored.column("split").to_pylist(), dtype=np.str_),
        labels=stored.column("label").to_numpy().astype(np.int64),
        predictions=stored.column("prediction").to_numpy().astype(np.int64),
        probs=probs.astype(np.float32).reshape(-1, n_classes),
        sources=tuple(stored.column("source").to_pylist()),
    )
