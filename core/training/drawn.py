"""What a forward pass in training changes besides gradients, so that one that failed can be made again."""

from __future__ import annotations

from core.training.classifier import Classifier


class Drawn:
    """Where the draws of dropout stood, and the statistics of BatchNorm where they are learned.

    Args:
        classifier: as it stands.
    """

    def __init__(self, classifier: Classifier) -> None:
        backbone = classifier.backbone
        self._draws = backbone.generator.get_state()
        learned = backbone.named_buffers() if backbone.train_batch_norm else ()
        self._statistics = {name: buffer.clone() for name, buffer in learned}

    def restore(self, classifier: Classifier) -> None:
        """Put all of it back."""
        classifier.backbone.generator.set_state(self._draws)
        for name, buffer in classifier.backbone.named_buffers():
            if name in self._statistics:
                buffer.copy_(self._statistics[name])
