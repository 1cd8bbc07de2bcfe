"""Results: a run in every state, and a report whose every number can be looked into."""

import json
from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.records import SplitName
from core.evaluation.prediction_table import load_predictions, save_predictions
from core.evaluation.records import Interval
from core.evaluation.report_json import report_to_json
from core.exporting.export_check import ExportCheck
from core.jobs.training_jobs import training_queue
from core.training.events import BatchSplit, FirstEstimate
from core.workflows.report_run import export_page
from core.workflows.reporting import build_run_report
from core.workflows.review_run import cell_samples
from core.workflows.show_run import list_runs, show_run
from core.workflows.stored_exports import keep_export
from core.workflows.workspace import Workspace
from tests.pages.conftest import Trained, all_text, open_app, set_state
from tests.pages.hostile import NAMES, rename_classes


def open_run(trained: Trained) -> AppTest:
    app = open_app("results", run=trained.run_id)
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def spoil_predictions(trained: Trained, n_wrong: int, split: SplitName = "val") -> None:
    """Call so many samples of the first class the second one, in predictions and report."""
    folder = trained.workspace.runs.get(trained.run_id)
    table = load_predictions(folder.predictions_path)
    rows = [row for row in table.rows(split) if table.labels[row] == 0][:n_wrong]
    probs, predictions = table.probs.copy(), table.predictions.copy()
    probs[rows], predictions[rows] = (0.1, 0.9), 1
    table = replace(table, probs=probs, predictions=predictions)
    save_predictions(table, folder.predictions_path)
    dataset = trained.workspace.datasets.load(trained.dataset_id)
    folder.write_json("report", report_to_json(build_run_report(dataset, table)))


def test_without_a_run_the_page_says_what_to_do(workspace: Workspace) -> None:
    app = open_app("results")
    assert "No run yet" in [element.value for element in app.subheader]
    assert labels(app) == ["Try a sample"]


def test_without_a_run_but_with_data_the_page_leads_to_a_training(one_dataset: Trained) -> None:
    assert labels(open_app("results")) == ["Start a training"]


def test_without_an_address_the_newest_run_is_shown_and_put_into_the_address(finished_run: Trained) -> None:
    app = open_app("results")
    assert app.query_params["run"] == finished_run.run_id
    assert app.title[0].value == "pets"


@pytest.mark.parametrize("run_id", ["nope", "../../etc/passwd", "20200101-000000-0000", "![x](http://evil.example)"])
def test_an_unknown_run_is_said_with_a_way_out(finished_run: Trained, run_id: str) -> None:
    app = open_app("results", run=run_id)
    assert "There is no run named" in app.error[0].value
    assert "![x](" not in app.error[0].value
    app.button(key="newest").click().run()
    assert app.title[0].value == "pets"


def test_a_running_run_shows_where_it_is_and_can_be_stopped(running_run: Trained) -> None:
    app = open_run(running_run)
    assert app.progress[0].value == 25
    assert "3 of 12" in app.progress[0].text
    assert {metric.label: metric.value for metric in app.metric}["Time left in this step"] == "8.0 s"
    assert len(app.get("plotly_chart")) == 2
    app.button(key="stop").click().run()
    assert running_run.workspace.runs.get(running_run.run_id).stop_requested()
    assert app.button(key="stop").disabled


def test_the_first_estimate_is_shown_while_the_run_goes_on_with_its_samples_and_interval(running_run: Trained) -> None:
    said = next(element.value for element in open_run(running_run).caption if "First estimate" in element.value)
    n = len(running_run.workspace.datasets.load(running_run.dataset_id).rows("train"))
    assert f"of the {n:,} training samples right when left out" in said
    assert "95% interval" in said


def test_the_first_estimate_stays_among_the_facts_of_the_run(finished_run: Trained) -> None:
    run = show_run(finished_run.workspace, finished_run.run_id)
    facts = next(table.value for table in open_run(finished_run).table if "First estimate" in table.value.index)
    said = facts.loc["First estimate", "value"].replace("\\", "")
    assert f"{run.first_accuracy.value:.1%} of the {run.first_estimate.n:,} training samples" in said


def test_a_run_from_before_there_were_first_estimates_opens_without_one(finished_run: Trained) -> None:
    folder = finished_run.workspace.runs.get(finished_run.run_id)
    folder.rewrite_events(event for event in folder.read_events() if not isinstance(event, FirstEstimate))
    assert show_run(finished_run.workspace, finished_run.run_id).first_estimate is None
    assert all("First estimate" not in table.value.index for table in open_run(finished_run).table)


def test_curves_are_the_same_figure_between_two_epochs(running_run: Trained) -> None:
    app = open_run(running_run)
    before = [chart.proto.spec for chart in app.get("plotly_chart")]
    set_state(running_run, "running", step="Fit the head", done=7, of=12)
    app.run()
    assert "7 of 12" in app.progress[0].text
    assert [chart.proto.spec for chart in app.get("plotly_chart")] == before


def test_a_queued_run_says_that_it_waits(queued_run: Trained) -> None:
    app = open_run(queued_run)
    assert "Waiting" in app.progress[0].text
    assert "Waiting" in all_text(app)


def test_the_page_of_a_live_run_turns_into_its_report(running_run: Trained, image_template: Trained) -> None:
    app = open_run(running_run)
    source = image_template.workspace.runs.get(image_template.run_id).path
    target = running_run.workspace.runs.get(running_run.run_id).path
    for name in ("report.json", "proof.json", "predictions.parquet", "status.json"):
        (target / name).write_bytes((source / name).read_bytes())
    app.run()
    assert not app.progress
    assert "Confusion matrix" in [element.value for element in app.subheader]


def test_a_failed_run_tells_problem_and_remedy_and_can_be_tried_again(failed_run: Trained) -> None:
    app = open_run(failed_run)
    assert "memory did not suffice \\<b\\>" in app.error[0].value
    assert "Freeze more stages" in app.error[0].value
    app.button(key="try-again").click().run()
    newest = list_runs(failed_run.workspace)[0]
    assert newest.id != failed_run.run_id
    assert show_run(failed_run.workspace, newest.id).spec == show_run(failed_run.workspace, failed_run.run_id).spec
    assert app.query_params["run"] == newest.id
    assert training_queue(failed_run.workspace.root).wait(newest.id, 60)


def test_a_run_that_the_machine_failed_goes_on_when_there_is_room_again(failed_run: Trained) -> None:
    app = open_run(failed_run)
    app.button(key="resume").click().run()
    assert not app.exception
    assert training_queue(failed_run.workspace.root).wait(failed_run.run_id, 60)
    assert show_run(failed_run.workspace, failed_run.run_id).is_readable


def test_a_run_whose_batches_were_halved_says_so(finished_run: Trained) -> None:
    split = BatchSplit(phase=1, epoch=2, batch=1, batch_size=32, n_parts=2)
    finished_run.workspace.runs.get(finished_run.run_id).append_event(split)
    facts = next(table.value for table in open_run(finished_run).table if "Batches" in table.value.index)
    assert "two halves of 16" in facts.loc["Batches", "value"]
    assert "two halves of 16" in export_page(finished_run.workspace, finished_run.run_id, with_examples=False).decode()


def test_an_interrupted_run_is_resumed_to_its_report(interrupted_run: Trained) -> None:
    app = open_run(interrupted_run)
    assert "after 1 of 4 epochs" in app.warning[0].value
    app.button(key="resume").click().run()
    assert not app.exception
    assert training_queue(interrupted_run.workspace.root).wait(interrupted_run.run_id, 60)
    assert show_run(interrupted_run.workspace, interrupted_run.run_id).is_readable
    app.run()
    assert "Confusion matrix" in [element.value for element in app.subheader]


def test_a_run_stopped_before_anything_could_be_kept_says_so(interrupted_run: Trained) -> None:
    set_state(interrupted_run, "stopped")
    app = open_run(interrupted_run)
    assert "before anything could be kept" in app.info[0].value
    assert "Try again" in labels(app)


def test_headline_numbers_stand_beside_split_size_interval_and_baseline(finished_run: Trained) -> None:
    app = open_run(finished_run)
    report = show_run(finished_run.workspace, finished_run.run_id).report
    text = all_text(app)
    for part in report.splits:
        assert f"{part.n} samples" in text
        assert f"95% interval {part.accuracy.low * 100:.1f}–{part.accuracy.high * 100:.1f}%" in text
        assert f"gives {part.majority_accuracy:.1%}" in text
        assert f"gives {part.majority_macro_f1:.3f}" in text
    assert "**Validation**" in text
    assert [metric.label for metric in app.metric][:4] == ["Accuracy", "Macro-F1", "Weighted F1", "Micro-F1"]
    assert "too few to tell" in app.warning[0].value


def test_the_freeze_proof_is_said_in_words(finished_run: Trained) -> None:
    proof = show_run(finished_run.workspace, finished_run.run_id).proof
    assert proof.n_tensors > 100
    assert f"Frozen tensors changed: 0 of {proof.n_tensors}" in all_text(open_run(finished_run))


def test_the_table_has_precision_recall_and_f1_of_every_class(finished_run: Trained) -> None:
    table = open_run(finished_run).dataframe[0].value
    columns = ["Class", "F1", "F1, 95%", "Precision, 95%", "Recall, 95%", "Samples", "Called so"]
    assert list(table.columns) == columns
    assert set(table["Class"]) == {"cats", "dogs"}


def test_the_two_boxes_list_the_samples_of_a_confusion_cell(finished_run: Trained) -> None:
    spoil_predictions(finished_run, 1)
    app = open_run(finished_run)
    app.segmented_control(key="matrix-split").set_value("val").run()
    assert (app.selectbox(key="cell-true").value, app.selectbox(key="cell-predicted").value) == (0, 1)
    (wrong,) = cell_samples(finished_run.workspace, finished_run.run_id, "val", "cats", "dogs")
    assert wrong.probability == pytest.approx(0.9)
    n_val = show_run(finished_run.workspace, finished_run.run_id).report.split("val").n
    assert f"1 of {n_val} validation samples" in all_text(app)
    app.selectbox(key="cell-true").set_value(1).run()
    assert app.selectbox(key="cell-predicted").value == 1
    n_right = len(cell_samples(finished_run.workspace, finished_run.run_id, "val", "dogs", "dogs"))
    assert f"{n_right} of {n_val} validation samples" in all_text(app)


def test_a_press_on_a_confusion_in_words_shows_its_samples(finished_run: Trained) -> None:
    spoil_predictions(finished_run, 2)
    app = open_run(finished_run)
    app.segmented_control(key="matrix-split").set_value("val").run()
    app.selectbox(key="cell-true").set_value(1).run()
    button = app.button(key="confusion-0-1")
    assert button.label.startswith("cats taken for dogs: 2")
    button.click().run()
    assert (app.selectbox(key="cell-true").value, app.selectbox(key="cell-predicted").value) == (0, 1)


def test_the_matrix_can_show_per_cent_and_another_order(finished_run: Trained) -> None:
    app = open_run(finished_run)
    app.segmented_control(key="matrix-cells").set_value("share").run()
    app.segmented_control(key="matrix-order").set_value("similar").run()
    assert not app.exception
    drawn = json.loads(app.get("plotly_chart")[2].proto.spec)["data"][0]
    assert drawn["type"] == "heatmap"
    assert drawn["zmax"] == 100


def test_every_chart_and_picture_has_words_for_those_who_cannot_see_it(finished_run: Trained) -> None:
    app = open_run(finished_run)
    charts = app.get("plotly_chart")
    assert len(charts) == 3
    assert all(len(chart.proto.alt) > 20 for chart in charts)


def test_the_only_button_of_a_chart_saves_it_as_png(finished_run: Trained) -> None:
    config = json.loads(open_run(finished_run).get("plotly_chart")[0].proto.config)
    assert config["modeBarButtons"] == [["toImage"]]
    assert config["toImageButtonOptions"]["format"] == "png"


def test_downloads_are_offered_for_table_report_and_figures(finished_run: Trained) -> None:
    names = [button.label for button in open_run(finished_run).get("download_button")]
    assert names[:2] == ["Report, one page", "Model card, Markdown"]
    assert names[2:6] == ["Predictions, CSV", "Report, JSON", "Loss, HTML", "Macro-F1, HTML"]
    assert any(name.startswith("Confusion matrix") for name in names)


def test_train_again_opens_the_train_page_with_the_same_settings(finished_run: Trained) -> None:
    app = open_run(finished_run)
    app.button(key="train-again").click().run()
    assert app.title[0].value == "Train"
    assert app.query_params["dataset"] == finished_run.dataset_id
    assert app.number_input(key="setting-image_size_px").value == 64


def test_predict_opens_with_this_run(finished_run: Trained) -> None:
    app = open_run(finished_run)
    app.button(key="predict").click().run()
    assert app.title[0].value == "Predict"
    assert app.query_params["run"] == finished_run.run_id


def test_hostile_class_names_are_not_markup_anywhere(finished_text_run: Trained) -> None:
    spoil_predictions(finished_text_run, 2)
    rename_classes(finished_text_run)
    app = open_run(finished_text_run)
    shown = "\n".join([all_text(app), *labels(app), *(metric.value for metric in app.metric)])
    assert "evil\\.example" in shown
    assert NAMES[0] not in shown
    assert "**<b>" not in shown


def test_the_model_is_packed_behind_the_page_and_offered_once_it_is_there(finished_run: Trained) -> None:
    app = open_run(finished_run)
    assert app.button(key="begin-export-bundle").label == "Make it"
    sure = Interval(value=1.0, low=0.9, high=1.0)
    check = ExportCheck(
        format="bundle",
        n=8,
        from_network=1e-7,
        from_report=1e-7,
        n_other_class=0,
        accuracy=sure,
        reported_accuracy=sure,
        change=Interval(value=0.0, low=-0.1, high=0.1),
        megabytes=19.0,
        seconds=1.0,
    )
    keep_export(finished_run.workspace, finished_run.run_id, check, lambda file: file.touch())
    app.run()
    assert "Archive with a program, 19 MB" in [button.label for button in app.get("download_button")]
    assert "On 8 validation samples" in all_text(app)
    assert app.button(key="begin-export-bundle").label == "Make it again"


def test_a_run_is_deleted_for_good_only_by_a_second_press(finished_run: Trained) -> None:
    app = open_run(finished_run)
    assert "cannot be undone" in all_text(app)
    assert [card.id for card in list_runs(finished_run.workspace)] == [finished_run.run_id]
    app.button(key="delete-run").click().run()
    assert not app.exception
    assert list_runs(finished_run.workspace) == ()
    assert finished_run.workspace.datasets.load(finished_run.dataset_id).n_samples == 24


def test_a_running_run_cannot_be_deleted(running_run: Trained) -> None:
    assert "delete-run" not in [button.key for button in open_run(running_run).button]
