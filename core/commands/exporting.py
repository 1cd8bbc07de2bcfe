"""Commands that make files to take along: `export`."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar
from core.errors import ConfigurationError
from core.paths import is_folder

FORMATS = "bundle (if none is named), transformers, timm, torchvision, onnx, onnx-int8 or openvino"


def add_to(commands: Commands) -> None:
    """`export`."""
    export = commands.add("export", _export, _describe_export, "pack a run's model so that it answers elsewhere")
    export.add_argument("run", metavar="RUN")
    export.add_argument("out", metavar="OUT", type=Path, help="a file that ends in .zip, or a folder that is new")
    export.add_argument("--format", metavar="F", default="bundle", help=FORMATS)


def _export(options: argparse.Namespace) -> Answer:
    from core.workflows.export_model import export_model
    from core.workflows.stored_exports import check_words, get_format

    kind = get_format(options.format)
    out = _require_archive_or_folder(options.out)
    bar = ProgressBar()
    check = export_model(workspace_of(options), options.run, kind.id, out, on_progress=bar.draw)
    bar.close()
    return {
        "file": str(out),
        "format": kind.id,
        "megabytes": check.megabytes,
        "checked": check.to_json(),
        "verdict": check_words(kind, check),
    }


def _require_archive_or_folder(out: Path) -> Path:
    if out.suffix:
        return require_place(out, ".zip")
    if not out.parent.is_dir() or out.is_file() or (out.is_dir() and any(out.iterdir())):
        raise ConfigurationError(f'"{out}" is no new folder.', "Name a folder that does not exist, or a file .zip.")
    return out


def require_place(out: Path, suffix: str) -> Path:
    """Where a file may be written; raises ConfigurationError for another ending or a folder that is not there."""
    if out.suffix.lower() != suffix:
        raise ConfigurationError(f'The file must end in {suffix}; found "{out.name}".', f"Name it {out.stem}{suffix}.")
    if not is_folder(out.parent) or is_folder(out):
        raise ConfigurationError(f'"{out}" is no place for a file.', "Name a file in a folder that exists.")
    return out


def _describe_export(answer: Answer) -> str:
    return f"{answer['file']}, {answer['megabytes']} MB. {answer['verdict']}"
