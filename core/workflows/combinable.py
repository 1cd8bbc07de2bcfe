"""Which runs can be combined: asked before it is offered, and before it begins."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import ConfigurationError
from core.runs.combination import COMBINATION_KINDS, Combination, CombinationKind, Member, kind_of
from core.training.strategies import get_strategy
from core.workflows.show_run import RunView, list_runs, read_combination
from core.workflows.workspace import Workspace

__all__ = ["COMBINATION_KINDS", "Combination", "CombinationKind", "Member", "kind_of"]


def why_not_combined(runs: Sequence[RunView], by: CombinationKind) -> str:
    """Why these runs cannot be combined so, in sentences; empty where they can."""
    special = {"probabilities": _nothing_more, "weights": _why_not_averaged, "features": _why_not_joined}
    return _why_not_at_all(runs) or special[by](runs)


def require_combinable(runs: Sequence[RunView], by: CombinationKind) -> None:
    """Raises ConfigurationError where they cannot be combined so."""
    if problem := why_not_combined(runs, by):
        raise ConfigurationError(
            problem,
            _REMEDIES[by],
        )


_REMEDIES: dict[CombinationKind, str] = {
    "probabilities": "Choose finished runs on the same version of the data.",
    "weights": "Average their answers instead, or choose runs that differ in their settings only.",
    "features": "Average their answers instead, or choose feature extractions with different backbones or image sizes.",
}


def find_combinations(workspace: Workspace, run_ids: Sequence[str]) -> tuple[str, ...]:
    """Ids of the runs that were combined of exactly these, newest first."""
    found = ((card.id, read_combination(workspace.runs.get(card.id))) for card in list_runs(workspace))
    return tuple(run_id for run_id, one in found if one is not None and set(one.run_ids) == set(run_ids))


def _why_not_at_all(runs: Sequence[RunView]) -> str:
    if len({run.id for run in runs}) < max(2, len(runs)):
        return f"Combining takes two or more different runs; found {len({run.id for run in runs})}."
    unread = [run.id for run in runs if not run.is_readable]
    if unread:
        return f"Only finished runs can be combined; {', '.join(unread)} has no report."
    if len({(run.spec.dataset_id, run.class_names) for run in runs}) > 1:
        return "Only runs on the same version of the same data can be combined: all must answer the same samples."
    return ""


def _why_not_averaged(runs: Sequence[RunView]) -> str:
    """Weights mean something beside each other only where both networks began at the same ones (Wortsman 2022)."""
    strategies = [get_strategy(run.spec.strategy) for run in runs]
    if any(run.combination and run.combination.kind != "weights" for run in runs):
        return "A run that averages answers has no weights of its own to average."
    if len({run.spec.model for run in runs}) > 1:
        return "Weights can be averaged only where all runs have the same backbone."
    if not all(row.pretrained for row in strategies):
        return "Weights that began at random have nothing in common that an average could keep."
    if len({row.features for row in strategies}) > 1:
        return "A head on all stages and one on the last stage have different shapes and cannot be averaged."
    if runs[0].modality == "image" and len({run.spec.image_size_px for run in runs}) > 1:
        return "Runs at different image sizes cannot be averaged: one network takes its images at one size."
    return ""


def _why_not_joined(runs: Sequence[RunView]) -> str:
    if any(run.combination for run in runs):
        return "A run that was put together has no features of its own to join."
    rows = [get_strategy(run.spec.strategy) for run in runs]
    if not all(row.freezes == "all" for row in rows):
        return "Features can be joined only where every stage stayed frozen: the head is fitted anew on all of them."
    sources = {(run.spec.model, run.spec.image_size_px, row.features) for run, row in zip(runs, rows, strict=True)}
    if len(sources) < len(runs):
        return "Two of these runs have the same features: nothing is gained by reading them twice."
    return ""


def _nothing_more(_: Sequence[RunView]) -> str:
    """Answers can be averaged whatever gave them."""
    return ""
