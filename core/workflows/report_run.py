"""A run for those who were not there: its facts gathered, and written as one page or as a model card."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np

from core.arrays import IntArray
from core.atomic import replace_bytes
from core.backbones.catalogue import get_backbone
from core.backbones.measuring import describe_backbone
from core.datasets.records import SPLIT_NAMES, Dataset, SplitName
from core.errors import ConfigurationError, writing_for_person
from core.evaluation.mistakes import most_confident_mistakes
from core.evaluation.records import Report
from core.exporting.model_card import render_model_card
from core.exporting.records import ClassCounts, DataFacts, Example, ModelFacts, RunFacts, RunPurpose, StageFacts
from core.exporting.run_page import render_run_page
from core.paths import is_folder
from core.runs.records import utc_now
from core.training.strategies import get_strategy
from core.workflows.review_run import review_rows
from core.workflows.run_purpose import load_purpose, save_purpose
from core.workflows.run_settings import settings_of
from core.workflows.show_run import RunView, load_data, read_predictions, show_run
from core.workflows.workspace import Workspace

__all__ = ["RunPurpose", "export_card", "export_page", "load_purpose", "save_purpose", "write_report"]

N_EXAMPLES = 10
RENDERERS: dict[str, Callable[[RunFacts], bytes]] = {".html": render_run_page, ".md": render_model_card}


def export_page(workspace: Workspace, run_id: str, *, with_examples: bool = True) -> bytes:
    """The run as one self-contained HTML file; raises ConfigurationError where it has no report.

    Args:
        workspace: where it lies.
        run_id: the run.
        with_examples: whether samples of the data are shown in it.
    """
    return render_run_page(gather_facts(workspace, run_id, n_examples=N_EXAMPLES if with_examples else 0))


def export_card(workspace: Workspace, run_id: str) -> bytes:
    """The run as a model card, Markdown; raises ConfigurationError where it has no report. It shows no samples."""
    return render_model_card(gather_facts(workspace, run_id, n_examples=0))


def write_report(workspace: Workspace, run_id: str, file: Path, *, with_examples: bool = True) -> int:
    """Write the page (`.html`) or the card (`.md`) to a file of the person's choice; returns its size in bytes.

    Raises:
        ConfigurationError: the run has no report, the name ends in neither, or the folder is missing.
        OutOfResourcesError: the file could not be written.
    """
    kind = file.suffix.lower()
    if kind not in RENDERERS:
        raise ConfigurationError(
            f'A report is an .html file (a page) or an .md file (a model card); found "{file.name}".',
            "End the name in .html or .md.",
        )
    if not is_folder(file.parent):
        raise ConfigurationError(f'The folder of "{file}" must exist.', "Make it, or name another one.")
    n_examples = N_EXAMPLES if with_examples and kind == ".html" else 0
    content = RENDERERS[kind](gather_facts(workspace, run_id, n_examples=n_examples))
    with writing_for_person(file):
        replace_bytes(file, content)
    return len(content)


def gather_facts(workspace: Workspace, run_id: str, *, n_examples: int = N_EXAMPLES) -> RunFacts:
    """All that the page and the card tell; raises ConfigurationError where the run has no report.

    Args:
        workspace: where it lies.
        run_id: the run.
        n_examples: samples shown of those it got right, and as many of those it got wrong.
    """
    run = show_run(workspace, run_id)
    if run.report is None or not run.is_readable:
        raise ConfigurationError(f"Run {run_id} has no report yet.", "Wait until it is finished, or resume it.")
    dataset = load_data(workspace, run)
    details = workspace.runs.get(run_id).read_details()
    right, wrong = _examples(workspace, run, run.report, n_examples) if n_examples else ((), ())
    return RunFacts(
        run_id=run.id,
        created_at=run.status.created_at,
        made_at=utc_now(),
        purpose=load_purpose(workspace, run_id),
        data=_data_facts(run, dataset),
        model=_model_facts(run),
        report=run.report,
        proof=run.proof,
        events=run.events,
        chosen=run.state_chosen,
        settings=_settings(run),
        reason=run.spec.reason,
        engine=run.engine,
        seconds=run.status.seconds,
        versions=tuple(details.get("versions", {}).items()),
        right=right,
        wrong=wrong,
    )


def _data_facts(run: RunView, dataset: Dataset) -> DataFacts:
    counts = {split: list(dataset.class_counts(split).values()) for split in SPLIT_NAMES}
    return DataFacts(
        name=run.dataset_name or dataset.name,
        dataset_id=dataset.id,
        modality=dataset.modality,
        classes=tuple(
            ClassCounts(class_name=name, **{split: counts[split][label] for split in SPLIT_NAMES})
            for label, name in enumerate(dataset.class_names)
        ),
        split_origin=dataset.split_origin,
        columns=dataset.columns,
        imported_at=dataset.created_at,
        n_skipped=len(dataset.skipped),
        findings=dataset.findings,
    )


def _model_facts(run: RunView) -> ModelFacts:
    row, strategy = get_backbone(run.spec.model), get_strategy(run.spec.strategy)
    moved = dict(run.proof.movement) if run.proof else {}
    stages = tuple(
        StageFacts(
            name=stage.name,
            n_parameters=stage.n_parameters,
            trains=stage.name not in run.spec.frozen_stages,
            moved=moved.get(stage.name),
        )
        for stage in describe_backbone(run.spec.model).stages
    )
    return ModelFacts(
        title=run.model_title,
        model=run.spec.model,
        licence=row.licence,
        published_as=row.reference if row.source == "transformers" and "/" in row.reference else "",
        stages=stages,
        n_total=run.parameters.total if run.parameters else 0,
        n_trained=run.parameters.trainable if run.parameters else 0,
        strategy=run.strategy_title,
        strategy_sentence=strategy.sentence,
        tensors=strategy.tensors,
        is_pretrained=strategy.pretrained,
    )


def _examples(
    workspace: Workspace, run: RunView, report: Report, n: int
) -> tuple[tuple[Example, ...], tuple[Example, ...]]:
    """Samples it got right, drawn by lot so that nobody chose them, and the mistakes it was surest of."""
    table = read_predictions(workspace, run.id)
    split: SplitName = max(report.splits, key=lambda part: part.split == "test").split
    rows = table.rows(split)
    hits = rows[table.predictions[rows] == table.labels[rows]]
    drawn = np.sort(np.random.default_rng(run.spec.seed).permutation(hits)[:n])
    wrong = rows[most_confident_mistakes(table.probs[rows], table.labels[rows], table.predictions[rows], n=n)]
    return _shown_examples(workspace, run.id, drawn), _shown_examples(workspace, run.id, wrong)


def _shown_examples(workspace: Workspace, run_id: str, rows: IntArray) -> tuple[Example, ...]:
    return tuple(
        Example(
            source=sample.source,
            text=sample.text,
            jpeg=sample.thumbnail.read_bytes() if sample.thumbnail else None,
            true_class=sample.true_class,
            predicted_class=sample.predicted_class,
            probability=sample.probability,
        )
        for sample in review_rows(workspace, run_id, rows)
    )


def _settings(run: RunView) -> tuple[tuple[str, str], ...]:
    acting = tuple(settings_of(run).items())
    return (*acting, ("Batches", run.batches)) if run.batches else acting
