"""Decoded images: each is decoded once per working size, in the background, and shared by all backbones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import PIL
from numpy.typing import NDArray

from core.arrays import IntArray
from core.datasets.decode import load_image, square_pixels
from core.errors import OutOfResourcesError
from core.features.cache import ArrayCache, cache_key, create_array
from core.features.shelf import JoinedArray, PickedRows, SampleShelf

VERSION = 2
THREADS = 2
CHUNK = 16
"""Images a thread decodes before those who wait for them go on: about the half of a batch."""

BLOCK = 8_192
"""Images that are stored together: what an interrupted pass loses at most."""

Progress = Callable[[int, int], None]


class PixelShelf:
    """The images of a workspace at one working size, each an array (size_px, size_px, 3) of uint8.

    Args:
        cache: where decoded images are kept.
        size_px: side of the square.
        path_of: where the bytes of a sample lie.
    """

    def __init__(self, cache: ArrayCache, size_px: int, path_of: Callable[[str], Path]) -> None:
        self._cache = cache
        self._shelf = SampleShelf(cache, pixels_key(size_px))
        self._size_px = size_px
        self._path_of = path_of

    def count_missing(self, sample_ids: Sequence[str]) -> int:
        """How many of these images were not decoded yet."""
        return self._shelf.count_missing(sample_ids)

    @contextmanager
    def reading(self, sample_ids: Sequence[str]) -> Iterator[PickedRows]:
        """Pixels of these samples, in their order; those not decoded yet are, while the others can be used already.

        What was decoded is kept when the block ends without an error.
        """
        found = self._shelf.find(sample_ids)
        missing = np.flatnonzero(found.is_missing)
        if not len(missing):
            joined = found.joined("pixels")
            yield PickedRows(joined, found.places(joined))
            return
        new_ids = [sample_ids[int(at)] for at in missing]
        with self._shelf.adding(new_ids) as folder:
            paths = [self._path_of(sample_id) for sample_id in new_ids]
            target = create_array(folder / "pixels.npy", np.uint8, (len(paths), self._size_px, self._size_px, 3))
            with BackgroundDecoding(paths, target) as decoding:
                joined = JoinedArray([*(arrays["pixels"] for arrays in found.entries), decoding])
                places = found.places(joined)
                places[missing] = joined.starts[-2] + np.arange(len(missing))
                yield PickedRows(joined, places)
                decoding.wait()
            target.flush()
            del target  # an open file cannot be moved to its place on Windows

    def read(self, sample_ids: Sequence[str], on_progress: Progress) -> PickedRows:
        """Pixels of these samples, in their order, once all of them are decoded.

        Raises:
            OutOfResourcesError: they take more disk than the cache may.
        """
        self._require_room(len(sample_ids))
        missing = np.flatnonzero(self._shelf.find(sample_ids).is_missing)
        for start in range(0, len(missing), BLOCK):
            block = [sample_ids[int(at)] for at in missing[start : start + BLOCK]]
            with self.reading(block) as pixels:
                for first in range(0, len(block), CHUNK):
                    last = min(first + CHUNK, len(block)) - 1
                    pixels.touch(last)
                    on_progress(start + last + 1, len(missing))
        with self.reading(sample_ids) as pixels:
            return pixels

    def _require_room(self, n_samples: int) -> None:
        needed, allowed = n_samples * 3 * self._size_px**2, self._cache.budget_bytes
        if needed > allowed:
            raise OutOfResourcesError(
                f"Decoded images may take {allowed / 1e9:.1f} GB on this disk; these take {needed / 1e9:.1f} GB.",
                "Choose a smaller image size, freeze the first stages, or use fewer images.",
            )


class BackgroundDecoding:
    """Images being decoded, in order, into an array that can be read meanwhile.

    Args:
        paths: the image files.
        target: shape (len(paths), size_px, size_px, 3), uint8, to be filled.
    """

    def __init__(self, paths: Sequence[Path], target: NDArray[np.uint8]) -> None:
        self._paths = paths
        self._target: NDArray[np.uint8] | None = target
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="headstart-decode")
        self._chunks: list[Future[None]] = []
        self.dtype = target.dtype
        self.shape = target.shape

    def __enter__(self) -> BackgroundDecoding:
        starts = range(0, len(self._paths), CHUNK)
        self._chunks = [self._pool.submit(self._decode, start) for start in starts]
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        self._target = None

    def __len__(self) -> int:
        return len(self._paths)

    def __getitem__(self, index: IntArray) -> NDArray[np.uint8]:
        """The images at `index`, once they are decoded; raises what decoding one of them raised."""
        for chunk in np.unique(index // CHUNK):
            self._chunks[chunk].result()
        if self._target is None:
            raise ValueError("these images are read after decoding has ended")
        return np.asarray(self._target[index])

    def wait(self) -> None:
        """Until all are decoded."""
        for chunk in self._chunks:
            chunk.result()

    def _decode(self, start: int) -> None:
        for at in range(start, min(start + CHUNK, len(self._paths))):
            if self._target is not None:
                self._target[at] = decode_square(self._paths[at], len(self._target[at]))


def pixels_key(size_px: int) -> str:
    """Under which decoded images of a size are kept."""
    return cache_key(kind="pixels", version=VERSION, pillow=PIL.__version__, size_px=size_px)


def decode_square(image: Path | bytes, size_px: int) -> NDArray[np.uint8]:
    """The centre square of an image file at a working size, shape (size_px, size_px, 3); raises ImageError."""
    return square_pixels(load_image(image, min_side_px=size_px), size_px)
