"""What becomes of an answer when its input is made harder on purpose: darker, blurred, mistyped, cut."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from PIL import Image

from core.errors import ConfigurationError
from core.explanation.image_shifts import IMAGE_SHIFTS
from core.explanation.shifts import Shift
from core.explanation.text_shifts import TEXT_SHIFTS
from core.features.pixels import decode_square
from core.workflows.predict import Prediction, predict_images, predict_texts
from core.workflows.show_run import RunView, require_readable, show_run
from core.workflows.workspace import Workspace

InputT = TypeVar("InputT")
JPEG_QUALITY = 90
"""Of what is shown; the network sees the shifted pixels themselves."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shifted:
    """An input as it was shifted, and what the model says of it.

    Attributes:
        title: of the shift.
        says: what in the world it stands for, a sentence.
        picture: a JPEG of what the network saw; empty for texts.
        text: what the network read; empty for images.
        prediction: the answer.
        change: of the probability of the class that the input itself was answered with, in [-1, 1].
        is_flipped: whether the answer is another class, or none, where the input itself got one.
        is_same: whether there was nothing to shift.
    """

    title: str
    says: str
    picture: bytes = b""
    text: str = ""
    prediction: Prediction
    change: float
    is_flipped: bool
    is_same: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ShiftedAnswers:
    """The answer to an input, and to every shifted version of it.

    Attributes:
        original: the answer to the input itself.
        picture: a JPEG of the image as the network sees it; empty for texts.
        shifted: one for each shift, in the order of the catalogue.
    """

    original: Prediction
    picture: bytes = b""
    shifted: tuple[Shifted, ...]

    @property
    def flipped(self) -> tuple[Shifted, ...]:
        """Those that change the answer."""
        return tuple(one for one in self.shifted if one.is_flipped)

    @property
    def weakest(self) -> Shifted:
        """The one that costs the answer most."""
        return min(self.shifted, key=lambda one: one.change)


def shift_image(workspace: Workspace, run_id: str, image: Path | bytes, strength: float) -> ShiftedAnswers:
    """All shifts of an image, asked together.

    They are made of what the network sees, so that a shift of no strength would change nothing.

    Args:
        workspace: where the run lies.
        run_id: a finished run on images.
        image: a file or its bytes.
        strength: of every shift, in (0, 1].

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes texts; or there is no such strength.
        DatasetError: the file is no image that can be read.
    """
    _require_strength(strength)
    size_px = _largest_size_px(workspace, require_readable(workspace, run_id))
    seen = Image.fromarray(decode_square(image, size_px))
    versions = _versions(seen, IMAGE_SHIFTS, strength)
    answers = predict_images(workspace, run_id, [("", _as_file(one, "PNG")) for one in versions])
    pictures = [_as_file(one, "JPEG", quality=JPEG_QUALITY) for one in versions]
    shifted = tuple(
        _shifted(shift, answer, answers[0], is_same=version.tobytes() == seen.tobytes(), picture=picture)
        for shift, version, answer, picture in zip(IMAGE_SHIFTS, versions[1:], answers[1:], pictures[1:], strict=True)
    )
    return ShiftedAnswers(original=answers[0], picture=pictures[0], shifted=shifted)


def shift_text(workspace: Workspace, run_id: str, text: str, strength: float) -> ShiftedAnswers:
    """All shifts of a text, asked together; arguments as `shift_image`.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes images; or there is no such strength.
        DatasetError: the text is empty.
    """
    _require_strength(strength)
    # Of some texts a shift would leave nothing, and nothing cannot be asked.
    versions = [version if version.strip() else text for version in _versions(text, TEXT_SHIFTS, strength)]
    answers = predict_texts(workspace, run_id, versions)
    shifted = tuple(
        _shifted(shift, answer, answers[0], is_same=version == text, text=version)
        for shift, version, answer in zip(TEXT_SHIFTS, versions[1:], answers[1:], strict=True)
    )
    return ShiftedAnswers(original=answers[0], shifted=shifted)


def _require_strength(strength: float) -> None:
    if not 0 < strength <= 1:
        raise ConfigurationError(f"A shift has a strength above 0 and up to 1; found {strength:g}.", "Use 0.5.")


def _largest_size_px(workspace: Workspace, run: RunView) -> int:
    """Side of the square that the run looks at; of several runs put together the one that sees most."""
    members = run.combination.run_ids if run.combination else ()
    return max([run.spec.image_size_px, *(show_run(workspace, member).spec.image_size_px for member in members)])


def _versions(given: InputT, shifts: Sequence[Shift[InputT]], strength: float) -> list[InputT]:
    """The input itself, then what each shift makes of it."""
    return [given, *(shift.apply(given, strength) for shift in shifts)]


def _shifted(
    shift: Shift[InputT],
    answer: Prediction,
    original: Prediction,
    *,
    is_same: bool,
    picture: bytes = b"",
    text: str = "",
) -> Shifted:
    return Shifted(
        title=shift.title,
        says=shift.says,
        picture=picture,
        text=text,
        prediction=answer,
        change=dict(answer.probabilities)[original.label] - original.probability,
        is_flipped=answer.label != original.label or (answer.rejected and not original.rejected),
        is_same=is_same,
    )


def _as_file(image: Image.Image, kind: str, **options: int) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
