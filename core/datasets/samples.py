"""The datasets that ship with the program: one of images, one of texts."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from core.datasets.gathering import Progress
from core.datasets.importing import import_dataset, store_samples
from core.datasets.naming import RawSample
from core.datasets.records import Dataset, Modality
from core.datasets.store import DatasetStore
from core.errors import UnknownChoiceError

MESSAGES_FILE = Path(__file__).resolve().parents[2] / "assets" / "samples" / "customer_messages.csv"
N_DIGITS = 1797
DIGIT_LEVELS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleRow:
    """One bundled dataset.

    Attributes:
        id: permanent.
        title: what people call it.
        modality: "image" or "text".
        description: one or two sentences on what it is and where it is from.
    """

    id: str
    title: str
    modality: Modality
    description: str


SAMPLES: tuple[SampleRow, ...] = (
    SampleRow(
        id="digits",
        title="Handwritten digits",
        modality="image",
        description="1,797 digits written by 43 people, 8 by 8 pixels, dark on light; from the UCI repository, "
        "shipped with scikit-learn.",
    ),
    SampleRow(
        id="messages",
        title="Customer messages",
        modality="text",
        description="Short messages to a shop in six classes, written for this project; some are hard on purpose.",
    ),
)


def list_samples() -> tuple[SampleRow, ...]:
    """All rows, images first."""
    return SAMPLES


def load_sample(sample_id: str, *, store: DatasetStore, on_progress: Progress | None = None) -> Dataset:
    """Imports a bundled dataset into the store; raises UnknownChoiceError for an id no row has."""
    row = next((row for row in SAMPLES if row.id == sample_id), None)
    if row is None:
        raise UnknownChoiceError("sample", sample_id, (row.id for row in SAMPLES))
    if row.id == "messages":
        return import_dataset(
            MESSAGES_FILE,
            store=store,
            name=row.title,
            text_column="text",
            label_column="category",
            on_progress=on_progress,
        )
    return store_samples(
        _digits(),
        store=store,
        modality="image",
        columns=(),
        name=row.title,
        seed=0,
        n_expected=N_DIGITS,
        on_progress=on_progress,
    )


def _digits() -> Iterator[RawSample]:
    from sklearn.datasets import load_digits

    digits = load_digits()
    # Ink is high in scikit-learn's arrays; on paper it is dark.
    pages = np.rint(255 - digits.images * (255 / DIGIT_LEVELS)).astype(np.uint8)
    for number, (page, digit) in enumerate(zip(pages, digits.target.tolist(), strict=True), start=1):
        file = io.BytesIO()
        Image.fromarray(page).save(file, "PNG")
        yield RawSample(content=file.getvalue(), class_name=str(digit), split=None, source=f"digit {number}")
