"""The command line: `python -m core COMMAND ...`, the same workflows as the dashboard's."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from core.commands import (
    backbones,
    combining,
    comparing,
    curves,
    datasets,
    explaining,
    exporting,
    folds,
    rates,
    reports,
    runs,
    sending,
    serving,
    sharing,
    taking_along,
)
from core.commands.parsing import Answer, Commands, Parser, named_workspace
from core.errors import UserError, lack_of
from core.settings import require_limits
from core.shown import escaped_json, shown_text

EXIT_FAULT, EXIT_USER_ERROR, EXIT_INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit code: 0, 2 for a user error, 1 for a fault of ours, 130 if interrupted."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    try:
        options = _build_parser().parse_args(words)
        require_limits()
        with named_workspace(options.workspace):
            answer: Answer = options.command(options)
    except UserError as error:
        _print_error(error.code, error.problem, error.remedy, as_json)
        return EXIT_USER_ERROR
    except Exception as error:  # the outermost border of this program: a fault of ours ends with its own exit code
        if lack := lack_of(error):
            _print_error(lack.code, lack.problem, lack.remedy, as_json)
            return EXIT_USER_ERROR
        logging.getLogger(__name__).exception("This is a fault of the program")
        _print_error("fault", "The program ended through a fault of its own.", "The details are above.", as_json)
        return EXIT_FAULT
    return _finish(answer, options.describe, as_json)


def _finish(answer: Answer, describe: Any, as_json: bool) -> int:
    error = answer.get("error")
    if error:
        _print_error(error["code"], error["problem"], error["remedy"], as_json)
        return EXIT_FAULT if error["code"] == "fault" else EXIT_USER_ERROR
    print(_as_json(answer) if as_json else shown_text(describe(answer)))
    return EXIT_INTERRUPTED if answer.get("status") == "interrupted" else 0


def _print_error(code: str, problem: str, remedy: str, as_json: bool) -> None:
    if as_json:
        print(_as_json({"error": {"code": code, "problem": problem, "remedy": remedy}}))
    else:
        print(f"Error: {problem} {remedy}", file=sys.stderr)


def _as_json(answer: Answer) -> str:
    return escaped_json(json.dumps(answer, ensure_ascii=False))


def _build_parser() -> argparse.ArgumentParser:
    common = Parser(add_help=False)
    common.add_argument("--workspace", type=Path, help="folder that holds all work; default: workspace/")
    common.add_argument("--json", action="store_true", help="end with one JSON object on the last line")
    parser = Parser(prog="python -m core", description="Transfer learning from the command line.")
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=Parser)
    for group in (
        datasets,
        backbones,
        rates,
        runs,
        comparing,
        exporting,
        sending,
        curves,
        folds,
        serving,
        sharing,
        reports,
        combining,
        explaining,
        taking_along,
    ):
        group.add_to(Commands(subparsers, common))
    return parser


if __name__ == "__main__":
    sys.exit(main())
