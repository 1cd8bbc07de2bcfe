"""A command that asks why: places of an image, words of a text, or the nearest training samples."""

from __future__ import annotations

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.words import describe_explanation
from core.errors import ConfigurationError
from core.explanation.records import ImageExplanation, MethodId, TextExplanation
from core.paths import is_folder

NEAREST = "nearest-samples"


def add_to(commands: Commands) -> None:
    """`explain`."""
    explain = commands.add("explain", _explain, describe_explanation, "say why a finished run answers what it answers")
    explain.add_argument("run", metavar="RUN")
    explain.add_argument("input", metavar="INPUT", help="a file, or a text with --text")
    explain.add_argument("--text", action="store_true", help="the input is a text itself")
    names = ", ".join(get_args(MethodId))
    explain.add_argument("--method", metavar="NAME", help=f"{names} or {NEAREST}; default: the first that fits")
    explain.add_argument("--class", metavar="NAME", dest="class_name", help="the class to explain; default: the answer")
    explain.add_argument("--out", metavar="FILE.png", type=Path, help="for images: where to put the picture")


def _explain(options: argparse.Namespace) -> Answer:
    from core.workflows.explain import read_input

    content: str | bytes = options.input
    if not options.text:
        content = read_input(workspace_of(options), options.run, options.input)
    if options.out is not None and (isinstance(content, str) or options.method == NEAREST):
        raise ConfigurationError("There is no picture of this to write.", "Leave --out away, or explain an image.")
    if options.out is not None and not is_folder(options.out.absolute().parent):
        raise ConfigurationError(f'There is no folder "{options.out.parent}".', "Make it first, or name another one.")
    if options.method == NEAREST:
        return {"run": options.run, "method": NEAREST, **_nearest(options, content)}
    found = _ask(options, content)
    answer = {"run": options.run, **_explanation(found)}
    if options.out is not None and isinstance(found, ImageExplanation):
        options.out.write_bytes(found.picture)
        answer["out"] = str(options.out)
    return answer


def _ask(options: argparse.Namespace, content: str | bytes) -> ImageExplanation | TextExplanation:
    from core.workflows.explain import explain_image, explain_text

    workspace, method, class_name = workspace_of(options), options.method, options.class_name
    if isinstance(content, str):
        return explain_text(workspace, options.run, content, method=method, class_name=class_name)
    return explain_image(workspace, options.run, content, method=method, class_name=class_name)


def _explanation(found: ImageExplanation | TextExplanation) -> dict[str, Any]:
    answer: dict[str, Any] = {
        "method": found.method.id,
        "class": found.class_name,
        "probability": found.probability,
        "says": found.method.says,
        "sanity": {**asdict(found.sanity), "changes": found.sanity.changes},
        "seconds": round(found.seconds, 3),
    }
    if isinstance(found, ImageExplanation):
        return answer | {"stages": list(found.stages), "grid": [list(row) for row in found.grid]}
    return answer | {"words": [asdict(word) for word in found.words], "residual": found.residual}


def _nearest(options: argparse.Namespace, content: str | bytes) -> dict[str, Any]:
    from core.workflows.nearest_samples import SAYS, nearest_to_image, nearest_to_text

    workspace = workspace_of(options)
    if isinstance(content, str):
        found = nearest_to_text(workspace, options.run, content)
    else:
        found = nearest_to_image(workspace, options.run, content)
    return {
        "says": SAYS,
        "neighbours": [
            {"source": one.source, "text": one.text, "label": one.class_name, "similarity": one.similarity}
            for one in found.samples
        ],
        "n_looked_at": found.n_looked_at,
        "n_train": found.n_train,
        "seconds": round(found.seconds, 3),
    }
