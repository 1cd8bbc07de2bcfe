"""Texts → token ids, ragged, with the tokenizer each text row was trained with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from core.backbones.catalogue import get_backbone
from core.backbones.records import BackboneRow, TextPreprocessing
from core.backbones.sentencepiece_file import read_sentencepiece
from core.backbones.weights import SENTENCEPIECE_FILE, missing_weights, require_tokenizer
from core.errors import ConfigurationError


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenTable:
    """Token ids of many texts, end to end.

    Attributes:
        ids: all ids, shape (n_tokens,), special tokens included.
        offsets: where each text starts, shape (n_texts + 1,); text i is `ids[offsets[i]:offsets[i + 1]]`.
        pad_id: what fills a batch up on the right.
    """

    ids: NDArray[np.int32]
    offsets: NDArray[np.int64]
    pad_id: int


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenizerFile:
    """A tokenizer to take along.

    Attributes:
        json: what `tokenizers.Tokenizer.from_str` reads, whatever its publisher's form was.
        pad_id: what fills a batch up on the right.
    """

    json: str
    pad_id: int


def tokenizer_file(row: BackboneRow) -> TokenizerFile:
    """The tokenizer of a text row, cutting at the row's length; raises MissingWeightsError."""
    tokenizer, pad_id = _open(row, allow_download=False)
    return TokenizerFile(json=tokenizer.to_str(), pad_id=pad_id)


def tokenize(backbone_id: str, texts: Sequence[str], *, allow_download: bool = False) -> TokenTable:
    """The token ids of `texts`, each behind the row's prefix and cut at its `max_tokens`.

    Args:
        backbone_id: id of a text row.
        texts: any texts; an empty one becomes its special tokens, or one padding token where there are none (GPT-2).
        allow_download: fetch a missing tokenizer; true only where a person asked for this row by name.

    Raises:
        UnknownChoiceError: no row has this id.
        ConfigurationError: the row is for images.
        MissingWeightsError: the tokenizer is not on this machine and was not, or could not be, downloaded.
    """
    row, tokenizer, pad_id = _require_tokenizer(backbone_id, allow_download=allow_download)
    valid = [_behind_prefix(row, text) for text in texts]
    encoded = [encoding.ids or [pad_id] for encoding in tokenizer.encode_batch_fast(valid)]
    offsets = np.zeros(len(encoded) + 1, dtype=np.int64)
    np.cumsum([len(ids) for ids in encoded], out=offsets[1:])
    ids = np.fromiter((token for ids in encoded for token in ids), dtype=np.int32, count=int(offsets[-1]))
    return TokenTable(ids=ids, offsets=offsets, pad_id=pad_id)


def token_spans(backbone_id: str, text: str) -> tuple[tuple[int, int], ...]:
    """Which characters of a text each of its tokens stands for, in the order of `tokenize`.

    Args:
        backbone_id: id of a text row.
        text: any text.

    Returns:
        Start and end of each; (0, 0) for tokens that stand for none: special ones and those of the row's prefix.

    Raises:
        UnknownChoiceError, ConfigurationError, MissingWeightsError: as `tokenize`; nothing is downloaded.
    """
    row, tokenizer, _ = _require_tokenizer(backbone_id, allow_download=False)
    n_before = len(_settings(row).prefix)
    spans = tokenizer.encode(_behind_prefix(row, text)).offsets or [(0, 0)]
    return tuple((max(start - n_before, 0), max(end - n_before, 0)) for start, end in spans)


def _require_tokenizer(backbone_id: str, *, allow_download: bool) -> tuple[BackboneRow, Tokenizer, int]:
    row = get_backbone(backbone_id)
    tokenizer, pad_id = _open(row, allow_download=allow_download)
    return row, tokenizer, pad_id


def _behind_prefix(row: BackboneRow, text: str) -> str:
    # JSON may carry halves of surrogate pairs, which are no text; the tokenizer would refuse the whole batch
    return (_settings(row).prefix + text).encode("utf-8", "replace").decode("utf-8")


def _open(row: BackboneRow, *, allow_download: bool) -> tuple[Tokenizer, int]:
    max_tokens = _settings(row).max_tokens
    file = require_tokenizer(row, allow_download=allow_download)
    try:
        return _load_tokenizer(file, max_tokens)
    except Exception as error:  # the library raises nothing narrower for a damaged file
        raise missing_weights(row, f"{file} is no tokenizer of theirs") from error


def _settings(row: BackboneRow) -> TextPreprocessing:
    if not isinstance(row.preprocessing, TextPreprocessing):
        raise ConfigurationError(f"{row.title} reads images, not texts.", "Choose a backbone for texts.")
    return row.preprocessing


@cache
def _load_tokenizer(file: Path, max_tokens: int) -> tuple[Tokenizer, int]:
    tokenizer = read_sentencepiece(file) if file.name == SENTENCEPIECE_FILE else Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    pad_ids = [tokenizer.token_to_id(name) for name in _PADDING]
    return tokenizer, next(pad_id for pad_id in pad_ids if pad_id is not None)


_PADDING = ("[PAD]", "<pad>", "<|endoftext|>")
"""What padding is called in the vocabularies; GPT-2 has none, and takes the mark between two texts."""
