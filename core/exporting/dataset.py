"""A version of a dataset as files that this program, other tools and spreadsheets read: labels and splits included."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from PIL import Image

from core.datasets.records import Dataset, SplitName
from core.exporting.markdown import escape_markdown, markdown_table
from core.exporting.spreadsheet import table_csv
from core.settings import PRODUCT

FOLDERS: dict[SplitName, str] = {"train": "train", "val": "validation", "test": "test"}
"""Names that Hugging Face's imagefolder takes for splits, as the readers here do."""

FOLDER_CHARS = 80
_UNSAFE = re.compile(r"[^\w \-.,()+&]")
_SUFFIXES = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif"}


def dataset_csv(dataset: Dataset) -> bytes:
    """Texts as CSV in UTF-8 with a byte-order mark; cells that a spreadsheet would run are led by an apostrophe."""
    return table_csv(_text_rows(dataset))


def _text_rows(dataset: Dataset) -> Iterator[list[str]]:
    yield ["text", "label", "split", "hard", "source", *(["group"] if dataset.groups else [])]
    for row, text in enumerate(dataset.texts):
        hard = "yes" if dataset.sample_ids[row] in dataset.hard else ""
        cells = [text, _class_of(dataset, row), str(dataset.splits[row]), hard, dataset.sources[row]]
        yield [*cells, *dataset.groups[row : row + 1]]


def dataset_jsonl(dataset: Dataset) -> bytes:
    """Texts as JSON Lines, character by character as they are."""
    return _json_lines(
        {"text": text, "label": _class_of(dataset, row), "split": str(dataset.splits[row]), **_facts(dataset, row)}
        for row, text in enumerate(dataset.texts)
    )


def write_text_zip(dataset: Dataset, file: Path) -> None:
    """Texts as a dataset of the Hugging Face Hub: JSON Lines for each split in `data/`, and a card that names them."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("README.md", dataset_card(dataset))
        for split in _splits(dataset):
            lines = _json_lines(
                {"text": dataset.texts[row], "label": _class_of(dataset, row), **_facts(dataset, row)}
                for row in dataset.rows(split).tolist()
            )
            archive.writestr(_data_file(split), lines)


def write_image_zip(
    dataset: Dataset, file: Path, image_path: Callable[[str], Path], on_progress: Callable[[int, int], None]
) -> None:
    """Images as they came, in `SPLIT/CLASS/NUMBER.jpg`: class folders, and the layout of Hugging Face's imagefolder.

    A `metadata.jsonl` in each split has what a folder's name cannot hold: the class as it is called, and the group.

    Args:
        dataset: of images.
        file: the zip to write.
        image_path: where the bytes of a sample lie, by its id.
        on_progress: told (images done, images in all).
    """
    folders = class_folders(dataset.class_names)
    rows: dict[SplitName, list[dict[str, object]]] = {split: [] for split in _splits(dataset)}
    # Images are compressed already.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for row, sample_id in enumerate(dataset.sample_ids):
            path = image_path(sample_id)
            split: SplitName = dataset.splits[row].item()
            name = f"{folders[int(dataset.labels[row])]}/{row:06d}.{_suffix(path)}"
            archive.write(path, f"{FOLDERS[split]}/{name}")
            rows[split].append({"file_name": name, "label": _class_of(dataset, row), **_facts(dataset, row)})
            on_progress(row + 1, dataset.n_samples)
        for split, found in rows.items():
            archive.writestr(f"{FOLDERS[split]}/metadata.jsonl", _json_lines(found))
        archive.writestr("README.md", dataset_card(dataset))


def dataset_card(dataset: Dataset) -> bytes:
    """The beginning of a card in the form of the Hugging Face Hub: what is in it, and what its owner has to say.

    Nothing a person wrote stands in its head, which machines read.
    """
    files = "".join(f"  - split: {FOLDERS[split]}\n    path: {_data_file(split)}\n" for split in _splits(dataset))
    configs = f"configs:\n- config_name: default\n  data_files:\n{files}" if dataset.modality == "text" else ""
    head = f"---\n{configs}task_categories:\n- {dataset.modality}-classification\n---"
    counts = {split: dataset.class_counts(split) for split in _splits(dataset)}
    table = markdown_table(
        ["Class", *(FOLDERS[split] for split in counts)],
        [[name, *(f"{counts[split][name]:,}" for split in counts)] for name in dataset.class_names],
    )
    kept = f"The split keeps {dataset.kept_together} on one side. " if dataset.kept_together else ""
    parts = [
        head,
        f"# {escape_markdown(dataset.name)}",
        f"{dataset.n_samples:,} {dataset.modality}s in {dataset.n_classes} classes. {escape_markdown(kept)}",
        table,
        "To be written by whoever shares it: where the data are from, how they were labelled, what they may be used "
        "for, and under which licence.",
        f"Written by {PRODUCT}.",
    ]
    return ("\n\n".join(parts) + "\n").encode("utf-8", errors="replace")


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


def _splits(dataset: Dataset) -> list[SplitName]:
    return [split for split, n in dataset.split_sizes().items() if n]


def _data_file(split: SplitName) -> str:
    return f"data/{FOLDERS[split]}.jsonl"


def _facts(dataset: Dataset, row: int) -> dict[str, object]:
    """What is told of a sample beside its label."""
    facts: dict[str, object] = {
        "hard": dataset.sample_ids[row] in dataset.hard,
        "source": dataset.sources[row],
    }
    return facts | ({"group": dataset.groups[row]} if dataset.groups else {})


def _json_lines(rows: Iterable[Mapping[str, object]]) -> bytes:
    return "".join(f"{json.dumps(row)}\n" for row in rows).encode()


def _suffix(path: Path) -> str:
    """The ending of an image's format; its bytes are kept without one."""
    with Image.open(path) as image:
        found = image.format or "img"
    return _SUFFIXES.get(found, found.lower())


def _class_of(dataset: Dataset, row: int) -> str:
    return dataset.class_names[int(dataset.labels[row])]
