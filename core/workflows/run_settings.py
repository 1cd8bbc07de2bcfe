"""What a run was set to, as people read it."""

from __future__ import annotations

from typing import TypeAlias

from core.backbones.measuring import describe_backbone
from core.training.settings import Setting, list_settings
from core.workflows.show_run import RunCard, RunView

Run: TypeAlias = RunCard | RunView

NOT_SET = "–"
"""What stands in the place of a setting that means nothing to a run."""


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
    return row.words(getattr(run.spec, row.name)) if _acts(run, row) else NOT_SET


def settings_of(run: Run) -> dict[str, str]:
    """Label and value of every setting that had a say in a run; none for one that was put together from others."""
    return {row.label: row.words(getattr(run.spec, row.name)) for row in list_settings() if _acts(run, row)}


def _acts(run: Run, row: Setting) -> bool:
    """Every member of a run that was put together from others has settings of its own."""
    return run.combination is None and row.acts(run.modality, takes_steps=bool(run.status.n_epochs))
