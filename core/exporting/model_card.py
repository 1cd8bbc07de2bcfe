"""A run as a model card in the form of the Hugging Face Hub: a YAML head for machines, then Markdown for people."""

from __future__ import annotations

from huggingface_hub import EvalResult, ModelCardData

from core.evaluation.records import BASELINE_TITLES, SplitReport
from core.exporting import wording
from core.exporting.card_form import card_sections, provenance
from core.exporting.markdown import escape_markdown, markdown_table
from core.exporting.records import RunFacts
from core.settings import PRODUCT

TASKS = {"image": "image-classification", "text": "text-classification"}


def render_model_card(facts: RunFacts) -> bytes:
    """The card as UTF-8, to lie as README.md beside the model; it claims no licence, which is its owner's choice."""
    sections = [
        f"## {title}\n\n" + "\n".join(f"- {escape_markdown(sentence)}" for sentence in said)
        for title, said in card_sections(facts)
    ]
    parts = [
        f"---\n{_head(facts)}\n---",
        f"# {escape_markdown(facts.data.name)}",
        escape_markdown(wording.answer_of(facts)),
        *sections,
        f"## Numbers beside simpler ways\n\n{_ways(facts.headline)}",
        f"## Classes\n\n{_classes(facts.headline)}",
        "## How it was made\n\n" + markdown_table(["What", "Value"], [list(pair) for pair in provenance(facts)]),
        f"Written by {PRODUCT}.",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", errors="replace")


def _head(facts: RunFacts) -> str:
    """What the Hub reads: task, tags, the network it was made of, and the numbers as a model index."""
    task = TASKS[facts.data.modality]
    results = [
        EvalResult(
            task_type=task,
            dataset_type="custom",
            dataset_name=facts.data.name or facts.data.dataset_id,
            dataset_split={"val": "validation"}.get(part.split, part.split),
            dataset_revision=facts.data.dataset_id,
            metric_type=kind,
            metric_name=name,
            metric_value=round(value, 6),
        )
        for part in facts.report.splits
        for kind, name, value in (
            ("accuracy", "Accuracy", part.accuracy.value),
            ("f1", "Macro-F1", part.macro_f1.value),
        )
    ]
    data = ModelCardData(
        model_name=facts.data.name or facts.run_id,
        base_model=facts.model.published_as or None,
        pipeline_tag=task,
        tags=["transfer-learning", PRODUCT.lower()],
        metrics=["accuracy", "f1"],
        eval_results=results,
    )
    return str(data.to_yaml())


def _ways(part: SplitReport) -> str:
    rows = [["This model", wording.per_cent(part.accuracy), f"{part.macro_f1.value:.3f}"]]
    rows += [
        [
            BASELINE_TITLES[one.name],
            wording.per_cent(one.accuracy),
            "" if one.macro_f1 is None else f"{one.macro_f1:.3f}",
        ]
        for one in part.baselines
        if one.accuracy is not None
    ]
    rows.append(
        [f'Always "{part.majority_class}"', f"{100 * part.majority_accuracy:.1f} %", f"{part.majority_macro_f1:.3f}"]
    )
    return markdown_table(["Way", "Accuracy (95 % interval)", "Macro-F1"], rows)


def _classes(part: SplitReport) -> str:
    rows = [
        [
            row.class_name,
            "too few to tell" if row.is_too_small else wording.score(row.f1_interval),
            wording.score(row.precision_interval),
            wording.score(row.recall_interval),
            f"{row.support:,}",
        ]
        for row in part.classes
    ]
    return markdown_table(["Class", "F1 (95 % interval)", "Precision", "Recall", "Samples"], rows)
