"""Images to predict: files, the camera, or a validation sample."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.workflows.answer_many import AnsweredImage, answer_images
from core.workflows.example_inputs import ExampleInput
from core.workflows.predict import Prediction, predict_images
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.answer import render_answer
from pages.components.answered_images import render_answered_images
from pages.components.frame import render_error
from pages.components.further import render_further
from pages.components.kept import run_version
from pages.components.live_answer import render_live_answer
from pages.components.text import escape_markdown, shorten

WAYS = {"file": "Files", "camera": "Camera", "live": "Live camera"}
PICTURE_PX = 360
MAX_MB = 50
TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]

Named = tuple[str, bytes]
"""An image: what the person calls it, and its file."""


def render_image_input(workspace: Workspace, run: RunView, example: ExampleInput | None) -> None:
    """The ways to hand over images and, beside one, its answer; an example counts until an image is handed over."""
    way = _choose_way()
    if way == "live":
        render_live_answer(workspace, run)
        return
    ask, answer = st.columns(2, gap="large")
    with ask:
        given = _take(run, way)
    if len(given) > 1:
        _render_many(workspace, run, given)
        return
    true_class = None
    if not given and example is not None and example.image is not None:
        given, true_class = [(example.name, example.image.read_bytes())], example.true_class
    if not given:
        return
    name, content = given[0]
    with ask:
        prediction = _try(workspace, run, name, content)
        if prediction is None:
            return
        st.image(content, caption=escape_markdown(shorten(name, 60)), alt="The image to classify", width=PICTURE_PX)
    with answer:
        render_answer(prediction, true_class=true_class)
    render_further(workspace, run, content, prediction)


def render_image_alone(workspace: Workspace, run: RunView) -> None:
    """One image or several and their answers, and nothing that asks further."""
    way = _choose_way()
    if way == "live":
        render_live_answer(workspace, run)
        return
    given = _take(run, way)
    if len(given) > 1:
        _render_many(workspace, run, given)
    elif given and (prediction := _try(workspace, run, *given[0])) is not None:
        picture, answer = st.columns(2, gap="medium")
        with picture:
            st.image(given[0][1], alt="The image to classify", width="stretch")
        with answer:
            render_answer(prediction)


def _choose_way() -> str:
    return st.segmented_control(
        "Images from", list(WAYS), key="image-way", default="file", required=True, format_func=WAYS.__getitem__
    )


def _take(run: RunView, way: str) -> list[Named]:
    if way == "camera":
        photo = st.camera_input("Take a picture", key=f"camera-{run.id}")
        return [(photo.name, photo.getvalue())] if photo else []
    files = st.file_uploader(
        "Choose one image, or several",
        TYPES,
        accept_multiple_files=True,
        key=f"image-{run.id}",
        max_upload_size=MAX_MB,
    )
    return [(file.name, file.getvalue()) for file in files]


def _render_many(workspace: Workspace, run: RunView, given: list[Named]) -> None:
    try:
        with st.spinner("Looking at them", show_time=True):
            answers = _answered(run_version(workspace, run), tuple(given), _workspace=workspace, _run_id=run.id)
    except UserError as error:
        render_error(error)
        return
    render_answered_images(workspace, run, answers)


def _try(workspace: Workspace, run: RunView, name: str, content: bytes) -> Prediction | None:
    """The answer, or None and the reason on the page."""
    try:
        with st.spinner("Looking at it", show_time=True):
            return predict_images(workspace, run.id, [(name, content)])[0]
    except UserError as error:
        render_error(error)
        return None


@st.cache_data(max_entries=8, show_spinner=False)
def _answered(
    version: str,  # noqa: ARG001 - stands for the run as it is now
    images: tuple[Named, ...],
    *,
    _workspace: Workspace,
    _run_id: str,
) -> tuple[AnsweredImage, ...]:
    return answer_images(_workspace, _run_id, images)
