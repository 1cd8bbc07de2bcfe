"""The network as one row of blocks, frozen or trainable, with the new head at its end."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import plotly.graph_objects as go

from core.backbones.records import BackboneInfo, FeatureChoice, TensorChoice
from core.plots.layout import style_figure
from core.plots.palette import BLOCK_TEXT, FROZEN, TRAINABLE
from core.plots.text import count_text, plain_text

HEIGHT_PX = 150
HEAD = "head"
GAP = 0.003
MIN_SHARE_OF_EQUAL = 0.55
"""A block is never narrower than this share of the width it would have if all were equally wide."""


def plot_stage_row(
    info: BackboneInfo,
    frozen: Collection[str],
    *,
    n_classes: int,
    tensors: TensorChoice = "all",
    features: FeatureChoice = "last-stage",
) -> go.Figure:
    """Stages in the order data passes them, wide as their parameters, coloured frozen or trainable; the head is last.

    Clicking a block selects a point whose `customdata` is [stage name].

    Args:
        info: the measured backbone.
        frozen: names of the frozen stages; the head always trains.
        n_classes: outputs of the head.
        tensors: what trains in the stages that are not frozen.
        features: what the head reads.
    """
    blocks = _blocks(info, frozen, tensors, (info.n_read(features) + 1) * n_classes)
    figure = go.Figure([_bar(blocks, is_frozen=True), _bar(blocks, is_frozen=False)])
    style_figure(figure, height_px=HEIGHT_PX)
    figure.update_layout(barmode="overlay", bargap=0, hovermode="closest", clickmode="event+select", margin_b=4)
    hidden = {"visible": False, "fixedrange": True}
    figure.update_xaxes(range=[0, 1], **hidden)
    return figure.update_yaxes(range=[-0.5, 0.5], **hidden)


def describe_stage_row(
    info: BackboneInfo,
    frozen: Collection[str],
    *,
    n_classes: int,
    tensors: TensorChoice = "all",
    features: FeatureChoice = "last-stage",
) -> str:
    """The row in words: which stages train, and how much of the network that is."""
    blocks = _blocks(info, frozen, tensors, (info.n_read(features) + 1) * n_classes)
    trainable = [block for block in blocks if not block.is_frozen]
    total, n_trainable = sum(block.n_parameters for block in blocks), sum(block.n_trained for block in blocks)
    return (
        f"{info.row.title}: {len(blocks) - 1} stages and the head; "
        f"trainable are {', '.join(block.name for block in trainable)}: "
        f"{count_text(n_trainable)} of {count_text(total)} parameters ({n_trainable / total:.1%})."
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Block:
    """One block; `start` and `width` are shares of the row, in [0, 1]; of a frozen one `n_trained` is 0."""

    name: str
    n_parameters: int
    n_trained: int
    is_frozen: bool
    start: float
    width: float


def _blocks(info: BackboneInfo, frozen: Collection[str], tensors: TensorChoice, n_of_head: int) -> list[_Block]:
    """Stages, and the head of so many parameters, with their places in the row."""
    named = [
        (stage.name, stage.n_parameters, 0 if stage.name in frozen else stage.n_trained(tensors), stage.name in frozen)
        for stage in info.stages
    ]
    named.append((HEAD, n_of_head, n_of_head, False))
    widths = _widths([n_parameters for _, n_parameters, *_ in named])
    blocks, start = [], 0.0
    for (name, n_parameters, n_trained, is_frozen), width in zip(named, widths, strict=True):
        blocks.append(
            _Block(
                name=name,
                n_parameters=n_parameters,
                n_trained=n_trained,
                is_frozen=is_frozen,
                start=start,
                width=width,
            )
        )
        start += width
    return blocks


def _widths(n_parameters: list[int]) -> list[float]:
    """Shares that follow the parameters above a floor that keeps the smallest block visible; they sum to 1."""
    floor = MIN_SHARE_OF_EQUAL / len(n_parameters)
    total = max(1, sum(n_parameters))
    return [floor + (1 - MIN_SHARE_OF_EQUAL) * n / total for n in n_parameters]


def _bar(blocks: list[_Block], *, is_frozen: bool) -> go.Bar:
    """All blocks of one kind as one trace, so that the legend explains the two colours."""
    shown = [block for block in blocks if block.is_frozen == is_frozen]
    n_parameters = sum(block.n_parameters - block.n_trained if is_frozen else block.n_trained for block in blocks)
    kind = "Frozen" if is_frozen else "Trainable"
    return go.Bar(
        name=f"{kind}: {count_text(n_parameters)} parameters",
        orientation="h",
        y=[0] * len(shown),
        base=[block.start for block in shown],
        x=[block.width - GAP for block in shown],
        width=1,
        marker={"color": FROZEN if is_frozen else TRAINABLE, "line": {"width": 0}, "cornerradius": 4},
        text=[plain_text(block.name) for block in shown],
        textposition="inside",
        insidetextanchor="middle",
        constraintext="both",
        textangle=0 if len(blocks) <= 8 else -90,
        insidetextfont={"color": BLOCK_TEXT, "size": 13},
        customdata=[[block.name] for block in shown],
        hovertext=[f"{plain_text(block.name)}: {kind.lower()}<br>{_count_words(block)} parameters" for block in shown],
        hovertemplate="%{hovertext}<extra></extra>",
        selected={"marker": {"opacity": 1}},
        unselected={"marker": {"opacity": 1}},
        showlegend=bool(shown),
    )


def _count_words(block: _Block) -> str:
    """How many parameters a block has and, where it trains in part, how many of them do."""
    if block.is_frozen or block.n_trained == block.n_parameters:
        return f"{block.n_parameters:,}"
    return f"{block.n_trained:,} of {block.n_parameters:,}"
