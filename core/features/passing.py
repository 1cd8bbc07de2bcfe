"""One forward pass through frozen stages, with taps: what the head sees, and what the first trainable stage sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.backbones.records import FeatureChoice
from core.backbones.staged import StagedBackbone
from core.features.ahead import made_ahead
from core.features.cache import ArrayCache, cache_key
from core.features.cut_sink import CutSink
from core.features.engine import Engine
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.inputs import Inputs
from core.features.shelf import VALUES, PickedRows, RowArray, SampleShelf
from core.features.sources import BatchSource, DenseSource, RaggedSource

BLOCK = 8_192
"""Rows whose features are stored together: what an interrupted pass loses at most."""

POOLED = "pooled"
_TAPS: dict[FeatureChoice, str] = {"last-stage": POOLED, "every-stage": "joined"}

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taps:
    """What a pass brings back, one row per row of the inputs; of rows that were not asked for it holds anything.

    Attributes:
        pooled: what the head sees after all stages, shape (n_rows, n_features), float32, read from the disk when it
            is indexed; None if not asked for.
        activations: what enters the stage at the cut; None if not asked for, or where the cut is 0.
        pass_s: seconds per row that all stages took just now, reading included; None where they were not all computed,
            or for one batch only, whose time is mostly preparation.
    """

    pooled: RowArray | None
    activations: BatchSource | None
    pass_s: float | None = None


def tap_features(
    backbone: StagedBackbone,
    inputs: Inputs,
    rows: IntArray,
    *,
    weights_key: str,
    cut: int | None,
    want_pooled: bool,
    engine: Engine,
    cache: ArrayCache,
    on_progress: Progress,
    features: FeatureChoice = "last-stage",
) -> Taps:
    """Pass rows once through the stages and keep what was asked for, on disk for whoever asks again.

    What any pass computed before with the same weights is not computed again, whichever dataset it was for.

    Args:
        backbone: used in evaluation mode throughout.
        inputs: the samples.
        rows: those that are needed.
        weights_key: names the content of the backbone's tensors.
        cut: keep what enters stage number `cut`; None if that is not wanted.
        want_pooled: keep the features.
        engine: device and precision of the pass.
        cache: where the arrays are kept.
        on_progress: called with (rows done, rows to compute).
        features: what these are: the pooled output of the last stage, or that of every stage, joined.
    """
    keys = tap_keys(inputs.key, weights_key, engine, cut, features)
    shelves = SampleShelf(cache, keys[0]), SampleShelf(cache, keys[1])
    wanted = (want_pooled, bool(cut))
    names = [inputs.names[row] for row in rows]
    is_missing = [
        shelf.find(names).is_missing if is_wanted else np.zeros(len(rows), dtype=bool)
        for shelf, is_wanted in zip(shelves, wanted, strict=True)
    ]
    work = _Work(backbone, inputs, engine, cache, weights_key, features, *shelves)
    to_compute = int((is_missing[0] | is_missing[1]).sum())
    pass_s, done = None, 0
    for pools, cuts in ((True, True), (True, False), (False, True)):
        part = rows[(is_missing[0] == pools) & (is_missing[1] == cuts)]
        if len(part):
            seconds = work.compute(part, cut if cuts else None, pools, _shifted(on_progress, done, to_compute))
            pass_s = seconds if pools else pass_s
            done += len(part)
    return Taps(
        pooled=_read_pooled(shelves[0], inputs, rows) if want_pooled else None,
        activations=_read_cut(shelves[1], inputs, rows) if cut else None,
        pass_s=pass_s,
    )


def tap_keys(
    inputs_key: str, weights_key: str, engine: Engine, cut: int | None, features: FeatureChoice = "last-stage"
) -> tuple[str, str]:
    """Under which the cache keeps the features, and what enters stage number `cut`."""
    parts = {"inputs": inputs_key, "weights": weights_key, "engine": engine.frozen_key}
    return cache_key(tap=_TAPS[features], **parts), cache_key(tap="cut", cut=cut, **parts)


def by_length(rows: IntArray, lengths: IntArray | None) -> IntArray:
    """The rows, those of similar length beside each other, so that little padding is computed."""
    return rows if lengths is None else rows[np.argsort(lengths[rows], kind="stable")]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Carried:
    """What a frozen pass makes of a batch.

    Attributes:
        mask: of texts, shape (n, T), True where a token is real; None for images.
        at_cut: what enters the stage at the cut, shape (n, ...); None where that is not wanted.
        pooled: the features, shape (n, n_features); None where they are not wanted.
    """

    mask: torch.Tensor | None
    at_cut: torch.Tensor | None
    pooled: torch.Tensor | None


def carry(source: BatchSource, rows: IntArray, frozen_pass: FrozenPass) -> Iterator[tuple[IntArray, Carried]]:
    """Pass rows batch by batch: places among the rows, and what became of the samples there.

    As many batches are computed at a time as the pass takes, while one more is being read.
    """

    def carried(part: IntArray) -> Carried:
        batch = source.batch(rows[part])
        at_cut, pooled = frozen_pass(batch)
        return Carried(mask=batch.mask, at_cut=at_cut, pooled=pooled)

    share = -(-len(rows) // frozen_pass.n_at_once)  # few rows are shared out, too
    places = by_length(np.arange(len(rows)), None if source.lengths is None else source.lengths[rows])
    parts = chunks(places, max(1, min(share, frozen_pass.batch_size)))
    return made_ahead(parts, carried, n_ahead=frozen_pass.n_at_once + 1)


def chunks(rows: IntArray, size: int) -> Iterator[IntArray]:
    """The rows, so many at a time."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


@dataclass(frozen=True, slots=True)
class _Work:
    """Everything about a pass but which rows and which taps."""

    backbone: StagedBackbone
    inputs: Inputs
    engine: Engine
    cache: ArrayCache
    weights_key: str
    features: FeatureChoice
    pooled_shelf: SampleShelf
    cut_shelf: SampleShelf

    def compute(self, rows: IntArray, cut: int | None, want_pooled: bool, on_progress: Progress) -> float | None:
        """Add rows to the shelves; seconds per row after the first batch, in which an engine prepares itself."""
        frozen_pass = build_pass(
            self.backbone,
            cut=cut,
            want_pooled=want_pooled,
            engine=self.engine,
            cache=self.cache,
            weights_key=self.weights_key,
            features=self.features,
        )
        clock = _Clock(len(rows), on_progress)
        # Blocks of neighbours in length: what is sorted only within a block would be padded more.
        for block in chunks(by_length(rows, self.inputs.lengths), BLOCK):
            with ExitStack() as entries:
                sink = self._open_sink(block, cut, want_pooled, entries)
                source = entries.enter_context(self.inputs.reading(block))
                for part, found in carry(source, block, frozen_pass):
                    sink.write(part, found)
                    clock.count(len(part))
                sink.close()
        return clock.seconds_per_row

    def _open_sink(self, block: IntArray, cut: int | None, want_pooled: bool, entries: ExitStack) -> _Sink:
        names, lengths = [self.inputs.names[row] for row in block], self.inputs.lengths
        sink = _Sink(len(block))
        if want_pooled:
            sink.pooled_folder = entries.enter_context(self.pooled_shelf.adding(names))
        if cut:
            folder = entries.enter_context(self.cut_shelf.adding(names))
            sink.at_cut = CutSink(folder, len(block), None if lengths is None else lengths[block])
        return sink


class _Sink:
    """What a block of rows is written to, as far as it is wanted."""

    def __init__(self, n_rows: int) -> None:
        self._n_rows = n_rows
        self._pooled: FloatArray | None = None
        self.pooled_folder: Path | None = None
        self.at_cut: CutSink | None = None

    def write(self, part: IntArray, found: Carried) -> None:
        if self.at_cut and found.at_cut is not None:
            self.at_cut.write(part, found.at_cut)
        if self.pooled_folder and found.pooled is not None:
            if self._pooled is None:
                self._pooled = np.empty((self._n_rows, found.pooled.shape[1]), dtype=np.float32)
            self._pooled[part] = found.pooled.float().cpu().numpy()

    def close(self) -> None:
        if self.pooled_folder and self._pooled is not None:
            np.save(self.pooled_folder / f"{POOLED}.npy", self._pooled)
        if self.at_cut:
            self.at_cut.close()


class _Clock:
    """Counts rows, tells about them, and times a pass from the end of its first batch on."""

    def __init__(self, n_all: int, on_progress: Progress) -> None:
        self._n_all = n_all
        self._on_progress = on_progress
        self._n_done = self._n_first = 0
        self._started = self._ended = 0.0

    def count(self, n_rows: int) -> None:
        self._n_done += n_rows
        self._ended = time.perf_counter()
        if not self._n_first:
            self._n_first, self._started = n_rows, self._ended
        self._on_progress(self._n_done, self._n_all)

    @property
    def seconds_per_row(self) -> float | None:
        n_timed = self._n_done - self._n_first
        return (self._ended - self._started) / n_timed if n_timed else None


def _shifted(on_progress: Progress, n_before: int, n_all: int) -> Progress:
    return lambda done, _: on_progress(n_before + done, n_all)


def _read_pooled(shelf: SampleShelf, inputs: Inputs, rows: IntArray) -> PickedRows:
    found = shelf.require([inputs.names[row] for row in rows])
    joined = found.joined(POOLED)
    return PickedRows(joined, _spread(found.places(joined), inputs, rows))


def _read_cut(shelf: SampleShelf, inputs: Inputs, rows: IntArray) -> BatchSource:
    found = shelf.require([inputs.names[row] for row in rows])
    joined = found.joined(VALUES)
    if inputs.lengths is None:
        return DenseSource(joined, _spread(found.places(joined), inputs, rows))
    return RaggedSource(joined, _spread(found.token_starts(joined), inputs, rows), inputs.lengths)


def _spread(places: IntArray, inputs: Inputs, rows: IntArray) -> IntArray:
    """Places of some rows as those of all rows; 0 for the others."""
    of_all = np.zeros(len(inputs.names), dtype=np.int64)
    of_all[rows] = places
    return of_all
