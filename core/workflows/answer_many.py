"""Some hundred inputs answered while somebody waits: pasted lines, or images chosen as files."""

from __future__ import annotations

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from PIL import Image

from core.datasets.decode import ImageError
from core.errors import DatasetError
from core.exporting.scores import Scored, scores_csv
from core.features.pixels import THREADS, decode_square
from core.workflows.predict import Prediction, predict_images, predict_texts
from core.workflows.score_inputs import scored
from core.workflows.show_run import require_readable
from core.workflows.workspace import Workspace

MAX_LINES, MAX_IMAGES = 500, 200
"""More are better scored behind the page."""

PICTURE_PX = 192
"""Side of a picture: twice what is shown, for dense screens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AnsweredImage:
    """One of many images.

    Attributes:
        name: what the person calls it; for display only.
        picture: its middle as a small JPEG; empty where it cannot be read.
        prediction: the answer; None where it cannot be read.
        problem: why it cannot be read; empty where it can.
    """

    name: str
    picture: bytes = b""
    prediction: Prediction | None = None
    problem: str = ""


def answer_lines(workspace: Workspace, run_id: str, pasted: str) -> tuple[Prediction, ...]:
    """A text on every line, answered in their order; empty lines are passed over.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes images.
        DatasetError: there is no text, or more than `MAX_LINES`.
    """
    lines = [line.strip() for line in pasted.splitlines() if line.strip()]
    if not lines:
        raise DatasetError("There is no text.", "Paste one text per line.")
    _require_few(len(lines), MAX_LINES, "texts")
    return predict_texts(workspace, run_id, lines)


def answer_images(workspace: Workspace, run_id: str, images: Sequence[tuple[str, bytes]]) -> tuple[AnsweredImage, ...]:
    """Images given as (name for display, bytes), in their order; one that cannot be read does not stop the others.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes texts.
        DatasetError: there are more than `MAX_IMAGES`.
    """
    _require_few(len(images), MAX_IMAGES, "images")
    with ThreadPoolExecutor(THREADS) as pool:
        looked_at = list(pool.map(_look_at, images))
    readable = [image for image, seen in zip(images, looked_at, strict=True) if not seen.problem]
    answers = iter(predict_images(workspace, run_id, readable) if readable else ())
    return tuple(
        seen if seen.problem else AnsweredImage(name=seen.name, picture=seen.picture, prediction=next(answers))
        for seen in looked_at
    )


def lines_csv(workspace: Workspace, run_id: str, answers: Sequence[Prediction]) -> bytes:
    """Answers to texts as a CSV that spreadsheets open safely, with the probability of every class."""
    rows = [scored(f"line {number}", answer.input, answer) for number, answer in enumerate(answers, start=1)]
    return scores_csv(rows, require_readable(workspace, run_id).class_names, with_text=True)


def images_csv(workspace: Workspace, run_id: str, answers: Sequence[AnsweredImage]) -> bytes:
    """Answers to images likewise; those that could not be read say why."""
    rows = [
        Scored(name=one.name, problem=one.problem) if one.prediction is None else scored(one.name, "", one.prediction)
        for one in answers
    ]
    return scores_csv(rows, require_readable(workspace, run_id).class_names, with_text=False)


def _require_few(n: int, most: int, what: str) -> None:
    if n > most:
        raise DatasetError(
            f"Up to {most:,} {what} are answered while you wait; these are {n:,}.",
            "Hand them over as a file under “Many at once”, which answers behind the page.",
        )


def _look_at(image: tuple[str, bytes]) -> AnsweredImage:
    name, content = image
    try:
        pixels = decode_square(content, PICTURE_PX)
    except ImageError as error:
        return AnsweredImage(name=name, problem=error.reason)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=88)
    return AnsweredImage(name=name, picture=file.getvalue())
