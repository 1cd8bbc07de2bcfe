"""How commands are declared, and what several of them ask for."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from core.commands.progress_bar import ProgressBar
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.settings import WORKSPACE_VARIABLE
from core.workflows.workspace import Workspace, open_workspace

if TYPE_CHECKING:
    from core.workflows.inspect_dataset import GroupRule
    from core.workflows.plan_run import RunChoices

    Subparsers = argparse._SubParsersAction[Any]

Answer = dict[str, Any]
"""What a command ends with: the object that --json prints."""


class Parser(argparse.ArgumentParser):
    """Reports wrong words as a user error, on one line."""

    def error(self, message: str) -> NoReturn:
        """Raises ConfigurationError instead of printing the usage and leaving."""
        raise ConfigurationError(
            f"The command was not understood: {message}.", f"See: python -m core {self.prog.split()[-1]} --help."
        )


@dataclass(frozen=True, slots=True)
class Commands:
    """Where commands are added.

    Attributes:
        subparsers: of the whole program.
        common: the options that every command has.
    """

    subparsers: Subparsers
    common: argparse.ArgumentParser

    def add(
        self,
        name: str,
        command: Callable[[argparse.Namespace], Answer],
        describe: Callable[[Answer], str],
        text: str,
    ) -> argparse.ArgumentParser:
        """A command, to be given its own options.

        Args:
            name: the word to type.
            command: from the options to the answer; raises UserError.
            describe: the answer in words, where no --json is given.
            text: one line of help.
        """
        sub: argparse.ArgumentParser = self.subparsers.add_parser(
            name, help=text, description=text, parents=[self.common]
        )
        sub.set_defaults(command=command, describe=describe)
        return sub


def add_data_options(parser: argparse.ArgumentParser) -> None:
    """Which data, and how they are read."""
    parser.add_argument("data", metavar="DATA", type=Path, help="a folder, a zip or a table")
    parser.add_argument("--test", metavar="DATA", type=Path, help="a separate test set of the same kind")
    parser.add_argument("--text-column", metavar="C")
    parser.add_argument("--label-column", metavar="C")
    together = parser.add_mutually_exclusive_group()
    together.add_argument(
        "--group-column", metavar="C", help="a drawn split keeps rows with the same value of this column on one side"
    )
    together.add_argument(
        "--keep-neighbours",
        action="store_true",
        help="a drawn split keeps files with consecutive numbers on one side, for they often show the same thing",
    )
    together.add_argument(
        "--keep-names",
        action="store_true",
        help='a drawn split keeps files on one side whose names differ only in their last part ("anna_1", "anna_2")',
    )


def workspace_of(options: argparse.Namespace) -> Workspace:
    """The workspace that is named, or the usual one."""
    return open_workspace(options.workspace)


@contextmanager
def named_workspace(folder: Path | None) -> Iterator[None]:
    """While the block runs, the folder is the workspace of the whole program: weights are looked for in it, too."""
    before = os.environ.get(WORKSPACE_VARIABLE)
    if folder is not None:
        os.environ[WORKSPACE_VARIABLE] = str(folder)
    try:
        yield
    finally:
        os.environ.pop(WORKSPACE_VARIABLE, None)
        if before is not None:
            os.environ[WORKSPACE_VARIABLE] = before


def import_data(options: argparse.Namespace) -> Dataset:
    """Read the data that `add_data_options` asked for, with a bar."""
    from core.workflows.inspect_dataset import inspect_dataset

    bar = ProgressBar()
    dataset = inspect_dataset(
        workspace_of(options),
        options.data,
        test=options.test,
        text_column=options.text_column,
        label_column=options.label_column,
        group_rule=_group_rule(options),
        on_progress=lambda done, of: bar.draw("Reading", done, of),
    )
    bar.close()
    return dataset


def _group_rule(options: argparse.Namespace) -> GroupRule:
    from core.workflows.inspect_dataset import GroupRule

    if options.group_column:
        return GroupRule(by="groups", column=options.group_column)
    return GroupRule(by="neighbours" if options.keep_neighbours else "names" if options.keep_names else "nothing")


def choices_of(options: argparse.Namespace, dataset: Dataset, named: Sequence[str] = ()) -> RunChoices:
    """What was chosen of a plan; the rest is suggested.

    Args:
        options: with `model`, `strategy`, `freeze`, `freeze_until` and `set`.
        dataset: the data.
        named: settings that have an option of their own.
    """
    from core.training.settings import read_settings
    from core.workflows.plan_run import RunChoices

    settings = {name: getattr(options, name) for name in named if getattr(options, name) is not None}
    return RunChoices(
        dataset_id=dataset.id,
        model=options.model,
        strategy=options.strategy,
        frozen_stages=None if options.freeze is None else tuple(options.freeze),
        freeze_until=options.freeze_until,
        settings=settings | read_settings(options.set),
    )
