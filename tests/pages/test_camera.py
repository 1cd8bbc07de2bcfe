"""What the camera of a browser sends is checked before anything is made of it."""

import base64

import pytest

from core.errors import DatasetError
from pages.components.camera import MAX_FRAME_BYTES, MAX_FRAMES, read_burst, read_frame

NAMES = ("up", "down")
FRAME = base64.b64encode(b"\xff\xd8\xff picture").decode()


def test_a_burst_names_its_button_and_holds_its_frames_in_order() -> None:
    other = base64.b64encode(b"another").decode()
    burst = read_burst({"place": 1, "frames": [FRAME, other]}, NAMES)
    assert burst.name == "down"
    assert burst.frames == (b"\xff\xd8\xff picture", b"another")


@pytest.mark.parametrize(
    "sent",
    [
        {"place": 2, "frames": [FRAME]},
        {"place": -1, "frames": [FRAME]},
        {"place": "0", "frames": [FRAME]},
        {"place": 0, "frames": []},
        {"place": 0, "frames": [FRAME] * (MAX_FRAMES + 1)},
        {"place": 0, "frames": ["no base64!"]},
        {"place": 0, "frames": [3]},
        {"place": 0, "frames": ["A" * (MAX_FRAME_BYTES + 4)]},
        {"place": 0},
        ["place"],
        "burst",
    ],
)
def test_anything_else_is_refused(sent: object) -> None:
    with pytest.raises(DatasetError, match="must come whole"):
        read_burst(sent, NAMES)


def test_a_live_frame_has_a_number_and_a_picture() -> None:
    frame = read_frame({"number": 3, "frame": FRAME})
    assert (frame.number, frame.picture) == (3, b"\xff\xd8\xff picture")


@pytest.mark.parametrize(
    "sent",
    [{"number": "3", "frame": FRAME}, {"number": 3, "frame": ""}, {"number": 3, "frame": "!"}, {"frame": FRAME}, 7],
)
def test_no_other_live_frame_is_taken(sent: object) -> None:
    with pytest.raises(DatasetError, match="must come whole"):
        read_frame(sent)
