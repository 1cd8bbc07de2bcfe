"""Suspicious labels on the Data page and under a run: asked by a button, accepted or kept by the person."""

import pytest
from streamlit.testing.v1 import AppTest

from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.label_draft import read_draft
from core.workflows.stored_suspects import Suspect, SuspectList, load_suspects, save_suspects
from pages.components.suspects_panel import OPEN_KEY
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES, rename_classes


def open_panel(trained: Trained, page: str = "data") -> AppTest:
    app = open_app(page, **({"dataset": trained.dataset_id} if page == "data" else {"run": trained.run_id}))
    app.session_state[OPEN_KEY] = True
    app.run()
    assert not app.exception
    return app


def keep_list(trained: Trained, n: int = 3) -> list[str]:
    """The first samples of a dataset under suspicion; gives their ids."""
    dataset = trained.workspace.datasets.load(trained.dataset_id)
    names = dataset.class_names
    suspects = tuple(
        Suspect(
            sample_id=dataset.sample_ids[row],
            source=dataset.sources[row],
            split=dataset.splits[row].item(),
            given=names[dataset.labels[row]],
            proposed=names[1 - dataset.labels[row]],
            p_given=0.02,
            p_proposed=0.97,
        )
        for row in range(n)
    )
    save_suspects(
        trained.workspace,
        SuspectList(
            dataset_id=dataset.id,
            model="efficientnet-lite0",
            title="EfficientNet-Lite0",
            suspects=suspects,
            n_asked=dataset.n_samples,
            n_samples=dataset.n_samples,
            seconds=2.0,
            created_at="2026-01-01T00:00:00+00:00",
        ),
    )
    return [one.sample_id for one in suspects]


def test_a_press_asks_behind_the_page(one_dataset: Trained) -> None:
    app = open_panel(one_dataset)
    app.button(key="begin-suspects").click().run()
    study = Study(kind="suspects", dataset_id=one_dataset.dataset_id)
    assert wait_for_study(one_dataset.workspace.root, study, 180)
    app.run()
    assert load_suspects(one_dataset.workspace, one_dataset.dataset_id) is not None
    assert app.button(key="begin-suspects").label == "Look again"
    assert "of 24 labels look wrong" in all_text(app)


@pytest.mark.parametrize("page", ["data", "results"])
def test_all_proposals_are_accepted_into_the_draft_at_once(finished_run: Trained, page: str) -> None:
    ids = keep_list(finished_run)
    app = open_panel(finished_run, page)
    assert app.button(key="suspects-accept").disabled
    app.checkbox(key="suspects-all").check().run()
    app.button(key="suspects-accept").click().run()
    dataset = finished_run.workspace.datasets.load(finished_run.dataset_id)
    draft = read_draft(finished_run.workspace, dataset)
    assert set(draft.changes.relabelled) == set(ids)
    assert "3 relabelled" in all_text(app)


def test_a_label_that_is_kept_leaves_the_list_for_good(finished_run: Trained) -> None:
    first, *_ = keep_list(finished_run)
    app = open_panel(finished_run)
    app.checkbox(key=f"suspects-choose-{first}").check().run()
    app.button(key="suspects-keep").click().run()
    assert f"suspects-choose-{first}" not in [box.key for box in app.checkbox]
    assert "1 of them kept by you" in all_text(open_panel(finished_run))


def test_texts_are_shown_with_both_probabilities(finished_text_run: Trained) -> None:
    keep_list(finished_text_run, n=1)
    app = open_panel(finished_text_run)
    dataset = finished_text_run.workspace.datasets.load(finished_text_run.dataset_id)
    assert any(text.value == dataset.texts[0] for text in app.markdown)
    assert any("(2%), taken for" in text.value and "97%" in text.value for text in app.caption)


def test_names_of_classes_are_not_markup(finished_run: Trained) -> None:
    rename_classes(finished_run, NAMES)
    keep_list(finished_run)
    assert "![x](" not in all_text(open_panel(finished_run))
