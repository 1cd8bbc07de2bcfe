from core.datasets.changes import LabelChanges, delete_class, exclude, mark, relabel, rename_class
from core.datasets.version_difference import compare_versions
from core.datasets.versions import make_version
from tests.datasets.tables import three_classes, with_copy

NONE = LabelChanges()


def difference(changes, **of_table):
    data = three_classes(**of_table)
    return compare_versions(data, make_version(data, changes, version=2))


def test_a_version_does_not_differ_from_itself():
    assert compare_versions(three_classes(), three_classes()).is_empty


def test_samples_are_told_with_both_classes():
    found = difference(exclude(relabel(NONE, ["cats0"], "dogs"), ["cows1"]))
    (moved,), (gone,) = found.relabelled, found.excluded
    assert (moved.sample_id, moved.before, moved.after, moved.text) == ("cats0", "cats", "dogs", "text cats0")
    assert (gone.sample_id, gone.before, gone.after, gone.source) == ("cows1", "cows", "", "row cows1")
    assert (*found.added, *found.renamed, *found.merged, *found.deleted) == ()


def test_a_renamed_class_is_no_list_of_relabelled_samples():
    found = difference(rename_class(NONE, "cats", "felines"))
    assert found.renamed == (("cats", "felines"),)
    assert (*found.relabelled, *found.merged, *found.deleted) == ()


def test_merged_swapped_and_deleted_classes_are_told_apart():
    assert difference(rename_class(NONE, "cats", "dogs")).merged == (("cats", "dogs"),)
    swapped = difference(rename_class(rename_class(NONE, "cats", "dogs"), "dogs", "cats"))
    assert swapped.renamed == (("cats", "dogs"), ("dogs", "cats"))
    assert not swapped.relabelled
    deleted = difference(delete_class(NONE, "cows"))
    assert deleted.deleted == ("cows",)
    assert [one.before for one in deleted.excluded] == ["cows"] * 4


def test_a_sample_that_moves_while_its_class_is_renamed_is_told():
    found = difference(rename_class(relabel(NONE, ["cats0"], "dogs"), "cats", "felines"))
    assert found.renamed == (("cats", "felines"),)
    assert [(one.sample_id, one.after) for one in found.relabelled] == [("cats0", "dogs")]


def test_marks_are_compared_and_the_way_back_shows_what_comes_back():
    data = three_classes(hard=("dogs0",))
    made = make_version(
        data, exclude(mark(mark(NONE, ["cats0"], is_hard=True), ["dogs0"], is_hard=False), ["cows0"]), version=2
    )
    there, back = compare_versions(data, made), compare_versions(made, data)
    assert (there.marked, there.unmarked) == (("cats0",), ("dogs0",))
    assert (back.marked, back.unmarked) == (("dogs0",), ("cats0",))
    assert [one.sample_id for one in back.added] == ["cows0"]


def test_copies_are_counted_one_by_one():
    found = difference(exclude(NONE, ["cats2"]), sample_ids=with_copy("cats2", "cats3"))
    assert [one.sample_id for one in found.excluded] == ["cats2"] * 2
