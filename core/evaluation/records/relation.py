"""What a pretrained network takes the classes for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassLikeness:
    """What a pretrained network takes the samples of one class for.

    Attributes:
        class_name: the class.
        n: training samples of it that were looked at.
        concepts: (name, share) of what they are most taken for, the highest first, shares in [0, 1]; empty for n = 0.
    """

    class_name: str
    n: int
    concepts: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceRelation:
    """How what a backbone learned in pretraining goes with the classes of a dataset, before anything is trained.

    Attributes:
        dataset_id: the dataset.
        model: id of the backbone.
        title: how people write its name.
        classes: one per class, in label order.
        concept_names: what some class is most taken for; of the source's concepts these are kept.
        class_given_concept: of what looks like a concept, the share that is each class, shape (n_concepts, n_classes).
        concept_given_class: of a class, the share that looks like each concept, shape (n_classes, n_concepts).
        n_concepts: concepts that the source has in all.
        score: balanced accuracy of the classifier that it is without training, on training samples, each left out of
            the matrix that it is classified with, in [0, 1].
        standard_error: of the score.
        log_expected_prediction: LEEP, nats, at most 0; compares nothing but datasets under one backbone.
        says_nothing: whether the labels are no likelier under it than shuffled ones are.
        shuffled_share: of shuffled labels, the real ones included, what share is as likely, in (0, 1].
        image_size_px: side at which the images passed.
        n_samples: training samples that were looked at.
        n_train: training samples of the dataset.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    model: str
    title: str
    classes: tuple[ClassLikeness, ...]
    concept_names: tuple[str, ...]
    class_given_concept: tuple[tuple[float, ...], ...]
    concept_given_class: tuple[tuple[float, ...], ...]
    n_concepts: int
    score: float
    standard_error: float
    log_expected_prediction: float
    says_nothing: bool
    shuffled_share: float
    image_size_px: int
    n_samples: int
    n_train: int
    seconds: float
    created_at: str

    @property
    def chance(self) -> float:
        """The balanced accuracy of any answer that does not look at the sample."""
        return 1 / max(1, sum(one.n > 0 for one in self.classes))
