"""Looking closer at a finished run: panels that wait until somebody asks."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import power_law
from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.stored_studies import load_curve, load_drift
from pages.components import drift_panel, learning_curve_panel
from tests.pages.conftest import Trained, all_text, open_app

TIMEOUT_S = 60


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_law, "N_RESAMPLES", 40)


def open_panel(trained: Trained, key: str) -> AppTest:
    app = open_app("results", run=trained.run_id)
    app.session_state[key] = True
    app.run()
    assert not app.exception
    return app


def ask(app: AppTest, trained: Trained, study: Study) -> AppTest:
    """Press the button, wait for the answer, and look again."""
    app.button(key=f"begin-{study.kind}").click().run()
    assert wait_for_study(trained.workspace.root, study, TIMEOUT_S)
    app.run()
    assert not app.exception
    return app


def keep_strategy(trained: Trained, strategy: str) -> None:
    """Let the run say that it was made by another strategy."""
    folder = trained.workspace.runs.get(trained.run_id)
    folder.write_spec(replace(folder.read_spec(), strategy=strategy))


def test_nothing_is_computed_before_a_panel_is_opened(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    assert "Look closer" in [element.value for element in app.subheader]
    assert "Would more data help?" in [folder.label for folder in app.expander]
    assert not any(str(button.key).startswith("begin-") for button in app.button)


def test_a_press_measures_the_learning_curve_and_says_what_doubling_brings(finished_text_run: Trained) -> None:
    app = open_panel(finished_text_run, learning_curve_panel.OPEN_KEY)
    app = ask(app, finished_text_run, Study(kind="learning-curve", run_id=finished_text_run.run_id))
    curve = load_curve(finished_text_run.workspace, finished_text_run.run_id)
    text = all_text(app)
    assert "Doubling the data" in text
    assert f"{curve.n_val} validation samples" in text
    assert "Check" in text or "too few training samples to check" in text
    specs = [chart.proto.spec for chart in app.get("plotly_chart")]
    assert any("Fitted curve" in spec for spec in specs)
    assert app.button(key="begin-learning-curve").label == "Measure it again"


def test_a_run_from_scratch_gets_one_sentence_instead_of_the_curve(finished_run: Trained) -> None:
    keep_strategy(finished_run, "from-scratch")
    app = open_app("results", run=finished_run.run_id)
    assert not app.exception
    assert "Would more data help?" not in [folder.label for folder in app.expander]
    assert "there are no pretrained features" in all_text(app)


def test_a_run_that_fitted_a_head_only_says_that_no_stage_moved(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    assert "all stages are as they were pretrained" in all_text(app)
    assert not any("training change" in folder.label for folder in app.expander)


def test_a_press_compares_the_network_with_the_pretrained_one(finished_text_run: Trained) -> None:
    keep_strategy(finished_text_run, "head-then-fine-tune")
    app = open_panel(finished_text_run, drift_panel.OPEN_KEY)
    app = ask(app, finished_text_run, Study(kind="drift", run_id=finished_text_run.run_id))
    drift = load_drift(finished_text_run.workspace, finished_text_run.run_id)
    assert all(stage.weights == 0.0 for stage in drift.stages)
    assert "No stage moved" in all_text(app)
    assert any("What leaves it" in chart.proto.spec for chart in app.get("plotly_chart"))
