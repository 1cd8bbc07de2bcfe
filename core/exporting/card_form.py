"""The model card of a run: what its nine sections say (Mitchell et al. 2019), and how the run was made."""

from __future__ import annotations

from core.evaluation.records import BASELINE_TITLES
from core.exporting import wording
from core.exporting.records import RunFacts
from core.settings import PRODUCT

SECONDS = {
    "total": "in all",
    "load": "loading",
    "features": "frozen pass",
    "train": "training",
    "evaluate": "evaluating",
}


def card_sections(facts: RunFacts) -> list[tuple[str, list[str]]]:
    """The titles of the usual form in their order, each with what this run has to say under it, as plain text."""
    part, data, model = facts.headline, facts.data, facts.model
    split = wording.SPLIT_TITLES[part.split].lower()
    return [
        (
            "Model details",
            [
                f"{model.title} ({model.model}), trained with {PRODUCT} on {wording.day_words(facts.created_at)}; run "
                f"{facts.run_id}. {wording.trained_sentence(facts)}",
                f"Licence of the pretrained weights: {model.licence}.",
            ],
        ),
        ("Intended use", [wording.question_of(facts), wording.intended_use_of(facts)]),
        (
            "Factors",
            [
                f"Numbers are told for each of the {len(data.classes)} classes. The data name no other groups, so none "
                "were compared."
            ],
        ),
        (
            "Metrics",
            [
                "Accuracy, and F1 of each class and its mean over the classes (macro-F1), each with a 95 % interval; "
                "calibration error, Brier score and log loss for the probabilities.",
                _beside(facts),
            ],
        ),
        (
            "Evaluation data",
            [f"{wording.count_words(part.n, data.modality, part.split)}: {wording.SPLIT_SENTENCES[part.split]}."],
        ),
        ("Training data", [wording.data_sentence(data), wording.data_origin(data)]),
        ("Quantitative analyses", [wording.answer_of(facts), f"Macro-F1 on {split}: {wording.score(part.macro_f1)}."]),
        (
            "Ethical considerations",
            [
                "Nobody looked into whether the data hold people, or whether the answers touch them. Whoever uses the "
                "model must."
            ],
        ),
        ("Caveats and recommendations", wording.limits_of(facts)),
    ]


def provenance(facts: RunFacts) -> list[tuple[str, str]]:
    """How the run was made, as (label, value): enough to make it again."""
    versions = ", ".join(f"{name} {version}" for name, version in facts.versions)
    took = dict(facts.seconds)
    seconds = ", ".join(f"{word} {took[name]:.1f} s" for name, word in SECONDS.items() if name in took)
    return [
        ("Run", facts.run_id),
        (
            "Dataset",
            f"{facts.data.dataset_id} (hash of its content), imported {wording.day_words(facts.data.imported_at)}",
        ),
        ("Backbone", facts.model.model),
        ("Strategy", facts.model.strategy),
        ("Frozen stages", ", ".join(stage.name for stage in facts.model.stages if not stage.trains) or "none"),
        *facts.settings,
        ("Engine", facts.engine or "not written down"),
        ("Time", seconds or "not written down"),
        ("Versions", versions or "not written down by this run"),
        ("Freeze proof", wording.freeze_sentence(facts)),
    ]


def _beside(facts: RunFacts) -> str:
    named = [BASELINE_TITLES[one.name] for one in facts.headline.baselines if one.accuracy is not None]
    return f"Beside them stand simpler ways: {', '.join(['the most frequent class', *named])}."
