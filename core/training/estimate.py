"""How long a run takes and what it needs, computed from what was measured before it starts."""

from __future__ import annotations

from dataclasses import dataclass

from core.features.timing import BackboneTiming, StageTiming
from core.training.descent import PATH_SHARES
from core.training.probe import N_PARTS_LARGE, N_PARTS_SMALL, SMALL_DATA
from core.training.strategies import Phase

SEARCH_STRENGTHS = 9
SEARCH_ITERATIONS = 9
FINAL_ITERATIONS = 90
"""What the solver usually needs: strengths until the held-out loss rises, iterations for each and at the end."""

N_TIMES_AXES = 3
"""The axes are found for the first estimate, for the search and for the final fit."""

REPORT_S = 0.2
"""Resampling for the intervals and writing the report."""

PROGRAM_MB = 550
"""The program itself with its libraries, before any data or network."""

RAGGED_MB = 400
"""What torch prepares and keeps while steps go through batches of ever other lengths."""

FLOAT_BYTES, HALF_BYTES, MB = 4, 2, 1e6
TRAINED_COPIES = 7
"""Per trainable number: itself, its gradient, two moments of AdamW, the best state, the start and its witness."""
STORED_COPIES = 6
"""Per trainable number on disk: the model, and a checkpoint with present, best and first state and two moments."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What is to be done.

    Attributes:
        n_train, n_val, n_test: samples per split.
        n_classes: outputs of the head.
        n_features: width of what the head sees.
        batch_size: samples per step.
        cut: leading stages that run once per sample.
        phases: in order.
        n_parameters: of each stage, in network order.
        n_trainable: of these, what trains where a stage does; all of them by default.
        engine_mb: memory that the engine of the frozen pass takes at its peak, of which half stays; 10^6 bytes.
        pixel_bytes: per sample, of its decoded image; 0 for texts.
        n_views: versions of each training image that pass the frozen stages.
        n_unread: images that are not decoded yet, or texts that are not split into tokens yet.
        n_unpooled: views whose pooled features are not in the cache.
        n_uncut: views of which what enters the stage at the cut is not.
        n_unshipped: validation and test samples that the network as it leaves was never asked about.
    """

    n_train: int
    n_val: int
    n_test: int
    n_classes: int
    n_features: int
    batch_size: int
    cut: int
    phases: tuple[Phase, ...]
    n_parameters: tuple[int, ...]
    engine_mb: float = 0.0
    pixel_bytes: int = 0
    n_trainable: tuple[int, ...] | None = None
    n_views: int = 1
    n_unread: int
    n_unpooled: int
    n_uncut: int
    n_unshipped: int

    @property
    def n_samples(self) -> int:
        """Over all splits."""
        return self.n_train + self.n_val + self.n_test

    @property
    def n_rows(self) -> int:
        """Samples, and further views of those that are learned from."""
        return self.n_samples + (self.n_views - 1) * self.n_train

    @property
    def wants_pooled(self) -> bool:
        """Whether the frozen pass goes through all stages, for a solver."""
        return any(phase.is_solved for phase in self.phases)

    @property
    def wants_activations(self) -> bool:
        """Whether the frozen pass stores what enters the stage at the cut."""
        return 0 < self.cut < len(self.n_parameters)


@dataclass(frozen=True, kw_only=True, slots=True)
class Timings:
    """What was measured on this machine.

    Attributes:
        backbone: per stage.
        load_s: seconds to load the network.
        input_s: seconds per sample to decode or to split into tokens.
        pass_s: seconds per sample of all stages, as the engine of the frozen pass runs them.
        convert_s: seconds to prepare that engine; 0 where it is prepared.
        shipped_s: seconds per sample of all stages in the precision in which the network leaves.
        solver_s: seconds per training sample of one iteration of the solver.
        axes_s: seconds to find the principal axes of the features, which is done before every fit.
    """

    backbone: BackboneTiming
    load_s: float
    input_s: float
    pass_s: float
    convert_s: float
    shipped_s: float
    solver_s: float
    axes_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseEstimate:
    """One stretch of a run, by a name people read."""

    name: str
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEstimate:
    """What a run will take.

    Attributes:
        seconds: at most, because early stopping may end it sooner; a download is not counted.
        memory_mb: of the whole process at its peak, 10^6 bytes.
        disk_mb: what it adds to the workspace, 10^6 bytes.
        phases: of which the seconds are the sum.
        engine: what runs the frozen stages and how fast, in words; empty where that was not asked.
    """

    seconds: float
    memory_mb: float
    disk_mb: float
    phases: tuple[PhaseEstimate, ...]
    engine: str = ""


def estimate(work: Work, timings: Timings) -> RunEstimate:
    """The sum over all that a run does, each as often as it does it."""
    phases = (
        PhaseEstimate(name="Load", seconds=timings.load_s),
        PhaseEstimate(name="Read the samples", seconds=_n_read(work) * timings.input_s),
        PhaseEstimate(name="Frozen pass", seconds=_pass_s(work, timings)),
        *(PhaseEstimate(name=phase.name, seconds=_phase_s(phase, work, timings)) for phase in work.phases),
        PhaseEstimate(name="Evaluate", seconds=_evaluation_s(work, timings)),
    )
    return RunEstimate(
        seconds=sum(phase.seconds for phase in phases),
        memory_mb=_memory_mb(work, timings.backbone.stages),
        disk_mb=_disk_mb(work, timings.backbone.stages),
        phases=phases,
    )


def _n_read(work: Work) -> int:
    """Images whose features lie in the cache are not opened; texts are split into tokens in any case."""
    is_read = not work.pixel_bytes or work.cut == 0 or any(_n_passing(work))
    return work.n_unread if is_read else 0


def _n_passing(work: Work) -> tuple[int, int]:
    """Views that pass all stages, because their features are wanted, and those that pass only up to the cut."""
    n_whole = work.n_unpooled if work.wants_pooled else 0
    return n_whole, max(0, work.n_uncut - n_whole) if work.wants_activations else 0


def _pass_s(work: Work, timings: Timings) -> float:
    n_whole, n_to_cut = _n_passing(work)
    if not n_whole + n_to_cut:
        return 0.0
    stages = timings.backbone.stages
    share = sum(stage.frozen_s for stage in stages[: work.cut]) / sum(stage.frozen_s for stage in stages)
    return (n_whole + n_to_cut * share) * timings.pass_s + timings.convert_s


def _phase_s(phase: Phase, work: Work, timings: Timings) -> float:
    if phase.is_solved:
        return _solver_s(work, timings)
    behind = timings.backbone.stages[work.cut :]
    n_steps = -(-work.n_train // work.batch_size)
    validation_s = work.n_val * sum(stage.forward_s for stage in behind)
    epoch_s = work.n_train * _sample_s(phase, behind) + n_steps * timings.backbone.step_s * _n_trained(
        work, phase, timings.backbone.stages
    )
    judging_s = validation_s
    if phase.goal == "contrast":  # the head is fitted first, to what the training samples give then
        judging_s += work.n_train * (sum(stage.forward_s for stage in behind) + FINAL_ITERATIONS * timings.solver_s)
        judging_s += timings.axes_s
    n_judged = phase.n_epochs + (len(PATH_SHARES) if phase.averages else 0)
    return phase.n_epochs * epoch_s + n_judged * judging_s


def _solver_s(work: Work, timings: Timings) -> float:
    # Of few samples each part is left out once, of many only one; what is learned from is all the others.
    shares = N_PARTS_SMALL - 1 if work.n_train < SMALL_DATA else (N_PARTS_LARGE - 1) / N_PARTS_LARGE
    searched = shares * SEARCH_STRENGTHS * SEARCH_ITERATIONS
    iterations_s = work.n_views * work.n_train * (searched + FINAL_ITERATIONS) * timings.solver_s
    return N_TIMES_AXES * timings.axes_s + iterations_s


def _sample_s(phase: Phase, behind: tuple[StageTiming, ...]) -> float:
    """Seconds for one sample to go forward and back through the stages behind the cut."""
    seconds, gradient_flows = 0.0, False
    for stage in behind:
        if stage.name in phase.trainable_stages and phase.tensors == "all":
            seconds, gradient_flows = seconds + stage.train_s, True
        elif gradient_flows or stage.name in phase.trainable_stages:
            # Gradients pass through, but its matrices need none: half of the backward pass is left out.
            seconds, gradient_flows = seconds + (stage.forward_s + stage.train_s) / 2, True
        else:
            seconds += stage.forward_s
    return seconds


def _evaluation_s(work: Work, timings: Timings) -> float:
    return REPORT_S + work.n_unshipped * timings.shipped_s


def _memory_mb(work: Work, stages: tuple[StageTiming, ...]) -> float:
    trained = max(_n_trained(work, phase, stages) for phase in work.phases)
    network_bytes = FLOAT_BYTES * (sum(work.n_parameters) + (TRAINED_COPIES - 1) * trained)
    # The solver holds the features, one fold of them, and both again brought to one scale.
    pooled_bytes = 4 * FLOAT_BYTES * work.n_rows * work.n_features if work.wants_pooled else 0
    step_bytes = max(_step_bytes(phase, work, stages) for phase in work.phases)
    takes_ragged_steps = not work.pixel_bytes and any(not phase.is_solved for phase in work.phases)
    pass_mb = work.engine_mb + 2 * FLOAT_BYTES * work.batch_size * max(stage.n_outputs for stage in stages) / MB
    training_mb = work.engine_mb / 2 + (step_bytes + pooled_bytes) / MB + RAGGED_MB * takes_ragged_steps
    return PROGRAM_MB + (network_bytes + _activation_bytes(work, stages)) / MB + max(pass_mb, training_mb)


def _step_bytes(phase: Phase, work: Work, stages: tuple[StageTiming, ...]) -> float:
    """What one batch keeps until its backward pass."""
    first = next((at for at, stage in enumerate(stages) if stage.name in phase.trainable_stages), len(stages))
    return work.batch_size * sum(stage.saved_bytes for stage in stages[first:])


def _disk_mb(work: Work, stages: tuple[StageTiming, ...]) -> float:
    total = _n_read(work) * work.pixel_bytes
    if work.wants_pooled:
        total += work.n_unpooled * work.n_features * FLOAT_BYTES
    if work.wants_activations:
        total += work.n_uncut * stages[work.cut - 1].n_outputs * HALF_BYTES
    return (total + STORED_COPIES * FLOAT_BYTES * max(_n_trained(work, phase, stages) for phase in work.phases)) / MB


def _activation_bytes(work: Work, stages: tuple[StageTiming, ...]) -> int:
    """What enters the stage at the cut, of all samples; mapped from the disk, so it counts as memory as well."""
    return work.n_rows * stages[work.cut - 1].n_outputs * HALF_BYTES if work.wants_activations else 0


def _n_trained(work: Work, phase: Phase, stages: tuple[StageTiming, ...]) -> int:
    """Trainable numbers, the head's included."""
    of_stages = zip(stages, work.n_trainable or work.n_parameters, strict=True)
    trained = sum(n for stage, n in of_stages if stage.name in phase.trainable_stages)
    return trained + (work.n_features + 1) * work.n_classes
