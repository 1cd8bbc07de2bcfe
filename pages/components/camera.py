"""The camera of the person's browser: while a button is held, pictures are taken, and its name goes with them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import streamlit as st

from core.errors import DatasetError

FRAMES_PER_S = 5
MAX_FRAMES = 50
"""Of one press: ten seconds. Neighbouring frames hardly differ, so more of them teach nothing."""
SIDE_PX = 480
MAX_FRAME_BYTES = 2 * 1024**2
LIVE_FRAMES_PER_S = 4
LIVE_SIDE_PX = 320
"""Enough for most networks, and small enough to travel four times a second."""

_HTML = """
<div class="camera">
  <button type="button" class="switch">Turn the camera on</button>
  <div class="stage" hidden>
    <video autoplay playsinline muted aria-label="What the camera sees"></video>
    <div class="classes"></div>
  </div>
  <div role="status"></div>
</div>
"""


def _beside(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")


_camera = st.components.v2.component("headstart_camera", html=_HTML, css=_beside("camera.css"), js=_beside("camera.js"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Burst:
    """What was taken while one button was held.

    Attributes:
        name: of the button.
        frames: JPEG files in the order they were taken, at most MAX_FRAMES.
    """

    name: str
    frames: tuple[bytes, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Frame:
    """One picture of a camera that is on.

    Attributes:
        number: counts up; a later frame has a higher one.
        picture: a JPEG file.
    """

    number: int
    picture: bytes


def render_live_camera(*, key: str, answered: int, on_frame: Callable[[Frame], None]) -> None:
    """The camera, which sends its newest picture whenever the one before was answered; the other half of a fragment.

    Args:
        key: of the element.
        answered: number of the last frame that was answered; 0 before the first.
        on_frame: called with each frame, before the fragment is drawn anew.
    """

    def receive() -> None:
        sent = st.session_state[key].get("frame")
        if sent is not None:
            on_frame(read_frame(sent))

    _camera(
        key=key,
        data={
            "buttons": [],
            "is_live": True,
            "answered": answered,
            "frames_per_s": LIVE_FRAMES_PER_S,
            "side_px": LIVE_SIDE_PX,
        },
        on_frame_change=receive,
    )


def render_camera(names: Sequence[str], *, key: str, on_burst: Callable[[Burst], None]) -> None:
    """The camera with a button for each name; nothing leaves the browser before one is held.

    Args:
        names: of the buttons, as a person typed them.
        key: of the element.
        on_burst: called once for each press, before the page is drawn anew.
    """

    def receive() -> None:
        sent = st.session_state[key].get("burst")
        if sent is not None:
            on_burst(read_burst(sent, names))

    _camera(
        key=key,
        data={"buttons": list(names), "max_frames": MAX_FRAMES, "frames_per_s": FRAMES_PER_S, "side_px": SIDE_PX},
        on_burst_change=receive,
    )


def read_frame(sent: Any) -> Frame:
    """What a browser sent, checked; raises DatasetError as `read_burst` does."""
    try:
        number, frame = sent["number"], sent["frame"]
        if not isinstance(number, int) or not 0 < len(frame) <= MAX_FRAME_BYTES:
            raise ValueError("no number, or the frame is too large")
        return Frame(number=number, picture=base64.b64decode(frame, validate=True))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise DatasetError("A picture of the camera must come whole; this did not.", "Turn it off and on.") from error


def read_burst(sent: Any, names: Sequence[str]) -> Burst:
    """What a browser sent, checked, for it may send anything.

    Raises:
        DatasetError: it is not what the camera sends.
    """
    try:
        place, frames = sent["place"], sent["frames"]
        if not (isinstance(place, int) and 0 <= place < len(names) and 0 < len(frames) <= MAX_FRAMES):
            raise ValueError("no such button, or too many frames")
        if max(map(len, frames)) > MAX_FRAME_BYTES:
            raise ValueError("a frame is too large")
        return Burst(name=names[place], frames=tuple(base64.b64decode(frame, validate=True) for frame in frames))
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise DatasetError(
            "Pictures of the camera must come whole; these did not.", "Hold the button again."
        ) from error
