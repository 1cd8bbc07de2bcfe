"""Commands that make files to take along: `export`."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar
from core.errors import ConfigurationError


def add_to(commands: Commands) -> None:
    """`export`."""
    export = commands.add("export", _export, _describe_export, "pack a run's model so that it answers elsewhere")
    export.add_argument("run", metavar="RUN")
    export.add_argument("out", metavar="OUT.zip", type=Path)


def _export(options: argparse.Namespace) -> Answer:
    from core.workflows.export_bundle import check_words, export_bundle

    out = require_place(options.out, ".zip")
    bar = ProgressBar()
    check = export_bundle(workspace_of(options), options.run, out, on_progress=bar.draw)
    bar.close()
    return {
        "file": str(out),
        "megabytes": round(out.stat().st_size / 1e6, 2),
        "checked": asdict(check),
        "verdict": check_words(check),
    }


def require_place(out: Path, suffix: str) -> Path:
    """Where a file may be written; raises ConfigurationError for another ending or a folder that is not there."""
    if out.suffix.lower() != suffix:
        raise ConfigurationError(f'The file must end in {suffix}; found "{out.name}".', f"Name it {out.stem}{suffix}.")
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigurationError(f'"{out}" is no place for a file.', "Name a file in a folder that exists.")
    return out


def _describe_export(answer: Answer) -> str:
    return f"{answer['file']}, {answer['megabytes']} MB. {answer['verdict']}"
