import pytest

from core.datasets.changes import (
    LabelChanges,
    delete_class,
    describe_changes,
    exclude,
    leave_as_is,
    mark,
    relabel,
    rename_class,
    settle,
)
from core.errors import DatasetError, UnknownChoiceError
from tests.datasets.tables import three_classes, with_copy

NONE = LabelChanges()


def test_what_is_said_of_a_sample_last_counts():
    excluded = exclude(relabel(NONE, ["cats0"], "dogs"), ["cats0"])
    assert (excluded.relabelled, excluded.excluded) == ({}, ("cats0",))
    back = relabel(excluded, ["cats0"], "cows")
    assert (back.relabelled, back.excluded) == ({"cats0": "cows"}, ())


def test_a_sample_can_be_left_as_it_is_after_all():
    changes = mark(exclude(relabel(NONE, ["cats0"], "dogs"), ["cats1"]), ["cats0", "cats2"], is_hard=True)
    assert leave_as_is(changes, ["cats0", "cats1"]) == mark(NONE, ["cats2"], is_hard=True)


def test_renaming_and_deleting_a_class_take_each_other_back():
    assert delete_class(rename_class(NONE, "cats", "kittens"), "cats") == delete_class(NONE, "cats")
    assert rename_class(delete_class(NONE, "cats"), "cats", "kittens") == rename_class(NONE, "cats", "kittens")
    assert rename_class(delete_class(NONE, "cats"), "cats", "cats").is_empty


def test_what_makes_no_difference_is_dropped():
    changes = mark(relabel(NONE, ["cats0", "cats1"], "cats"), ["cats0"], is_hard=False)
    assert settle(changes, three_classes()).is_empty


def test_a_sample_with_two_labels_is_relabelled_to_one_of_them():
    data = three_classes(sample_ids=with_copy("cats0", "cows0"))
    changes = relabel(NONE, ["cats0"], "cats")
    assert settle(changes, data) == changes


@pytest.mark.parametrize(
    "changes", [relabel(NONE, ["x"], "cats"), exclude(NONE, ["x"]), mark(NONE, ["x"], is_hard=True)]
)
def test_a_sample_that_is_not_there_is_an_error(changes):
    with pytest.raises(DatasetError, match="one of them is not in it"):
        settle(changes, three_classes())


@pytest.mark.parametrize("changes", [rename_class(NONE, "catz", "x"), delete_class(NONE, "catz")])
def test_a_class_that_is_not_there_is_an_error_with_the_nearest_name(changes):
    with pytest.raises(UnknownChoiceError, match='"cats"'):
        settle(changes, three_classes())


def test_changes_are_told_in_words_with_their_numbers():
    changes = relabel(exclude(NONE, ["cows3"]), ["cats0", "cats1"], "dogs")
    changes = mark(mark(changes, ["dogs0"], is_hard=True), ["dogs1"], is_hard=False)
    data = three_classes(hard=("dogs1",))
    assert describe_changes(changes, data) == ("2 relabelled, 1 excluded, 1 marked as hard, 1 no longer marked as hard")
    assert describe_changes(NONE, data) == ""


def test_copies_count_as_the_samples_they_are():
    data = three_classes(sample_ids=with_copy("cats0", "cats1"))
    assert describe_changes(exclude(NONE, ["cats0"]), data) == "2 excluded"


def test_merging_is_told_from_renaming():
    data = three_classes()
    assert describe_changes(rename_class(NONE, "cats", "kittens"), data) == '"cats" renamed to "kittens"'
    assert describe_changes(rename_class(NONE, "cats", "dogs"), data) == '"cats" merged into "dogs"'
    swapped = rename_class(rename_class(NONE, "cats", "dogs"), "dogs", "cats")
    assert describe_changes(swapped, data) == '"cats" renamed to "dogs", "dogs" renamed to "cats"'
    assert describe_changes(delete_class(NONE, "cows"), data) == '"cows" deleted with 4 samples'
