from dataclasses import replace

import numpy as np
import pytest

from core.datasets.adding import add_samples
from core.datasets.gathering import Gathered, Stored
from core.datasets.naming import RawSample
from core.datasets.records import Skipped
from core.datasets.similar import join_groups
from core.errors import DatasetError
from tests.datasets.tables import classes_of, three_classes


def new(key, class_name="cats", *, group=None, split=None, source=None):
    raw = RawSample(
        content=f"text {key}", class_name=class_name, split=split, source=source or f"from {key}", group=group
    )
    return Stored(raw, key, raw.content)


def grown(data, items, *, skipped=(), copies=None, seed=0):
    gathered = Gathered(skipped=list(skipped))
    for item in items:
        gathered.add(item)
    copies = join_groups([*data.sample_ids, *gathered.sample_ids]) if copies is None else copies
    return add_samples(data, gathered, copies=copies, seed=seed, version=2)


def splits_of(data):
    return dict(zip(data.sample_ids, data.splits.tolist(), strict=True))


def drawn(**changes):
    return three_classes(split_origin="drawn", **changes)


def test_what_is_there_stays_where_it_is_and_what_comes_is_added_at_the_end():
    data = drawn()
    made = grown(data, [new("cats9"), new("zebra0", "zebras"), new("zebra1", "zebras")])
    assert made.sample_ids[:12] == data.sample_ids
    assert {key: splits_of(made)[key] for key in data.sample_ids} == splits_of(data)
    assert classes_of(made) == {**classes_of(data), "cats9": "cats", "zebra0": "zebras", "zebra1": "zebras"}
    assert (made.parent, made.version, made.changes, made.name) == (data.id, 2, "3 added", "pets (version 2)")
    assert made.texts[-3:] == ("text cats9", "text zebra0", "text zebra1")


def test_what_is_there_already_or_comes_twice_is_left_out_and_listed():
    data = drawn()
    made = grown(
        data,
        [new("cats0"), new("dogs1"), new("cats9"), new("cats9", "dogs")],
        skipped=(Skipped(file="x", reason="damaged"),),
    )
    assert classes_of(made) == {**classes_of(data), "cats9": "cats"}
    reasons = {(item.file, item.reason) for item in made.skipped}
    assert reasons == {
        ("x", "damaged"),
        ("from cats0", "it is in the dataset already"),
        ("from dogs1", 'it is in the dataset already, as "dogs"'),
        ("from cats9", "it comes twice"),
    }
    assert made.changes == "1 added, 4 left out"


def test_nothing_new_is_refused_with_the_reason():
    with pytest.raises(DatasetError, match="because it is in the dataset already"):
        grown(drawn(), [new("cats0")])


def test_a_new_class_needs_two_samples():
    with pytest.raises(DatasetError, match='too few would be left in "zebras"'):
        grown(drawn(), [new("zebra0", "zebras")])


def test_a_group_stays_together_and_goes_where_samples_of_it_are():
    data = drawn(groups=tuple(f"scene {n % 4}" for n in range(12)), kept_together="samples of one group")
    items = [*(new(f"a{n}", group="scene 2") for n in range(5)), *(new(f"b{n}", group="burst 7") for n in range(5))]
    splits = splits_of(grown(data, items))
    assert {splits[f"a{n}"] for n in range(5)} == {"val"}, "scene 2 is in val"
    assert len({splits[f"b{n}"] for n in range(5)}) == 1


def test_a_near_copy_of_a_sample_goes_to_its_side():
    data = drawn()
    copies = np.array([*range(12), 3, 2])  # of cats3 in test and of cats2 in val
    splits = splits_of(grown(data, [new("x"), new("y")], copies=copies))
    assert (splits["x"], splits["y"]) == ("test", "val")


def test_new_samples_fill_what_each_part_lacks():
    data = drawn()
    made = grown(data, [new(f"c{n}") for n in range(28)])
    counts = {split: made.class_counts(split)["cats"] for split in ("train", "val", "test")}
    assert counts == {"train": 16, "val": 8, "test": 8}, "a quarter is in val and in test, as before"


def test_a_new_class_is_learned_first_and_then_judged():
    data = drawn()
    one = grown(data, [new(f"z{n}", "zebras", group="one") for n in range(6)])
    assert one.class_counts("train")["zebras"] == 6
    items = [new(f"z{n}", "zebras", group=f"burst {n // 3}") for n in range(9)]
    three = grown(data, items)
    assert {split: three.class_counts(split)["zebras"] for split in ("train", "val", "test")} == {
        "train": 3,
        "val": 3,
        "test": 3,
    }


def test_a_split_that_others_know_is_left_alone():
    data = three_classes()
    made = grown(data, [new(f"c{n}") for n in range(20)])
    assert made.split_sizes() == {"train": 26, "val": 3, "test": 3}
    mixed = grown(replace(data, split_origin="mixed"), [new(f"c{n}") for n in range(20)])
    assert mixed.split_sizes()["test"] == 3
    assert mixed.split_sizes()["val"] > 3


def test_a_part_that_a_sample_names_is_kept():
    made = grown(three_classes(), [new("a", split="test"), new("b", split="val")])
    assert (splits_of(made)["a"], splits_of(made)["b"]) == ("test", "val")


def test_the_same_samples_give_the_same_version():
    items = [new(f"c{n}") for n in range(9)]
    assert grown(drawn(), items).id == grown(drawn(), items).id


def test_files_that_begin_alike_stay_together_where_that_is_the_rule():
    data = drawn(kept_together="files whose names begin alike", sources=tuple(f"s{n}_x.jpg" for n in range(12)))
    items = [new("a", source="s2_y.jpg"), new("b", source="s3_y.jpg")]
    splits = splits_of(grown(data, items))
    assert (splits["a"], splits["b"]) == ("val", "test")
