"""What runs are called beside each other: what was done, and where that is the same, what was set differently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import TypeAlias

from core.backbones.measuring import describe_backbone
from core.training.settings import Setting, list_settings
from core.workflows.show_run import RunCard, RunView

Run: TypeAlias = RunCard | RunView

NOT_SET = "–"
"""What stands in the place of a setting that means nothing to a run."""

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


def frozen_words(run: Run) -> str:
    """The frozen stages, in short where they are all those up to one."""
    if run.combination is not None:
        return NOT_SET
    names, frozen = describe_backbone(run.spec.model).stage_names, run.spec.frozen_stages
    if not frozen or frozen == names:
        return "all" if frozen else "none"
    return f"up to {frozen[-1]}" if frozen == names[: len(frozen)] else ", ".join(frozen)


def value_words(run: Run, row: Setting) -> str:
    """What a run has for a setting; a dash where it takes no steps, or no images, for the setting to act on."""
    if run.combination is not None:  # every member has its own
        return NOT_SET
    if (row.acts_on == "images" and run.modality != "image") or (row.acts_on == "steps" and not run.status.n_epochs):
        return NOT_SET
    return row.words(getattr(run.spec, row.name))


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
