"""Answers to the question why a model said what it said: the records that leave this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.datasets.records import Modality

MethodId = Literal["grad-cam", "occlusion", "leave-one-word-out", "integrated-gradients"]

SAME_FROM = 0.7
"""A similarity from which on two sets of scores count as the same: a head of random weights changed too little."""

FOR_RGB, AGAINST_RGB = (224, 112, 43), (44, 112, 201)
"""What speaks for a class and what against it: orange and blue, told apart with any kind of colour blindness."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MethodRow:
    """A way to ask why.

    Attributes:
        id: its permanent name.
        modality: what it explains, "image" or "text".
        title: its name on the page.
        says: one sentence on what it shows and what it does not.
        source: the paper it follows.
    """

    id: MethodId
    modality: Modality
    title: str
    says: str
    source: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SanityCheck:
    """Whether an explanation depends on what was learned: the same question put to heads of random weights.

    Attributes:
        similarity: mean size of the rank correlation between the scores and those under each random head, in [0, 1];
            1 is the same picture, or its negative. None where it could not be computed.
        n_heads: how many random heads were asked.
        why_not: why there is no similarity; empty where there is.
    """

    similarity: float | None
    n_heads: int
    why_not: str = ""

    @property
    def changes(self) -> bool | None:
        """Whether another head gives another picture, as it should; None where that could not be told."""
        return None if self.similarity is None else self.similarity < SAME_FROM


@dataclass(frozen=True, kw_only=True, slots=True)
class Explained:
    """What every explanation says of itself.

    Attributes:
        method: the way it was asked.
        class_name: the class that is explained.
        probability: what the model gives it, scaled by the run's temperature, in [0, 1].
        sanity: the same under heads of random weights.
        seconds: how long it took.
    """

    method: MethodRow
    class_name: str
    probability: float
    sanity: SanityCheck
    seconds: float


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageExplanation(Explained):
    """Which places of an image speak for a class.

    Attributes:
        grid: a score per place, row by row from the top left of the centre square that the network sees. Above 0 the
            place speaks for the class, below 0 against it. Of occlusion: by how much the log-odds of the class fall
            when the place is covered; of Grad-CAM: of no unit.
        stages: names of the stages whose activation was looked at; empty for occlusion.
        picture: the scores laid over the image, as a PNG file.
    """

    grid: tuple[tuple[float, ...], ...]
    stages: tuple[str, ...]
    picture: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class WordScore:
    """What a word does to the log-odds of a class.

    Attributes:
        text: the word; of long texts several in a row, scored together.
        score: above 0 it speaks for the class, below 0 against it; natural logarithms of odds.
        is_read: false where the word lies behind the length at which the network cuts its texts.
        probability_without: what the class gets when the word is left out; None where that was not tried.
    """

    text: str
    score: float
    is_read: bool
    probability_without: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class TextExplanation(Explained):
    """Which words of a text speak for a class.

    Attributes:
        words: in their order.
        residual: how far the scores of all tokens are from adding up to what they explain, as a share of it; None for
            a method that does not promise they do.
    """

    words: tuple[WordScore, ...]
    residual: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Neighbour:
    """A training sample that lies near an input in feature space.

    Attributes:
        row: its row in what was looked at.
        similarity: cosine of the angle between both sets of features, the mean of those looked at taken from each, in
            [-1, 1].
    """

    row: int
    similarity: float
