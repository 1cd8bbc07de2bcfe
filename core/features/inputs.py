"""A dataset as network input: images decoded once to their working size, texts tokenised once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.arrays import IntArray
from core.backbones.records import BackboneRow, ImagePreprocessing
from core.backbones.tokenizers import tokenize
from core.datasets.decode import load_image, square_pixels
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore
from core.features.cache import ArrayCache, cache_key, create_array
from core.features.sources import BatchSource, PixelSource, RaggedSource

DECODE_THREADS = 2
DECODE_CHUNK = 64
PIXELS_VERSION = 1

Progress = Callable[[int, int], None]


def load_inputs(
    dataset: Dataset,
    row: BackboneRow,
    *,
    store: DatasetStore,
    cache: ArrayCache,
    image_size_px: int,
    on_progress: Progress,
) -> BatchSource:
    """Everything a backbone's first stage needs, in dataset order.

    Args:
        dataset: n_samples images or texts.
        row: the backbone; decides normalisation, or tokenizer and length.
        store: where image bytes lie.
        cache: where decoded pixels are kept for the next run.
        image_size_px: side of the square working size; ignored for texts.
        on_progress: called with (samples done, samples in all).

    Returns:
        Images: batches (n, 3, image_size_px, image_size_px) float32. Texts: token ids (n, T) int64 with a mask.
    """
    if isinstance(row.preprocessing, ImagePreprocessing):
        paths = [store.image_path(sample_id) for sample_id in dataset.sample_ids]
        pixels = _load_pixels(paths, dataset.sample_ids, image_size_px, cache, on_progress)
        return PixelSource(pixels, row.preprocessing)
    return text_inputs(row, dataset.texts, allow_download=True)


def inputs_key(dataset: Dataset, row: BackboneRow, image_size_px: int) -> str:
    """Names the content of `load_inputs`: equal keys, equal inputs."""
    size = image_size_px if dataset.modality == "image" else 0
    return cache_key(
        version=PIXELS_VERSION, row=row.id, preprocessing=row.preprocessing, size_px=size, samples=dataset.sample_ids
    )


def are_decoded(dataset: Dataset, image_size_px: int, cache: ArrayCache) -> bool:
    """Whether `load_inputs` would find the images of a dataset decoded to this size."""
    return cache.has(_pixels_key(dataset.sample_ids, image_size_px))


def image_inputs(row: BackboneRow, images: Sequence[Path | bytes], image_size_px: int) -> PixelSource:
    """Inputs for a few images that belong to no dataset; raises what `load_image` raises."""
    if not isinstance(row.preprocessing, ImagePreprocessing):
        raise TypeError(f"{row.id} does not take images")
    pixels = np.stack([_decode(image, image_size_px) for image in images])
    return PixelSource(pixels, row.preprocessing)


def text_inputs(row: BackboneRow, texts: Sequence[str], *, allow_download: bool = False) -> RaggedSource:
    """Token ids of texts, cut at the backbone's length, as the backbone's own tokenizer splits them.

    Raises:
        MissingWeightsError: the tokenizer is not on this machine and was not, or could not be, downloaded.
    """
    table = tokenize(row.id, texts, allow_download=allow_download)
    return RaggedSource(table.ids, table.offsets, fill=table.pad_id)


def _load_pixels(
    paths: list[Path], sample_ids: tuple[str, ...], size_px: int, cache: ArrayCache, on_progress: Progress
) -> NDArray[np.uint8]:
    key = _pixels_key(sample_ids, size_px)
    if cache.get(key) is None:
        with cache.writing(key) as folder:
            _decode_all(paths, size_px, folder / "pixels.npy", on_progress)
    return cache.require(key)["pixels"].view(np.uint8)


def _pixels_key(sample_ids: tuple[str, ...], size_px: int) -> str:
    return cache_key(kind="pixels", version=PIXELS_VERSION, size_px=size_px, samples=sample_ids)


def _decode_all(paths: list[Path], size_px: int, target: Path, on_progress: Progress) -> None:
    pixels = create_array(target, np.uint8, (len(paths), size_px, size_px, 3))

    def decode_into(rows: IntArray) -> int:
        for row in rows:
            pixels[row] = _decode(paths[row], size_px)
        return len(rows)

    chunks = [np.arange(i, min(i + DECODE_CHUNK, len(paths))) for i in range(0, len(paths), DECODE_CHUNK)]
    done = 0
    with ThreadPoolExecutor(DECODE_THREADS) as pool:
        try:
            for n in pool.map(decode_into, chunks):
                done += n
                on_progress(done, len(paths))
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    pixels.flush()


def _decode(image: Path | bytes, size_px: int) -> NDArray[np.uint8]:
    return square_pixels(load_image(image, min_side_px=size_px), size_px)
