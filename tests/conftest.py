"""What tests of several rooms share: tiny labeled data, made here."""

import io
import zipfile
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import settings
from PIL import Image

# The same examples on every run: what they find, they find for whoever broke it. No deadline: machines may be busy.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.load_profile("fixed")

Colour = tuple[int, int, int]
COLOURS: tuple[Colour, ...] = ((200, 60, 40), (40, 90, 200), (60, 160, 70))


def make_image_zip(class_names: Sequence[str] = ("cats", "dogs"), *, n_per_class: int = 12) -> bytes:
    """A zip with a folder of small noisy pictures per class, told apart by their colour."""
    rng = np.random.default_rng(0)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, colour in zip(class_names, COLOURS, strict=False):
            for number in range(n_per_class):
                pixels = np.clip(np.array(colour) + rng.normal(0, 25, (24, 24, 3)), 0, 255).astype(np.uint8)
                picture = io.BytesIO()
                Image.fromarray(pixels).save(picture, "PNG")
                archive.writestr(f"{name}/{number}.png", picture.getvalue())
    return file.getvalue()


def make_text_table(*, n_per_class: int = 12) -> bytes:
    """A CSV of short texts under the labels "good" and "bad", with an id column beside them."""
    rows = ["id,comment,label"]
    for number in range(n_per_class):
        rows.append(f"{2 * number},I love number {number} and would buy it again,good")
        rows.append(f"{2 * number + 1},I hate number {number} and want my money back,bad")
    return "\n".join(rows).encode()


@pytest.fixture(scope="session")
def image_zip() -> bytes:
    return make_image_zip()


@pytest.fixture(scope="session")
def text_table() -> bytes:
    return make_text_table()
