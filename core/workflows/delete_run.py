"""Delete a run for good: its weights, its history and all that was asked about it."""

from __future__ import annotations

from core.workflows.workspace import Workspace


def delete_run(workspace: Workspace, run_id: str) -> None:
    """Take a run off the disk; its dataset, and the features that other runs find cached, stay.

    Raises:
        UnknownChoiceError: there is no such run.
        RunFolderError: it waits for its turn or is being worked on.
    """
    workspace.runs.delete(run_id)
