"""A model on its way out, and the inputs that go along with it."""

from __future__ import annotations

from dataclasses import dataclass

from core.arrays import FloatArray
from core.backbones.tokenizers import TokenizerFile
from core.training.classifier import Classifier


@dataclass(frozen=True, kw_only=True, slots=True)
class LeavingModel:
    """What is to be taken along.

    Attributes:
        run_id: where it comes from.
        classifier: on the CPU, float32, in evaluation mode.
        class_names: in label order.
        temperature: what logits are divided by before the softmax.
        image_size_px: side of the square input; ignored for texts.
        offsets: one per class, added to the logarithms of the probabilities before the largest decides; empty where
            the most probable class does.
        reject_below: the least probability of an answer that is given; None where all are.
        tokenizer: of a text backbone; None for images.
    """

    run_id: str
    classifier: Classifier
    class_names: tuple[str, ...]
    temperature: float
    image_size_px: int
    offsets: tuple[float, ...]
    reject_below: float | None
    tokenizer: TokenizerFile | None


@dataclass(frozen=True, kw_only=True, slots=True)
class LeavingSample:
    """An input that goes along with the answer that it must get.

    Attributes:
        text: of a text sample; empty for images.
        image: the file's bytes; None for texts.
        true_class: its label.
        probs: of every class, shape (n_classes,).
    """

    text: str
    image: bytes | None
    true_class: str
    probs: FloatArray
