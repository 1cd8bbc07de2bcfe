"""A study: a question about data, a backbone or a run that takes longer to answer than a page may wait."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

StudyKind = Literal[
    "ranking",
    "relation",
    "data-check",
    "suspects",
    "export",
    "push",
    "scoring",
    "learning-curve",
    "drift",
    "folds",
    "map",
    "combination",
]
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Study:
    """A question; two that are equal are the same one.

    Attributes:
        kind: "ranking", which backbone fits the data; "relation", what one of them takes the classes for;
            "data-check", what every sample of the data looked at and compared shows; "suspects", which labels are
            probably wrong; "export", a run's model in a format to take along; "push", the same sent to a repository;
            "scoring", what it answers to many inputs; "learning-curve", whether more data would help a run; "drift",
            how far its stages went from where they were pretrained; "folds", what heads say of samples they did not
            see; "map", its samples as points in the plane; "combination", what several runs can together.
        dataset_id: the data, of a question about data.
        model: id of the backbone, of a question about one.
        run_id: the run, of a question about a run.
        variant: which of several ways to answer; empty where there is one.
        members: ids of the runs, of a question about several.
    """

    kind: StudyKind
    dataset_id: str = ""
    model: str = ""
    run_id: str = ""
    variant: str = ""
    members: tuple[str, ...] = ()
