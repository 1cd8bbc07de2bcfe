"""An import says how long it will take, and can be stopped."""

import pytest

from core.workflows.inspect_dataset import list_datasets
from core.workflows.workspace import Workspace
from pages.components.import_progress import import_words
from tests.pages.conftest import open_app
from tests.pages.test_data import upload


@pytest.mark.parametrize(
    ("done", "elapsed_s", "words"),
    [
        (0, 5.0, "Reading 0 of 60,000"),
        (500, 1.0, "Reading 500 of 60,000"),
        (20_000, 40.0, "Reading 20,000 of 60,000 · 500 per second · about 80 s left"),
        (60_000, 120.0, "Read 60,000; comparing, splitting and saving"),
    ],
)
def test_the_rate_and_the_time_left_are_said_once_they_are_known(done: int, elapsed_s: float, words: str) -> None:
    assert import_words(done, 60_000, elapsed_s) == words


def test_nothing_is_left_of_the_bar_once_the_data_are_there(workspace: Workspace, image_zip: bytes) -> None:
    app = upload(open_app("data"), "pets.zip", image_zip)
    app.button(key="data.import").click().run()
    assert not app.exception
    assert len(list_datasets(workspace)) == 1
    assert not [button for button in app.button if button.key == "data.import-stop"]
