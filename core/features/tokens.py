"""Texts are split into tokens once, and kept sample by sample for whoever asks again."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence

import numpy as np

from core.backbones.records import BackboneRow
from core.backbones.tokenizers import tokenize
from core.features.cache import ArrayCache, cache_key
from core.features.shelf import OFFSETS, VALUES, JoinedArray, SampleShelf
from core.features.sources import RaggedSource

VERSION = 1
PAD = "pad"


def read_tokens(row: BackboneRow, names: Sequence[str], texts: Sequence[str], cache: ArrayCache) -> RaggedSource:
    """Token ids of texts, cut at the backbone's length; those that are in the cache are not split again.

    Args:
        row: a backbone for texts; its tokenizer is fetched where it is not on this machine.
        names: of every text; equal names, equal texts.
        texts: as many.
        cache: where ids are kept.

    Raises:
        MissingWeightsError: the tokenizer is not on this machine and could not be downloaded.
    """
    shelf = SampleShelf(cache, tokens_key(row))
    found = shelf.find(names)
    if found.is_missing.any():
        _add(shelf, row, names, texts, np.flatnonzero(found.is_missing).tolist())
        found = shelf.require(names)
    values = found.joined(VALUES)
    lengths = JoinedArray([np.diff(entry[OFFSETS]) for entry in found.entries])
    pad_id = int(found.entries[0][PAD][0])
    return RaggedSource(values, found.token_starts(values), lengths[found.places(lengths)], fill=pad_id)


def tokens_key(row: BackboneRow) -> str:
    """Under which token ids are kept."""
    parts = {"preprocessing": row.preprocessing, "tokenizer": row.id, "version": VERSION}
    return cache_key(kind="tokens", library=importlib.metadata.version("tokenizers"), **parts)


def _add(shelf: SampleShelf, row: BackboneRow, names: Sequence[str], texts: Sequence[str], missing: list[int]) -> None:
    table = tokenize(row.id, [texts[at] for at in missing], allow_download=True)
    with shelf.adding([names[at] for at in missing]) as folder:
        np.save(folder / f"{VALUES}.npy", table.ids)
        np.save(folder / f"{OFFSETS}.npy", table.offsets)
        np.save(folder / f"{PAD}.npy", np.array([table.pad_id]))
