"""Clears away what nobody will ever finish: drafts of killed processes, uploads that were never imported."""

from __future__ import annotations

from core.atomic import ABANDONED_AFTER_S, LEFTOVERS, remove_abandoned, remove_abandoned_files
from core.workflows.workspace import Workspace

_PLACES = ("uploads/*", "drafts/*", "cache/draft-*", ".filelock-*", "runs/.new-*", "runs/.deleted-*")


def sweep_workspace(workspace: Workspace, *, older_than_s: float = ABANDONED_AFTER_S) -> None:
    """Remove them where they were not written to for a day; all that is whole stays.

    Args:
        workspace: where to look.
        older_than_s: for how long they were not written to.
    """
    remove_abandoned(workspace.root, *_PLACES, older_than_s=older_than_s)
    remove_abandoned_files(workspace.root, *LEFTOVERS, older_than_s=older_than_s)
