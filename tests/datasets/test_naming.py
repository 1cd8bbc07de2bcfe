import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.naming import clean_class_name, split_hinted, split_named
from core.settings import MAX_CLASS_NAME_CHARS


@pytest.mark.parametrize(
    ("found", "kept"),
    [
        ("  cat \n", "cat"),
        ("1.0", "1"),
        ("-2.00", "-2"),
        ("1.5", "1.5"),
        ("v1.0", "v1.0"),
        ("ca\u200bt\u202e", "cat"),
        ("cafe\u0301", "caf\u00e9"),
        ("two\twords", "two words"),
        ("\u200b", ""),
        ("x" * 500, "x" * MAX_CLASS_NAME_CHARS),
    ],
)
def test_class_names_are_made_safe_to_show(found, kept):
    assert clean_class_name(found) == kept


@given(st.text())
def test_cleaning_a_clean_name_changes_nothing(name):
    once = clean_class_name(name)
    assert clean_class_name(once) == once


@pytest.mark.parametrize(
    ("name", "split"),
    [
        ("Train", "train"),
        ("TRAINING", "train"),
        ("training_set", "train"),
        ("valid", "val"),
        ("Validation Data", "val"),
        ("dev", "val"),
        ("test", "test"),
        ("trainstation", None),
        ("test tube", None),
        ("data", None),
        ("", None),
    ],
)
def test_words_that_name_a_split(name, split):
    assert split_named(name) == split


def test_longer_names_may_hint_at_one_split():
    assert split_hinted("seg_train") == "train"
    assert split_hinted("test-00000-of-00001") == "test"
    assert split_hinted("train_test") is None
    assert split_hinted("reviews") is None
