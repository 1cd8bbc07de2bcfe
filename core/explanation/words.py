"""Texts as words: where they stand, texts without one of them, and which tokens belong to which."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from core.arrays import FloatArray, IntArray

MAX_WORDS = 128
"""Of longer texts several words in a row count as one, so that the number of passes stays bounded."""

NO_WORD = -1

_WORD = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\s\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
"""What white space parts; Chinese and Japanese, which have none, character by character."""

Span = tuple[int, int]
"""Start and end of some characters of a text."""


def find_words(text: str, *, max_words: int = MAX_WORDS) -> tuple[Span, ...]:
    """Where the words of a text stand, at most `max_words` of them, in their order."""
    words = [found.span() for found in _WORD.finditer(text)]
    n_joined = -(-len(words) // max_words)
    starts = range(0, len(words), max(1, n_joined))
    return tuple((words[at][0], words[min(at + n_joined, len(words)) - 1][1]) for at in starts)


def leave_out(text: str, word: Span) -> str:
    """The text without a word and the white space behind it."""
    start, end = word
    return (text[:start] + text[end:].lstrip()).strip()


def words_of_tokens(words: Sequence[Span], tokens: Sequence[Span]) -> IntArray:
    """Number of the word that each token belongs to, shape (n_tokens,); NO_WORD for those that stand for none.

    A token's last character decides: some tokenizers count the space before a word to its first token.

    Args:
        words: as `find_words` gives them.
        tokens: as `core.backbones.tokenizers.token_spans` gives them.
    """
    starts, ends = np.array(words).reshape(-1, 2).T
    last = np.array([end - 1 if end > start else -1 for start, end in tokens])
    at = np.searchsorted(starts, last, side="right") - 1
    is_inside = (at >= 0) & (last >= 0) & (last < ends[at])
    return np.where(is_inside, at, NO_WORD)


def sum_per_word(scores: FloatArray, word_of: IntArray, n_words: int) -> FloatArray:
    """Scores of tokens added up per word, shape (..., n_words).

    Args:
        scores: shape (..., n_tokens).
        word_of: as `words_of_tokens`, shape (n_tokens,).
        n_words: how many words there are.
    """
    belongs = word_of[:, None] == np.arange(n_words)
    return np.asarray(scores @ belongs.astype(scores.dtype))
