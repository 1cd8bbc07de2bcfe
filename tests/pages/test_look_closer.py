"""Looking closer at a finished run: panels that wait until somebody asks."""

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation import power_law
from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.map_samples import load_map
from core.workflows.stored_studies import load_curve, load_drift, load_folds
from pages.components import drift_panel, folds_panel, learning_curve_panel, map_panel
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import rename_classes

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


def charts(app: AppTest) -> list:
    return list(app.get("plotly_chart"))


def keep_strategy(trained: Trained, strategy: str) -> None:
    """Let the run say that it was made by another strategy."""
    folder = trained.workspace.runs.get(trained.run_id)
    folder.write_spec(replace(folder.read_spec(), strategy=strategy))


def test_nothing_is_computed_before_a_panel_is_opened(finished_run: Trained) -> None:
    app = open_app("results", run=finished_run.run_id)
    assert "Look closer" in [element.value for element in app.subheader]
    assert "Would more data help?" in [folder.label for folder in app.expander]
    inside = {f"begin-{kind}" for kind in ("learning-curve", "map", "drift", "suspects", "folds")}
    assert not inside & {button.key for button in app.button}


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


def test_a_press_cross_validates_and_says_what_that_rests_on(finished_text_run: Trained) -> None:
    app = open_panel(finished_text_run, folds_panel.OPEN_KEY)
    app = ask(app, finished_text_run, Study(kind="folds", run_id=finished_text_run.run_id, variant="5"))
    found = load_folds(finished_text_run.workspace, finished_text_run.run_id)
    text = all_text(app)
    assert f"{found.n} samples the validation part is small" in text
    assert "by one of 5 heads that did not see it" in text
    assert "is none of these" in text
    assert app.button(key="begin-folds").label == "Cross-validate again"


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


def open_map(trained: Trained, **chosen: object) -> AppTest:
    """The panel with its map, which begins to be drawn when the panel is opened."""
    app = open_panel(trained, map_panel.OPEN_KEY)
    study = Study(kind="map", run_id=trained.run_id, variant="pca")
    assert wait_for_study(trained.workspace.root, study, TIMEOUT_S)
    for key, value in chosen.items():
        app.session_state[key] = value
    app.run()
    assert not app.exception
    return app


def test_an_opened_map_is_drawn_at_once_and_kept(finished_run: Trained) -> None:
    app = open_map(finished_run)
    found = load_map(finished_run.workspace, finished_run.run_id, "pca")
    assert f"{found.n_samples} samples of all splits" in all_text(app)
    assert any("scattergl" in chart.proto.spec and "Main direction" in chart.proto.spec for chart in charts(app))
    assert "No stage was trained" in all_text(app)


def test_colours_can_follow_what_is_right(finished_run: Trained) -> None:
    app = open_map(finished_run)
    app.segmented_control(key="map-colour").set_value("correctness").run()
    assert any("Right (" in chart.proto.spec and "Wrong (" in chart.proto.spec for chart in charts(app))


def test_chosen_points_show_their_samples_and_those_of_another_run_do_not(finished_text_run: Trained) -> None:
    app = open_map(finished_text_run, **{map_panel.CHOSEN_KEY: (finished_text_run.run_id, [0, 3])})
    dataset = finished_text_run.workspace.datasets.load(finished_text_run.dataset_id)
    assert dataset.texts[3] in all_text(app).replace("\\", "")
    other = open_map(finished_text_run, **{map_panel.CHOSEN_KEY: ("another", [0, 3])})
    assert dataset.texts[3] not in all_text(other).replace("\\", "")


def test_neighbours_wait_for_a_press(finished_run: Trained) -> None:
    app = open_map(finished_run)
    app.segmented_control(key="map-method").set_value("tsne").run()
    assert not app.exception
    assert app.button(key="begin-map").label == "Lay them out"
    assert load_map(finished_run.workspace, finished_run.run_id, "tsne") is None


def test_names_of_classes_on_the_map_are_not_markup(finished_run: Trained) -> None:
    rename_classes(finished_run)
    app = open_map(finished_run)
    assert "![x](" not in all_text(app)
    assert not any("<img" in chart.proto.spec for chart in charts(app))
