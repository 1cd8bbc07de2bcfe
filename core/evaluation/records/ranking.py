"""Which backbone fits the data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class RankedBackbone:
    """What a backbone's frozen features are worth for a dataset, before anything is trained.

    Attributes:
        model: id of the backbone.
        title: how people write its name.
        score: balanced accuracy of a linear head on training samples, each held out once, in [0, 1].
        standard_error: of the score.
        log_me: LogME; only its differences between backbones on the same samples mean something.
        knn: balanced accuracy of the nearest neighbours' vote, each sample left out once, in [0, 1].
        prior: accuracy on ImageNet-1K as published, in [0, 1]; None where none is known.
        seconds: that ranking it took, loading included; what earlier runs had computed took none.
        ms_per_sample: measured milliseconds per sample through the network, decoding left out.
        tied: whether it shares the first place: the best score is at most one standard error of the difference above.
            False for a best that stands alone.
        n_samples: training samples the scores are from; fewer for those that fell out early.
    """

    model: str
    title: str
    score: float
    standard_error: float
    log_me: float
    knn: float
    prior: float | None
    seconds: float
    ms_per_sample: float
    tied: bool
    n_samples: int


@dataclass(frozen=True, kw_only=True, slots=True)
class NotRanked:
    """A backbone that could not be ranked, and why."""

    model: str
    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Ranking:
    """Backbones in the order to take them for a dataset.

    Attributes:
        dataset_id: the dataset.
        backbones: those tied with the best score first, the fastest of them at the front.
        not_ranked: what was left out.
        n_train: training samples of the dataset.
        seconds: that it took, reading the samples included.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    backbones: tuple[RankedBackbone, ...]
    not_ranked: tuple[NotRanked, ...]
    n_train: int
    seconds: float
    created_at: str

    @property
    def uses_prior(self) -> bool:
        """Whether the published accuracies had a say: they have where all backbones have one."""
        return len(self.backbones) > 1 and all(one.prior is not None for one in self.backbones)
