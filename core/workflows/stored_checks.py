"""What looking at every sample of a dataset found, on disk, so that pages and results can say it again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from core.datasets.records import Finding
from core.datasets.similar import join_groups, n_leaked
from core.errors import UserError
from core.evaluation.warnings import leak_warnings
from core.workflows.stored_answers import load_answer, save_answer
from core.workflows.workspace import Workspace

VERSION = 1
CHECKS_KEPT, WARNINGS_KEPT = 4, 64


@dataclass(frozen=True, kw_only=True, slots=True)
class DataCheck:
    """A dataset, looked at sample by sample.

    Attributes:
        dataset_id: the dataset.
        findings: what was noticed beyond the checks made at its import.
        copies: the same number for near duplicates, one per sample.
        seconds: that it took.
        created_at: ISO 8601, UTC.
    """

    dataset_id: str
    findings: tuple[Finding, ...]
    copies: tuple[int, ...]
    seconds: float
    created_at: str


def save_check(workspace: Workspace, check: DataCheck) -> None:
    """Keep a check in the place of the last one of the same dataset."""
    save_answer(check_file(workspace, check.dataset_id), check, version=VERSION)


def load_check(workspace: Workspace, dataset_id: str) -> DataCheck | None:
    """The last check of a dataset; None where there is none, or one of another version."""
    written_ns = _written_ns(workspace, dataset_id)
    return _read_check(check_file(workspace, dataset_id), written_ns) if written_ns else None


@lru_cache(maxsize=CHECKS_KEPT)
def _read_check(file: Path, written_ns: int) -> DataCheck | None:  # noqa: ARG001 - looking again writes another
    """A check names every sample, and a page asks for it at every press."""
    stored = load_answer(file, version=VERSION)
    if stored is None:
        return None
    findings = tuple(Finding(**{**one, "rows": tuple(one["rows"])}) for one in stored.pop("findings"))
    return DataCheck(findings=findings, copies=tuple(stored.pop("copies")), **stored)


def split_warnings(workspace: Workspace, dataset_id: str) -> tuple[str, ...]:
    """What is known by now against the split of a dataset, for every result made with it.

    Exact copies are counted always, near copies where the dataset was looked at sample by sample. Nothing is said of a
    dataset that is not in the workspace any more.
    """
    if not workspace.datasets.has(dataset_id):
        return ()
    try:
        return _warnings(workspace, dataset_id, _written_ns(workspace, dataset_id))
    except UserError:  # deleted at this moment
        return ()


@lru_cache(maxsize=WARNINGS_KEPT)
def _warnings(workspace: Workspace, dataset_id: str, written_ns: int) -> tuple[str, ...]:  # noqa: ARG001 - of the check
    """The id tells all samples and their split, so between two checks they are looked at once."""
    dataset = workspace.datasets.load(dataset_id)
    check = load_check(workspace, dataset_id)
    copies = np.array(check.copies, dtype=np.int64) if check else join_groups(dataset.sample_ids)
    known = {finding.code: finding.message for finding in check.findings} if check else {}
    n_judged = dataset.n_samples - dataset.split_sizes()["train"]
    return leak_warnings(n_leaked(dataset, copies), n_judged, known.get("neighbours_alike", ""))


def split_notices(workspace: Workspace, datasets: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """What is known against the splits of several datasets, by their names; of those against which nothing is, nothing.

    Args:
        workspace: where they lie.
        datasets: id to name, the name for display only.
    """
    found = {name: split_warnings(workspace, dataset_id) for dataset_id, name in datasets.items()}
    return {name: warnings for name, warnings in found.items() if warnings}


def _written_ns(workspace: Workspace, dataset_id: str) -> int:
    """When the last check was written; 0 where there is none."""
    try:
        return check_file(workspace, dataset_id).stat().st_mtime_ns
    except FileNotFoundError:
        return 0


def check_file(workspace: Workspace, dataset_id: str) -> Path:
    """Where the check of a dataset lies, if there is one."""
    return workspace.root / "checks" / f"{dataset_id}.json"
