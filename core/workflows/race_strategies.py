"""Several strategies on the same data from the same start: what freezing costs and what it buys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from core.backbones.records import BackboneInfo, ImagePreprocessing
from core.errors import ConfigurationError
from core.training.strategies import Strategy, get_strategy, list_strategies
from core.workflows.plan_run import RunChoices, RunPlan, plan_run
from core.workflows.train_run import create_run
from core.workflows.workspace import Workspace

RACE_STRATEGIES = (
    "feature-extraction",
    "head-then-fine-tune",
    "gradual-unfreezing",
    "full-fine-tuning",
    "from-scratch",
)
"""Who runs where nobody is named: from everything frozen to nothing kept, so that each step shows its worth."""

TYPICAL = "head-then-fine-tune"
"""Whose suggested epochs, batch and size of images the race starts from; it takes steps and goes with all settings."""

RACE_EPOCHS = 4
RACE_SIZE_PX = 160
"""A race shows the order of the strategies, for which few epochs and small pictures do; the winner then trains on."""


def fitting_strategies(workspace: Workspace, choices: RunChoices) -> tuple[Strategy, ...]:
    """The strategies that can be raced with what else is chosen, from the fastest to the slowest.

    Raises:
        ConfigurationError: settings out of bounds, with which nothing can run.
    """
    shared = replace(choices, settings=race_settings(workspace, choices))
    return tuple(row for row in list_strategies() if _fits(workspace, shared, row))


def usual_strategies(workspace: Workspace, choices: RunChoices) -> tuple[str, ...]:
    """Ids of the strategies that run where nobody is named, as far as they go with what else is chosen."""
    fitting = {row.id for row in fitting_strategies(workspace, choices)}
    return tuple(name for name in RACE_STRATEGIES if name in fitting)


def plan_race(workspace: Workspace, choices: RunChoices, strategies: Sequence[str]) -> tuple[RunPlan, ...]:
    """One plan per strategy, alike in data, split, backbone, seed, size of images, epochs and views.

    The rest is as suggested for each strategy, because none would run well with the learning rate of another.

    Args:
        workspace: where the data lie.
        choices: the backbone, the stages to freeze where a strategy leaves a choice, and settings that all shall
            have; a strategy among them is not looked at.
        strategies: two or more different ones, raced in this order.

    Raises:
        UnknownChoiceError: a name that no catalogue has.
        ConfigurationError: fewer than two strategies, one twice, or one that does not go with the other choices.
    """
    names = [get_strategy(name).id for name in strategies]
    if len(names) < 2 or len(set(names)) < len(names):
        raise ConfigurationError(
            f"A race takes two or more different strategies; found {', '.join(names) or 'none'}.", "Name another one."
        )
    shared = race_settings(workspace, choices)
    return tuple(_plan(workspace, replace(choices, settings=shared), get_strategy(name)) for name in names)


def create_race(workspace: Workspace, plans: Sequence[RunPlan]) -> tuple[str, ...]:
    """Store one run per plan, ready to be queued; returns their ids in the same order."""
    return tuple(create_run(workspace, plan.spec) for plan in plans)


def race_settings(workspace: Workspace, choices: RunChoices) -> dict[str, int | float | str]:
    """The settings that all strategies of a race have: few epochs, one view, small images, or what a person chose."""
    plan = plan_run(workspace, replace(choices, strategy=TYPICAL, frozen_stages=None, freeze_until=None))
    shared: dict[str, int | float | str] = {
        "epochs": min(RACE_EPOCHS, plan.spec.epochs),
        "batch_size": plan.spec.batch_size,
        "n_views": 1,
    }
    if isinstance(plan.info.row.preprocessing, ImagePreprocessing):
        shared["image_size_px"] = _size_px(plan.info, plan.spec.image_size_px)
    return {**shared, **choices.settings}


def _size_px(info: BackboneInfo, suggested_px: int) -> int:
    if info.row.fixed_size:
        return suggested_px
    return max(info.row.min_size_px, min(RACE_SIZE_PX, suggested_px))


def _plan(workspace: Workspace, choices: RunChoices, strategy: Strategy) -> RunPlan:
    """Stages chosen by a person count for the strategies that leave a choice; the others have their own."""
    if strategy.freezes != "some":
        choices = replace(choices, frozen_stages=None, freeze_until=None)
    return plan_run(workspace, replace(choices, strategy=strategy.id))


def _fits(workspace: Workspace, choices: RunChoices, strategy: Strategy) -> bool:
    try:
        _plan(workspace, choices, strategy)
    except ConfigurationError:
        return False
    return True
