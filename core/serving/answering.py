"""A finished run's model, ready for inputs that come one by one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.errors import DatasetError
from core.settings import limit, limit_words
from core.workflows.predict import Prediction, answer_pixels, answer_texts, decode_input, text_of
from core.workflows.show_run import RunView, require_readable
from core.workflows.workspace import Workspace

Given = str | NDArray[np.uint8]
"""A text, or the pixels of an image at the run's size."""

_NAME = "input"


class Answering:
    """The model of a run.

    Args:
        workspace: where it lies.
        run_id: a finished run.

    Attributes:
        modality: "image" or "text".
        about: the run, its classes and its numbers, as JSON types.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet.
    """

    def __init__(self, workspace: Workspace, run_id: str) -> None:
        run = require_readable(workspace, run_id)
        self.modality: str = run.modality or ""
        self.about = _about(run)
        self._workspace = workspace
        self._run = run

    def warm_up(self) -> None:
        """Load the network and let it answer once, so that the first client does not wait for that."""
        size = self._run.spec.image_size_px
        self.answer([_NAME if self.modality == "text" else np.zeros((size, size, 3), np.uint8)])

    def prepare(self, content: str | bytes) -> Given:
        """One input as the network takes it; raises DatasetError where it cannot be used."""
        if isinstance(content, bytes):
            return decode_input(content, self._run)
        if not content.strip():
            raise DatasetError("A text is empty.", "Write at least one word.")
        if len(content) > limit("text"):
            raise DatasetError(f"A text has more than {limit_words('text')}.", "Send a part of it.")
        return content

    def from_file(self, content: bytes) -> str | bytes:
        """What a file holds: an image as it is, a text decoded."""
        return text_of(content) if self.modality == "text" else content

    def answer(self, given: Sequence[Given]) -> tuple[Prediction, ...]:
        """One prediction for each input, in their order."""
        if self.modality == "text":
            return answer_texts(self._workspace, self._run, [str(text) for text in given])
        pixels = np.stack([np.asarray(square) for square in given])
        return answer_pixels(self._workspace, self._run, [_NAME] * len(pixels), pixels)


def _about(run: RunView) -> dict[str, Any]:
    splits = run.report.splits if run.report else ()
    return {
        "run": run.id,
        "model": run.spec.model,
        "strategy": run.spec.strategy,
        "modality": run.modality,
        "classes": list(run.class_names),
        "metrics": {
            part.split: {"accuracy": part.accuracy.value, "macro_f1": part.macro_f1.value, "n": part.n}
            for part in splits
        },
    }
