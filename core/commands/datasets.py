"""Commands about data."""

from __future__ import annotations

import argparse

from core.commands.parsing import Answer, Commands, add_data_options, import_data
from core.commands.words import describe_dataset


def add_to(commands: Commands) -> None:
    """`inspect`."""
    add_data_options(commands.add("inspect", _inspect, describe_dataset, "read labeled data and say what is in them"))


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
