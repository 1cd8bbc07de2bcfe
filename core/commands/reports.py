"""Commands that write a run down for those who were not there."""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.words import describe_report


def add_to(commands: Commands) -> None:
    """`report`."""
    report = commands.add("report", _report, describe_report, "write a run as one page (.html) or a model card (.md)")
    report.add_argument("run", metavar="RUN")
    report.add_argument("file", metavar="OUT", type=Path, help="OUT.html or OUT.md; an existing file is replaced")
    report.add_argument("--question", metavar="TEXT", help="what the model shall answer; kept with the run")
    report.add_argument("--intended-use", metavar="TEXT", help="who shall use it, for what, and for what not; likewise")
    report.add_argument("--no-examples", action="store_true", help="show no samples of the data")


def _report(options: argparse.Namespace) -> Answer:
    from core.workflows.report_run import load_purpose, save_purpose, write_report

    workspace = workspace_of(options)
    said = load_purpose(workspace, options.run)
    told = {"question": options.question, "intended_use": options.intended_use}
    if new := {name: words for name, words in told.items() if words is not None}:
        said = save_purpose(workspace, options.run, replace(said, **new))
    size = write_report(workspace, options.run, options.file, with_examples=not options.no_examples)
    return {
        "run": options.run,
        "file": str(options.file),
        "n_bytes": size,
        "question": said.question,
        "intended_use": said.intended_use,
    }
