"""Wrong labels among real features, kept with what a person says of them."""

import pytest

from core.backbones.catalogue import DEFAULT_BACKBONES
from core.errors import ConfigurationError
from core.evaluation.records import RankedBackbone, Ranking
from core.workflows.dataset_versions import make_version
from core.workflows.find_suspects import most_fitting_model, suspect_labels
from core.workflows.label_draft import relabel
from core.workflows.stored_rankings import save_ranking
from core.workflows.stored_suspects import confirm_labels, load_confirmed, load_suspects, open_suspects
from core.workflows.workspace import Workspace


@pytest.fixture(scope="module")
def spoiled(workspace, texts):
    """The messages, one of praise called a refund."""
    wrong = [key for key, text in zip(texts.sample_ids, texts.texts, strict=True) if text.startswith("i love the")][:1]
    relabel(workspace, texts.id, wrong, "refund")
    return make_version(workspace, texts.id), set(wrong)


@pytest.fixture(scope="module")
def found(workspace, spoiled):
    return suspect_labels(workspace, spoiled[0])


def test_texts_under_a_wrong_label_are_suspected_of_their_own_class(found, spoiled):
    suspects = {one.sample_id: one for one in found.suspects}
    assert set(suspects) >= spoiled[1]
    for sample_id in spoiled[1]:
        one = suspects[sample_id]
        assert (one.given, one.proposed) == ("refund", "praise")
        assert one.p_proposed > one.p_given
    assert (found.n_asked, found.n_samples) == (36, 36)


def test_the_list_comes_back_from_the_disk_as_it_was(workspace, found):
    assert load_suspects(workspace, found.dataset_id) == found
    assert load_suspects(workspace, "0" * 16) is None


def test_a_confirmed_label_is_no_suspect_any_more_and_another_label_may_be(workspace, found):
    first, *others = found.suspects
    confirm_labels(workspace, [first])
    assert open_suspects(workspace, found) == tuple(others)
    assert load_confirmed(workspace)[first.sample_id] == first.given


def test_progress_is_told_and_may_end_it(workspace, spoiled):
    class EndedError(Exception):
        pass

    def end(step, done, of):
        if step.startswith("Fitting heads"):
            raise EndedError

    with pytest.raises(EndedError):
        suspect_labels(workspace, spoiled[0], on_progress=end)


def test_a_backbone_for_something_else_is_refused(workspace, texts):
    with pytest.raises(ConfigurationError, match="takes images"):
        suspect_labels(workspace, texts, model="efficientnet-lite0")


def test_the_best_of_a_ranking_is_asked_where_its_weights_are_here(tmp_path, texts):
    own = Workspace(tmp_path)
    assert most_fitting_model(own, texts) == DEFAULT_BACKBONES["text"]
    save_ranking(own, ranking(texts.id, "bge-small", DEFAULT_BACKBONES["text"]))
    assert most_fitting_model(own, texts) == DEFAULT_BACKBONES["text"]


def ranking(dataset_id, *models):
    ranked = tuple(
        RankedBackbone(
            model=model,
            title=model,
            score=0.9,
            standard_error=0.1,
            log_me=0.0,
            knn=0.9,
            prior=None,
            seconds=1.0,
            ms_per_sample=1.0,
            tied=False,
            n_samples=10,
        )
        for model in models
    )
    return Ranking(
        dataset_id=dataset_id,
        backbones=ranked,
        not_ranked=(),
        n_train=10,
        seconds=1.0,
        created_at="2026-01-01T00:00:00+00:00",
    )
