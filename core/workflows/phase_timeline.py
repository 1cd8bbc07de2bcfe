"""What of a network trains in which phase of a plan, at which rate and for how long."""

from __future__ import annotations

from core.training.records import PartInPhase, PhaseStretch
from core.workflows.estimate_run import RunEstimate
from core.workflows.plan_run import Phase, RunPlan

HEAD = "head"


def lay_out_phases(plan: RunPlan, estimate: RunEstimate | None) -> tuple[PhaseStretch, ...]:
    """The phases in order, each with all stages in network order and the head after them.

    Args:
        plan: gives phases, stages and rates.
        estimate: gives the seconds; None where they are not known (yet).
    """
    seconds = {} if estimate is None else {phase.name: phase.seconds for phase in estimate.phases}
    return tuple(
        PhaseStretch(
            name=phase.name,
            n_epochs=phase.n_epochs,
            seconds=seconds.get(phase.name),
            tensors=phase.tensors,
            parts=(*_stages(phase, plan), _head(phase, plan)),
        )
        for phase in plan.phases
    )


def _stages(phase: Phase, plan: RunPlan) -> tuple[PartInPhase, ...]:
    rates = phase.stage_rates(plan.spec.learning_rate)
    return tuple(
        PartInPhase(name=name, how="steps" if name in rates else "frozen", learning_rate=rates.get(name))
        for name in plan.info.stage_names
    )


def _head(phase: Phase, plan: RunPlan) -> PartInPhase:
    """Contrast never steps the head; it is solved for after every epoch."""
    if phase.is_solved or phase.goal == "contrast":
        return PartInPhase(name=HEAD, how="solved")
    return PartInPhase(name=HEAD, how="steps", learning_rate=plan.spec.head_learning_rate)
