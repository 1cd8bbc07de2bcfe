"""What a training says while it goes on; the loop yields these, the run folder keeps them, the plots draw them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseStarted:
    """A phase begins.

    Attributes:
        phase: 0-based number of the phase.
        name: what people read: "Fit the head", "Fine-tune".
        n_epochs: epochs planned for it (solver rounds, where a solver fits the head).
        trainable_stages: stages that train in it; the head always does.
    """

    phase: int
    name: str
    n_epochs: int
    trainable_stages: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class FirstEstimate:
    """What can be expected of these features, from a fit that takes no iterations; told before a solver begins.

    Attributes:
        phase: 0-based number of the phase.
        accuracy: share of the training samples that were right when left out, each once, in [0, 1].
        macro_f1: over the same, in [0, 1].
        n: training samples.
        elapsed_s: seconds since the phase began.
    """

    phase: int
    accuracy: float
    macro_f1: float
    n: int
    elapsed_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchDone:
    """One step is done; shown as progress, not stored.

    Attributes:
        phase: 0-based number of the phase.
        epoch: 1-based, counted over the whole run.
        batch: 1-based within the epoch.
        n_batches: batches of an epoch.
    """

    phase: int
    epoch: int
    batch: int
    n_batches: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BatchSplit:
    """Memory did not suffice for a batch as a whole: from here on each is computed in parts, whose gradients add up.

    Attributes:
        phase: 0-based number of the phase.
        epoch: 1-based, counted over the whole run.
        batch: 1-based within the epoch; the first one that was split so.
        batch_size: samples that still make one step together.
        n_parts: parts that a batch is computed in.
    """

    phase: int
    epoch: int
    batch: int
    batch_size: int
    n_parts: int


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochDone:
    """An epoch is done and validated; after this event the caller may store a checkpoint.

    Attributes:
        phase: 0-based number of the phase.
        epoch: 1-based, counted over the whole run.
        train_loss: mean cross-entropy over the epoch's training samples, nats.
        train_macro_f1: macro-F1 over the same, in [0, 1].
        val_loss: mean cross-entropy on the validation split, nats.
        val_macro_f1: macro-F1 on the validation split, in [0, 1].
        val_accuracy: share of hits on the validation split, in [0, 1].
        learning_rate: of the backbone at the last step; 0 where a solver fits the head.
        is_best: whether this is the best state so far, the one that will be kept.
        elapsed_s: seconds this epoch took, validation included.
    """

    phase: int
    epoch: int
    train_loss: float
    train_macro_f1: float
    val_loss: float
    val_macro_f1: float
    val_accuracy: float
    learning_rate: float
    is_best: bool
    elapsed_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class PathPoint:
    """One mixture of the weights a phase began with and those it ended with, validated.

    Attributes:
        phase: 0-based number of the phase.
        share: how far along the straight line, in [0, 1]: 0 is where the phase began, 1 its last epoch.
        val_loss: mean cross-entropy on the validation split, nats.
        val_macro_f1: macro-F1 on the validation split, in [0, 1].
        is_best: whether this is the mixture that was chosen; `StateChosen` says whether it is what the run ships.
    """

    phase: int
    share: float
    val_loss: float
    val_macro_f1: float
    is_best: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class StateChosen:
    """What the run ships: the fitted head, or the best state after it; told where stages trained after a fitted head.

    Attributes:
        phase: 0-based number of the last phase.
        kept: "head" where the trained state was not better by more than one standard error, else "trained".
        reason: see `core.training.shipping.Verdict`.
        accuracy_gain: of the trained state over the head, in balanced accuracy on validation, in [-1, 1].
        accuracy_error: its standard error.
        loss_gain: by how much its log loss is lower, each at its own temperature, nats.
        loss_error: its standard error.
        n: validation samples.
    """

    phase: int
    kept: str
    reason: str
    accuracy_gain: float
    accuracy_error: float
    loss_gain: float
    loss_error: float
    n: int


@dataclass(frozen=True, kw_only=True, slots=True)
class PhaseEnded:
    """A phase is over; `why` is "done", "early stop" or "converged"."""

    phase: int
    why: str


Event = PhaseStarted | FirstEstimate | BatchDone | BatchSplit | EpochDone | PathPoint | StateChosen | PhaseEnded
StoredEvent = PhaseStarted | FirstEstimate | BatchSplit | EpochDone | PathPoint | StateChosen | PhaseEnded

_KINDS: dict[str, type[StoredEvent]] = {
    "phase_started": PhaseStarted,
    "first_estimate": FirstEstimate,
    "batch_split": BatchSplit,
    "epoch_done": EpochDone,
    "path_point": PathPoint,
    "state_chosen": StateChosen,
    "phase_ended": PhaseEnded,
}


def event_to_json(event: StoredEvent) -> dict[str, Any]:
    """A dict of JSON types with the event's kind under "event"."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(event, cls))
    return {"event": kind, **asdict(event)}


def event_from_json(values: dict[str, Any]) -> StoredEvent:
    """The event `event_to_json` wrote; raises KeyError or TypeError where `values` is not one."""
    rest: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in values.items() if key != "event"
    }
    return _KINDS[values["event"]](**rest)
