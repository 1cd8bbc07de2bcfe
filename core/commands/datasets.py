"""Commands about data."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.parsing import Answer, Commands, add_data_options, import_data, workspace_of
from core.commands.progress_bar import ProgressBar
from core.commands.words import (
    describe_added_data,
    describe_dataset,
    describe_deleted_dataset,
    describe_exported,
    describe_suspects,
)
from core.datasets.records import Dataset, Finding

SAMPLES_NAMED = 20


def add_to(commands: Commands) -> None:
    """`inspect`, `suspects`, `add-data`, `export-data` and `delete-dataset`."""
    inspect = commands.add("inspect", _inspect, describe_dataset, "read labeled data and say what is in them")
    add_data_options(inspect)
    inspect.add_argument(
        "--deep",
        action="store_true",
        help="also compare all samples: near copies, odd images, texts that are cut",
    )
    suspects = commands.add("suspects", _suspects, describe_suspects, "list the labels that are probably wrong")
    add_data_options(suspects)
    suspects.add_argument("--model", metavar="ID", help="by the features of this one; default: the most fitting")
    add = commands.add("add-data", _add, describe_added_data, "add samples to a dataset: a new version of it")
    add.add_argument("dataset", metavar="DATASET", help="its id, as the address of its page shows it")
    add.add_argument(
        "data", metavar="DATA", type=Path, help="a folder, a zip, an image, or a table with the same columns"
    )
    add.add_argument(
        "--class",
        dest="class_name",
        metavar="NAME",
        help="of all images in it, or of all lines of a file of texts; default: as folders or the table say",
    )
    export = commands.add("export-data", _export, describe_exported, "write a version of a dataset to a file")
    export.add_argument("dataset", metavar="DATASET", help="its id, as the address of its page shows it")
    export.add_argument("file", metavar="FILE", type=Path, help=".csv, .jsonl or .zip for texts, .zip for images")
    delete = commands.add("delete-dataset", _delete, describe_deleted_dataset, "delete a dataset for good")
    delete.add_argument("dataset", metavar="DATASET", help="its id, as the address of its page shows it")
    delete.add_argument("--all-versions", action="store_true", help="with all versions of its line")


def _inspect(options: argparse.Namespace) -> Answer:
    dataset = import_data(options)
    findings = (*dataset.findings, *(_look_deeply(options, dataset) if options.deep else ()))
    return {
        "dataset": dataset.id,
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "classes": dataset.class_counts(),
        "splits": dataset.split_sizes(),
        "skipped": [{"file": item.file, "reason": item.reason} for item in dataset.skipped],
        "findings": [
            {
                "code": item.code,
                "severity": item.severity,
                "message": item.message,
                "n": item.n,
                "samples": [dataset.sources[row] for row in item.rows[:SAMPLES_NAMED]],
            }
            for item in findings
        ],
        "kept_together": dataset.kept_together,
    }


def _look_deeply(options: argparse.Namespace, dataset: Dataset) -> tuple[Finding, ...]:
    from core.workflows.check_data import check_data

    bar = ProgressBar()
    check = check_data(workspace_of(options), dataset, on_progress=bar.draw)
    bar.close()
    return check.findings


def _suspects(options: argparse.Namespace) -> Answer:
    from core.workflows.find_suspects import suspect_labels

    dataset, bar = import_data(options), ProgressBar()
    found = suspect_labels(workspace_of(options), dataset, model=options.model, on_progress=bar.draw)
    bar.close()
    texts = dict(zip(dataset.sample_ids, dataset.texts, strict=False))
    return {
        "dataset": found.dataset_id,
        "model": found.model,
        "n_samples": found.n_samples,
        "n_asked": found.n_asked,
        "seconds": round(found.seconds, 3),
        "suspects": [
            {
                "sample": one.sample_id,
                "source": one.source,
                "text": texts.get(one.sample_id, ""),
                "split": one.split,
                "given": one.given,
                "proposed": one.proposed,
                "p_given": one.p_given,
                "p_proposed": one.p_proposed,
            }
            for one in found.suspects
        ],
    }


def _add(options: argparse.Namespace) -> Answer:
    from core.workflows.add_samples import add_files, add_lines, read_lines
    from core.workflows.dataset_versions import compare_versions
    from core.workflows.inspect_dataset import load_dataset

    workspace, bar = workspace_of(options), ProgressBar()
    before = load_dataset(workspace, options.dataset)
    if before.modality == "text" and options.class_name:
        made = add_lines(workspace, options.dataset, read_lines(options.data), class_name=options.class_name)
    else:
        made = add_files(
            workspace,
            options.dataset,
            options.data,
            class_name=options.class_name,
            on_progress=lambda done, of: bar.draw("Reading", done, of),
        )
    bar.close()
    return {
        "dataset": made.id,
        "parent": made.parent,
        "version": made.version,
        "n_samples": made.n_samples,
        "n_added": len(compare_versions(workspace, before.id, made.id).added),
        "classes": made.class_counts(),
        "splits": made.split_sizes(),
        "skipped": [{"file": one.file, "reason": one.reason} for one in made.skipped[len(before.skipped) :]],
    }


def _export(options: argparse.Namespace) -> Answer:
    from core.workflows.export_dataset import export_dataset

    bar = ProgressBar()
    dataset = export_dataset(
        workspace_of(options),
        options.dataset,
        options.file,
        on_progress=lambda done, of: bar.draw("Writing", done, of),
    )
    bar.close()
    return {
        "dataset": dataset.id,
        "file": str(options.file),
        "n_samples": dataset.n_samples,
        "bytes": options.file.stat().st_size,
    }


def _delete(options: argparse.Namespace) -> Answer:
    from core.workflows.delete_dataset import delete_dataset

    deleted = delete_dataset(workspace_of(options), options.dataset, all_versions=options.all_versions)
    return {
        "deleted": [card.id for card in deleted.versions],
        "versions_left": [card.id for card in deleted.stay],
        "runs_without_data": [run.id for run in deleted.runs],
        "cleared": deleted.is_cleared,
    }
