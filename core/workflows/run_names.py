"""What runs are called beside each other: what was done, and where that is the same, what was set differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from core.training.settings import list_settings
from core.workflows.run_settings import NOT_SET, Run, frozen_words, value_words

N_TOLD = 2
"""Settings in a name: it stands in a box or a column, and the rest is said beside it."""


def telling_names(runs: Sequence[Run]) -> tuple[str, ...]:
    """Of strategy, backbone and data whatever is not the same in all, then the settings; the strategy if none is."""
    facts = [
        (strategy, run.model_title, run.dataset_name) for run, strategy in zip(runs, strategies(runs), strict=True)
    ]
    telling = [place for place in range(3) if len({row[place] for row in facts}) > 1] or [0]
    return tuple(" · ".join(row[place] for place in telling) for row in facts)


def strategies(runs: Sequence[Run]) -> tuple[str, ...]:
    """The strategy of each run, with what was set differently in others of the list that are alike in all else.

    Two runs of one strategy on the same data read "Head, then fine-tune, seed 3" and "Head, then fine-tune, seed 5".
    """
    alike: dict[tuple[str, ...], list[Run]] = defaultdict(list)
    for run in runs:
        alike[_what(run)].append(run)
    return tuple(", ".join((run.strategy_title, *_set_differently(run, alike[_what(run)]))) for run in runs)


def _what(run: Run) -> tuple[str, ...]:
    return run.strategy_title, run.model_title, run.spec.dataset_id


def _set_differently(run: Run, alike: Sequence[Run]) -> list[str]:
    if len(alike) == 1 or run.combination is not None:
        return []
    told = []
    if len({one.spec.frozen_stages for one in alike}) > 1:
        told.append(f"frozen {frozen_words(run)}")
    told.extend(
        f"{row.label[0].lower()}{row.label[1:]} {value_words(run, row)}"
        for row in list_settings()
        if len({value_words(one, row) for one in alike} - {NOT_SET}) > 1
    )
    return told[:N_TOLD]
