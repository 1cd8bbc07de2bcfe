"""What lies in a workspace, read in a new process: whether it is whole, where it stands, and its numbers."""

from __future__ import annotations

import hashlib
import os
import re
import time
from pathlib import Path
from typing import Any

from PIL import Image

from core.atomic import ABANDONED_AFTER_S
from core.datasets.store import content_id
from core.errors import OutOfResourcesError
from core.training.events import event_to_json
from core.workflows.show_run import list_runs, read_predictions, show_run
from core.workflows.sweep_workspace import sweep_workspace
from core.workflows.workspace import Workspace

LACK = OutOfResourcesError.code
_STEPS = {
    "Loading": "load",
    "Opening": "features",
    "Splitting": "features",
    "Choosing": "features",
    "Passing": "features",
    "Decoding": "features",
    "Fit": "fit the head",
    "Fine-tune": "fine-tune",
    "Evaluating": "evaluate",
}
_ID = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{4}|[0-9a-f]{16,}|(?<=/)[0-9a-f]{2}(?=/)")


def faults(root: Path) -> list[str]:
    """What is neither whole nor plainly interrupted; empty where nothing was harmed."""
    workspace = Workspace(root)
    found = []
    for card in workspace.datasets.list_cards():
        dataset = workspace.datasets.load(card.id)
        if dataset.n_samples != card.n_samples:
            found.append(f"dataset {card.id} has {dataset.n_samples} of {card.n_samples} samples")
        if dataset.modality == "image":
            found += [f"image {name} is damaged" for name in dataset.sample_ids if not _is_whole(workspace, name)]
    cards = list_runs(workspace)
    on_disk = [path.name for path in root.glob("runs/[0-9]*")]
    if len(cards) != len(on_disk):
        found.append(f"{len(on_disk)} runs are on the disk, {len(cards)} are listed")
    for run in cards:
        lacked = run.status.error is not None and run.status.error.code == LACK
        if run.status.state not in ("finished", "interrupted") and not lacked:
            found.append(f"run {run.id} is {run.status.state}: {run.status.error}")
        if run.status.state == "finished" and not show_run(workspace, run.id).is_readable:
            found.append(f"run {run.id} is finished and cannot be read")
    return found


def phase(root: Path) -> str:
    """What a training was doing when it was killed, as the disk tells."""
    runs = Workspace(root).runs.list_runs()
    if not runs:
        return "plan" if any(root.glob("datasets/*/dataset.json")) else "import"
    status = runs[0].read_status()
    if status.state in ("finished", "queued"):
        return status.state
    return next((name for start, name in _STEPS.items() if status.step.startswith(start)), "begin")


def states(root: Path) -> dict[str, str]:
    """Where each run stands, by its id, newest first."""
    return {run.id: run.status.state for run in list_runs(Workspace(root))}


def numbers(root: Path) -> dict[str, Any]:
    """Everything that the newest run measured and learned, without durations and times of day."""
    workspace = Workspace(root)
    run_id = list_runs(workspace)[0].id
    folder, table = workspace.runs.get(run_id), read_predictions(workspace, run_id)
    events = [event_to_json(event) for event in folder.read_events()]
    return {
        "report": _timeless(folder.read_json("report")),
        "proof": folder.read_json("proof"),
        "temperature": folder.read_json("temperature"),
        "rejection": folder.read_json("rejection"),
        "events": _timeless(events),
        "weights": hashlib.sha256(folder.model_path.read_bytes()).hexdigest(),
        "probabilities": hashlib.sha256(table.probs.tobytes()).hexdigest(),
        "samples": list(table.sample_ids),
    }


def kinds_of_files(root: Path) -> list[str]:
    """Every path with its ids taken out, after what was abandoned has been cleared away."""
    sweep_workspace(Workspace(root), older_than_s=-1)
    names = (path.relative_to(root.parent).as_posix() for path in root.rglob("*") if path.is_file())
    return sorted({_ID.sub("#", name) for name in names if "/timings/" not in name})


def let_a_day_pass(folder: Path) -> None:
    """As if everything in a folder had been written long ago."""
    then = time.time() - 2 * ABANDONED_AFTER_S
    for path in folder.rglob("*"):
        os.utime(path, (then, then))


def _timeless(value: Any) -> Any:
    """JSON types without what a clock said."""
    if isinstance(value, dict):
        return {name: _timeless(inner) for name, inner in value.items() if name not in ("seconds", "elapsed_s")}
    return [_timeless(inner) for inner in value] if isinstance(value, list) else value


def _is_whole(workspace: Workspace, sample_id: str) -> bool:
    with Image.open(workspace.datasets.thumbnail_path(sample_id)) as small:
        small.load()
    return content_id(workspace.datasets.image_path(sample_id).read_bytes()) == sample_id
