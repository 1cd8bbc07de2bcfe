"""Arrays with something for every sample, found again sample by sample, whichever dataset asks for them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from core.arrays import BoolArray, IntArray
from core.features.cache import ArrayCache, cache_key

NAMES, VALUES, OFFSETS = "samples", "values", "offsets"
"""Arrays of an entry. Of texts, row i owns values[offsets[i]:offsets[i + 1]]."""

SAMPLE_SEPARATOR = "."
"""Between the key of a shelf and that of an entry of it; keys of other entries do not hold it."""

ABSENT = -1

Entry = dict[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """Where samples lie on a shelf.

    Attributes:
        entries: the arrays of every entry that holds one of them, memory-mapped.
        entry: number of the entry that holds each sample, shape (n_samples,); ABSENT where none does.
        row: its row in that entry, shape (n_samples,).
    """

    entries: tuple[Entry, ...]
    entry: IntArray
    row: IntArray

    @property
    def is_missing(self) -> BoolArray:
        """Which samples are not on the shelf, shape (n_samples,)."""
        return np.asarray(self.entry == ABSENT)

    def joined(self, name: str) -> JoinedArray:
        """The arrays of one name of all entries, end to end."""
        return JoinedArray([arrays[name] for arrays in self.entries])

    def places(self, joined: JoinedArray) -> IntArray:
        """Where each sample's row lies in such a joined array, shape (n_samples,); 0 for missing ones."""
        return np.where(self.is_missing, 0, joined.starts[self.entry] + self.row)

    def token_starts(self, values: JoinedArray) -> IntArray:
        """Where the first token of each text lies in the joined values, shape (n_samples,); any place if missing."""
        first_tokens = [
            arrays[OFFSETS][:-1] + start for arrays, start in zip(self.entries, values.starts, strict=False)
        ]
        starts = JoinedArray(first_tokens)
        return np.asarray(starts[self.places(starts)])


class SampleShelf:
    """All entries of a cache that were computed alike, for whatever samples.

    An entry holds arrays for some samples and their names. What a pass computes becomes a new entry, so that another
    version of a dataset computes its new samples only, and a pass that is interrupted keeps what it has finished.

    Args:
        cache: where the entries lie.
        key: names how the arrays were computed: weights, cut, preprocessing, precision, versions.
    """

    def __init__(self, cache: ArrayCache, key: str) -> None:
        self._cache = cache
        self._key = key

    def find(self, samples: Sequence[str]) -> Found:
        """Where these samples lie; an entry that another process is removing counts as absent."""
        found = (self._cache.get(key) for key in self._cache.keys(f"{self._key}{SAMPLE_SEPARATOR}"))
        entries = tuple(arrays for arrays in found if arrays is not None and NAMES in arrays)
        wanted = np.asarray(samples, dtype=np.bytes_)
        if not entries:
            return Found(entries=(), entry=np.full(len(wanted), ABSENT), row=np.zeros(len(wanted), dtype=np.int64))
        held = JoinedArray([arrays[NAMES] for arrays in entries])
        place = _places(wanted, np.concatenate([arrays[NAMES] for arrays in entries]))
        entry = np.searchsorted(held.starts, place, side="right") - 1
        is_held = place != ABSENT
        return Found(
            entries=entries,
            entry=np.where(is_held, entry, ABSENT),
            row=np.where(is_held, place - held.starts[entry], 0),
        )

    def require(self, samples: Sequence[str]) -> Found:
        """As `find`, for samples that were just added; raises FileNotFoundError where one is gone again."""
        found = self.find(samples)
        if found.is_missing.any():
            raise FileNotFoundError(f"entries of {self._key} vanished from the cache while they were in use")
        return found

    def count_missing(self, samples: Sequence[str]) -> int:
        """How many of these samples are not on the shelf."""
        return int(self.find(samples).is_missing.sum())

    @contextmanager
    def adding(self, samples: Sequence[str]) -> Iterator[Path]:
        """A folder to save `NAME.npy` files in, one row per sample; kept when the block ends without an error."""
        with self._cache.writing(f"{self._key}{SAMPLE_SEPARATOR}{cache_key(samples=list(samples))}") as folder:
            yield folder
            np.save(folder / f"{NAMES}.npy", np.asarray(samples, dtype=np.bytes_))


def forget_samples(cache: ArrayCache, sample_ids: frozenset[str]) -> None:
    """Remove every entry that holds something of these samples; of what else lies in it, only time is lost."""
    wanted = np.asarray(sorted(sample_ids), dtype=np.bytes_)
    for key in cache.keys(f"*{SAMPLE_SEPARATOR}"):
        entry = cache.get(key)
        if entry is not None and NAMES in entry and np.isin(_samples_of(entry[NAMES]), wanted).any():
            cache.remove(key)


def _samples_of(names: NDArray[np.bytes_]) -> NDArray[np.bytes_]:
    """The sample behind each name: a view of an image is named after it, with a slash between."""
    return np.asarray([name.partition(b"/")[0] for name in np.asarray(names).tolist()], dtype=np.bytes_)


class RowArray(Protocol):
    """What rows can be picked from: an array in memory, on disk, or one that is just being made."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of its values."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the whole array."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: IntArray, /) -> NDArray[Any]:
        """The rows at `index`, an array of any shape."""


class JoinedArray:
    """Several arrays read as if they lay end to end along their first axis.

    Args:
        parts: arrays that differ in length and perhaps in precision only; at least one.
    """

    def __init__(self, parts: Sequence[RowArray]) -> None:
        self._parts = tuple(parts)
        self.starts = np.cumsum([0, *(len(part) for part in parts)])

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that holds the values of all parts."""
        return np.result_type(*(part.dtype for part in self._parts))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of all parts together."""
        return (int(self.starts[-1]), *self._parts[0].shape[1:])

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, index: IntArray) -> NDArray[Any]:
        """The rows at `index`, an array of any shape; a copy."""
        if len(self._parts) == 1:
            return np.asarray(self._parts[0][index])
        part_of = np.searchsorted(self.starts, index, side="right") - 1
        rows = np.empty((*index.shape, *self.shape[1:]), dtype=self.dtype)
        for number in np.unique(part_of):
            is_here = part_of == number
            rows[is_here] = self._parts[number][index[is_here] - self.starts[number]]
        return rows


def _places(wanted: NDArray[np.bytes_], held: NDArray[np.bytes_]) -> IntArray:
    """Where each wanted name lies in `held`, ABSENT where it does not."""
    order = np.argsort(held, kind="stable")
    nearest = order[np.minimum(np.searchsorted(held, wanted, sorter=order), len(held) - 1)]
    return np.where(held[nearest] == wanted, nearest, ABSENT)


class PickedRows:
    """Rows of an array in an order of one's own.

    Args:
        rows: what is picked from.
        places: row of each sample in it, shape (n_samples,).
    """

    def __init__(self, rows: JoinedArray, places: IntArray) -> None:
        self._rows = rows
        self._places = places

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the values."""
        return self._rows.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """With one row per sample."""
        return (len(self._places), *self._rows.shape[1:])

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: IntArray) -> NDArray[Any]:
        """The samples at `index`, a copy; waits for those that are still being made."""
        return self._rows[self._places[index]]

    def __array__(self, dtype: DTypeLike | None = None, copy: bool | None = None) -> NDArray[Any]:
        """All samples; always a copy."""
        if copy is False:
            raise ValueError("samples that are picked from other rows are always copied")
        return self[np.arange(len(self))].astype(dtype or self.dtype, copy=False)

    def touch(self, at: int) -> None:
        """Wait for one sample."""
        self[np.array([at])]
