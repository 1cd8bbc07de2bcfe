"""Data: the way in, the look at what came of it, and what happens when it is refused."""

import io
import zipfile

import pytest
from streamlit.testing.v1 import AppTest

from core.workflows.inspect_dataset import list_datasets, load_dataset
from core.workflows.workspace import Workspace
from tests.conftest import make_image_zip
from tests.pages.conftest import Trained, all_text, open_app

HOSTILE = ("![x](http://evil.example/x.png)", "<b>bold</b>")


def test_an_empty_workspace_asks_for_data_at_once() -> None:
    app = open_app("data")
    assert not app.exception
    assert app.file_uploader[0].label.startswith("Zip of class folders")
    assert not app.metric


def test_a_zip_of_class_folders_becomes_a_dataset(workspace: Workspace, image_zip: bytes) -> None:
    app = import_file(open_app("data"), "pets.zip", image_zip)
    assert not app.exception
    assert metrics(app)["Images"] == "24"
    assert metrics(app)["Classes"] == "2"
    card = list_datasets(workspace)[0]
    assert card.name == "pets"
    assert app.query_params["dataset"] == card.id
    assert not list(workspace.uploads_dir.iterdir()), "what was imported need not be kept twice"


def test_a_table_shows_its_columns_and_imports_those_chosen(workspace: Workspace, text_table: bytes) -> None:
    app = upload(open_app("data"), "reviews.csv", text_table)
    assert [box.value for box in app.selectbox[:2]] == ["comment", "label"]
    assert list(app.dataframe[0].value.columns) == ["id", "comment", "label"]
    app.button(key="data.import").click().run()
    assert load_dataset(workspace, app.query_params["dataset"]).columns == ("comment", "label")


def test_a_separate_test_file_becomes_the_test_split(workspace: Workspace, image_zip: bytes) -> None:
    app = upload(open_app("data"), "pets.zip", image_zip)
    app = upload(app, "more.zip", make_image_zip(n_per_class=3), slot="test")
    app.button(key="data.import").click().run()
    assert not app.exception
    assert metrics(app)["Test"] == "6"


def test_refused_data_says_why_and_stays(workspace: Workspace) -> None:
    app = import_file(open_app("data"), "one.zip", make_image_zip(["only"]))
    assert "at least two classes" in app.error[0].value
    assert "What to do" in app.error[0].value
    assert "one\\.zip" in all_text(app)
    assert app.button(key="data.import"), "another try needs no other upload"
    assert list_datasets(workspace) == ()
    app = import_file(app, "pets.zip", make_image_zip())
    assert metrics(app)["Images"] == "24"


def test_a_damaged_zip_is_refused_calmly() -> None:
    app = upload(open_app("data"), "broken.zip", b"PK\x03\x04 and nothing more")
    assert not app.exception
    assert "damaged" in app.error[0].value


def test_uploaded_files_can_be_removed(workspace: Workspace, image_zip: bytes) -> None:
    app = upload(open_app("data"), "pets.zip", image_zip)
    app.button(key="remove.data").click().run()
    assert "pets" not in all_text(app)
    assert not list(workspace.uploads_dir.iterdir())


def test_a_folder_can_be_uploaded(workspace: Workspace, image_zip: bytes) -> None:
    app = open_app("data")
    app.segmented_control(key="data.way").set_value("folder").run()
    with zipfile.ZipFile(io.BytesIO(image_zip)) as archive:
        for name in archive.namelist():
            app.file_uploader[0].upload(f"pets/{name}", archive.read(name))
    app.run()
    app.button(key="data.import").click().run()
    assert not app.exception
    assert load_dataset(workspace, app.query_params["dataset"]).class_names == ("cats", "dogs")


def test_a_sample_is_one_click_away(workspace: Workspace) -> None:
    app = open_app("data")
    app.segmented_control(key="data.way").set_value("sample").run()
    app.button(key="sample.messages").click().run()
    assert metrics(app)["Texts"] == "516"
    assert list(app.dataframe[0].value.columns) == ["Label", "Text"]


def test_a_dataset_is_summed_up_at_a_glance(one_dataset: Trained) -> None:
    app = open_app("data", dataset=one_dataset.dataset_id)
    assert not app.exception
    assert metrics(app)["Images"] == "24"
    assert app.get("plotly_chart")
    assert len(app.get("image") or app.get("imgs")) == 24
    assert "drawn here" in all_text(app)


def test_the_primary_button_leads_to_train_with_the_dataset(one_dataset: Trained) -> None:
    app = open_app("data", dataset=one_dataset.dataset_id)
    next(button for button in app.button if button.label == "Choose a model").click().run()
    assert not app.exception
    assert app.query_params["dataset"] == one_dataset.dataset_id
    assert app.title[0].value == "Train"


@pytest.mark.parametrize("wanted", ["0123456789abcdef", "../../etc/passwd", "![x](http://evil.example/x.png)"])
def test_an_unknown_dataset_in_the_address_is_said_and_another_can_be_chosen(one_dataset: Trained, wanted: str) -> None:
    app = open_app("data", dataset=wanted)
    assert not app.exception
    assert "There is no dataset" in app.error[0].value
    assert "![x](" not in app.error[0].value
    app.selectbox[0].select_index(0).run()
    assert metrics(app)["Images"] == "24"
    assert not app.error


def test_hostile_class_names_are_never_markup(workspace: Workspace) -> None:
    rows = "\n".join(f'"text number {n} of class {k}","{name}"' for n in range(8) for k, name in enumerate(HOSTILE))
    app = import_file(open_app("data"), "x<b>.csv", f"text,label\n{rows}".encode())
    assert not app.exception
    assert set(load_dataset(workspace, app.query_params["dataset"]).class_names) == set(HOSTILE)
    assert "![x](" not in all_text(app)
    assert "<b>" not in all_text(app).replace("\\<b\\>", "")
    spec = app.get("plotly_chart")[0].proto.spec
    assert "<b>bold" not in spec


def test_skipped_files_are_listed_with_their_reason() -> None:
    file = io.BytesIO(make_image_zip())
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("cats/broken.png", b"no picture")
    app = import_file(open_app("data"), "pets.zip", file.getvalue())
    tables = [table.value for table in app.dataframe]
    assert any("cats/broken.png" in str(table.to_dict()) for table in tables)


def upload(app: AppTest, name: str, content: bytes, *, slot: str = "data") -> AppTest:
    """Hand a file to an uploader, as a browser does."""
    uploader = next(box for box in app.file_uploader if f"uploads.{slot}." in box.key)
    uploader.upload(name, content)
    return app.run()


def import_file(app: AppTest, name: str, content: bytes) -> AppTest:
    """Hand over a file and import it."""
    return upload(app, name, content).button(key="data.import").click().run()


def metrics(app: AppTest) -> dict[str, str]:
    """The numbers on top of the summary, by their label."""
    return {element.label: element.value for element in app.metric}
