"""What a dataset is once it has been read: the records that leave this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from core.arrays import IntArray, StrArray

Modality = Literal["image", "text"]
SplitName = Literal["train", "val", "test"]
SPLIT_NAMES: tuple[SplitName, ...] = ("train", "val", "test")


@dataclass(frozen=True, kw_only=True, slots=True)
class Skipped:
    """One file or row that could not be used.

    Attributes:
        file: its name as the person knows it ("cats/1.jpg", "train.csv row 12"); for display only.
        reason: why, in a few plain words.
    """

    file: str
    reason: str


Remedy = Literal["", "drop-copies", "drop-near-copies", "redraw-split", "merge-names", "drop-plain"]
Severity = Literal["info", "warning", "error"]
MAX_ROWS = 200
"""Rows that a finding keeps: what a person may look at, not what a remedy works on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """One thing a check noticed about the data.

    Attributes:
        code: permanent identifier, such as "class_imbalance".
        severity: "info" (good to know), "warning" (numbers may mislead), "error" (results would be wrong).
        message: what was noticed and what to do, in plain words.
        n: how many samples (or classes) it concerns.
        rows: rows of the dataset to look at, those that belong together side by side; at most MAX_ROWS of them.
        remedy: what a button can do about it; empty where that takes a person.
    """

    code: str
    severity: Severity
    message: str
    n: int
    rows: tuple[int, ...] = ()
    remedy: Remedy = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Dataset:
    """A frozen table of labeled samples; one row per sample, all sequences of length n_samples.

    Attributes:
        id: 16 hex digits, see `core.datasets.identity`.
        name: what the person calls it, a later version with its number; for display only, never part of a path.
        modality: "image" or "text".
        class_names: names in label order, sorted once at import.
        sample_ids: 40 hex digits per sample, the hash of its content; equal content has equal ids.
        labels: shape (n_samples,), integers in [0, n_classes).
        splits: shape (n_samples,), "train", "val" or "test".
        sources: where each sample came from, as the person knows it; for display only.
        texts: the texts themselves; empty for images, whose bytes lie in the store under their sample id.
        skipped: what could not be used, each with its reason.
        findings: what the checks noticed.
        split_origin: "given" where the data came with its own split, "drawn" where we drew it, "mixed" where a
            validation (or test) split was drawn beside a given one.
        columns: for tables the names of the text and the label column used; empty otherwise.
        created_at: ISO 8601 time of import, UTC; not part of the hash.
        hard: sample ids that a person marked as hard to judge, sorted; training does not look at them.
        parent: id of the version this one was made from; empty for what was imported.
        version: 1 for what was imported; counts on along all versions made of it.
        changes: what is different from the parent, in words ("3 relabelled, 1 excluded"); empty without one.
        groups: what each sample belongs to, such as a person or a scene, where the data say so; else empty.
        kept_together: what a drawn split keeps on one side besides copies, in words ("samples of one speaker"); empty
            where nothing else.
    """

    id: str
    name: str
    modality: Modality
    class_names: tuple[str, ...]
    sample_ids: tuple[str, ...]
    labels: IntArray
    splits: StrArray
    sources: tuple[str, ...]
    texts: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    findings: tuple[Finding, ...]
    split_origin: Literal["given", "drawn", "mixed"]
    columns: tuple[str, ...]
    created_at: str
    hard: tuple[str, ...] = ()
    parent: str = ""
    version: int = 1
    changes: str = ""
    groups: tuple[str, ...] = ()
    kept_together: str = ""

    @property
    def n_samples(self) -> int:
        """How many samples the table has, over all splits."""
        return len(self.sample_ids)

    @property
    def n_classes(self) -> int:
        """How many classes there are."""
        return len(self.class_names)

    def rows(self, split: SplitName) -> IntArray:
        """Row numbers of one split, ascending, shape (n_split,)."""
        return np.flatnonzero(self.splits == split)

    def split_sizes(self) -> dict[SplitName, int]:
        """Samples per split, in the order train, val, test; zero where a split is absent."""
        return {name: int((self.splits == name).sum()) for name in SPLIT_NAMES}

    def class_counts(self, split: SplitName | None = None) -> dict[str, int]:
        """Samples per class name, of one split or of all."""
        labels = self.labels if split is None else self.labels[self.rows(split)]
        counts = np.bincount(labels, minlength=self.n_classes)
        return {name: int(count) for name, count in zip(self.class_names, counts, strict=True)}


@dataclass(frozen=True, kw_only=True, slots=True)
class DatasetCard:
    """What a list of datasets shows without reading the samples; the attributes are those of the dataset."""

    id: str
    name: str
    modality: Modality
    n_samples: int
    n_classes: int
    created_at: str
    parent: str = ""
    version: int = 1
    changes: str = ""
