"""How a training went, drawn: training and validation over its epochs."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Literal

from markupsafe import Markup

from core.exporting.svg import Plane, drawing, line, round_marks, text
from core.training.events import EpochDone, PhaseStarted, StoredEvent

WIDTH, HEIGHT = 460.0, 250.0
PHASE_CHARS = 22
What = Literal["Loss", "Macro-F1"]


def draw_curves(events: Iterable[StoredEvent], what: What) -> Markup:
    """Both curves over the finished epochs, with a line where a phase begins; empty where no epoch was finished.

    Args:
        events: of the run; of an epoch that is told twice, because the run was resumed, the later telling counts.
        what: which number.
    """
    told = list(events)
    epochs = {event.epoch: event for event in told if isinstance(event, EpochDone)}
    ordered = [epochs[number] for number in sorted(epochs)]
    if not ordered:
        return Markup("")
    train, val = (_points(ordered, part, what) for part in ("train", "val"))
    numbers = [number for _, number in (*train, *val) if math.isfinite(number)] or [0.0]
    plane = Plane(
        width=WIDTH,
        height=HEIGHT,
        x_range=(ordered[0].epoch - 0.5, ordered[-1].epoch + 0.5),
        y_range=(0.0, 1.05 * max(numbers)) if what == "Loss" else (max(0.0, min(numbers) - 0.05), 1.0),
    )
    whole = [mark for mark in round_marks(ordered[0].epoch, ordered[-1].epoch, n=8) if mark == int(mark)]
    return drawing(
        WIDTH,
        HEIGHT,
        *plane.axes(_epoch_title(ordered), what, whole, round_marks(*plane.y_range)),
        *_phases(plane, ordered, told),
        plane.path(train, "train"),
        plane.path(val, "val"),
        *_legend(plane),
        label=f"{what} over {len(ordered)} epochs: training ends at {train[-1][1]:.3f}, validation at {val[-1][1]:.3f}",
    )


def _points(epochs: Sequence[EpochDone], part: str, what: What) -> list[tuple[float, float]]:
    name = f"{part}_{'loss' if what == 'Loss' else 'macro_f1'}"
    return [(epoch.epoch, getattr(epoch, name)) for epoch in epochs]


def _epoch_title(epochs: Sequence[EpochDone]) -> str:
    """A solver that fits a head knows rounds, not epochs."""
    n_solved = sum(epoch.learning_rate == 0 for epoch in epochs)
    if n_solved == len(epochs):
        return "Round of the solver"
    return "Epoch (rounds of the solver first)" if n_solved else "Epoch"


def _phases(plane: Plane, epochs: Sequence[EpochDone], events: Iterable[StoredEvent]) -> list[Markup]:
    names = {event.phase: event.name for event in events if isinstance(event, PhaseStarted)}
    firsts: dict[int, int] = {}
    for epoch in epochs:
        firsts.setdefault(epoch.phase, epoch.epoch)
    parts: list[Markup] = []
    for phase, first in list(firsts.items())[1:]:
        x, base = plane.x(first - 0.5), plane.height - plane.bottom
        parts += [
            line(x, plane.top, x, base, "phase"),
            text(x + 4, plane.top + 10, names.get(phase, f"Phase {phase + 1}")[:PHASE_CHARS], class_="mark"),
        ]
    return parts


def _legend(plane: Plane) -> list[Markup]:
    parts: list[Markup] = []
    for x, class_, words in ((plane.left, "train", "Training"), (plane.left + 92, "val", "Validation")):
        parts += [line(x, 14, x + 22, 14, class_), text(x + 28, 18, words, class_="mark")]
    return parts
