"""The phases of a plan along the time, and in each what of the network trains: stages by time as a map."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import log10
from typing import Literal

import plotly.graph_objects as go

from core.backbones.records import TensorChoice
from core.plots.layout import style_figure
from core.plots.palette import BLOCK_TEXT, FROZEN, TRAINABLE
from core.plots.text import plain_text
from core.training.records import PartInPhase, PhaseStretch

ROW_PX, ROWS_PX = 19, 260
"""Height of a row, and of all of them at most: of deep networks the rows are lower and not all are named."""

AROUND_PX = 96
"""The key above and the axis below."""

GAP = 0.006
MIN_SHARE_OF_EQUAL = 0.3
"""No phase is narrower than this share of the width it would have if all took equally long."""

FAINTEST, FADING_PER_POWER = 0.45, 0.3
"""How opaque a stage stays at least, and what it loses for each power of ten by which its steps are smaller."""

How = Literal["frozen", "steps", "solved"]
TITLES: dict[How, str] = {"frozen": "Frozen", "steps": "Trains", "solved": "Solved"}
KEY = f"<span style='color:{FROZEN}'>■</span> Frozen &nbsp;<span style='color:{TRAINABLE}'>■</span> Trains &nbsp;" + (
    f"<span style='color:{TRAINABLE}'>▨</span> Solved"
)
"""In place of a legend, which takes more rows the narrower the page is, and pushes the map down."""

WHAT: dict[TensorChoice, str] = {
    "all": "trains",
    "norms-and-biases": "norms and biases train",
    "low-rank": "adapters train",
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Cell:
    """One part in one phase: where it lies from left to right, shares of the whole, and what is said of it."""

    row: int
    start: float
    width: float
    opacity: float
    words: str


def plot_phases(phases: Sequence[PhaseStretch]) -> go.Figure:
    """A row per stage, the head on top, and a column per phase, wide as its expected seconds.

    The height follows from the number of rows alone, so that another strategy moves nothing on the page.
    """
    names = [part.name for part in phases[0].parts]
    widths = _widths(phases)
    figure = go.Figure([_bar(how, phases, widths) for how in TITLES])
    height_px = AROUND_PX + min(ROWS_PX, ROW_PX * len(names))
    style_figure(figure, height_px=height_px)
    figure.update_layout(barmode="overlay", bargap=0, hovermode="closest", margin_b=56, showlegend=False)
    figure.add_annotation(
        text=KEY, x=0, y=1, xref="paper", yref="paper", xanchor="left", yanchor="bottom", showarrow=False, font_size=12
    )
    middles = [end - width / 2 for end, width in zip(accumulate(widths), widths, strict=True)]
    figure.update_xaxes(
        range=[0, 1],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        tickvals=middles,
        ticktext=[str(number) for number in range(1, len(phases) + 1)],
        tickangle=0,
        automargin=False,
        title={"text": _axis_words(phases), "standoff": 4, "font": {"size": 12}},
    )
    step = -(-ROW_PX * len(names) // ROWS_PX)
    named = [row for row in range(len(names)) if (len(names) - 1 - row) % step == 0]
    return figure.update_yaxes(
        range=[-0.5, len(names) - 0.5],
        fixedrange=True,
        showgrid=False,
        zeroline=False,
        tickvals=named,
        ticktext=[plain_text(names[row]) for row in named],
    )


def describe_phases(phases: Sequence[PhaseStretch]) -> str:
    """The map in words, phase by phase."""
    told = [f"{number}. {phase.name}: {_phase_words(phase)}" for number, phase in enumerate(phases, start=1)]
    return f"What trains in each phase. {'; '.join(told)}."


def _phase_words(phase: PhaseStretch) -> str:
    *stages, head = phase.parts
    trained = [part.name for part in stages if part.how == "steps"]
    what = "all weights train" if phase.tensors == "all" else WHAT[phase.tensors]
    where = (
        f"{what} in {len(trained)} of {len(stages)} stages ({_named(trained)})" if trained else "all stages are frozen"
    )
    return f"{where}, the head {'is solved for' if head.how == 'solved' else 'trains'}"


def _named(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def _axis_words(phases: Sequence[PhaseStretch]) -> str:
    """Two lines in any case, so that the rows stay where they are."""
    wider = ", the wider the longer" if len(phases) > 1 and _knows_times(phases) else ""
    has_faint = any(_opacity(part, phase) < 1 for phase in phases for part in phase.parts)
    return f"Phase{wider}<br>{'The fainter, the smaller the steps' if has_faint else ' '}"


def _knows_times(phases: Sequence[PhaseStretch]) -> bool:
    return all(phase.seconds is not None for phase in phases)


def _widths(phases: Sequence[PhaseStretch]) -> list[float]:
    """Shares that follow the seconds above a floor that keeps the shortest phase visible; they sum to 1."""
    seconds = [phase.seconds or 0.0 for phase in phases] if _knows_times(phases) else [1.0] * len(phases)
    total = sum(seconds)
    if not total:
        return [1 / len(phases)] * len(phases)
    floor = MIN_SHARE_OF_EQUAL / len(phases)
    return [floor + (1 - MIN_SHARE_OF_EQUAL) * one / total for one in seconds]


def _bar(how: How, phases: Sequence[PhaseStretch], widths: Sequence[float]) -> go.Bar:
    """All cells of one kind as one trace."""
    cells = _cells(how, phases, widths)
    hatched = {"shape": "/", "bgcolor": TRAINABLE, "fgcolor": BLOCK_TEXT, "fgopacity": 0.6, "size": 6, "solidity": 0.2}
    return go.Bar(
        name=TITLES[how],
        orientation="h",
        y=[cell.row for cell in cells],
        base=[cell.start for cell in cells],
        x=[cell.width for cell in cells],
        width=0.88,
        marker={
            "color": FROZEN if how == "frozen" else TRAINABLE,
            "opacity": [cell.opacity for cell in cells],
            "line": {"width": 0},
            "cornerradius": 3,
            "pattern": hatched if how == "solved" else {},
        },
        hovertext=[cell.words for cell in cells],
        hovertemplate="%{hovertext}<extra></extra>",
    )


def _cells(how: How, phases: Sequence[PhaseStretch], widths: Sequence[float]) -> list[_Cell]:
    starts = [0.0, *accumulate(widths)]
    return [
        _Cell(
            row=row,
            start=start,
            width=width - GAP,
            opacity=_opacity(part, phase),
            words=_hover_words(part, phase, number),
        )
        for number, (phase, start, width) in enumerate(zip(phases, starts, widths, strict=False), start=1)
        for row, part in enumerate(phase.parts)
        if part.how == how
    ]


def _opacity(part: PartInPhase, phase: PhaseStretch) -> float:
    """Against the stage with the largest steps of the phase; the head's rate is another matter."""
    rates = [one.learning_rate for one in phase.parts[:-1] if one.learning_rate]
    if part is phase.parts[-1] or not (part.learning_rate and rates):
        return 1.0
    return max(FAINTEST, 1 - FADING_PER_POWER * log10(max(rates) / part.learning_rate))


def _hover_words(part: PartInPhase, phase: PhaseStretch, number: int) -> str:
    is_head = part is phase.parts[-1]
    state = {"frozen": "frozen", "solved": "solved directly", "steps": "trains" if is_head else WHAT[phase.tensors]}
    rate = f"<br>learning rate {part.learning_rate:.2g} at most" if part.learning_rate is not None else ""
    return f"{plain_text(part.name)}: {state[part.how]}{rate}<br>{number}. {plain_text(phase.name)}{_length(phase)}"


def _length(phase: PhaseStretch) -> str:
    epochs = f", at most {phase.n_epochs} epochs" if phase.n_epochs else ""
    if phase.seconds is None:
        return epochs
    seconds = phase.seconds
    about = (
        "under 1 s" if seconds < 1 else f"about {seconds:.0f} s" if seconds < 90 else f"about {seconds / 60:.0f} min"
    )
    return f"{epochs}, {about}"
