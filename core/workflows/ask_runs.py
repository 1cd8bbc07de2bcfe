"""Several finished runs asked the same: what each says of one input, and whether they agree."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from core.datasets.records import Modality
from core.errors import ConfigurationError
from core.runs.records import READABLE_STATES
from core.workflows.predict import Prediction, predict_images, predict_texts
from core.workflows.show_run import RunCard, list_runs, require_readable
from core.workflows.workspace import Workspace

MAX_RUNS = 4
"""As many as stand side by side, and as many models as are kept loaded."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunAnswer:
    """What one run says of an input.

    Attributes:
        run_id: the run.
        title: model and strategy, as people write them.
        prediction: its answer.
    """

    run_id: str
    title: str
    prediction: Prediction


@dataclass(frozen=True, kw_only=True, slots=True)
class Agreement:
    """How far several answers to one input agree.

    Attributes:
        label: the class that most of them name; None where two classes are named equally often.
        n_for_it: how many name it.
        others: the positions of the answers that name another class.
    """

    label: str | None
    n_for_it: int
    others: tuple[int, ...]


def askable_runs(workspace: Workspace, modality: Modality) -> tuple[RunCard, ...]:
    """The finished runs that take such inputs, newest first."""
    return tuple(
        card
        for card in list_runs(workspace)
        if card.status.state in READABLE_STATES and card.macro_f1 is not None and card.modality == modality
    )


def ask_runs(workspace: Workspace, run_ids: Sequence[str], asked: str | bytes) -> tuple[RunAnswer, ...]:
    """The answer of every run, in their order.

    Args:
        workspace: where the runs lie.
        run_ids: at most `MAX_RUNS`.
        asked: a text, or the bytes of an image.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: a run has no model yet or takes something else, or these are too many.
        DatasetError: the input cannot be read.
    """
    if len(run_ids) > MAX_RUNS:
        raise ConfigurationError(
            f"At most {MAX_RUNS} runs are asked at once; these are {len(run_ids)}.", "Leave some out."
        )
    return tuple(_ask(workspace, run_id, asked) for run_id in run_ids)


def agreement(predictions: Sequence[Prediction]) -> Agreement:
    """Which class most answers name; there is one answer at least."""
    counted = Counter(one.label for one in predictions).most_common()
    label, n = counted[0]
    if len(counted) > 1 and counted[1][1] == n:
        return Agreement(label=None, n_for_it=n, others=())
    others = tuple(place for place, one in enumerate(predictions) if one.label != label)
    return Agreement(label=label, n_for_it=n, others=others)


def _ask(workspace: Workspace, run_id: str, asked: str | bytes) -> RunAnswer:
    run = require_readable(workspace, run_id)
    if isinstance(asked, str):
        (prediction,) = predict_texts(workspace, run_id, [asked])
    else:
        (prediction,) = predict_images(workspace, run_id, [("", asked)])
    return RunAnswer(run_id=run_id, title=f"{run.model_title} · {run.strategy_title}", prediction=prediction)
