"""Only what nobody can be writing to any more is cleared away."""

import os
import shutil
import threading
import time

import pytest

from core.workflows.sweep_workspace import sweep_workspace
from core.workflows.workspace import Workspace

ABANDONED = (
    ".filelock-12-ab",
    "uploads/0123",
    "drafts/made/network.onnx",
    "cache/draft-1/pooled.npy",
    "runs/.new-1/spec.json",
    "runs/.deleted-1/spec.json",
    "runs/20260101-000000-0000/.partial-1-status.json",
    "runs/20260101-000000-0000/.tmpAbC",
    "runs/20260101-000000-0000/studies/.partial-1-drift.json",
    "images/ab/.partial-1-abcd",
)
WHOLE = ("images/ab/abcd", "datasets/0123/dataset.json", "runs/20260101-000000-0000/spec.json", "cache/key/pooled.npy")


@pytest.fixture
def place(tmp_path):
    for name in (*ABANDONED, *WHOLE):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    return tmp_path


def test_what_was_written_to_just_now_stays(place):
    sweep_workspace(Workspace(place))
    assert all((place / name).exists() for name in (*ABANDONED, *WHOLE))


def test_what_nobody_wrote_to_for_a_day_goes_and_what_is_whole_stays(place):
    two_days_ago = time.time() - 2 * 24 * 3600
    for path in place.rglob("*"):
        os.utime(path, (two_days_ago, two_days_ago))
    sweep_workspace(Workspace(place))
    assert not any((place / name).exists() for name in ABANDONED)
    assert all((place / name).exists() for name in WHOLE)


def test_a_workspace_that_is_not_there_yet_is_swept_without_being_made(tmp_path):
    sweep_workspace(Workspace(tmp_path / "later"))
    assert not (tmp_path / "later").exists()


def test_folders_that_come_and_go_meanwhile_disturb_nothing(place):
    over = threading.Event()

    def export_again_and_again():
        while not over.is_set():
            (place / "drafts" / "tmp1" / "deeper").mkdir(parents=True, exist_ok=True)
            shutil.rmtree(place / "drafts" / "tmp1")

    exporting = threading.Thread(target=export_again_and_again)
    exporting.start()
    try:
        for _ in range(200):
            sweep_workspace(Workspace(place))
    finally:
        over.set()
        exporting.join()
