"""The camera in a real browser: a film stands in for it, a button is held, and a dataset is there."""

import io
import re

import numpy as np
import pytest
from PIL import Image

from core.workflows.inspect_dataset import list_datasets, load_dataset
from tests.e2e.app import App
from tests.e2e.browser import launch, visit
from tests.e2e.server import Server

FAKES = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")
N_SCENES, FRAMES_PER_SCENE = 24, 10


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Scenes of random coloured squares, a third of a second each, as a camera sends them."""
    path = tmp_path_factory.mktemp("camera") / "film.mjpeg"
    with path.open("wb") as file:
        for scene in range(N_SCENES):
            squares = np.random.default_rng(scene).integers(0, 256, (6, 8, 3), dtype=np.uint8)
            picture = Image.fromarray(squares).resize((320, 240), Image.Resampling.NEAREST)
            for frame in range(FRAMES_PER_SCENE):
                picture.putpixel((frame, 0), (255, 0, 0))
                data = io.BytesIO()
                picture.save(data, "JPEG", quality=90)
                file.write(data.getvalue())
    return path


@pytest.fixture
def open_server(tmp_path):
    """A server that lets Streamlit's own components into the session."""
    server = Server(tmp_path, is_strict=False)
    server.start()
    yield server
    server.end()


def test_a_held_button_takes_pictures_that_become_a_dataset(browser, open_server, film):
    filming = launch(browser.browser_type, *FAKES, f"--use-file-for-fake-video-capture={film}")
    visitor = visit(filming, open_server.url)
    app = App(visitor.open_tab(), open_server.url)
    app.open("/data")
    app.page.get_by_text("The camera").click()
    app.press("Turn the camera on")
    for press in range(3):
        for name in ("yes", "no"):
            hold(app, name, by_key=press == 1)
            app.see(f"in {press + 1} press{'es' if press else ''}" if name == "no" else f"{name}")
    app.press("Make the dataset")
    app.see("Samples per class")
    data = load_dataset(open_server.workspace, list_datasets(open_server.workspace)[0].id)
    assert set(data.class_names) == {"no", "yes"}
    assert len(set(data.groups)) == 6
    for group in set(data.groups):
        assert len({split for one, split in zip(data.groups, data.splits.tolist(), strict=True) if one == group}) == 1
    visitor.check()
    filming.close()


def hold(app, name, *, by_key):
    """Hold the button of a class for a little over a second."""
    button = app.page.get_by_role("button", name=f"Hold to take pictures of {name}")
    button.scroll_into_view_if_needed()
    if by_key:
        button.focus()
        app.page.keyboard.down("Space")
    else:
        button.hover()
        app.page.mouse.down()
    app.page.get_by_text(re.compile(r"^([4-9]|\d\d) of at most 50$")).wait_for()
    if by_key:
        app.page.keyboard.up("Space")
    else:
        app.page.mouse.up()
