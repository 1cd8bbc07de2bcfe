"""Datasets deleted for good, and the images that no dataset names any more.

Images lie under their content and are shared by all versions and datasets that hold them, so a file may go only when
nobody names it, and nobody is about to: whoever imports holds `DatasetStore.naming` from the first image to the saved
dataset. A deletion goes in two steps. First the dataset's folder is renamed, which takes it from all lists at once;
whatever ends the program after that leaves a remainder that no list shows. Then, while nobody is naming anything, all
that is left of deleted datasets and of imports that came to nothing is cleared; where somebody is, the next deletion
does it.
"""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from core.datasets.store import DatasetStore
from core.errors import UnknownChoiceError

DELETED_PREFIX = ".deleted-"


def set_aside(store: DatasetStore, dataset_id: str) -> None:
    """Take a dataset from all lists; its samples go with `clear`.

    Raises:
        UnknownChoiceError: there is no such dataset.
    """
    if not store.has(dataset_id):
        raise _unknown(store, dataset_id)
    folder = store.root / "datasets" / dataset_id
    try:
        folder.rename(folder.with_name(f"{DELETED_PREFIX}{secrets.token_hex(8)}"))
    except FileNotFoundError:  # somebody else deleted it at the same moment
        raise _unknown(store, dataset_id) from None


def clear(store: DatasetStore, forget: Callable[[frozenset[str]], None]) -> bool:
    """Remove what no dataset names any more.

    Args:
        store: where the datasets lie.
        forget: removes what is kept elsewhere about samples, by their ids; called before the last trace of which ones
            they were is removed, so that a program that is killed can do it again.

    Returns:
        Whether it was done; False where somebody is importing just now.
    """
    with store.clearing() as is_free:
        if is_free:
            _clear(store, forget)
        return is_free


def _unknown(store: DatasetStore, dataset_id: str) -> UnknownChoiceError:
    return UnknownChoiceError("dataset", dataset_id, (card.id for card in store.list_cards()))


def _clear(store: DatasetStore, forget: Callable[[frozenset[str]], None]) -> None:
    set_apart = list((store.root / "datasets").glob(f"{DELETED_PREFIX}*"))
    named = frozenset(_sample_ids(store.root / "datasets" / card.id for card in store.list_cards()))
    if gone := frozenset(_sample_ids(set_apart)) - named:
        forget(gone)
    for kept in ("images", "thumbnails"):
        for file in (store.root / kept).glob("*/*"):
            if file.stem not in named:  # half a file of an import that was killed, too
                file.unlink(missing_ok=True)
    for folder in set_apart:
        shutil.rmtree(folder)


def _sample_ids(folders: Iterable[Path]) -> Iterator[str]:
    import pyarrow.parquet as pq

    for folder in folders:
        if (folder / "samples.parquet").exists():
            yield from pq.read_table(folder / "samples.parquet", columns=["sample_id"])["sample_id"].to_pylist()
