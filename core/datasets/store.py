"""Datasets and images on disk, under names of our own: content hashes, written once and whole."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from filelock import ReadWriteLock, Timeout
from PIL import Image

from core.atomic import replace_bytes, replace_file
from core.datasets.decode import load_image
from core.datasets.records import Dataset, DatasetCard, Finding, Skipped
from core.errors import DatasetError, UnknownChoiceError

THUMBNAIL_PX = 160
DATASETS_KEPT, CARDS_KEPT = 2, 1024
"""Datasets, and lines of the list of datasets, that stay in memory after they were read."""

_OF_VERSIONS = ("parent", "version", "changes")
_DATASET_ID = re.compile(r"[0-9a-f]{16}")
_SAMPLE_ID = re.compile(r"[0-9a-f]{40}")


def content_id(content: bytes) -> str:
    """The sample id of these bytes (texts as UTF-8): the first 40 hex digits of their SHA-256."""
    return hashlib.sha256(content).hexdigest()[:40]


class DatasetStore:
    """The part of a workspace that holds datasets: `datasets/ID/`, `images/` and `thumbnails/`.

    Args:
        root: the workspace folder; made when first written to.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def add_image(self, data: bytes) -> str:
        """Keeps an image file as it is, beside a thumbnail, and returns its sample id.

        Raises:
            ImageError: the bytes are no usable image; nothing is kept.
        """
        sample_id = content_id(data)
        original, thumbnail = self._image_file(sample_id), self._thumbnail_file(sample_id)
        if not (original.exists() and thumbnail.exists()):
            small = _thumbnail(data)
            replace_bytes(original, data, is_dear=False)
            replace_file(thumbnail, lambda file: small.save(file, "JPEG", quality=85), is_dear=False)
        return sample_id

    @contextmanager
    def naming(self) -> Iterator[None]:
        """Held by whoever keeps images until the dataset that names them is saved, so that none is cleared meanwhile.

        Many may hold it at once, in any process; whoever dies lets go of it.
        """
        with self._lock() as lock, lock.read_lock():
            yield

    @contextmanager
    def clearing(self) -> Iterator[bool]:
        """Whether nobody is `naming` anything; where so, nobody can while inside."""
        with self._lock() as lock:
            try:
                lock.acquire_write(blocking=False)
            except Timeout:
                yield False
                return
            try:
                yield True
            finally:
                lock.release()

    def image_path(self, sample_id: str) -> Path:
        """Where the original bytes of an image lie; raises DatasetError where they do not."""
        return _require_kept(self._image_file(sample_id), sample_id)

    def thumbnail_path(self, sample_id: str) -> Path:
        """Where a JPEG of at most 160 pixels lies; raises DatasetError where it does not."""
        return _require_kept(self._thumbnail_file(sample_id), sample_id)

    def save(self, dataset: Dataset) -> None:
        """Writes a dataset; the same content again only renews its name and time.

        Raises:
            DatasetError: an image is not kept, because the dataset it was taken from has been deleted meanwhile.
        """
        folder = self._folder(dataset.id)
        with self.naming():
            if dataset.modality == "image":
                for sample_id in set(dataset.sample_ids):
                    self.image_path(sample_id)
            replace_file(folder / "samples.parquet", lambda file: _write_samples(file, dataset))
            # The card is written last: a folder without it is an unfinished write and is not listed.
            replace_bytes(folder / "dataset.json", json.dumps(_card(dataset), ensure_ascii=False).encode())

    def files_of(self, dataset_id: str) -> tuple[Path, ...]:
        """The table and the card of a dataset, to be copied as they are."""
        folder = self._folder(self.load(dataset_id).id)
        return folder / "samples.parquet", folder / "dataset.json"

    def hand_over(self, sample_id: str, other: DatasetStore) -> None:
        """Move an image and its thumbnail to another store on the same disk, as far as that has them not.

        Whoever calls is `naming` there.
        """
        pairs = [
            (self.image_path(sample_id), other._image_file(sample_id)),
            (self.thumbnail_path(sample_id), other._thumbnail_file(sample_id)),
        ]
        for source, target in pairs:
            if not target.exists():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)

    def load(self, dataset_id: str) -> Dataset:
        """The dataset with this id; raises UnknownChoiceError where there is none."""
        with suppress(FileNotFoundError):  # deleted at this moment
            if self.has(dataset_id):
                return _read_dataset(self._folder(dataset_id), self._card_file(dataset_id).stat().st_mtime_ns)
        raise UnknownChoiceError("dataset", dataset_id, (card.id for card in self.list_cards()))

    def has(self, dataset_id: str) -> bool:
        """Whether there is such a dataset."""
        return bool(_DATASET_ID.fullmatch(dataset_id)) and self._card_file(dataset_id).exists()

    def list_cards(self) -> tuple[DatasetCard, ...]:
        """All datasets, newest first."""
        cards: list[DatasetCard] = []
        for file in self.root.glob("datasets/*/dataset.json"):
            with suppress(FileNotFoundError):  # deleted at this moment
                if _DATASET_ID.fullmatch(file.parent.name):
                    cards.append(_read_card(file, file.stat().st_mtime_ns))
        return tuple(sorted(cards, key=lambda card: (card.created_at, card.id), reverse=True))

    @contextmanager
    def _lock(self) -> Iterator[ReadWriteLock]:
        _make_root(self.root)
        # Not a singleton: two threads of one process may both be naming, or one of them clearing.
        lock = ReadWriteLock(self.root / "datasets.lock", is_singleton=False)
        try:
            yield lock
        finally:
            lock.close()

    def _folder(self, dataset_id: str) -> Path:
        return self.root / "datasets" / dataset_id

    def _card_file(self, dataset_id: str) -> Path:
        return self._folder(dataset_id) / "dataset.json"

    def _image_file(self, sample_id: str) -> Path:
        return self.root / "images" / _require_sample_id(sample_id)[:2] / sample_id

    def _thumbnail_file(self, sample_id: str) -> Path:
        return self.root / "thumbnails" / _require_sample_id(sample_id)[:2] / f"{sample_id}.jpg"


def _make_root(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True)
    except (FileNotFoundError, FileExistsError, NotADirectoryError) as error:  # no permission is told apart elsewhere
        raise DatasetError(
            f'Work is kept in a folder; "{root}" cannot be one.',
            "Name another workspace with HEADSTART_WORKSPACE or --workspace.",
        ) from error


def _thumbnail(data: bytes) -> Image.Image:
    """Decodes the whole file, so that a damaged one is noticed, and shrinks it."""
    image = load_image(data, min_side_px=THUMBNAIL_PX)
    image.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX), Image.Resampling.BICUBIC)
    return image


def _require_sample_id(sample_id: str) -> str:
    if not _SAMPLE_ID.fullmatch(sample_id):
        raise DatasetError("A sample id has 40 hexadecimal digits; this one has not.", "Open the dataset again.")
    return sample_id


def _require_kept(file: Path, sample_id: str) -> Path:
    if not file.exists():
        raise DatasetError(f"The image {sample_id} is not in this workspace.", "Import the dataset again.")
    return file


def _write_samples(file: Path, dataset: Dataset) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns = {
        "sample_id": pa.array(dataset.sample_ids, pa.string()),
        "label": pa.array(dataset.labels, pa.int64()),
        "split": pa.array(dataset.splits.tolist(), pa.string()),
        "source": pa.array(dataset.sources, pa.string()),
    }
    if dataset.texts:
        columns["text"] = pa.array(dataset.texts, pa.string())
    if dataset.groups:
        columns["group"] = pa.array(dataset.groups, pa.string())
    pq.write_table(pa.table(columns), file)


def _card(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "n_classes": dataset.n_classes,
        "created_at": dataset.created_at,
        "class_names": dataset.class_names,
        "split_origin": dataset.split_origin,
        "columns": dataset.columns,
        "findings": [asdict(finding) for finding in dataset.findings],
        "skipped": [asdict(item) for item in dataset.skipped],
        "hard": dataset.hard,
        "kept_together": dataset.kept_together,
        **{name: getattr(dataset, name) for name in _OF_VERSIONS},
    }


@lru_cache(maxsize=CARDS_KEPT)
def _read_card(file: Path, written_ns: int) -> DatasetCard:  # noqa: ARG001 - as for the dataset below
    card = json.loads(file.read_bytes())
    names = ("id", "name", "modality", "n_samples", "n_classes", "created_at")
    return DatasetCard(**{name: card[name] for name in names}, **_version_of(card))


def _version_of(card: dict[str, Any]) -> dict[str, Any]:
    """What a card says about versions; nothing where it was written before there were any."""
    return {name: card[name] for name in _OF_VERSIONS if name in card}


@lru_cache(maxsize=DATASETS_KEPT)
def _read_dataset(folder: Path, written_ns: int) -> Dataset:  # noqa: ARG001 - saving again may give another name
    """The dataset as it was written at a time; a page asks for it many times over at every press."""
    import pyarrow.parquet as pq

    card = json.loads((folder / "dataset.json").read_bytes())
    table = pq.ParquetFile(folder / "samples.parquet", memory_map=True)

    def column(name: str) -> tuple[str, ...]:  # one at a time, so that a large table is not held twice
        return tuple(table.read([name])[name].to_pylist()) if name in table.schema_arrow.names else ()

    split = table.read(["split"])["split"].combine_chunks().dictionary_encode()
    splits = np.array(split.dictionary.to_pylist(), dtype="<U5")[split.indices.to_numpy()]
    splits.flags.writeable = False  # shared by all who ask
    return Dataset(
        id=card["id"],
        name=card["name"],
        modality=card["modality"],
        class_names=tuple(card["class_names"]),
        sample_ids=column("sample_id"),
        labels=table.read(["label"])["label"].to_numpy(),
        splits=splits,
        sources=column("source"),
        texts=column("text"),
        skipped=tuple(Skipped(**item) for item in card["skipped"]),
        findings=tuple(_finding(item) for item in card["findings"]),
        split_origin=card["split_origin"],
        columns=tuple(card["columns"]),
        created_at=card["created_at"],
        hard=tuple(card.get("hard", ())),
        groups=column("group"),
        kept_together=card.get("kept_together", ""),
        **_version_of(card),
    )


def _finding(stored: dict[str, Any]) -> Finding:
    return Finding(**{**stored, "rows": tuple(stored.get("rows", ()))})
