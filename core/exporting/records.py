"""What a report for others tells about a run: records only, gathered from the run's folder and its dataset."""

from __future__ import annotations

from dataclasses import dataclass

from core.backbones.records import FreezeProof, TensorChoice
from core.datasets.records import Finding, Modality, SplitName
from core.errors import ConfigurationError
from core.evaluation.records import Report, SplitReport
from core.training.events import StateChosen, StoredEvent

MAX_PURPOSE_CHARS = 1_000
"""Of each sentence a person adds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunPurpose:
    """What the person who trained a run says about it; empty where they say nothing.

    Attributes:
        question: what the model shall answer.
        intended_use: who shall use it, for what, and for what not.

    Raises:
        ConfigurationError: one of them is too long.
    """

    question: str = ""
    intended_use: str = ""

    def __post_init__(self) -> None:
        longest = max(len(self.question), len(self.intended_use))
        if longest > MAX_PURPOSE_CHARS:
            raise ConfigurationError(
                f"Question and intended use may have {MAX_PURPOSE_CHARS:,} characters each; found {longest:,}.",
                "Say it in fewer words.",
            )


@dataclass(frozen=True, kw_only=True, slots=True)
class ClassCounts:
    """Samples of one class in each split."""

    class_name: str
    train: int
    val: int
    test: int


@dataclass(frozen=True, kw_only=True, slots=True)
class DataFacts:
    """The dataset a run learned from.

    Attributes:
        name: what the person calls it.
        dataset_id: hash of its content.
        modality: "image" or "text".
        classes: samples per class, in label order.
        split_origin: "given", "drawn" or "mixed", see `core.datasets.records.Dataset`.
        columns: for tables the text and the label column; empty otherwise.
        imported_at: ISO 8601, UTC.
        n_skipped: files or rows that could not be used.
        findings: what the checks noticed.
    """

    name: str
    dataset_id: str
    modality: Modality
    classes: tuple[ClassCounts, ...]
    split_origin: str
    columns: tuple[str, ...]
    imported_at: str
    n_skipped: int
    findings: tuple[Finding, ...]

    def n_samples(self, split: SplitName) -> int:
        """Samples of one split."""
        return sum(getattr(row, split) for row in self.classes)


@dataclass(frozen=True, kw_only=True, slots=True)
class StageFacts:
    """One stage of the network.

    Attributes:
        name: its permanent name.
        n_parameters: numbers in it.
        trains: whether anything in it trained.
        moved: how far what trained moved, as a share of where it started; None where nothing did.
    """

    name: str
    n_parameters: int
    trains: bool
    moved: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelFacts:
    """The network and how it was trained.

    Attributes:
        title: how people write the backbone's name.
        model: its id.
        licence: of the pretrained weights, as their publisher states it.
        published_as: its name on Hugging Face; empty where it is not from there.
        stages: in the order data pass them.
        n_total: parameters, head included.
        n_trained: of these, how many trained.
        strategy: title of the strategy.
        strategy_sentence: what it does.
        tensors: what of a stage trains where it does.
        is_pretrained: whether it began with pretrained weights.
    """

    title: str
    model: str
    licence: str
    published_as: str
    stages: tuple[StageFacts, ...]
    n_total: int
    n_trained: int
    strategy: str
    strategy_sentence: str
    tensors: TensorChoice
    is_pretrained: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Example:
    """One sample with what the model said.

    Attributes:
        source: where it came from, as the person knows it.
        text: the text; empty for images.
        jpeg: a small picture as JPEG bytes; None for texts.
        true_class: its label.
        predicted_class: the model's answer.
        probability: of the answer, in [0, 1].
    """

    source: str
    text: str
    jpeg: bytes | None
    true_class: str
    predicted_class: str
    probability: float


@dataclass(frozen=True, kw_only=True, slots=True)
class RunFacts:
    """All that a report for others is made of.

    Attributes:
        run_id: the run.
        created_at: ISO 8601, UTC.
        made_at: when these facts were gathered; ISO 8601, UTC.
        purpose: what the person says about it.
        data: what it learned from.
        model: what learned.
        report: its numbers.
        proof: of freezing; None for a run without one.
        events: its history.
        chosen: whether the fitted head or what came after is shipped; None where that was no question.
        settings: (label, value) of every setting that acted, the seed among them.
        reason: why these settings.
        engine: what ran the stages, in words.
        seconds: (name, seconds) of its parts and in all.
        versions: (package, version) it was trained with; empty for a run that did not write them down.
        right: samples of the headline split drawn by lot among those it got right.
        wrong: samples of that split it got wrong, those first it was surest of.
    """

    run_id: str
    created_at: str
    made_at: str
    purpose: RunPurpose
    data: DataFacts
    model: ModelFacts
    report: Report
    proof: FreezeProof | None
    events: tuple[StoredEvent, ...]
    chosen: StateChosen | None
    settings: tuple[tuple[str, str], ...]
    reason: str
    engine: str
    seconds: tuple[tuple[str, float], ...]
    versions: tuple[tuple[str, str], ...]
    right: tuple[Example, ...]
    wrong: tuple[Example, ...]

    @property
    def headline(self) -> SplitReport:
        """The split whose numbers count: test, or validation where there is no test."""
        return max(self.report.splits, key=lambda part: part.split == "test")
