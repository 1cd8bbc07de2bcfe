"""One image to predict: a file, the camera, or a validation sample."""

from __future__ import annotations

import streamlit as st

from core.errors import UserError
from core.workflows.example_inputs import ExampleInput
from core.workflows.predict import Prediction, predict_images
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.answer import render_answer
from pages.components.frame import render_error
from pages.components.text import escape_markdown, shorten
from pages.components.why import render_why

WAYS = {"file": "File", "camera": "Camera"}
PICTURE_PX = 360
MAX_MB = 50
TYPES = ["png", "jpg", "jpeg", "webp", "bmp", "gif", "tif", "tiff"]


def render_image_input(workspace: Workspace, run: RunView, example: ExampleInput | None) -> None:
    """The ways to hand over an image and, beside them, the answer; an example counts until an image is handed over."""
    ask, answer = st.columns(2, gap="large")
    with ask:
        way = st.segmented_control(
            "Image from", list(WAYS), key="image-way", default="file", required=True, format_func=WAYS.__getitem__
        )
        if way == "camera":
            given = st.camera_input("Take a picture", key=f"camera-{run.id}")
        else:
            given = st.file_uploader("Choose an image", TYPES, key=f"image-{run.id}", max_upload_size=MAX_MB)
        if given is not None:
            content, name, true_class = given.getvalue(), given.name, None
        elif example is not None and example.image is not None:
            content, name, true_class = example.image.read_bytes(), example.name, example.true_class
        else:
            return
        prediction = _try(workspace, run, name, content)
        if prediction is not None:
            st.image(content, caption=escape_markdown(shorten(name, 60)), alt="The image to classify", width=PICTURE_PX)
    with answer:
        if prediction is not None:
            render_answer(prediction, true_class=true_class)
    if prediction is not None:
        render_why(workspace, run, content, key="why", class_name=prediction.label)


def _try(workspace: Workspace, run: RunView, name: str, content: bytes) -> Prediction | None:
    """The answer, or None and the reason on the page."""
    try:
        with st.spinner("Looking at it", show_time=True):
            return predict_images(workspace, run.id, [(name, content)])[0]
    except UserError as error:
        render_error(error)
        return None
