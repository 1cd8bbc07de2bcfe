"""Commands about data."""

from __future__ import annotations

import argparse

from core.commands.parsing import Answer, Commands, add_data_options, import_data, workspace_of
from core.commands.progress_bar import ProgressBar
from core.commands.words import describe_dataset, describe_suspects


def add_to(commands: Commands) -> None:
    """`inspect` and `suspects`."""
    add_data_options(commands.add("inspect", _inspect, describe_dataset, "read labeled data and say what is in them"))
    suspects = commands.add("suspects", _suspects, describe_suspects, "list the labels that are probably wrong")
    add_data_options(suspects)
    suspects.add_argument("--model", metavar="ID", help="by the features of this one; default: the most fitting")


def _inspect(options: argparse.Namespace) -> Answer:
    dataset = import_data(options)
    return {
        "dataset": dataset.id,
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "classes": dataset.class_counts(),
        "splits": dataset.split_sizes(),
        "skipped": [{"file": item.file, "reason": item.reason} for item in dataset.skipped],
        "findings": [
            {"code": item.code, "severity": item.severity, "message": item.message, "n": item.n}
            for item in dataset.findings
        ],
    }


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
