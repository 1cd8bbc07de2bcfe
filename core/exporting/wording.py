"""What a report for others says in sentences: plain text, to be escaped by whoever writes it down."""

from __future__ import annotations

from datetime import datetime

from core.datasets.records import SplitName
from core.evaluation.records import BASELINE_TITLES, FEW_SAMPLES, Baseline, Interval, SplitReport
from core.exporting.records import DataFacts, RunFacts

SPLIT_TITLES: dict[SplitName, str] = {"train": "Training", "val": "Validation", "test": "Test"}
SPLIT_SENTENCES: dict[SplitName, str] = {
    "train": "what the model learned from",
    "val": "chose the settings and the best state; may flatter the model a little",
    "test": "opened once, after everything was decided",
}
ORIGINS = {
    "given": "The data came with this split.",
    "drawn": "The split was drawn by lot, class by class, so that each has its share in every part.",
    "mixed": "The data came with a split of their own; the validation part was drawn by lot from the rest.",
}
TENSORS = {
    "all": "all its tensors",
    "norms-and-biases": "only biases and normalisations",
    "low-rank": "only low-rank adapters, merged into the weights at the end",
}
REASONS = {
    "hits": "On validation the trained stages are right clearly more often than the fitted head alone: they are "
    "shipped.",
    "probabilities": "The trained stages are right about as often on validation as the fitted head alone, with clearly "
    "better probabilities, and are shipped.",
    "not-clear": "Training the stages was not clearly better on validation than the fitted head alone: that head is "
    "shipped, and the stages are as they were.",
    "no-mistake": "The fitted head alone made no mistake on validation. It is shipped, the stages are as they were.",
}
SCALED = {
    "held-out": "The temperature comes from the validation samples; these had no say in it.",
    "cross-fitted": "Each half of these samples is scaled by what the other half fits.",
    "unscaled": "The probabilities are the model's own.",
}
MAX_NAMED = 5
NOT_STATED = "Not stated by the person who trained it."


def per_cent(number: Interval | None) -> str:
    """A share with its interval, "93.3 % (92.3–94.1)"; a dash for none."""
    if number is None:
        return "–"
    return f"{number.value:.1%}".replace("%", " %") + _range(number, 100, 1)


def score(number: Interval | None) -> str:
    """A score with its interval, "0.933 (0.923–0.941)"; a dash for none."""
    return "–" if number is None else f"{number.value:.3f}" + _range(number, 1, 3)


def count_words(n: int, modality: str, split: SplitName | None = None) -> str:
    """Counted samples, "3,080 test texts"."""
    kind = modality if n == 1 else f"{modality}s"
    return f"{n:,} {SPLIT_TITLES[split].lower()} {kind}" if split else f"{n:,} {kind}"


def day_words(iso: str) -> str:
    """The day of an ISO 8601 time, "24 November 2026"; empty for none."""
    if not iso:
        return ""
    moment = datetime.fromisoformat(iso)
    return f"{moment.day} {moment:%B %Y}"


def question_of(facts: RunFacts) -> str:
    """What the model shall answer: in the person's words, or as the data put it."""
    if facts.purpose.question:
        return facts.purpose.question
    names, sample = [row.class_name for row in facts.data.classes], _a(facts.data.modality)
    if len(names) > MAX_NAMED:
        return f"Which of {len(names)} classes does {sample} belong to?"
    return f"Which class does {sample} belong to: {', '.join(names[:-1])} or {names[-1]}?"


def intended_use_of(facts: RunFacts) -> str:
    """Who shall use it for what: in the person's words, or that nobody said so."""
    return facts.purpose.intended_use or NOT_STATED


def answer_of(facts: RunFacts) -> str:
    """The result in two sentences: how often it is right, how sure that is, and what simpler ways reach."""
    part = facts.headline
    asked, majority = count_words(part.n, facts.data.modality, part.split), _plain_per_cent(part.majority_accuracy)
    found = (
        f"On {asked} the model is right in {per_cent(part.accuracy)} of the cases. Always answering "
        f'"{part.majority_class}" would be right in {majority}'
    )
    best = best_baseline(part)
    if best is None or best.accuracy is None:
        return f"{found}."
    return f"{found}; the best simpler way, {BASELINE_TITLES[best.name]}, in {per_cent(best.accuracy)}."


def best_baseline(part: SplitReport) -> Baseline | None:
    """The simpler way that is right most often; None where none was computed."""
    computed = [one for one in part.baselines if one.accuracy is not None]
    return max(computed, key=lambda one: one.accuracy.value if one.accuracy else 0.0, default=None)


def interval_words(number: Interval, factor: int) -> str:
    """The interval alone: "95 % interval 92.3–94.1 %" for a factor of 100, "95 % interval 0.923–0.941" for 1."""
    if number.low is None or number.high is None:
        return f"no interval: {number.why}"
    low, high = (f"{factor * bound:.{1 if factor == 100 else 3}f}" for bound in (number.low, number.high))
    return f"95 % interval {low}–{high}{' %' if factor == 100 else ''}"


def data_sentence(data: DataFacts) -> str:
    """How many samples there are, of how many classes, in which parts."""
    parts = [f"{n:,} for {SPLIT_TITLES[split].lower()}" for split in SPLIT_TITLES if (n := data.n_samples(split))]
    n = sum(data.n_samples(split) for split in SPLIT_TITLES)
    return f"{count_words(n, data.modality)} in {len(data.classes)} classes: {', '.join(parts)}."


def data_origin(data: DataFacts) -> str:
    """Where the split comes from, and what of a table was read."""
    columns = f" Read from the columns {' and '.join(data.columns)}." if data.columns else ""
    skipped = f" {data.n_skipped:,} files or rows could not be used." if data.n_skipped else ""
    return f"{ORIGINS.get(data.split_origin, '')}{columns}{skipped}".strip()


def freeze_sentence(facts: RunFacts) -> str:
    """What the hashes of frozen tensors say."""
    proof = facts.proof
    if proof is None:
        return "This run has no freeze proof."
    if proof.n_tensors == 0:
        return "Nothing was frozen in this run."
    verdict = f"Frozen tensors changed: {proof.n_changed:,} of {proof.n_tensors:,}."
    if proof.n_changed:
        return f"{verdict} This is a fault of the program; do not rely on this run."
    return f"{verdict} Every tensor that was to stay as it is, buffers included, was hashed before and after training."


def trained_sentence(facts: RunFacts) -> str:
    """How much trained."""
    model = facts.model
    share = model.n_trained / model.n_total if model.n_total else 0.0
    start = "pretrained weights" if model.is_pretrained else "random weights"
    names = ", ".join(stage.name for stage in model.stages if stage.trains)
    what = f"The stages {names} ({TENSORS[model.tensors]}) and the head were" if names else "Only the head was"
    numbers = f"{model.n_trained:,} of {model.n_total:,} parameters ({_plain_per_cent(share)})"
    return f"It began with {start}. {what} trained: {numbers}."


def temperature_sentence(facts: RunFacts) -> str:
    """What the logits were divided by."""
    found = facts.report.temperature
    if found is None:
        return "The probabilities are the model's own."
    if found.why:
        return f"The probabilities are the model's own: {found.why}."
    verdict = "too sure of itself" if found.value > 1 else "not sure enough"
    fitted = f"fitted on {found.n:,} validation samples"
    return f"The model was {verdict}; its logits are divided by {found.value:.2f}, {fitted}."


def limits_of(facts: RunFacts) -> list[str]:
    """What a reader must not conclude, from the facts of this run."""
    part, data = facts.headline, facts.data
    said = [
        f"The numbers hold for {data.modality}s like those of the {SPLIT_TITLES[part.split].lower()} split. Other "
        "sources, times, places or ways of collecting may give others.",
        f"The model knows its {len(data.classes)} classes only: whatever it is given, it names one of them.",
    ]
    if part.split != "test":
        said.append("There is no test split: the samples behind the numbers also chose the model, and may flatter it.")
    n_small = sum(row.is_too_small for row in part.classes)
    if n_small:
        classes = "class has" if n_small == 1 else "classes have"
        said.append(f"{n_small} {classes} fewer than {FEW_SAMPLES} samples in this split: too few to tell.")
    best = best_baseline(part)
    if best is not None and _overlap(part.accuracy, best.accuracy):
        said.append(
            f"{BASELINE_TITLES[best.name].capitalize()} reaches {per_cent(best.accuracy)} on the same samples; the "
            "intervals overlap, so the simpler way may do."
        )
    said.append(
        "Nobody examined how it does on groups of people, on inputs made to mislead it, or on inputs of no class."
    )
    if facts.model.is_pretrained:
        said.append("What the pretrained weights learned, their prejudices included, is part of the model.")
    return said


def _overlap(model: Interval, other: Interval | None) -> bool:
    if other is None or model.low is None or other.high is None:
        return False
    return other.high >= model.low


def _range(number: Interval, factor: int, digits: int) -> str:
    if number.low is None or number.high is None:
        return ""
    return f" ({factor * number.low:.{digits}f}–{factor * number.high:.{digits}f})"


def _plain_per_cent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _a(modality: str) -> str:
    return "an image" if modality == "image" else f"a {modality}"
