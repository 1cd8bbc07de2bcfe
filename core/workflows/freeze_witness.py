"""Proves that frozen stages stayed as they were, and tells how far the others moved."""

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
        self._before = hash_frozen(self._backbone, state.frozen_stages)
        self._start = {name: copy_tensors(self._backbone.stage(name)) for name in state.trained_stages}
        self._head = copy_tensors(state.classifier.head)

    def prove(self) -> FreezeProof:
        """The proof: digests of all tensors of frozen stages then and now, and the movement of all that trained."""
        after = hash_frozen(self._backbone, self._state.frozen_stages)
        moved = [(name, movement(start, self._backbone.stage(name))) for name, start in self._start.items()]
        moved.append((HEAD, movement(self._head, self._state.classifier.head)))
        return prove_freeze(self._before, after, moved)
