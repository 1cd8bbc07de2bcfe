"""Pictures of the camera: kept on disk as they are taken, then added to a dataset, or the beginning of one.

Frames of one press are nearly alike, so each press is a group that no split takes apart.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from core.datasets.grouping import GroupRule
from core.datasets.importing import store_samples
from core.datasets.naming import RawSample, clean_class_name, require_class_name
from core.datasets.records import Dataset, Skipped
from core.errors import DatasetError
from core.settings import DEFAULT_SEED
from core.workflows.add_samples import add_items
from core.workflows.inspect_dataset import keep_upload
from core.workflows.workspace import Workspace

MIN_PRESSES = 2
"""For each class that is new: one press to learn from and another one to judge by."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One picture, waiting on disk.

    Attributes:
        class_name: of the button that was held.
        press: the same for all pictures of one press.
        path: where its JPEG lies, among the uploads.
    """

    class_name: str
    press: str
    path: Path


def keep_frames(workspace: Workspace, class_name: str, pictures: Iterable[bytes]) -> tuple[Frame, ...]:
    """Keep what one press took until it is added.

    Raises:
        DatasetError: the name of the class has nothing to show.
        OutOfResourcesError: the disk is full.
    """
    press = f"press {datetime.now(UTC):%Y-%m-%d %H:%M:%S} {secrets.token_hex(2)}"
    name = require_class_name(class_name)
    return tuple(
        Frame(class_name=name, press=press, path=keep_upload(workspace, press, [picture]).path) for picture in pictures
    )


def name_classes(typed: str) -> tuple[str, ...]:
    """The names of classes that somebody typed with commas between, as they will be kept, each once."""
    return tuple(dict.fromkeys(filter(None, map(clean_class_name, typed.split(",")))))


def discard_frames(frames: Iterable[Frame]) -> None:
    """Delete pictures that are not wanted, or were added."""
    for frame in frames:
        frame.path.unlink(missing_ok=True)


def need_presses(frames: Iterable[Frame], class_names: Iterable[str]) -> dict[str, int]:
    """How many presses each class still lacks before it can be learned and judged; those that lack none are left out.

    Args:
        frames: what was taken so far.
        class_names: of classes that are new.
    """
    presses: dict[str, set[str]] = {clean_class_name(name): set() for name in class_names}
    for frame in frames:
        presses.setdefault(frame.class_name, set()).add(frame.press)
    return {name: MIN_PRESSES - len(found) for name, found in presses.items() if len(found) < MIN_PRESSES}


def start_with_frames(workspace: Workspace, frames: Sequence[Frame], *, name: str) -> Dataset:
    """Store a dataset of what was taken, and let go of the pictures.

    Raises:
        DatasetError: there are too few classes, pictures or presses; nothing is lost.
    """
    dataset = store_samples(
        _samples(frames),
        store=workspace.datasets,
        modality="image",
        columns=(),
        name=name,
        seed=DEFAULT_SEED,
        n_expected=len(frames),
        group_rule=GroupRule(by="groups"),
    )
    discard_frames(frames)
    return dataset


def add_frames(workspace: Workspace, dataset_id: str, frames: Sequence[Frame]) -> Dataset:
    """Store a version of a dataset of images with what was taken, and let go of the pictures.

    Raises:
        DatasetError: the dataset holds texts, or nothing of it is new; nothing is lost.
    """
    dataset = workspace.datasets.load(dataset_id)
    if dataset.modality != "image":
        raise DatasetError("Pictures can be added to images only; this dataset holds texts.", "Add texts.")
    made = add_items(workspace, dataset, _samples(frames), n_expected=len(frames))
    discard_frames(frames)
    return made


def _samples(frames: Sequence[Frame]) -> Iterator[RawSample | Skipped]:
    for number, frame in enumerate(frames, start=1):
        source = f"camera, {frame.press}, picture {number}"
        if not frame.path.exists():
            yield Skipped(file=source, reason="it waited longer than a day and was deleted")
            continue
        yield RawSample(
            content=frame.path.read_bytes(),
            class_name=frame.class_name,
            split=None,
            source=source,
            group=frame.press,
        )
