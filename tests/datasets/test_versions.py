import numpy as np
import pytest

from core.datasets.changes import LabelChanges, delete_class, exclude, mark, relabel, rename_class
from core.datasets.records import Finding, Skipped
from core.datasets.versions import make_version
from core.errors import DatasetError
from tests.datasets.tables import classes_of, three_classes, with_copy

NONE = LabelChanges()


def test_a_version_names_its_parent_its_number_and_what_changed():
    data = three_classes()
    made = make_version(data, exclude(relabel(NONE, ["cats0"], "dogs"), ["cows0"]), version=2)
    assert (made.parent, made.version, made.changes) == (data.id, 2, "1 relabelled, 1 excluded")
    assert made.name == "pets (version 2)"
    assert made.id != data.id
    assert made.created_at > data.created_at
    third = make_version(made, exclude(NONE, ["dogs0"]), version=3)
    assert (third.name, third.parent) == ("pets (version 3)", made.id)


def test_only_what_was_changed_is_different_and_samples_that_stay_keep_their_split():
    data = three_classes()
    made = make_version(data, exclude(relabel(NONE, ["cats2"], "dogs"), ["cows0"]), version=2)
    before, after = classes_of(data), classes_of(made)
    assert after == {**{key: name for key, name in before.items() if key != "cows0"}, "cats2": "dogs"}
    splits = dict(zip(data.sample_ids, data.splits, strict=True))
    assert dict(zip(made.sample_ids, made.splits, strict=True)) == {key: splits[key] for key in made.sample_ids}
    assert made.texts == tuple(f"text {key}" for key in made.sample_ids)
    assert made.sources == tuple(f"row {key}" for key in made.sample_ids)


def test_the_parent_stays_as_it_was():
    data = three_classes()
    make_version(data, relabel(NONE, ["cats0"], "dogs"), version=2)
    assert data.id == three_classes().id
    assert np.array_equal(data.labels, three_classes().labels)


def test_classes_are_renamed_merged_and_deleted():
    data = three_classes()
    assert make_version(data, rename_class(NONE, "cats", "zebras"), version=2).class_names == (
        "cows",
        "dogs",
        "zebras",
    )
    merged = make_version(data, rename_class(NONE, "cats", "dogs"), version=2)
    assert merged.class_counts() == {"cows": 4, "dogs": 8}
    assert make_version(data, delete_class(NONE, "cows"), version=2).class_counts() == {"cats": 4, "dogs": 4}
    swapped = make_version(data, rename_class(rename_class(NONE, "cats", "dogs"), "dogs", "cats"), version=2)
    assert classes_of(swapped)["cats0"] == "dogs"
    assert classes_of(swapped)["dogs0"] == "cats"


def test_samples_are_corrected_before_classes_are_renamed():
    changes = delete_class(relabel(NONE, ["cows0"], "cats"), "cows")
    made = make_version(three_classes(), rename_class(changes, "cats", "felines"), version=2)
    assert classes_of(made)["cows0"] == "felines"
    assert made.class_counts() == {"dogs": 4, "felines": 5}


def test_a_new_class_may_be_made_of_samples():
    made = make_version(three_classes(), relabel(NONE, ["cats0", "cats2"], "tigers"), version=2)
    assert made.class_counts() == {"cats": 2, "cows": 4, "dogs": 4, "tigers": 2}


def test_a_mark_stays_with_its_sample_and_leaves_with_it():
    made = make_version(three_classes(), mark(NONE, ["cats0", "cats1"], is_hard=True), version=2)
    assert made.hard == ("cats0", "cats1")
    later = make_version(made, exclude(mark(NONE, ["cats2"], is_hard=True), ["cats0"]), version=3)
    assert later.hard == ("cats1", "cats2")
    assert make_version(later, mark(NONE, ["cats1"], is_hard=False), version=4).hard == ("cats2",)


def test_taking_back_a_change_gives_a_version_of_its_own():
    first = three_classes()
    second = make_version(first, relabel(NONE, ["cats0"], "dogs"), version=2)
    third = make_version(second, relabel(NONE, ["cats0"], "cats"), version=3)
    assert classes_of(third) == classes_of(first)
    assert len({first.id, second.id, third.id}) == 3


def test_the_same_changes_give_the_same_version():
    changes = relabel(NONE, ["cats0"], "dogs")
    assert make_version(three_classes(), changes, version=2).id == make_version(three_classes(), changes, version=2).id


def test_copies_are_corrected_together():
    data = three_classes(sample_ids=with_copy("cats2", "cats3"))
    assert make_version(data, relabel(NONE, ["cats2"], "dogs"), version=2).class_counts()["dogs"] == 6


def test_findings_are_made_anew_and_those_of_the_import_stay():
    told = Finding(code="single_part_split", severity="info", message="m", n=12)
    old = Finding(code="duplicates", severity="warning", message="gone", n=1)
    skipped = (Skipped(file="x", reason="empty"),)
    data = three_classes(findings=(told, old), skipped=skipped)
    made = make_version(data, exclude(NONE, ["cats3"]), version=2)
    assert {finding.code for finding in made.findings} == {
        "single_part_split",
        "small_classes",
        "class_missing_in_split",
    }
    assert made.skipped == skipped


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        (NONE, "needs a change"),
        (relabel(NONE, ["cats0"], "cats"), "needs a change"),
        (exclude(NONE, [f"cats{n}" for n in range(4)]), 'cannot lose its last sample; none would be left in "cats"'),
        (relabel(NONE, [f"cats{n}" for n in range(4)], "dogs"), "cannot lose its last sample"),
        (delete_class(delete_class(NONE, "cats"), "cows"), "at least two classes; 1 would be left"),
        (rename_class(rename_class(NONE, "cats", "dogs"), "cows", "dogs"), "at least two classes; 1 would be left"),
        (exclude(NONE, ["cats0", "cats1", "cats2"]), 'too few would be left in "cats"'),
        (exclude(NONE, ["cats0", "cats1"]), 'needs a training sample; none would be left in "cats"'),
        (relabel(NONE, ["cats0"], "tigers"), 'too few would be left in "tigers"'),
        (exclude(NONE, ["cats2", "cows2", "dogs2"]), "Validation needs samples"),
    ],
)
def test_what_could_not_be_learned_from_is_refused_with_a_remedy(changes, problem):
    with pytest.raises(DatasetError, match=problem) as caught:
        make_version(three_classes(), changes, version=2)
    assert caught.value.remedy.endswith(".")
