import numpy as np

from core.datasets.checks import UNLEARNED, find_all
from core.datasets.records import Dataset, Skipped
from core.datasets.tables import EMPTY_TEXT


def dataset(labels, *, ids=None, splits=None, names=("cats", "dogs"), texts=(), skipped=()):
    n = len(labels)
    return Dataset(
        id="0" * 16,
        name="pets",
        modality="text" if texts else "image",
        class_names=names,
        sample_ids=tuple(ids or map(str, range(n))),
        labels=np.array(labels),
        splits=np.array(splits or ["train"] * n),
        sources=tuple(map(str, range(n))),
        texts=texts,
        skipped=skipped,
        findings=(),
        split_origin="given",
        columns=(),
        created_at="",
    )


def found(data):
    return {finding.code: (finding.severity, finding.n) for finding in find_all(data)}


BALANCED = [0] * 10 + [1] * 10


def test_a_sound_dataset_has_no_findings():
    assert found(dataset(BALANCED)) == {}


def test_copies_are_counted():
    assert found(dataset(BALANCED, ids=["a", "a", "a", *map(str, range(17))])) == {"duplicates": ("warning", 2)}


def test_the_same_content_in_two_splits_is_an_error():
    splits = ["train", "val"] * 10
    data = dataset(BALANCED, ids=["a", "a", *map(str, range(18))], splits=splits)
    assert found(data)["split_leak"] == ("error", 1)
    assert find_all(data)[0].code == "split_leak"


def test_a_leak_of_less_than_one_per_cent_is_a_warning():
    splits = ["train", "val"] * 150
    data = dataset([0, 0, 1, 1] * 75, ids=["a", "a", *map(str, range(298))], splits=splits)
    assert found(data)["split_leak"] == ("warning", 1)


def test_the_same_content_under_two_labels_is_told():
    labels = [1, *BALANCED[1:]]
    assert found(dataset(labels, ids=["a", "a", *map(str, range(18))]))["label_conflict"] == ("warning", 1)


def test_imbalance_is_told_from_three_times_on():
    assert found(dataset([0] * 30 + [1] * 10)) == {"class_imbalance": ("warning", 20)}
    assert found(dataset([0] * 29 + [1] * 10)) == {}


def test_small_classes_are_told():
    assert found(dataset([0] * 10 + [1] * 9)) == {"small_classes": ("warning", 1)}


def test_names_that_differ_only_in_writing_are_told():
    data = dataset([*BALANCED, *[2] * 10], names=("Card lost", "card_lost", "other"))
    assert found(data) == {"similar_class_names": ("warning", 2)}
    assert found(dataset(BALANCED, names=("!", "?"))) == {}


def test_classes_missing_in_a_split_are_told():
    splits = ["train"] * 15 + ["val"] * 5
    assert found(dataset(BALANCED, splits=splits))["class_missing_in_split"] == ("warning", 1)


def test_samples_left_out_are_told():
    skipped = (Skipped(file="a", reason=EMPTY_TEXT), Skipped(file="b", reason=f'{UNLEARNED} ("x")'))
    assert found(dataset(BALANCED, skipped=skipped)) == {
        "class_not_in_train": ("warning", 1),
        "empty_texts": ("info", 1),
    }


def test_very_short_and_very_long_texts_are_told():
    texts = ("ok", "x" * 100_000, *[f"text {n}" for n in range(18)])
    assert found(dataset(BALANCED, texts=texts)) == {"short_texts": ("info", 1), "long_texts": ("info", 1)}
