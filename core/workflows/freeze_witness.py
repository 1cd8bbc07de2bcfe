"""Proves that what was to stay frozen stayed as it was, and tells how far the rest moved."""

from __future__ import annotations

from core.backbones.freezing import HEAD, copy_tensors, hash_frozen, movement, prove_freeze
from core.backbones.records import FreezeProof
from core.training.state import TrainingState


class FreezeWitness:
    """Looks at all tensors before the training and again after it.

    Args:
        state: the training, before its first step and before a checkpoint is loaded.
    """

    def __init__(self, state: TrainingState) -> None:
        self._state = state
        self._backbone = state.classifier.backbone
        self._before = self._hash()
        self._start = {
            stage: copy_tensors(self._backbone.stage(stage), moving) for stage, moving in state.moving.items()
        }
        self._head = copy_tensors(state.classifier.head)

    def prove(self) -> FreezeProof:
        """The proof: digests of all tensors that do not train then and now, and the movement of those that do."""
        after = self._hash()
        moved = [(name, movement(start, self._backbone.stage(name))) for name, start in self._start.items()]
        moved.append((HEAD, movement(self._head, self._state.classifier.head)))
        return prove_freeze(self._before, after, moved)

    def _hash(self) -> dict[str, str]:
        return hash_frozen(self._backbone, self._state.frozen_stages, self._state.moving)
