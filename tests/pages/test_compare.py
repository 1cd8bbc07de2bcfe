"""Compare: the verdict first, then what it rests on; and the race that leads here."""

import shutil
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.evaluation.prediction_table import load_predictions, save_predictions
from core.evaluation.report_json import report_to_json
from core.jobs.training_jobs import training_queue
from core.runs.records import RunError
from core.workflows.compare_runs import compare_runs
from core.workflows.reporting import build_run_report
from core.workflows.show_run import list_runs, show_run
from core.workflows.workspace import Workspace
from pages.components.race_panel import EPOCHS_KEY, OPEN_KEY
from tests.pages.conftest import Trained, all_text, open_app, set_state
from tests.pages.hostile import NAMES, rename_classes

OTHER_ID, THIRD_ID = "20990101-000000-abcd", "20990101-000001-abcd"


def add_run(trained: Trained, run_id: str = OTHER_ID, *, n_wrong: int = 0) -> Trained:
    """A newer run on the same data that misses so many test samples of the first class more."""
    runs = trained.workspace.root / "runs"
    shutil.copytree(runs / trained.run_id, runs / run_id)
    added = replace(trained, run_id=run_id)
    set_state(added, "finished", created_at=f"2099-01-01T00:00:0{run_id[14]}")
    folder = trained.workspace.runs.get(run_id)
    table = load_predictions(folder.predictions_path)
    rows = [row for row in table.rows("test") if table.labels[row] == 0][:n_wrong]
    probs, predictions = table.probs.copy(), table.predictions.copy()
    probs[rows], predictions[rows] = (0.1, 0.9), 1
    table = replace(table, probs=probs, predictions=predictions)
    save_predictions(table, folder.predictions_path)
    dataset = trained.workspace.datasets.load(trained.dataset_id)
    folder.write_json("report", report_to_json(build_run_report(dataset, table)))
    return added


def open_compare(*runs: Trained) -> AppTest:
    app = open_app("compare", **({"runs": ",".join(run.run_id for run in runs)} if runs else {}))
    assert not app.exception
    return app


def chosen(app: AppTest) -> list[str]:
    return app.multiselect(key="compare.runs").value


def test_without_a_run_the_page_says_what_to_do(workspace: Workspace) -> None:
    app = open_compare()
    assert "No run yet" in [element.value for element in app.subheader]
    assert [button.label for button in app.button] == ["Try a sample"]


def test_one_run_is_not_enough_and_the_button_leads_to_another(finished_run: Trained) -> None:
    app = open_compare()
    assert "One run is not enough" in [element.value for element in app.subheader]
    app.button[0].click().run()
    assert app.title[0].value == "Train"


def test_the_newest_two_of_one_dataset_are_compared_and_put_into_the_address(finished_run: Trained) -> None:
    add_run(finished_run)
    app = open_compare()
    assert chosen(app) == [finished_run.run_id, OTHER_ID]
    assert app.query_params["runs"] == f"{finished_run.run_id},{OTHER_ID}"


def test_the_verdict_stands_first_with_samples_split_and_p_value(finished_run: Trained) -> None:
    other = add_run(finished_run, n_wrong=1)
    (test,) = compare_runs(finished_run.workspace, [finished_run.run_id, OTHER_ID]).tests
    app = open_compare(finished_run, other)
    assert app.subheader[0].value == f"Not distinguishable on {test.found.n} samples"
    text = all_text(app)
    assert f"Test, {test.found.n} samples that both answered" in text
    assert "A alone is right on 1, B alone on 0" in text
    assert "p = 1" in text


def test_numbers_settings_curves_and_matrix_are_shown_with_words_for_those_who_cannot_see_them(
    finished_run: Trained,
) -> None:
    app = open_compare(finished_run, add_run(finished_run, n_wrong=1))
    numbers = app.dataframe[0].value
    assert list(numbers["Run"]) == ["A Feature extraction", "B Feature extraction"]
    assert list(numbers["Against A"]) == ["–", "not distinguishable"]
    assert numbers["Difference"][1].startswith("-")
    assert "All settings are the same" in all_text(app)
    charts = app.get("plotly_chart")
    assert len(charts) == 4
    assert all(len(chart.proto.alt) > 20 for chart in charts)


def test_samples_that_only_one_gets_right_are_shown_with_what_the_other_took_them_for(finished_run: Trained) -> None:
    text = all_text(open_compare(finished_run, add_run(finished_run, n_wrong=2)))
    assert "**Only A is right: 2 test samples**" in text
    assert "**Only B is right: 0 test samples**" in text


def test_settings_are_shown_where_they_differ(finished_run: Trained) -> None:
    other = add_run(finished_run)
    folder = other.workspace.runs.get(other.run_id)
    folder.write_spec(replace(folder.read_spec(), seed=7))
    settings = open_compare(finished_run, other).dataframe[1].value
    assert list(settings["Setting"]) == ["Seed"]
    assert list(settings.iloc[0])[1:] == ["0", "7"]


def test_of_three_runs_the_best_is_named_with_those_that_share_its_place(finished_run: Trained) -> None:
    runs = (finished_run, add_run(finished_run, n_wrong=1), add_run(finished_run, THIRD_ID))
    app = open_compare(*runs)
    assert "is best on validation" in app.subheader[0].value
    assert "are not distinguishable from it." in all_text(app)
    assert len(app.get("plotly_chart")) == 3


def test_a_run_alone_is_held_against_the_newest_other_on_the_same_data(finished_run: Trained) -> None:
    add_run(finished_run)
    add_run(finished_run, THIRD_ID)
    assert chosen(open_compare(finished_run)) == [finished_run.run_id, THIRD_ID]


def test_a_run_taken_out_of_the_box_stays_out(finished_run: Trained) -> None:
    app = open_compare(finished_run, add_run(finished_run))
    app.multiselect(key="compare.runs").set_value([OTHER_ID]).run()
    assert chosen(app) == [OTHER_ID]
    assert app.query_params["runs"] == OTHER_ID
    assert "Choose two or more finished runs" in all_text(app)


@pytest.mark.parametrize("run_id", ["nope", "../../etc/passwd", "![x](http://evil.example)"])
def test_an_unknown_run_is_said_and_the_others_are_compared(finished_run: Trained, run_id: str) -> None:
    other = add_run(finished_run)
    app = open_compare(finished_run, replace(finished_run, run_id=run_id), other)
    assert "There is no run" in app.warning[0].value
    assert "![x](" not in app.warning[0].value
    assert chosen(app) == [finished_run.run_id, OTHER_ID]
    assert "Not distinguishable" in app.subheader[0].value


def test_while_a_run_goes_on_a_row_each_says_where_they_are_and_then_they_are_compared(
    finished_run: Trained, image_template: Trained
) -> None:
    other = add_run(finished_run)
    folder = other.workspace.runs.get(OTHER_ID)
    (folder.path / "report.json").rename(folder.path / "kept.json")
    with folder.claim():
        set_state(other, "running", step="Fine-tune", done=3, of=12)
        app = open_compare(finished_run, other)
        assert "1 of 2 are done" in all_text(app)
        assert [bar.value for bar in app.progress] == [100, 25]
        assert "Validation accuracy" in app.progress[0].text
        app.button(key="stop-all").click().run()
        assert folder.stop_requested()
    (folder.path / "kept.json").rename(folder.path / "report.json")
    set_state(other, "finished")
    app.run()
    assert not app.progress
    assert "Not distinguishable" in app.subheader[0].value


def test_a_run_that_failed_is_left_out_with_the_way_to_it(finished_run: Trained) -> None:
    other, third = add_run(finished_run), add_run(finished_run, THIRD_ID)
    (other.workspace.runs.get(OTHER_ID).path / "report.json").unlink()
    set_state(other, "failed", error=RunError(code="x", problem="No memory.", remedy="Freeze more."))
    app = open_compare(finished_run, other, third)
    assert "cannot be compared" in app.warning[0].value
    assert "Not distinguishable" in app.subheader[0].value


def test_the_page_of_a_run_leads_to_its_comparison(finished_run: Trained) -> None:
    add_run(finished_run)
    app = open_app("results", run=finished_run.run_id)
    app.button(key="compare").click().run()
    assert app.title[0].value == "Compare"
    assert chosen(app) == [finished_run.run_id, OTHER_ID]


def test_hostile_names_are_not_markup_anywhere(finished_text_run: Trained) -> None:
    other = add_run(finished_text_run, n_wrong=2)
    rename_classes(finished_text_run)
    for run in (finished_text_run, other):
        run.workspace.runs.get(run.run_id).update_details({"name": NAMES[0], "class_names": list(NAMES)})
    text = all_text(open_compare(finished_text_run, other))
    assert "evil\\.example" in text
    assert NAMES[0] not in text
    assert "**<b>" not in text


def open_race(trained: Trained) -> AppTest:
    app = open_app("train", dataset=trained.dataset_id)
    app.session_state[OPEN_KEY] = True
    return app.run()


def test_the_race_says_what_it_will_do_before_it_starts(finished_text_run: Trained) -> None:
    app = open_race(finished_text_run)
    assert app.button(key="race").label == "Race 5 strategies"
    assert "at most" in all_text(app)
    for box in app.checkbox:
        box.uncheck()
    app.run()
    assert app.button(key="race").disabled
    assert "two strategies or more" in all_text(app)


def test_a_closed_race_plans_nothing(finished_text_run: Trained) -> None:
    app = open_app("train", dataset=finished_text_run.dataset_id)
    assert "race" not in [button.key for button in app.button]


@pytest.mark.slow
def test_one_button_trains_with_each_strategy_and_ends_in_their_comparison(finished_text_run: Trained) -> None:
    app = open_race(finished_text_run)
    for name in ("gradual-unfreezing", "full-fine-tuning", "from-scratch"):
        app.checkbox(key=f"race-{name}").uncheck()
    app.number_input(key=EPOCHS_KEY).set_value(1).run()
    app.button(key="race").click().run()
    assert app.title[0].value == "Compare"
    run_ids = app.query_params["runs"].split(",")
    assert len(run_ids) == 2
    assert all(training_queue(finished_text_run.workspace.root).wait(run_id, 60) for run_id in run_ids)
    runs = [show_run(finished_text_run.workspace, run_id) for run_id in run_ids]
    assert [run.spec.strategy for run in runs] == ["feature-extraction", "head-then-fine-tune"]
    assert {run.status.state for run in runs} == {"finished"}
    assert [run.spec.epochs for run in runs] == [1, 1]
    assert len(list_runs(finished_text_run.workspace)) == 3
    numbers = open_app("compare", runs=",".join(run_ids)).dataframe[0].value
    assert numbers["Trains"][0] < numbers["Trains"][1]
