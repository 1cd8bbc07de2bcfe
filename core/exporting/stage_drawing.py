"""The network as a row of blocks, drawn: which stages stayed as they were and which trained."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from core.exporting.records import StageFacts
from core.exporting.svg import drawing, element, text

WIDTH, HEIGHT = 720.0, 44.0
HEAD_WIDTH, GAP = 52.0, 3.0
LEAST_WIDTH = 14.0
CHAR_WIDTH = 6.4


def draw_stages(stages: Sequence[StageFacts]) -> Markup:
    """Blocks in the order data pass them, wider for more parameters; the head, which always trains, is the last.

    Widths follow the square root of the parameters, so that a small stage is still seen.
    """
    room = WIDTH - HEAD_WIDTH - GAP * len(stages) - LEAST_WIDTH * len(stages)
    roots = [math.sqrt(stage.n_parameters) for stage in stages]
    widths = [LEAST_WIDTH + max(room, 0.0) * root / (sum(roots) or 1) for root in roots]
    parts, x = [], 0.0
    for stage, width in zip(stages, widths, strict=True):
        parts.append(_block(x, width, stage.name, "learns" if stage.trains else "frozen"))
        x += width + GAP
    parts.append(_block(x, HEAD_WIDTH, "head", "learns"))
    n_frozen = sum(not stage.trains for stage in stages)
    label = f"{len(stages)} stages, {n_frozen} of them frozen, then the head"
    return drawing(x + HEAD_WIDTH, HEIGHT, *parts, label=label, class_="stages")


def _block(x: float, width: float, name: str, class_: str) -> Markup:
    block = element("rect", element("title", name), x=x, y=4, width=width, height=HEIGHT - 8, rx=5, class_=class_)
    if len(name) * CHAR_WIDTH > width - 6:
        return block
    words = text(x + width / 2, HEIGHT / 2 + 4, name, class_="block", text_anchor="middle")
    return Markup("").join([block, words])
