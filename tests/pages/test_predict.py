"""Predict: one image or one text, answered with probabilities and without pretending."""

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from core.datasets.entries import UploadedFile
from core.jobs.studies import wait_for_study
from core.jobs.study import Study
from core.workflows.score_inputs import create_scoring, list_scorings
from core.workflows.workspace import Workspace
from pages.components.scorings import SLOT
from pages.components.state import uploader_key
from tests.conftest import make_image_zip
from tests.pages.conftest import Trained, all_text, open_app
from tests.pages.hostile import NAMES, rename_classes


def open_predict(trained: Trained) -> AppTest:
    app = open_app("predict", run=trained.run_id)
    assert not app.exception
    return app


def a_picture(class_name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(make_image_zip())) as archive:
        return archive.read(f"{class_name}/1.png")


def test_without_a_finished_run_the_page_says_what_to_do(workspace: Workspace) -> None:
    app = open_app("predict")
    assert "No finished run yet" in [element.value for element in app.subheader]
    assert [button.label for button in app.button] == ["Try a sample"]


def test_a_dataset_alone_cannot_predict(one_dataset: Trained) -> None:
    assert "No finished run yet" in [element.value for element in open_app("predict").subheader]


@pytest.mark.parametrize("class_name", ["cats", "dogs"])
def test_an_image_is_answered_with_its_class_and_probabilities(finished_run: Trained, class_name: str) -> None:
    app = open_predict(finished_run)
    app.file_uploader(key=f"image-{finished_run.run_id}").upload("new.png", a_picture(class_name)).run()
    assert app.metric[0].value == class_name
    assert f"The model gives **{class_name}** a probability of" in all_text(app)
    chart = app.get("plotly_chart")[0].proto
    assert f'"{class_name}"' in chart.alt
    assert "always names one of them" in all_text(app)


def test_what_is_no_image_is_refused_with_a_remedy(finished_run: Trained) -> None:
    app = open_predict(finished_run)
    app.file_uploader(key=f"image-{finished_run.run_id}").upload("new.png", b"not an image at all").run()
    assert not app.exception
    assert "What to do" in app.error[0].value
    assert not app.metric


def test_the_camera_is_a_way_in(finished_run: Trained) -> None:
    app = open_predict(finished_run)
    app.segmented_control(key="image-way").set_value("camera").run()
    app.camera_input(key=f"camera-{finished_run.run_id}").upload("photo.jpg", a_picture("dogs")).run()
    assert app.metric[0].value == "dogs"


def test_one_press_tries_a_sample_whose_class_is_known(finished_run: Trained) -> None:
    app = open_predict(finished_run)
    assert not app.metric
    app.button(key="try-example").click().run()
    assert app.metric[0].value in ("cats", "dogs")
    assert "the sample is labeled" in all_text(app)
    assert app.button(key="try-example").label == "Try another validation sample"


def test_a_text_is_answered_when_it_is_sent(finished_text_run: Trained) -> None:
    app = open_predict(finished_text_run)
    assert not app.metric
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value("I love it and would buy it again")
    app.form_submit_button[0].click().run()
    assert app.metric[0].value == "good"
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value("I hate it and want my money back")
    app.form_submit_button[0].click().run()
    assert app.metric[0].value == "bad"


def test_an_empty_text_is_refused_with_a_remedy(finished_text_run: Trained) -> None:
    app = open_predict(finished_text_run)
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value("   ")
    app.form_submit_button[0].click().run()
    assert "Write at least one word" in app.error[0].value
    assert not app.metric


def test_a_sample_text_is_put_into_the_field_and_answered(finished_text_run: Trained) -> None:
    app = open_predict(finished_text_run)
    app.button(key="try-example").click().run()
    first = app.text_input(key=f"text-{finished_text_run.run_id}").value
    assert first.startswith("I ")
    assert app.metric[0].value in ("good", "bad")
    app.button(key="try-example").click().run()
    assert app.text_input(key=f"text-{finished_text_run.run_id}").value != first


def test_an_unknown_run_is_said_and_the_newest_one_is_used(finished_run: Trained) -> None:
    app = open_app("predict", run="nope")
    assert "There is no run named" in app.error[0].value
    assert app.selectbox(key="predict.run").value == finished_run.run_id


def test_a_run_that_still_trains_is_no_choice(running_run: Trained) -> None:
    app = open_app("predict", run=running_run.run_id)
    assert "No finished run yet" in [element.value for element in app.subheader]


def test_hostile_class_names_are_not_markup(finished_text_run: Trained) -> None:
    rename_classes(finished_text_run)
    app = open_predict(finished_text_run)
    app.button(key="try-example").click().run()
    shown = "\n".join([all_text(app), *(metric.value for metric in app.metric)])
    assert "evil\\.example" in shown or "bold" in shown
    assert all(name not in shown for name in NAMES)


def test_many_texts_are_answered_behind_the_page_and_can_be_downloaded_and_deleted(
    finished_text_run: Trained, tmp_path
) -> None:
    upload = tmp_path / "uploaded"
    upload.write_text("comment\nI love it\nI want my money back\n")
    file = UploadedFile(name="new.csv", path=upload)
    scoring = create_scoring(finished_text_run.workspace, finished_text_run.run_id, [file])
    study = Study(kind="scoring", run_id=scoring.run_id, variant=scoring.id)
    app = open_predict(finished_text_run)
    app.button(key=f"begin-scoring-{scoring.id}").click().run()
    assert wait_for_study(finished_text_run.workspace.root, study, 180)
    app.run()
    assert "2 answered in" in all_text(app)
    assert {"CSV", "Parquet"} <= {button.label for button in app.get("download_button")}
    app.button(key=f"delete-{scoring.id}").click().run()
    assert not list_scorings(finished_text_run.workspace, finished_text_run.run_id)


def test_a_scoring_is_begun_with_what_was_handed_over_in_the_precision_that_was_chosen(
    finished_text_run: Trained, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr("core.workflows.score_inputs.faster_precision", lambda run: "bfloat16")
    app = open_predict(finished_text_run)
    assert "score" not in [button.key for button in app.button]
    app.file_uploader(key=uploader_key(SLOT, "file")).upload("new.csv", b"comment\nI love it\n").run()
    app.checkbox(key="score-fastest").check().run()
    app.button(key="score").click().run()
    (scoring,) = list_scorings(finished_text_run.workspace, finished_text_run.run_id)
    assert (scoring.name, scoring.precision) == ("new.csv", "fastest")
    study = Study(kind="scoring", run_id=scoring.run_id, variant=scoring.id)
    assert wait_for_study(finished_text_run.workspace.root, study, 180)
    app.run()
    assert "1 answered in" in all_text(app)
    assert "less exactly" in all_text(app)
    app.button(key=f"delete-{scoring.id}").click().run()
    assert not list_scorings(finished_text_run.workspace, finished_text_run.run_id)


def test_several_images_are_answered_in_rows_and_a_broken_one_says_why(finished_run: Trained) -> None:
    app = open_predict(finished_run)
    uploader = app.file_uploader(key=f"image-{finished_run.run_id}")
    uploader.upload("a.png", a_picture("cats"))
    uploader.upload("b.png", a_picture("dogs"))
    uploader.upload("c.png", b"not an image").run()
    assert not app.exception
    words = all_text(app)
    assert "**2 images**" in words
    assert "1 cats" in words
    assert "1 dogs" in words
    assert "not an image" in words
    assert "CSV" in [button.label for button in app.get("download_button")]


def test_pasted_lines_are_answered_in_a_table(finished_text_run: Trained) -> None:
    app = open_predict(finished_text_run)
    app.segmented_control(key="text-way").set_value("lines").run()
    app.text_area(key=f"lines-{finished_text_run.run_id}").set_value("I love it\n\nI want my money back\n")
    app.form_submit_button[0].click().run()
    assert not app.exception
    assert list(app.dataframe[0].value["Answer"]) == ["good", "bad"]
    assert "CSV" in [button.label for button in app.get("download_button")]


def test_no_lines_are_refused_with_a_remedy(finished_text_run: Trained) -> None:
    app = open_predict(finished_text_run)
    app.segmented_control(key="text-way").set_value("lines").run()
    app.form_submit_button[0].click().run()
    assert "one text per line" in app.error[0].value
