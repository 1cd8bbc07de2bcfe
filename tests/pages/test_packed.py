"""A run leaves its page as a packed file and as code, and Home opens such a file."""

from pathlib import Path

from streamlit.testing.v1 import AppTest

from core.workflows.delete_run import delete_run
from core.workflows.pack import pack
from core.workflows.show_run import show_run
from tests.pages.conftest import Trained, all_text, open_app


def open_folded(page: str, key: str, **query_params: str) -> AppTest:
    app = open_app(page, **query_params)
    app.session_state[key] = True
    return app.run()


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.get("download_button")]


def test_a_run_is_packed_with_its_samples_unless_somebody_says_no(finished_run: Trained) -> None:
    app = open_folded("results", "pack-open", run=finished_run.run_id)
    assert not app.exception
    assert "The packed run, ZIP" in labels(app)
    assert "hand it only to who may see them" in all_text(app)
    app.checkbox(key="pack-samples").uncheck().run()
    assert "No image and no text is in it" in all_text(app)


def test_a_run_is_offered_as_script_and_notebook_with_the_data_that_they_need(finished_text_run: Trained) -> None:
    app = open_folded("results", "code-downloads-open", run=finished_text_run.run_id)
    assert not app.exception
    assert {"Script, PY", "Notebook, IPYNB"} <= set(labels(app))
    assert any(f"export-data {finished_text_run.dataset_id}" in block.value for block in app.code)


def test_home_opens_a_packed_run_and_goes_to_it(finished_run: Trained, tmp_path: Path) -> None:
    workspace, run_id = finished_run.workspace, finished_run.run_id
    file = tmp_path / "run.zip"
    pack(workspace, run_id, file, with_samples=True)
    report = show_run(workspace, run_id).report
    delete_run(workspace, run_id)
    app = upload(open_app("home"), file.read_bytes())
    app.button(key="packed-take").click().run()
    assert not app.exception
    assert show_run(workspace, run_id).report == report
    assert not list(workspace.uploads_dir.iterdir()), "what was opened need not be kept twice"


def test_home_says_what_is_wrong_with_a_file_and_keeps_it(finished_run: Trained) -> None:
    app = upload(open_app("home"), b"no archive")
    app.button(key="packed-take").click().run()
    assert not app.exception
    assert "cannot be read as an archive" in all_text(app) + " ".join(box.value for box in app.error)


def upload(app: AppTest, content: bytes) -> AppTest:
    box = next(box for box in app.file_uploader if "uploads.packed." in box.key)
    box.upload("run.zip", content, "application/zip")
    return app.run()
