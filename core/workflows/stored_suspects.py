"""Suspicious labels on disk, one list per dataset, and what a person has said about them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.atomic import changing, replace_bytes
from core.datasets.records import SplitName
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

VERSION = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Suspect:
    """A sample whose label is probably wrong.

    Attributes:
        sample_id: hash of its content.
        source: where it came from, as the person knows it; for display only.
        split: where it is.
        given: its label.
        proposed: the class that heads which did not see it find most likely.
        p_given: what they give the label, in [0, 1].
        p_proposed: what they give the other class, in [0, 1].
    """

    sample_id: str
    source: str
    split: SplitName
    given: str
    proposed: str
    p_given: float
    p_proposed: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SuspectList:
    """The suspects of a dataset.

    Attributes:
        dataset_id: the dataset.
        model: id of the backbone whose frozen features were read.
        title: how people write its name.
        suspects: the least believed label first.
        n_asked: samples whose label was judged.
        n_samples: samples of the dataset.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    model: str
    title: str
    suspects: tuple[Suspect, ...]
    n_asked: int
    n_samples: int
    seconds: float
    created_at: str


def save_suspects(workspace: Workspace, found: SuspectList) -> None:
    """Keep a list in the place of the last one for the same dataset."""
    save_answer(_file(workspace, found.dataset_id), found, version=VERSION)


def load_suspects(workspace: Workspace, dataset_id: str) -> SuspectList | None:
    """The last list for a dataset; None where there is none, or one of another version."""
    stored = load_answer(_file(workspace, dataset_id), version=VERSION)
    if stored is None:
        return None
    suspects = tuple(Suspect(**one) for one in stored.pop("suspects"))
    return SuspectList(suspects=suspects, **stored)


def confirm_labels(workspace: Workspace, suspects: Iterable[Suspect]) -> None:
    """A person says that these labels are right after all; that stays true in every version with these labels."""
    with changing(_confirmed_file(workspace)):
        confirmed = {**load_confirmed(workspace), **{one.sample_id: one.given for one in suspects}}
        text = json.dumps(confirmed, ensure_ascii=False)
        replace_bytes(_confirmed_file(workspace), text.encode())


def load_confirmed(workspace: Workspace) -> Mapping[str, str]:
    """Class by sample id, of labels that a person has confirmed."""
    file = _confirmed_file(workspace)
    confirmed: dict[str, str] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return confirmed


def open_suspects(workspace: Workspace, found: SuspectList) -> tuple[Suspect, ...]:
    """Those that nobody has confirmed."""
    confirmed = load_confirmed(workspace)
    return tuple(one for one in found.suspects if confirmed.get(one.sample_id) != one.given)


def _file(workspace: Workspace, dataset_id: str) -> Path:
    return workspace.root / "suspects" / f"{dataset_id}.json"


def _confirmed_file(workspace: Workspace) -> Path:
    return workspace.root / "suspects" / "confirmed.json"
