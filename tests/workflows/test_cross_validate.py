"""Every sample predicted once by a head that did not see it, and what is said of that."""

import pytest

from core.errors import ConfigurationError
from core.workflows.cross_validate import cross_validate, folds_in_words
from core.workflows.stored_studies import load_folds


@pytest.fixture(scope="module")
def found(workspace, finished):
    return cross_validate(workspace, finished["text"].id, n_folds=4)


def test_all_samples_are_asked_once(found, texts):
    assert found.n == texts.n_samples
    assert len(found.fold_accuracies) == found.n_folds == 4
    assert found.accuracy.low <= found.accuracy.value <= found.accuracy.high
    assert found.accuracy.value > 0.6, "frozen features tell these messages apart"


def test_it_is_kept_with_its_run(workspace, finished, found):
    assert load_folds(workspace, finished["text"].id) == found
    assert load_folds(workspace, finished["image"].id) is None


def test_the_words_say_how_many_models_and_that_the_shipped_one_is_none_of_them(found):
    first, second, third = folds_in_words(found)
    assert f"on all {found.n} samples: each was predicted once, by one of 4 heads" in first
    assert "a little more often than 1 time in 20" in second
    assert "is none of these" in third


def test_labels_without_meaning_are_predicted_no_better_than_by_chance(workspace, texts, start, execute):
    """Samples that a head had seen would be found again, whatever their labels are."""
    import numpy as np

    from core.datasets.changes import LabelChanges, relabel
    from core.datasets.versions import make_version

    names = np.random.default_rng(0).permutation([texts.class_names[label] for label in texts.labels])
    changes = LabelChanges()
    for sample_id, name in zip(texts.sample_ids, names.tolist(), strict=True):
        changes = relabel(changes, [sample_id], name)
    shuffled = make_version(texts, changes, version=2)
    workspace.datasets.save(shuffled)
    run = execute(start(shuffled, "feature-extraction"))
    assert cross_validate(workspace, run.id, n_folds=3).accuracy.value < 0.6


def test_runs_that_trained_stages_and_odd_numbers_of_folds_are_refused(workspace, texts, finished, start, execute):
    with pytest.raises(ConfigurationError, match="from 2 to 20; found 1"):
        cross_validate(workspace, finished["text"].id, n_folds=1)
    tuned = execute(start(texts, "norms-and-biases"))
    with pytest.raises(ConfigurationError, match="would take a training of its own"):
        cross_validate(workspace, tuned.id)
