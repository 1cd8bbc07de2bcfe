"""Commands that make files to take along: `export`."""

from __future__ import annotations

import argparse
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
    from core.workflows.export_bundle import export_bundle

    out = require_place(options.out, ".zip")
    bar = ProgressBar()
    check = export_bundle(workspace_of(options), options.run, out, on_progress=bar.draw)
    bar.close()
    return {
        "file": str(out),
        "megabytes": round(out.stat().st_size / 1e6, 2),
        "checked": {
            "n": check.n,
            "from_network": check.from_network,
            "from_dashboard": check.from_dashboard,
            "n_other_class": check.n_other_class,
        },
    }


def require_place(out: Path, suffix: str) -> Path:
    """Where a file may be written; raises ConfigurationError for another ending or a folder that is not there."""
    if out.suffix.lower() != suffix:
        raise ConfigurationError(f'The file must end in {suffix}; found "{out.name}".', f"Name it {out.stem}{suffix}.")
    if not out.parent.is_dir() or out.is_dir():
        raise ConfigurationError(f'"{out}" is no place for a file.', "Name a file in a folder that exists.")
    return out


def _describe_export(answer: Answer) -> str:
    checked = answer["checked"]
    return (
        f"{answer['file']}, {answer['megabytes']} MB. On {checked['n']} validation samples its probabilities differ "
        f"from the network's by at most {checked['from_network']:.1e}, from the dashboard's by at most "
        f"{checked['from_dashboard']:.1e}; {checked['n_other_class']} get another class."
    )
