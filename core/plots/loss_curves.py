"""How a training went: loss and macro-F1 per epoch over all phases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import plotly.graph_objects as go

from core.plots.layout import style_figure
from core.plots.palette import MARK
from core.plots.text import short_names
from core.training.events import EpochDone, Event, PathPoint, PhaseStarted, StateChosen

HEIGHT_PX = 320
PHASE_ROW_PX = 18
LEGEND_ROW_PX = 20
"""A second row of the legend, which it takes on a narrow screen; names of phases stand below it."""


def plot_loss(events: Iterable[Event]) -> go.Figure:
    """Training and validation loss per finished epoch; phase borders and the best epoch are marked."""
    curve = _read_curve(events)
    figure = _draw(curve, [epoch.train_loss for epoch in curve.epochs], [epoch.val_loss for epoch in curve.epochs])
    return figure.update_yaxes(title_text="Loss", rangemode="tozero")


def plot_macro_f1(events: Iterable[Event]) -> go.Figure:
    """Training and validation macro-F1 per finished epoch; phase borders and the best epoch are marked."""
    curve = _read_curve(events)
    train = [epoch.train_macro_f1 for epoch in curve.epochs]
    val = [epoch.val_macro_f1 for epoch in curve.epochs]
    return _draw(curve, train, val).update_yaxes(title_text="Macro-F1", range=_score_range(train + val))


def describe_loss(events: Iterable[Event]) -> str:
    """The loss curves in words, for those who cannot see them."""
    curve = _read_curve(events)
    return _describe(curve, "Loss", [epoch.train_loss for epoch in curve.epochs], [e.val_loss for e in curve.epochs])


def describe_macro_f1(events: Iterable[Event]) -> str:
    """The macro-F1 curves in words, for those who cannot see them."""
    curve = _read_curve(events)
    train = [epoch.train_macro_f1 for epoch in curve.epochs]
    return _describe(curve, "Macro-F1", train, [epoch.val_macro_f1 for epoch in curve.epochs])


@dataclass(frozen=True, kw_only=True, slots=True)
class _Curve:
    """Finished epochs in order, the phases that have one (first epoch, name), the best epoch, and what is kept.

    `mixed_share` is None where an epoch is kept, else the share of the way from the start of the phase to its end.
    """

    epochs: tuple[EpochDone, ...]
    phases: tuple[tuple[int, str], ...]
    best: EpochDone | None
    mixed_share: float | None = None


def _read_curve(events: Iterable[Event]) -> _Curve:
    """Sort the events; a resumed run may tell an epoch twice, then the later telling counts."""
    epochs: dict[int, EpochDone] = {}
    names: dict[int, str] = {}
    mixed_share, keeps_head = None, False
    for event in events:
        if isinstance(event, EpochDone):
            epochs[event.epoch] = event
        elif isinstance(event, PhaseStarted):
            names[event.phase] = event.name
        elif isinstance(event, PathPoint) and event.is_best:
            mixed_share = event.share
        elif isinstance(event, StateChosen):
            keeps_head = event.kept == "head"
    ordered = tuple(epochs[number] for number in sorted(epochs))
    first_epochs: dict[int, int] = {}
    for epoch in ordered:
        first_epochs.setdefault(epoch.phase, epoch.epoch)
    phases = tuple((first, names.get(phase, f"Phase {phase + 1}")) for phase, first in first_epochs.items())
    best = next((epoch for epoch in reversed(ordered) if epoch.is_best and (epoch.phase == 0 or not keeps_head)), None)
    return _Curve(epochs=ordered, phases=phases, best=best, mixed_share=None if keeps_head else mixed_share)


def _draw(curve: _Curve, train: Sequence[float], val: Sequence[float]) -> go.Figure:
    """Both lines, the best epoch, the borders."""
    numbers = [epoch.epoch for epoch in curve.epochs]
    mode = "lines+markers" if len(numbers) <= 40 else "lines"
    hover = "%{y:.4f}"
    figure = go.Figure(
        [
            go.Scatter(x=numbers, y=list(train), name="Training", mode=mode, hovertemplate=hover, line_dash="dot"),
            go.Scatter(x=numbers, y=list(val), name="Validation", mode=mode, hovertemplate=hover),
        ]
    )
    if curve.best is not None:
        at = numbers.index(curve.best.epoch)
        figure.add_scatter(
            x=[numbers[at]],
            y=[val[at]],
            name=f"{'Kept: epoch' if curve.mixed_share is None else 'Best epoch:'} {numbers[at]}",
            mode="markers",
            marker={"symbol": "circle-open", "size": 15, "color": MARK, "line": {"width": 2.5}},
            hoverinfo="skip",
        )
    figure.update_traces(cliponaxis=False)
    figure.update_xaxes(title_text="Epoch", range=_epoch_range(numbers), **_epoch_ticks(numbers))
    style_figure(figure, height_px=HEIGHT_PX)
    figure.update_layout(
        hovermode="x unified", margin_t=36 + (LEGEND_ROW_PX + 2 * PHASE_ROW_PX if len(curve.phases) > 1 else 0)
    )
    _mark_phases(figure, curve.phases)
    if not numbers:
        _say_empty(figure)
    return figure


def _mark_phases(figure: go.Figure, phases: Sequence[tuple[int, str]]) -> None:
    """A thin line where a phase begins and its name above; nothing where there is only one phase.

    Names take turns between two rows, because the first phase is often a single epoch wide.
    """
    if len(phases) < 2:
        return
    for number, (first, name) in enumerate(phases):
        x = first - 0.5
        if number > 0:
            figure.add_shape(
                type="line", x0=x, x1=x, y0=0, y1=1, yref="paper", line={"width": 1, "dash": "dash", "color": MARK}
            )
        figure.add_annotation(
            x=x,
            y=1,
            yref="paper",
            xanchor="left",
            yanchor="bottom",
            yshift=PHASE_ROW_PX * ((number + 1) % 2),
            text=short_names([name], max_chars=40)[0],
            showarrow=False,
            font_size=12,
        )


def _say_empty(figure: go.Figure) -> None:
    """Axes without a line, and why."""
    figure.add_annotation(
        text="The curves start with the first finished epoch.",
        x=0.5,
        y=0.5,
        xref="paper",
        yref="paper",
        showarrow=False,
    )
    figure.update_yaxes(showticklabels=False)


def _epoch_range(numbers: Sequence[int]) -> list[float]:
    """From half an epoch before the first to half an epoch after the last."""
    return [numbers[0] - 0.5, numbers[-1] + 0.5] if numbers else [0.5, 1.5]


def _epoch_ticks(numbers: Sequence[int]) -> dict[str, int]:
    """Whole epochs only: plotly alone would write 1.5 where there are few."""
    n = numbers[-1] - numbers[0] + 1 if numbers else 1
    step = next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500) if n / step <= 12 or step == 500)
    return {"tick0": 0 if step > 1 else 1, "dtick": step}


def _score_range(scores: Sequence[float]) -> list[float]:
    """The tenths that hold all scores, with air above: a flat line at 1 would otherwise be drawn between 0 and 2."""
    if not scores:
        return [0.0, 1.02]
    low = max(0.0, math.floor(min(scores) * 10 - 0.25) / 10)
    return [low, min(1.0, math.ceil(max(scores) * 10 + 0.25) / 10) + 0.02]


def _describe(curve: _Curve, what: Literal["Loss", "Macro-F1"], train: Sequence[float], val: Sequence[float]) -> str:
    """First and last values and where the kept state lies."""
    if not curve.epochs:
        return f"{what} per epoch; no epoch is finished yet."
    n = len(curve.epochs)
    if n == 1:
        text = f"{what} after one epoch: training {train[0]:.3f}, validation {val[0]:.3f}."
    else:
        text = (
            f"{what} over {n} epochs: training from {train[0]:.3f} to {train[-1]:.3f}, "
            f"validation from {val[0]:.3f} to {val[-1]:.3f}."
        )
    if len(curve.phases) > 1:
        text += " Phases: " + ", ".join(f"{name} from epoch {first}" for first, name in curve.phases) + "."
    if curve.best is not None:
        text += (
            f" The state of epoch {curve.best.epoch} is kept."
            if curve.mixed_share is None
            else f" Epoch {curve.best.epoch} is the best; a mixture of weights was better and is kept."
        )
    return text
