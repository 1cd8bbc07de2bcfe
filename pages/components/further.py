"""What can be asked further about an answer: why, what if the input were harder, and what other runs say."""

from __future__ import annotations

from core.workflows.predict import Prediction
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.beside import render_beside
from pages.components.shifts_panel import render_shifts
from pages.components.why import render_why


def render_further(workspace: Workspace, run: RunView, asked: str | bytes, prediction: Prediction) -> None:
    """Three folded panels, each of which asks the model only once it is opened.

    Args:
        workspace: where the run lies.
        run: a finished run.
        asked: what was classified: a text, or the bytes of an image.
        prediction: the answer.
    """
    render_why(workspace, run, asked, key="why", class_name=prediction.label)
    render_shifts(workspace, run, asked)
    render_beside(workspace, run, asked)
