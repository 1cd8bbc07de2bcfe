"""How far a training has come: what the loop changes, and what a checkpoint stores."""

from __future__ import annotations

from pathlib import Path

import torch

from core.backbones.records import TensorChoice
from core.backbones.tensor_choice import count_trained, moving_tensors
from core.errors import ConfigurationError
from core.training.adapters import Adapters
from core.training.classifier import Classifier
from core.training.optimizers import build_optimizer
from core.training.policies import EarlyStopping, Score
from core.training.probe import best_strength
from core.training.spec import TrainingSpec
from core.training.strategies import Phase

CHECKPOINT_VERSION = 2


class TrainingState:
    """The classifier in training and its place in the list of phases.

    Args:
        spec: the settings.
        phases: what is to be done.
        classifier: the network; the loop changes its tensors.

    Attributes:
        moving: by the name of each stage that trains, the names of its tensors that do in any phase.
        phase_index: number of the present phase; equals len(phases) at the end.
        phase_epoch: epochs done in the present phase.
        epoch: epochs done in all, solver rounds included.
        optimizer: of the present phase; None before its first epoch and under a solver.
        adapters: what trains instead of the weights beside them; None outside phases that have such.
        stopping: early stopping of the present phase.
        best_score: of the best state so far; None before the first.
        best_tensors: copies of the trained tensors in that state.
        fitted_tensors: copies of the trained tensors as the solver left them; empty where none fits the head.
        start_tensors: copies of the trained tensors at the start of the present phase, where it averages.
        is_mixing: whether the classifier holds a mixture now, rather than what the optimiser made.
        n_parts: parts that a batch is computed in; more than one where memory did not suffice for a whole one.
        strengths: (C, held-out loss) that the solver tried.
        strength: the C that it chose; the middle one before.
    """

    def __init__(self, spec: TrainingSpec, phases: tuple[Phase, ...], classifier: Classifier) -> None:
        self.spec = spec
        self.phases = phases
        self.classifier = classifier
        classifier.head_dropout = spec.head_dropout
        self.moving = _moving(phases, classifier)
        self.phase_index = 0
        self.phase_epoch = 0
        self.epoch = 0
        self.optimizer: torch.optim.Optimizer | None = None
        self.adapters: Adapters | None = None
        self.stopping = EarlyStopping(patience=spec.patience)
        self.best_score: Score | None = None
        self.best_tensors: dict[str, torch.Tensor] = {}
        self.fitted_tensors: dict[str, torch.Tensor] = {}
        self.start_tensors: dict[str, torch.Tensor] = {}
        self.is_mixing = False
        self.n_parts = 1
        self.strengths: tuple[tuple[float, float], ...] = ()
        self.strength = best_strength([])

    @property
    def trained_stages(self) -> tuple[str, ...]:
        """Stages that train in any phase, in network order."""
        return tuple(self.moving)

    @property
    def frozen_stages(self) -> tuple[str, ...]:
        """Stages that train in no phase, in network order."""
        return tuple(name for name in self.classifier.backbone.stage_names if name not in self.moving)

    @property
    def n_trained(self) -> int:
        """Numbers that train in any phase, those of the head included."""
        of_head = sum(parameter.numel() for parameter in self.classifier.head.parameters())
        return of_head + sum(
            max(count_trained(self.classifier.backbone.stage(stage), choice) for choice in choices)
            for stage, choices in _choices(self.phases, self.classifier).items()
        )

    @property
    def at_checkpoint(self) -> bool:
        """Whether the state may be stored now: between epochs, not inside a solver's rounds or among mixtures."""
        if self.phase_index == len(self.phases):
            return True
        return not (self.is_mixing or self.phases[self.phase_index].is_solved)

    def keep_best(self, score: Score) -> bool:
        """Copy the present tensors if `score` beats the best so far; tells whether it did."""
        if not score.beats(self.best_score):
            return False
        self.keep(score)
        return True

    def keep(self, score: Score) -> None:
        """Copy the present tensors as the best so far."""
        self.best_score = score
        self.best_tensors = self.copy_tensors()

    def begin_mixing(self) -> None:
        """From here on the classifier holds mixtures, which are of whole weights."""
        self.take_out_adapters()
        self.is_mixing = True

    def take_out_adapters(self) -> None:
        """Leave the network as it was before adapters stood in it; what they learned is in the tensors kept."""
        if self.adapters:
            self.adapters.take_out()
        self.adapters = None

    def restore_best(self) -> None:
        """Put the best tensors back into the classifier."""
        self.take_out_adapters()
        self.classifier.load_tensors(self.best_tensors)

    def open_phase(self) -> None:
        """Freeze what the present phase leaves alone, and give the rest an optimiser."""
        phase = self.phases[self.phase_index]
        backbone = self.classifier.backbone
        frozen = [name for name in backbone.stage_names if name not in phase.trainable_stages]
        backbone.apply_freeze(frozen, phase.tensors)
        if phase.head_start == "random":
            self.classifier.reset_head(self.spec.seed)
        self.start_tensors = self.copy_tensors() if phase.averages else {}
        if phase.tensors == "low-rank":
            self.adapters = Adapters(backbone, phase.trainable_stages, seed=self.spec.seed)
        self.optimizer = build_optimizer(self.classifier, phase, self.spec)
        self.stopping = EarlyStopping(patience=self.spec.patience)

    def close_phase(self) -> None:
        """Go back to the best tensors so far and on to the next phase."""
        self.restore_best()
        self.is_mixing = False
        self.optimizer = None
        self.phase_index += 1
        self.phase_epoch = 0

    def save(self, path: Path) -> None:
        """Store everything a resumed training needs, in a file that holds tensors and plain numbers only."""
        torch.save(
            {
                "version": CHECKPOINT_VERSION,
                "phase_index": self.phase_index,
                "phase_epoch": self.phase_epoch,
                "epoch": self.epoch,
                "optimizer": None if self.optimizer is None else self.optimizer.state_dict(),
                "stopping": [self.stopping.lowest_loss, self.stopping.highest_f1, self.stopping.n_stale],
                "best_score": None if self.best_score is None else [self.best_score.macro_f1, self.best_score.loss],
                "best_tensors": self.best_tensors,
                "fitted_tensors": self.fitted_tensors,
                "start_tensors": self.start_tensors,
                "tensors": _copies(self._own_tensors()),
                "adapters": _copies(self.adapters.tensors()) if self.adapters else {},
                "n_parts": self.n_parts,
                "strengths": [list(pair) for pair in self.strengths],
                "strength": self.strength,
            },
            path,
        )

    def load(self, path: Path) -> None:
        """Go back to where `save` was called; nothing in the file is executed."""
        stored = torch.load(path, map_location="cpu", weights_only=True)
        if stored["version"] != CHECKPOINT_VERSION:
            raise ConfigurationError(
                f"The checkpoint was written by another version (format {stored['version']}, "
                f"this one reads {CHECKPOINT_VERSION}).",
                "Start the run again with the same settings.",
            )
        self.phase_index = stored["phase_index"]
        self.classifier.load_tensors(stored["start_tensors"])  # what adapters stand beside
        if stored["optimizer"] is not None:
            self.open_phase()
        self.classifier.load_tensors(stored["tensors"])
        if self.adapters:
            self.adapters.load(stored["adapters"])
        if self.optimizer is not None:
            self.optimizer.load_state_dict(stored["optimizer"])
        self.phase_epoch, self.epoch = stored["phase_epoch"], stored["epoch"]
        lowest_loss, highest_f1, n_stale = stored["stopping"]
        self.stopping = EarlyStopping(
            patience=self.spec.patience, lowest_loss=lowest_loss, highest_f1=highest_f1, n_stale=n_stale
        )
        if stored["best_score"] is not None:
            macro_f1, loss = stored["best_score"]
            self.best_score = Score(macro_f1=macro_f1, loss=loss)
        self.best_tensors, self.start_tensors = stored["best_tensors"], stored["start_tensors"]
        self.fitted_tensors = stored.get("fitted_tensors", {})  # checkpoints of before lack them
        self.n_parts = stored.get("n_parts", 1)
        self.strengths = tuple((strength, loss) for strength, loss in stored["strengths"])
        self.strength = stored.get("strength", self.strength)

    def copy_tensors(self) -> dict[str, torch.Tensor]:
        """Copies of all tensors that train in any phase, on the processor, by stable names.

        Where adapters stand, they are merged into the weights beside them.
        """
        return _copies(self._own_tensors() | (self.adapters.merged() if self.adapters else {}))

    def _own_tensors(self) -> dict[str, torch.Tensor]:
        return self.classifier.tensors(self.trained_stages, self.moving)


def _choices(phases: tuple[Phase, ...], classifier: Classifier) -> dict[str, set[TensorChoice]]:
    """By the name of each stage that trains in any phase, in network order, what of it trains."""
    found = {
        stage: {phase.tensors for phase in phases if stage in phase.trainable_stages}
        for stage in classifier.backbone.stage_names
    }
    return {stage: choices for stage, choices in found.items() if choices}


def _moving(phases: tuple[Phase, ...], classifier: Classifier) -> dict[str, frozenset[str]]:
    """Stages that train in any phase, in network order, each with the names of its tensors that do."""
    backbone = classifier.backbone
    return {
        stage: frozenset[str]().union(*(moving_tensors(backbone.stage(stage), choice) for choice in choices))
        for stage, choices in _choices(phases, classifier).items()
    }


def _copies(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """On the processor, out of the reach of a step."""
    return {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
