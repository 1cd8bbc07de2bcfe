"""A line for each run, wherever one is chosen or listed."""

from __future__ import annotations

from collections.abc import Sequence

from core.workflows.run_names import strategies
from core.workflows.show_run import RunCard
from pages.components.dataset_choice import tell_apart
from pages.components.text import shorten
from pages.components.time_words import short_moment_words

DATA_CHARS = 30
ID_TAIL = slice(-4, None)
"""Run ids begin with the time and end with what is of their own."""


def name_runs(cards: Sequence[RunCard]) -> dict[str, str]:
    """A line for each run by its id, as plain text, no two alike.

    First what most often tells runs apart, because a narrow screen shows no more: the strategy, with settings where
    several did the same, the data, and when it was started.
    """
    told = zip(cards, strategies(cards), strict=True)
    return tell_apart({card.id: _line(card, strategy) for card, strategy in told}, mark=ID_TAIL)


def _line(card: RunCard, strategy: str) -> str:
    started = short_moment_words(card.status.created_at)
    parts = [strategy, shorten(card.dataset_name, DATA_CHARS) or "Unnamed data", started, card.model_title]
    if card.macro_f1 is not None:
        parts.append(f"macro-F1 {card.macro_f1:.3f}")
    return " · ".join(parts)
