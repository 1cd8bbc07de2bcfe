"""Generated data in large numbers: small pictures in class folders or a zip, short texts in a table; all different."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from PIL import Image

SIDE_PX = 96
COARSE_PX = 9
N_CLASSES = 10
CHUNK = 500
COPY_EVERY = 100
"""One picture in so many is the one before it, saved anew: what an import has to notice."""

WORDS = (  # noqa: SIM905 - easier to read
    "card payment transfer account balance refund order delivery parcel invoice address password phone screen battery "
    "charger ticket flight hotel booking seat window train bus road bridge river garden kitchen table bread cheese "
    "apple orange music concert film novel teacher school lesson exam doctor nurse clinic health market price winter "
    "summer morning evening letter number please cannot where when still again never always today tomorrow broken"
).split()


def write_picture_zip(file: Path, n: int) -> None:
    """Write a zip of class folders with `n` JPEG files of 96 by 96 pixels, about 2 kB each."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name, data in _pictures(n):
            archive.writestr(name, data)


def write_picture_folder(folder: Path, n: int) -> None:
    """Write the same as a folder of class folders."""
    for name, data in _pictures(n):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)


def write_texts(file: Path, n: int) -> None:
    """Write a CSV table of `n` texts of eight words and their labels."""
    rng = np.random.default_rng(0)
    with file.open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened)
        rows.writerow(["text", "label"])
        for start in range(0, n, CHUNK):
            words = rng.integers(len(WORDS), size=(min(CHUNK, n - start), 7))
            labels = rng.integers(N_CLASSES, size=len(words))
            for number, (row, label) in enumerate(zip(words.tolist(), labels.tolist(), strict=True), start=start):
                text = " ".join([*(WORDS[word] for word in row), str(number)])
                rows.writerow([text, f"topic {label}"])


def _pictures(n: int) -> Iterator[tuple[str, bytes]]:
    """Names and bytes, some at a time, made on all cores."""
    with ThreadPoolExecutor() as pool:
        for start in range(0, n, CHUNK):
            numbers = range(start, min(start + CHUNK, n))
            for number, data in zip(numbers, pool.map(_picture, numbers), strict=True):
                yield f"class {number % N_CLASSES}/{number:07}.jpg", data


def _picture(number: int) -> bytes:
    is_copy = number % COPY_EVERY == COPY_EVERY - 1
    rng = np.random.default_rng(number - is_copy)
    coarse = Image.fromarray(rng.integers(256, size=(COARSE_PX, COARSE_PX, 3), dtype=np.uint8))
    file = io.BytesIO()
    picture = coarse.resize((SIDE_PX, SIDE_PX), Image.Resampling.BICUBIC)
    picture.save(file, "JPEG", quality=70 if is_copy else 85)
    return file.getvalue()
