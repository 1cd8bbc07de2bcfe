"""The ranking on the Train page: begun by a button, watched, read, and turned into a choice."""

import time
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.errors import MissingWeightsError
from core.evaluation.records import NotRanked, RankedBackbone, Ranking
from core.jobs.measuring import wait_for_measuring
from core.jobs.studies import start_study, wait_for_study
from core.jobs.study import Study
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.stored_rankings import load_ranking, save_ranking
from pages.components.ranking_panel import OPEN_KEY
from tests.pages.conftest import Trained, all_text, open_app

BEST = RankedBackbone(
    model="efficientnet-lite0",
    title="EfficientNet-Lite0",
    score=0.912,
    standard_error=0.014,
    log_me=0.31,
    knn=0.88,
    prior=0.75,
    seconds=2.0,
    ms_per_sample=2.1,
    tied=True,
    n_samples=18,
)
TIED = replace(BEST, model="resnet18", title="ResNet-18", score=0.92, ms_per_sample=9.0)
BEHIND = replace(BEST, model="vgg16", title="VGG-16", score=0.7, tied=False, n_samples=12)


@pytest.fixture(autouse=True)
def nothing_downloaded(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))


def open_panel(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.session_state[OPEN_KEY] = True
    app.run()
    assert not app.exception
    return app


def keep_ranking(trained: Trained, *backbones: RankedBackbone, not_ranked: tuple[NotRanked, ...] = ()) -> None:
    ranking = Ranking(
        dataset_id=trained.dataset_id,
        backbones=backbones,
        not_ranked=not_ranked,
        n_train=20,
        seconds=7.0,
        created_at="2026-01-01T12:00:00+00:00",
    )
    save_ranking(trained.workspace, ranking)


def ranking_of(trained: Trained) -> Study:
    return Study(kind="ranking", dataset_id=trained.dataset_id)


def table(app: AppTest) -> dict[str, list]:
    return next(frame.value for frame in app.dataframe if "LogME" in frame.value).to_dict("list")


def test_nothing_is_drawn_before_the_panel_is_opened(one_dataset: Trained) -> None:
    app = open_app("train", dataset=one_dataset.dataset_id)
    assert "Which backbone fits my data?" in [folder.label for folder in app.expander]
    assert "begin-ranking" not in [button.key for button in app.button]


def test_where_there_is_one_backbone_only_that_is_said_with_how_to_get_more(one_dataset: Trained) -> None:
    app = open_panel(one_dataset)
    (said,) = [info.value for info in app.info if "only backbone on this machine" in info.value]
    assert "MobileNetV2 (14 MB)" in said
    assert "choose one of those above that need a download" in said


def test_a_press_ranks_behind_the_page_and_the_result_says_its_split(one_dataset: Trained) -> None:
    app = open_panel(one_dataset)
    app.button(key="begin-ranking").click().run()
    assert wait_for_study(one_dataset.workspace.root, ranking_of(one_dataset), 180)
    app.run()
    ranking = load_ranking(one_dataset.workspace, one_dataset.workspace.datasets.load(one_dataset.dataset_id))
    (only,) = ranking.backbones
    assert table(app)["Score"] == [f"{only.score:.3f} ± {only.standard_error:.3f}"]
    assert table(app)["Samples"] == [only.n_samples]
    assert f"{only.n_samples} of {ranking.n_train} training samples, cross-validated" in all_text(app)
    assert app.button(key="begin-ranking").label == "Rank again"
    assert app.button(key="take-efficientnet-lite0").disabled


def test_ties_are_told_in_words_and_any_row_can_be_chosen(one_dataset: Trained) -> None:
    keep_ranking(one_dataset, BEST, TIED, BEHIND)
    app = open_panel(one_dataset)
    assert table(app)["Place"] == ["Tied with the best", "Tied with the best", "Behind"]
    assert table(app)["Backbone"] == ["EfficientNet-Lite0", "ResNet-18", "VGG-16"]
    assert "as good within one standard error" in all_text(app).replace("\\", "")
    app.button(key="take-resnet18").click().run()
    plan = plan_run(one_dataset.workspace, RunChoices(dataset_id=one_dataset.dataset_id, model="resnet18"))
    assert wait_for_measuring(one_dataset.workspace.root, plan, 180)  # begun by the page, which shows its time
    assert app.button(key="take-resnet18").label == "ResNet\\-18 is chosen"
    assert app.button(key="choose-resnet18").label.startswith("**")


def test_a_single_winner_is_first_and_drawn_against_its_time(one_dataset: Trained) -> None:
    keep_ranking(one_dataset, replace(BEST, tied=False), BEHIND)
    app = open_panel(one_dataset)
    assert table(app)["Place"] == ["First", "Behind"]
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert any("Milliseconds per sample" in spec for spec in specs)


def test_what_was_not_ranked_is_said_with_its_reason_as_plain_words(one_dataset: Trained) -> None:
    keep_ranking(one_dataset, BEST, not_ranked=(NotRanked(model="resnet18", reason="![x](http://a) is damaged."),))
    text = all_text(open_panel(one_dataset))
    assert "Not ranked: resnet18" in text
    assert "![x](" not in text


def test_a_backbone_that_came_since_is_said_not_to_be_in_it(one_dataset: Trained) -> None:
    keep_ranking(one_dataset, TIED)
    assert "since then and not in it: EfficientNet\\-Lite0" in all_text(open_panel(one_dataset))


def test_while_it_runs_its_step_is_shown_and_it_can_be_cancelled(one_dataset: Trained) -> None:
    def never_ends(workspace, study, on_progress):
        while True:
            on_progress("Passing samples", 3, 12)
            time.sleep(0.01)

    study = ranking_of(one_dataset)
    start_study(one_dataset.workspace.root, study, never_ends)
    app = open_panel(one_dataset)
    assert "begin-ranking" not in [button.key for button in app.button]
    app.button(key="cancel-ranking").click().run()
    assert wait_for_study(one_dataset.workspace.root, study, 10)
    assert "begin-ranking" in [button.key for button in app.run().button]


def test_a_failure_is_said_with_its_remedy_and_can_be_tried_again(one_dataset: Trained) -> None:
    def fail(workspace, study, on_progress):
        raise MissingWeightsError("The file <b> is damaged.", "Fetch it again.")

    study = ranking_of(one_dataset)
    start_study(one_dataset.workspace.root, study, fail)
    assert wait_for_study(one_dataset.workspace.root, study, 10)
    app = open_panel(one_dataset)
    assert "Fetch it again" in app.error[0].value
    assert "<b>" not in app.error[0].value
    assert not app.button(key="begin-ranking").disabled


def test_texts_are_ranked_as_well(finished_text_run: Trained) -> None:
    app = open_panel(finished_text_run)
    app.button(key="begin-ranking").click().run()
    assert wait_for_study(finished_text_run.workspace.root, ranking_of(finished_text_run), 180)
    assert table(app.run())["Backbone"] == ["all-MiniLM-L6-v2"]
