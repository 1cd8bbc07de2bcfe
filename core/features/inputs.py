"""A dataset as network input: images decoded once to their working size, texts tokenised once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Protocol

import numpy as np

from core.arrays import IntArray
from core.backbones.records import BackboneRow, ImagePreprocessing
from core.backbones.tokenizers import tokenize
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore
from core.features.cache import ArrayCache, cache_key
from core.features.pixels import PixelShelf, decode_square
from core.features.shelf import PickedRows
from core.features.sources import BatchSource, PixelSource, RaggedSource
from core.features.tokens import read_tokens, tokens_key
from core.features.views import ViewedPixels, Views

Progress = Callable[[int, int], None]


class Inputs(Protocol):
    """What a backbone's first stage needs, one row per view of a sample; view 0, the sample itself, comes first.

    Attributes:
        names: of every row; equal names, equal content.
        n_samples: rows of view 0.
        lengths: tokens per row, or None for images.
        key: names how the content is prepared for the network; equal keys and names, equal input.
    """

    names: tuple[str, ...]
    n_samples: int
    lengths: IntArray | None
    key: str

    def count_unread(self, rows: IntArray) -> int:
        """How many samples behind these rows would have to be decoded first."""

    def reading(self, rows: IntArray) -> AbstractContextManager[BatchSource]:
        """A source of which these rows can be had, while they are still being prepared."""

    def read(self, rows: IntArray, on_progress: Progress) -> BatchSource:
        """A source of which these rows can be had for good; `on_progress` gets (done, in all)."""


def open_inputs(
    dataset: Dataset, row: BackboneRow, *, store: DatasetStore, cache: ArrayCache, image_size_px: int, views: Views
) -> Inputs:
    """The inputs of a dataset for a backbone; images are not decoded before they are read.

    Args:
        dataset: n_samples images or texts.
        row: the backbone; decides normalisation, or tokenizer and length.
        store: where image bytes lie.
        cache: where decoded pixels are kept for the next run.
        image_size_px: side of the square working size; ignored for texts.
        views: how many versions of each image there are; ignored for texts.
    """
    if isinstance(row.preprocessing, ImagePreprocessing):
        shelf = PixelShelf(cache, image_size_px, store.image_path)
        return ImageInputs(dataset.sample_ids, shelf, inputs_key(row, image_size_px), views)
    tokens = read_tokens(row, dataset.sample_ids, dataset.texts, cache)
    return ReadyInputs(tokens, dataset.sample_ids, inputs_key(row, image_size_px))


def inputs_key(row: BackboneRow, image_size_px: int) -> str:
    """Names how samples are prepared for a backbone."""
    if isinstance(row.preprocessing, ImagePreprocessing):
        return cache_key(preprocessing=row.preprocessing, size_px=image_size_px)
    return tokens_key(row)


class ImageInputs:
    """Images, decoded when they are read.

    Args:
        sample_ids: n_samples ids.
        shelf: where decoded images are kept.
        key: see `Inputs`.
        views: versions of each image.
    """

    lengths: IntArray | None = None

    def __init__(
        self,
        sample_ids: tuple[str, ...],
        shelf: PixelShelf,
        key: str,
        views: Views,
    ) -> None:
        self.names = views.names(sample_ids)
        self.n_samples = len(sample_ids)
        self.key = key
        self._shelf = shelf
        self._views = views

    def count_unread(self, rows: IntArray) -> int:
        """Images behind these rows that were not decoded yet."""
        return self._shelf.count_missing([self.names[at] for at in self._samples_of(rows)])

    @contextmanager
    def reading(self, rows: IntArray) -> Iterator[BatchSource]:
        """Images of these rows; decoded in the background in the order of `rows`."""
        samples = self._samples_of(rows)
        with self._shelf.reading([self.names[at] for at in samples]) as pixels:
            yield self._source(pixels, samples)

    def read(self, rows: IntArray, on_progress: Progress) -> BatchSource:
        """Images of these rows, once all are decoded."""
        samples = self._samples_of(rows)
        return self._source(self._shelf.read([self.names[at] for at in samples], on_progress), samples)

    def _samples_of(self, rows: IntArray) -> IntArray:
        """The samples behind rows, each once, in the order they come first."""
        samples, first = np.unique(rows % self.n_samples, return_index=True)
        return samples[np.argsort(first)]

    def _source(self, pixels: PickedRows, samples: IntArray) -> PixelSource:
        position = np.zeros(self.n_samples, dtype=np.int64)
        position[samples] = np.arange(len(samples))
        viewed = ViewedPixels(pixels, position, self.names, mirrored=self._views.mirrored)
        return PixelSource(viewed)


class ReadyInputs:
    """Inputs that lie in memory already.

    Args:
        source: the samples.
        names: of every sample.
        key: see `Inputs`.
    """

    def __init__(self, source: BatchSource, names: Sequence[str], key: str) -> None:
        self.names = tuple(names)
        self.n_samples = source.n_samples
        self.lengths = source.lengths
        self.key = key
        self._source = source

    def count_unread(self, rows: IntArray) -> int:
        """None."""
        del rows
        return 0

    @contextmanager
    def reading(self, rows: IntArray) -> Iterator[BatchSource]:
        """All samples, `rows` or not."""
        del rows
        yield self._source

    def read(self, rows: IntArray, on_progress: Progress) -> BatchSource:
        """All samples, `rows` or not."""
        del rows, on_progress
        return self._source


def image_inputs(row: BackboneRow, images: Sequence[Path | bytes], image_size_px: int) -> PixelSource:
    """Inputs for a few images that belong to no dataset; raises what `load_image` raises."""
    if not isinstance(row.preprocessing, ImagePreprocessing):
        raise TypeError(f"{row.id} does not take images")
    return PixelSource(np.stack([decode_square(image, image_size_px) for image in images]))


def text_inputs(row: BackboneRow, texts: Sequence[str]) -> RaggedSource:
    """Inputs for texts that belong to no dataset, as the backbone's own tokenizer splits them.

    Raises:
        MissingWeightsError: the tokenizer is not on this machine; nothing is downloaded.
    """
    table = tokenize(row.id, texts)
    return RaggedSource.end_to_end(table.ids, table.offsets, fill=table.pad_id)
