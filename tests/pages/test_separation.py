"""ROC and precision-recall on the results page: drawn in the open fold, of one class or of all."""

import pytest

from core.workflows.class_curves import show_curves
from core.workflows.show_run import show_run
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES, rename_classes

N_CHARTS = 3


def open_fold(trained: Trained, **chosen: object):
    app = open_app("results", run=trained.run_id)
    app.session_state["separation"] = True
    for key, value in chosen.items():
        app.session_state[f"separation-{key}"] = value
    app.run()
    assert not app.exception
    return app


def test_the_curves_are_drawn_once_the_fold_is_open(finished_run: Trained) -> None:
    assert len(open_app("results", run=finished_run.run_id).get("plotly_chart")) == N_CHARTS
    app = open_fold(finished_run)
    charts = app.get("plotly_chart")[-2:]
    assert len(app.get("plotly_chart")) == N_CHARTS + 2
    assert [chart.proto.alt.split(" curve")[0] for chart in charts] == ["ROC", "Precision-recall"]
    report = show_run(finished_run.workspace, finished_run.run_id).report
    area = report.split("test").separation.macro_auroc
    assert next(metric for metric in app.metric if metric.label == "Macro-AUROC").value == f"{area.value:.3f}"


def test_a_class_and_a_split_can_be_chosen(finished_run: Trained) -> None:
    app = open_fold(finished_run, **{"class": "dogs", "split": "val"})
    spec = app.get("plotly_chart")[-1].proto.spec
    assert '"name":"dogs"' in spec
    curves = show_curves(finished_run.workspace, finished_run.run_id, "val", "dogs")
    assert f"calling everything so gives {curves.share:.0%}" in all_text(app)


def test_a_name_that_is_markup_stays_text(finished_run: Trained) -> None:
    rename_classes(finished_run, NAMES)
    app = open_fold(finished_run)
    assert len(app.get("plotly_chart")) == N_CHARTS + 2


@pytest.mark.parametrize("split", ["val", "test"])
def test_the_command_line_tells_the_same_areas(finished_run: Trained, split: str) -> None:
    from core.commands.run_answer import run_answer

    found = run_answer(finished_run.workspace, finished_run.run_id)["separation"][split]
    stored = show_run(finished_run.workspace, finished_run.run_id).report.split(split).separation
    assert found == {
        "macro_auroc": stored.macro_auroc.value,
        "macro_average_precision": stored.macro_average_precision.value,
    }
