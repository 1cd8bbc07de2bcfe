"""The one module that names what the session and the address hold: ids and drafts, for everything else is on disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import streamlit as st

from core.workflows.camera_frames import Frame
from core.workflows.inspect_dataset import UploadedFile
from core.workflows.workspace import Workspace, open_workspace
from pages.components.entrance import current_root

FRAME = "frame.entered"
RETURN_TO = "frame.return_to"
PERSON = "frame.person"
DATASET = "dataset.id"
ADDING = "data.adding"
UPLOADS = "uploads"
FRAMES = "camera.frames"
TRAIN_DRAFTS = "train.drafts"
STOPPING_RUN = "results.stopping"
EXAMPLE_SHOWN = "predict.example_shown"
EXAMPLES = "predict.examples"
TEXT_SENT = "predict.text_sent"
LINES_SENT = "predict.lines_sent"
LIVE = "predict.live"
RUNS = "compare.runs_asked_for"
RUNS_BY_HAND = "compare.by_hand"
CHOSEN_SAMPLES = "labels.chosen"
MADE_VERSION = "labels.made"

DATASET_PARAM = "dataset"
RUN_PARAM = "run"
RUNS_PARAM = "runs"
RUNS_SEPARATOR = ","

ALL_RUNS = {"show": "all-runs"}
"""What the address of Home says where it lists every run."""


def workspace() -> Workspace:
    """The workspace of whoever is at the screen; raises EntryError where nobody is who must be."""
    return open_workspace(current_root())


def current_dataset() -> str | None:
    """The dataset in the address, else the one last looked at; as text from outside, it may not exist."""
    return st.query_params.get(DATASET_PARAM) or st.session_state.get(DATASET)


def choose_dataset(dataset_id: str) -> None:
    """Make a dataset the current one, in this session and in the address, so that the address can be shared."""
    st.session_state[DATASET] = dataset_id
    st.query_params[DATASET_PARAM] = dataset_id


def forget_dataset() -> None:
    """No dataset is the current one."""
    st.session_state.pop(DATASET, None)
    st.query_params.pop(DATASET_PARAM, None)


def current_run() -> str | None:
    """The run in the address; as text from outside, it may not exist."""
    return st.query_params.get(RUN_PARAM)


def choose_run(run_id: str) -> None:
    """Put a run into the address."""
    st.query_params[RUN_PARAM] = run_id


def current_runs() -> tuple[str, ...]:
    """The runs in the address of a comparison, else those last asked for, each once; they may not exist."""
    named = (st.query_params.get(RUNS_PARAM) or st.session_state.get(RUNS, "")).split(RUNS_SEPARATOR)
    return tuple(dict.fromkeys(run_id.strip() for run_id in named if run_id.strip()))


def choose_runs(run_ids: Iterable[str], *, by_hand: bool = False) -> None:
    """Put the runs of a comparison into the address; `by_hand` where a person chose exactly these on the page."""
    st.query_params[RUNS_PARAM] = RUNS_SEPARATOR.join(run_ids)
    if by_hand:
        st.session_state[RUNS] = st.session_state[RUNS_BY_HAND] = st.query_params[RUNS_PARAM]


def are_runs_chosen() -> bool:
    """Whether the runs of the address are exactly those that the person chose on the page."""
    return RUNS_PARAM in st.query_params and st.query_params[RUNS_PARAM] == st.session_state.get(RUNS_BY_HAND)


def ask_for_runs(run_ids: Iterable[str]) -> dict[str, str]:
    """Ask for a comparison from another page; gives what its address says.

    The session keeps it as well: a page that polls may ask for itself once more, with its own address, while the other
    one already opens.
    """
    st.session_state.pop(RUNS_BY_HAND, None)
    st.session_state[RUNS] = RUNS_SEPARATOR.join(run_ids)
    return {RUNS_PARAM: st.session_state[RUNS]}


def are_all_runs_wanted() -> bool:
    """Whether Home is asked for every run, not only for the newest."""
    return all(st.query_params.get(name) == value for name, value in ALL_RUNS.items())


def is_adding() -> bool:
    """Whether the person is bringing new data just now."""
    return bool(st.session_state.get(ADDING))


def set_adding(wanted: bool) -> None:
    """Begin or end bringing new data."""
    st.session_state[ADDING] = wanted


def uploads(slot: str) -> tuple[UploadedFile, ...]:
    """The files a person has handed over in a slot, waiting on disk to be read."""
    stored = st.session_state.get(f"{UPLOADS}.{slot}.files", ())
    return tuple(UploadedFile(name=name, path=Path(path)) for name, path in stored)


def set_uploads(slot: str, files: tuple[UploadedFile, ...]) -> None:
    """Remember the files of a slot; the uploader itself starts afresh, which lets go of its copy."""
    # Plain texts: the session must be serialisable, and an object of a class would not outlive a reload of its module.
    st.session_state[f"{UPLOADS}.{slot}.files"] = tuple((file.name, str(file.path)) for file in files)
    st.session_state[f"{UPLOADS}.{slot}.generation"] = _generation(slot) + 1


def uploader_key(slot: str, kind: str) -> str:
    """The key of the uploader of a slot; a new one after every batch of files."""
    return f"{UPLOADS}.{slot}.{kind}.{_generation(slot)}"


def frames(slot: str) -> tuple[Frame, ...]:
    """The pictures that were taken for a purpose, waiting on disk to be added."""
    stored = st.session_state.get(f"{FRAMES}.{slot}", ())
    return tuple(Frame(class_name=name, press=press, path=Path(path)) for name, press, path in stored)


def set_frames(slot: str, taken: Iterable[Frame]) -> None:
    """Remember exactly these pictures of a slot."""
    st.session_state[f"{FRAMES}.{slot}"] = tuple((one.class_name, one.press, str(one.path)) for one in taken)


def chosen_samples(slot: str) -> tuple[str, ...]:
    """Ids of the samples that are ticked in a list; some may not be in it any more."""
    return tuple(st.session_state.get(f"{CHOSEN_SAMPLES}.{slot}", ()))


def choose_samples(slot: str, sample_ids: Iterable[str]) -> None:
    """Tick exactly these samples of a list."""
    st.session_state[f"{CHOSEN_SAMPLES}.{slot}"] = tuple(sample_ids)


def note_made(dataset_id: str) -> None:
    """A version was made just now, so the way on from it belongs where the person is looking."""
    st.session_state[MADE_VERSION] = dataset_id


def was_just_made(dataset_id: str) -> bool:
    """Whether this is the version that was last made in this session."""
    return st.session_state.get(MADE_VERSION) == dataset_id


def _generation(slot: str) -> int:
    return int(st.session_state.get(f"{UPLOADS}.{slot}.generation", 0))
