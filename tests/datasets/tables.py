"""Small tables of samples whose labels are changed in tests: four texts in each of three classes."""

import numpy as np

from core.datasets.identity import identify
from core.datasets.records import Dataset

NAMES = ("cats", "cows", "dogs")
SPLITS = ("train", "train", "val", "test")


def sample_id(name, number):
    return f"{name}{number}"


def three_classes(**changes):
    """Ids are "cats0" to "dogs3"; of each class two train, one is in val, one in test."""
    ids = tuple(sample_id(name, number) for name in NAMES for number in range(4))
    labels, splits = np.repeat(np.arange(3), 4), np.array(SPLITS * 3)
    parts = {
        "name": "pets",
        "modality": "text",
        "class_names": NAMES,
        "sample_ids": ids,
        "labels": labels,
        "splits": splits,
        "sources": tuple(f"row {key}" for key in ids),
        "texts": tuple(f"text {key}" for key in ids),
        "skipped": (),
        "findings": (),
        "split_origin": "given",
        "columns": ("text", "label"),
        "created_at": "2026-01-01T00:00:00+00:00",
        **changes,
    }
    named = identify(*(parts[key] for key in ("modality", "class_names", "sample_ids", "labels", "splits")))
    return Dataset(id=named, **parts)


def classes_of(dataset):
    """The class of each sample by its id."""
    return {key: dataset.class_names[label] for key, label in zip(dataset.sample_ids, dataset.labels, strict=True)}


def with_copy(original, copy):
    """The ids of `three_classes`, one of them with the content of another."""
    return tuple(original if key == copy else key for key in three_classes().sample_ids)
