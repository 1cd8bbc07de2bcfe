"""Takes files from the browser to the disk piece by piece, and lets go of the server's copy at once."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import IO, Any, Literal

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import DeletedFile

from core.errors import UserError
from core.workflows.inspect_dataset import UploadedFile, discard_uploads, keep_upload
from pages.components import state
from pages.components.frame import render_error
from pages.components.text import escape_markdown, shorten

CHUNK_BYTES = 1024**2
NAMES_SHOWN = 3

Kind = Literal["file", "folder"]

_logger = logging.getLogger(__name__)


def render_uploader(slot: str, kind: Kind, label: str, *, help_text: str | None = None) -> tuple[UploadedFile, ...]:
    """An uploader, and what it has received so far; that stays until it is replaced, removed or discarded.

    Args:
        slot: a name for what is handed over here; every slot keeps its own files.
        kind: whether files or one folder with all that is in it are taken.
        label: what the person is asked for.
        help_text: shown beside the label.

    Returns:
        The files, on disk under names of ours; empty where there are none yet.
    """
    key = state.uploader_key(slot, kind)
    st.file_uploader(
        label,
        accept_multiple_files="directory" if kind == "folder" else True,
        key=key,
        help=help_text,
        on_change=_receive,
        args=(slot, key),
    )
    if problem := st.session_state.pop(_problem_key(slot), None):
        render_error(UserError(*problem))
    files = state.uploads(slot)
    if files:
        _render_received(slot, files)
    return files


def discard(slot: str) -> None:
    """Delete the files of a slot and begin afresh."""
    discard_uploads(state.uploads(slot))
    state.set_uploads(slot, ())


def _receive(slot: str, key: str) -> None:
    """Runs before the page does: only there the server's copy of a large file can be let go of before it is doubled."""
    sent = st.session_state[key] or []
    # A slow browser tells of its files once more before it hears that they are received and let go of.
    sent = [file for file in (sent if isinstance(sent, list) else [sent]) if not isinstance(file, DeletedFile)]
    if not sent:
        return
    kept: list[UploadedFile] = []
    try:
        for file in sent:
            kept.append(keep_upload(state.workspace(), file.name, _chunks(file), beside=kept))
    except UserError as error:
        discard_uploads(kept)
        st.session_state[_problem_key(slot)] = (error.problem, error.remedy)
        return
    finally:
        _let_go(sent)
    discard_uploads(state.uploads(slot))
    state.set_uploads(slot, tuple(kept))


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK_BYTES):
        yield chunk


def _let_go(sent: Sequence[Any]) -> None:
    """Free the memory the server keeps for uploaded files until the session ends; no public call does it."""
    context = get_script_run_ctx()
    for file in sent:
        try:
            if context is not None:
                context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)
        except (AttributeError, KeyError):
            _logger.warning("The server keeps an uploaded file in memory until its session ends", exc_info=True)
        # Emptied, not closed: the session checks at the end of the run that it can be serialised.
        file.seek(0)
        file.truncate(0)


def _problem_key(slot: str) -> str:
    return f"{state.UPLOADS}.{slot}.problem"


def _render_received(slot: str, files: Sequence[UploadedFile]) -> None:
    n_bytes = sum(file.path.stat().st_size for file in files if file.path.exists())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(f":material/check_circle: {_listed(files)} · {size_text(n_bytes)}", width="content")
        st.button(
            "Remove", key=f"remove.{slot}", type="tertiary", icon=":material/close:", on_click=discard, args=(slot,)
        )


def _listed(files: Sequence[UploadedFile]) -> str:
    """The files in a few words: the names of single ones, the name of a folder and how many it holds."""
    folder, slash, _ = files[0].name.partition("/")
    if slash:
        return f"{escape_markdown(shorten(folder, 60))}, {len(files):,} file{'' if len(files) == 1 else 's'}"
    names = ", ".join(escape_markdown(shorten(file.name, 60)) for file in files[:NAMES_SHOWN])
    return names + (f" and {len(files) - NAMES_SHOWN:,} more" if len(files) > NAMES_SHOWN else "")


def size_text(n_bytes: int) -> str:
    """A size as people write it: 812 bytes, 4.7 MB."""
    size = float(n_bytes)
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
