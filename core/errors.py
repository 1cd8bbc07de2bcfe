"""The errors a person may cause, each with the rule, what was found and what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """Something the person at the screen can put right; safe to show as it is.

    Args:
        problem: the rule and what was found, one sentence or a few.
        remedy: what to do about it, one sentence.
    """

    code = "user_error"

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem, remedy)
        self.problem = problem
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.problem} {self.remedy}"


class DatasetError(UserError):
    """The files handed over cannot become a dataset."""

    code = "dataset"


class ConfigurationError(UserError):
    """The chosen settings contradict each other or lie outside their bounds."""

    code = "configuration"


class UnknownChoiceError(UserError):
    """A name that no catalogue has; the message carries the nearest one that exists.

    Args:
        kind: what was asked for, singular: "backbone", "run", "stage".
        found: the name that was given.
        choices: the names that exist.
    """

    code = "unknown_choice"

    def __init__(self, kind: str, found: str, choices: Iterable[str]) -> None:
        names = list(choices)
        near = difflib.get_close_matches(found, names, n=1, cutoff=0.4)
        shown = found if len(found) <= 60 else found[:57] + "..."
        if near:
            remedy = f'Did you mean "{near[0]}"?'
        elif names:
            remedy = "Choose one of: " + ", ".join(names[:12]) + (" ..." if len(names) > 12 else "") + "."
        else:
            remedy = f"There is no {kind} yet."
        super().__init__(f'There is no {kind} named "{shown}".', remedy)


class MissingWeightsError(UserError):
    """A backbone's pretrained weights are not on this machine and could not be fetched."""

    code = "missing_weights"


class OutOfResourcesError(UserError):
    """Memory or disk did not suffice."""

    code = "out_of_resources"


class RunFolderError(UserError):
    """A run's folder cannot be used now: another program holds it, or its files are damaged."""

    code = "run_folder"
