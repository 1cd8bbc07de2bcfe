"""What a person says about a run in their own words, kept with the run."""

from __future__ import annotations

from dataclasses import asdict

from core.exporting.records import RunPurpose
from core.shown import shown_text
from core.workflows.workspace import Workspace


def load_purpose(workspace: Workspace, run_id: str) -> RunPurpose:
    """What was said last; empty where nothing was. Raises UnknownChoiceError where there is no such run."""
    stored = workspace.runs.get(run_id).read_json("purpose") or {}
    return RunPurpose(**{name: str(stored.get(name, "")) for name in ("question", "intended_use")})


def save_purpose(workspace: Workspace, run_id: str, purpose: RunPurpose) -> RunPurpose:
    """Keep it in the place of what was said before; returns what is kept, without what nobody can see or print.

    Raises:
        UnknownChoiceError: there is no such run.
    """
    kept = RunPurpose(**{name: shown_text(words) for name, words in asdict(purpose).items()})
    workspace.runs.get(run_id).write_json("purpose", asdict(kept))
    return kept
