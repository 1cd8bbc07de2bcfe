import io

import pytest

from core.datasets.entries import Entry
from core.datasets.readers.folders import place_entries


def placed(*names):
    entries = [Entry(name=name, size=1, open=io.BytesIO) for name in names]
    found, skipped = place_entries(entries)
    rows = {item.entry.name: (item.class_name, item.split) for item in found}
    return [rows.get(name) for name in names], [item.file for item in skipped]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("cats/1", "dogs/1"), [("cats", None), ("dogs", None)]),
        (("a/b/cats/1", "a/b/dogs/1"), [("cats", None), ("dogs", None)]),
        (("a/cats/deep/1", "a/dogs/1"), [("cats", None), ("dogs", None)]),
        (("Train/cats/1", "VALIDATION/cats/1"), [("cats", "train"), ("cats", "val")]),
        (("a/train/cats/1", "a/valid/cats/1", "a/test/dogs/1"), [("cats", "train"), ("cats", "val"), ("dogs", "test")]),
        (("train/cats/1", "train/dogs/1"), [("cats", "train"), ("dogs", "train")]),
        (("train/train/cats/1", "test/test/cats/1"), [("cats", "train"), ("cats", "test")]),
        (("seg_train/seg_train/sea/1", "seg_test/seg_test/sea/1"), [("sea", "train"), ("sea", "test")]),
        (("cats/train/1", "cats/test/1", "dogs/train/1"), [("cats", "train"), ("cats", "test"), ("dogs", "train")]),
        (("train/1", "plane/1", "bus/1"), [("train", None), ("plane", None), ("bus", None)]),
        (("train/x/1", "plane/x/1"), [("train", None), ("plane", None)]),
        (("cats /1", "do\u200bgs/1"), [("cats", None), ("dogs", None)]),
    ],
)
def test_class_and_split_are_read_from_the_folders(names, expected):
    assert placed(*names) == (expected, [])


def test_files_outside_every_class_folder_are_listed():
    rows, skipped = placed("root/cover", "root/cats/1", "root/dogs/1")
    assert rows == [None, ("cats", None), ("dogs", None)]
    assert skipped == ["root/cover"]


def test_folders_beside_the_splits_are_listed():
    rows, skipped = placed("train/a/1", "val/a/1", "extra/a/1", "train/loose")
    assert rows == [("a", "train"), ("a", "val"), None, None]
    assert sorted(skipped) == ["extra/a/1", "train/loose"]


def test_no_entries_are_no_samples():
    assert placed() == ([], [])
