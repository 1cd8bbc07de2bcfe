"""From collected changes to a version, its relatives, and a second run on it that finds its features cached."""

import threading

import pytest

from core.errors import DatasetError
from core.workflows.dataset_versions import (
    compare_versions,
    find_run_like,
    list_versions,
    made_from,
    make_version,
    spec_for_version,
)
from core.workflows.label_draft import (
    exclude,
    leave_as_is,
    mark,
    read_draft,
    relabel,
    relabel_each,
    rename_class,
    throw_away,
)
from core.workflows.train_run import create_run
from core.workflows.workspace import Workspace


def test_changes_wait_on_disk_until_a_version_is_made_of_them(reviews):
    workspace, data = reviews
    relabel(workspace, data.id, data.sample_ids[:2], "good")
    exclude(workspace, data.id, data.sample_ids[2:3])
    mark(Workspace(workspace.root), data.id, data.sample_ids[3:4], is_hard=True)
    assert read_draft(workspace, data).summary == "1 relabelled, 1 excluded, 1 marked as hard"
    made = make_version(workspace, data.id)
    assert workspace.datasets.load(made.id).changes == "1 relabelled, 1 excluded, 1 marked as hard"
    assert read_draft(workspace, data).changes.is_empty
    assert read_draft(workspace, made).summary == ""


def test_a_change_can_be_taken_back_and_all_can_be_thrown_away(reviews):
    workspace, data = reviews
    exclude(workspace, data.id, data.sample_ids[:3])
    leave_as_is(workspace, data.id, data.sample_ids[:1])
    assert read_draft(workspace, data).summary == "2 excluded"
    throw_away(workspace, data.id)
    assert read_draft(workspace, data).changes.is_empty


def test_the_draft_says_how_many_of_its_samples_are_held_out(reviews):
    workspace, data = reviews
    rows = [data.rows("val")[0], data.rows("train")[0]]
    exclude(workspace, data.id, [data.sample_ids[row] for row in rows])
    assert read_draft(workspace, data).n_held_out == 1


def test_two_at_once_lose_nothing(reviews):
    workspace, data = reviews

    def add(sample_id):
        exclude(workspace, data.id, [sample_id])

    threads = [threading.Thread(target=add, args=(key,)) for key in data.sample_ids[:8]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(read_draft(workspace, data).changes.excluded) == set(data.sample_ids[:8])


def test_what_is_refused_leaves_the_draft_and_the_store_as_they_were(reviews):
    workspace, data = reviews
    exclude(workspace, data.id, [key for key, label in zip(data.sample_ids, data.labels, strict=True) if label == 0])
    with pytest.raises(DatasetError, match="last sample"):
        make_version(workspace, data.id)
    assert read_draft(workspace, data).summary == "12 excluded"
    assert len(workspace.datasets.list_cards()) == 1


def test_a_name_with_nothing_to_show_is_refused(reviews):
    workspace, data = reviews
    with pytest.raises(DatasetError, match="needs a name"):
        rename_class(workspace, data.id, "good", " \u200b ")


def test_numbers_count_on_along_all_versions_of_an_import(reviews):
    workspace, data = reviews
    second = version_with(workspace, data, 0)
    third = version_with(workspace, data, 1)
    fourth = version_with(workspace, second, 2)
    assert [card.name for card in list_versions(workspace, third.id)] == [
        "reviews",
        "reviews (version 2)",
        "reviews (version 3)",
        "reviews (version 4)",
    ]
    assert [card.id for card in made_from(workspace, data.id)] == [third.id, second.id]
    assert fourth.parent == second.id
    assert [one.sample_id for one in compare_versions(workspace, third.id, fourth.id).added] == [data.sample_ids[1]]


def test_the_same_changes_made_again_give_the_version_that_is_there(reviews):
    workspace, data = reviews
    assert version_with(workspace, data, 0) == version_with(workspace, data, 0)
    assert len(list_versions(workspace, data.id)) == 2


def test_a_run_on_the_new_version_has_the_same_settings_and_computes_no_feature_anew(
    workspace, texts, finished, execute
):
    before = finished["text"]
    labels = dict.fromkeys(texts.sample_ids[:1], "praise")
    relabel_each(workspace, texts.id, labels)
    made = make_version(workspace, texts.id)
    spec = spec_for_version(before.spec, made.id)
    assert find_run_like(workspace, spec) is None
    n_kept = len(list(workspace.root.glob("cache/**/*.npy")))
    after = execute(create_run(workspace, spec))
    assert len(list(workspace.root.glob("cache/**/*.npy"))) == n_kept > 0
    assert after.status.state == "finished"
    assert after.dataset_name == "messages (version 2)"
    assert find_run_like(workspace, spec).id == after.id
    assert find_run_like(workspace, before.spec).spec.dataset_id == texts.id


def version_with(workspace, data, row):
    exclude(workspace, data.id, [data.sample_ids[row]])
    return make_version(workspace, data.id)
