"""A version of a dataset as files that this program, other tools and spreadsheets read: labels and splits included."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from core.datasets.records import Dataset, SplitName
from core.exporting.predictions import neutral_cell

FOLDERS: dict[SplitName, str] = {"train": "train", "val": "validation", "test": "test"}
"""Names that Hugging Face's imagefolder takes for splits, as the readers here do."""

FOLDER_CHARS = 80
_UNSAFE = re.compile(r"[^\w \-.,()+&]")
_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}


def dataset_csv(dataset: Dataset) -> bytes:
    """Texts as CSV in UTF-8 with a byte-order mark; cells that a spreadsheet would run are led by an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["text", "label", "split", "hard", "source"])
    for row, text in enumerate(dataset.texts):
        hard = "yes" if dataset.sample_ids[row] in dataset.hard else ""
        cells = [text, _class_of(dataset, row), str(dataset.splits[row]), hard, dataset.sources[row]]
        writer.writerow([neutral_cell(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", errors="replace")


def dataset_jsonl(dataset: Dataset) -> bytes:
    """Texts as JSON Lines, character by character as they are."""
    lines = (
        json.dumps(
            {
                "text": text,
                "label": _class_of(dataset, row),
                "split": str(dataset.splits[row]),
                "hard": dataset.sample_ids[row] in dataset.hard,
                "source": dataset.sources[row],
            }
        )
        for row, text in enumerate(dataset.texts)
    )
    return "".join(f"{line}\n" for line in lines).encode()


def write_image_zip(
    dataset: Dataset, file: Path, image_path: Callable[[str], Path], on_progress: Callable[[int, int], None]
) -> None:
    """Images as they came, in `SPLIT/CLASS/NUMBER.jpg`: class folders, and the layout of Hugging Face's imagefolder.

    Args:
        dataset: of images.
        file: the zip to write.
        image_path: where the bytes of a sample lie, by its id.
        on_progress: told (images done, images in all).
    """
    folders = class_folders(dataset.class_names)
    # Images are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for row, sample_id in enumerate(dataset.sample_ids):
            path = image_path(sample_id)
            folder = f"{FOLDERS[dataset.splits[row].item()]}/{folders[int(dataset.labels[row])]}"
            archive.write(path, f"{folder}/{row:06d}.{_suffix(path)}")
            on_progress(row + 1, dataset.n_samples)


def class_folders(class_names: Sequence[str]) -> tuple[str, ...]:
    """A folder name for each class: its name where every system can have such a folder, else one near to it."""
    folders: list[str] = []
    taken: set[str] = set()
    for class_name in class_names:
        # Windows loses dots and spaces at the end; a dot at the beginning would hide the folder or lead out of it.
        plain = _UNSAFE.sub("_", class_name)[:FOLDER_CHARS].strip(" .") or "class"
        folder, number = plain, 2
        while folder.casefold() in taken:
            folder, number = f"{plain} {number}", number + 1
        taken.add(folder.casefold())
        folders.append(folder)
    return tuple(folders)


def _suffix(path: Path) -> str:
    """The ending of an image's format; its bytes are kept without one."""
    with Image.open(path) as image:
        found = image.format or "img"
    return _SUFFIXES.get(found, found.lower())


def _class_of(dataset: Dataset, row: int) -> str:
    return dataset.class_names[int(dataset.labels[row])]
