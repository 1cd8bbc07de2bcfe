"""Near duplicates: pairs of images or texts that are the same thing twice, each confirmed by a second signal."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import numpy as np

from core.arrays import BoolArray, FloatArray, IntArray
from core.datasets.close_prints import close_pairs
from core.datasets.looks import Look
from core.datasets.records import Dataset

MAX_DISTANCE_BITS = 8
"""Of 64: compressing, resizing and brightening moves a fingerprint by up to 6, cutting 2 % off each side by 4 to 8."""

MIN_CORRELATION = 0.97
"""Of the small pictures. Hands before one wall agree in their fingerprints and stay below it (0 of 1,021 such pairs in
2,062 hands, 127 of them under two labels); copies saved anew reach 0.98 and more."""

MIN_COSINE = 0.9
MIN_SHARED_WORDS = 0.8
TELLING_CHARS, TYPO_RATIO = 4, 0.75
"""A word as long as this is no small word; one as like another as that is the same one misspelt."""
MAX_COMPARED_TEXTS = 30_000
"""Beyond this many different texts only those that read the same are found: comparing all pairs would take minutes."""
COMPARED_CHARS = 1_000
BLOCK = 1_000
MAX_PAIRS_AT_ONCE = 4096
"""Of images whose small pictures are compared, 3 kB each."""

_WORD = re.compile(r"\w+")
_SPACED = bytes(ord(chr(code).lower() if _WORD.match(chr(code)) else " ") for code in range(128)).ljust(256)
"""For each byte of plain English what it is read as: six times faster than the expression."""

Progress = Callable[[int, int], None]


def group_similar_images(looks: Sequence[Look], *, on_progress: Progress = lambda *_: None) -> IntArray:
    """A number for each image, the same for near duplicates; shape (n,).

    Copies that were saved anew, made smaller or brighter or cut by a few pixels count; mirrored, turned, recoloured
    and more closely cut ones do not.
    """
    rows = np.array([row for row, look in enumerate(looks) if look.fingerprint is not None], dtype=np.int64)
    prints = np.array([looks[row].fingerprint for row in rows], dtype=np.uint64)
    groups: IntArray = np.arange(len(looks))
    found = _no_pairs()
    for places in close_pairs(prints, MAX_DISTANCE_BITS, on_progress=on_progress):
        for start in range(0, places.shape[1], MAX_PAIRS_AT_ONCE):
            pairs = rows[places[:, start : start + MAX_PAIRS_AT_ONCE]]
            pairs = pairs[:, groups[pairs[0]] != groups[pairs[1]]]
            found = np.concatenate([found, pairs[:, _look_alike(looks, pairs)]], axis=1)
            if found.shape[1] > MAX_PAIRS_AT_ONCE:  # what is joined by now need not be looked at again
                groups, found = _connected(groups[found], len(looks))[groups], _no_pairs()
    return _connected(groups[found], len(looks))[groups]


def group_similar_texts(texts: Sequence[str], *, on_progress: Progress = lambda *_: None) -> IntArray:
    """A number for each text, the same for near duplicates; shape (n,).

    Texts that differ in case, punctuation, a typo or a small word count; those that differ in a number do not.
    """
    plain = [plain_text(text) for text in texts]
    order: dict[str, int] = {}
    form = np.array([order.setdefault(text, len(order)) for text in plain], dtype=np.int64)
    forms = list(order)
    if len(forms) > MAX_COMPARED_TEXTS:
        return form
    return _connected(_pairs_of_forms(forms, on_progress), len(forms))[form]


def plain_text(text: str) -> str:
    """A text as it reads aloud: one case, one form of each character, words and nothing between them."""
    if text.isascii():
        return " ".join(text.encode().translate(_SPACED).decode().split()) or text.strip()
    return " ".join(_WORD.findall(unicodedata.normalize("NFKC", text).casefold())) or text.strip()


def join_groups(*groups: Sequence[object] | IntArray) -> IntArray:
    """One number per row, the same for rows that any of the groupings holds together; shape (n,)."""
    firsts = [_first_rows(grouping) for grouping in groups]
    n = len(firsts[0])
    pairs = [np.stack([first, np.arange(n)]) for first in firsts]
    return _connected(np.concatenate(pairs, axis=1), n)


def members(groups: IntArray) -> list[IntArray]:
    """The rows of each group of two or more, in the order of their first rows."""
    order = np.argsort(groups, kind="stable")
    borders = np.flatnonzero(np.diff(groups[order])) + 1
    found = [rows for rows in np.split(order, borders) if len(rows) > 1]
    return sorted(found, key=lambda rows: int(rows[0]))


def n_leaked(dataset: Dataset, copies: IntArray) -> int:
    """Samples of val and test that have a copy in another part of the split.

    Args:
        dataset: the samples and their split.
        copies: the same number for copies, shape (n_samples,).
    """
    rows = np.flatnonzero(np.bincount(copies)[copies] > 1)
    first, splits = _first_rows(copies[rows]), dataset.splits[rows]
    is_spread = np.zeros(len(rows), dtype=np.bool_)
    is_spread[first[splits != splits[first]]] = True
    return int((is_spread[first] & (splits != "train")).sum())


def _first_rows(values: Sequence[object] | IntArray) -> IntArray:
    """For each row the first one that has the same value, shape (n,)."""
    if isinstance(values, np.ndarray):
        _, first, place = np.unique(values, return_index=True, return_inverse=True)
        return first[place].astype(np.int64)
    rows: dict[object, int] = {}
    return np.fromiter((rows.setdefault(value, row) for row, value in enumerate(values)), np.int64, len(values))


def _no_pairs() -> IntArray:
    return np.empty((2, 0), dtype=np.int64)


def _look_alike(looks: Sequence[Look], pairs: IntArray) -> BoolArray:
    """Which pairs of rows show the same small picture, shape (n_pairs,)."""
    if not pairs.shape[1]:
        return np.zeros(0, dtype=np.bool_)
    first, second = (_standardised(np.stack([looks[row].small for row in rows]).astype(np.float32)) for rows in pairs)
    alike: BoolArray = np.einsum("ij,ij->i", first, second) > MIN_CORRELATION
    return alike


def _standardised(values: FloatArray) -> FloatArray:
    centred: FloatArray = np.subtract(values, values.mean(axis=1, keepdims=True), dtype=np.float32)
    centred /= np.maximum(np.linalg.norm(centred, axis=1, keepdims=True), 1e-9)
    return centred


def _pairs_of_forms(forms: Sequence[str], on_progress: Progress) -> IntArray:
    """Places of forms that are close in character n-grams, shape (2, n_pairs), and share most of their words."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    grams = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 4), sublinear_tf=True, dtype=np.float32)
    weights = grams.fit_transform([form[:COMPARED_CHARS] for form in forms])
    words = [frozenset(form.split()) for form in forms]
    pairs = []
    for start in range(0, len(forms), BLOCK):
        on_progress(start, len(forms))
        alike = (weights[start : start + BLOCK] @ weights[start:].T).tocoo()
        near = (alike.data > MIN_COSINE) & (alike.col > alike.row)
        found = zip(alike.row[near].tolist(), alike.col[near].tolist(), strict=True)
        places = ((start + one, start + two) for one, two in found)
        pairs += [(one, two) for one, two in places if _say_the_same(words[one], words[two])]
    return np.array(pairs, dtype=np.int64).reshape(-1, 2).T


def _say_the_same(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether most words are shared, all that have a digit in them, and no other word stands in the place of one."""
    if any(any(map(str.isdigit, word)) for word in first ^ second):
        return False
    if len(first & second) < MIN_SHARED_WORDS * len(first | second):
        return False
    alone = [[word for word in words if len(word) >= TELLING_CHARS] for words in (first - second, second - first)]
    return not all(alone) or all(get_close_matches(word, alone[1], n=1, cutoff=TYPO_RATIO) for word in alone[0])


def _connected(pairs: IntArray, n: int) -> IntArray:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    graph = coo_matrix((np.ones(pairs.shape[1], dtype=np.int8), (pairs[0], pairs[1])), shape=(n, n))
    labels: IntArray = connected_components(graph, directed=False)[1].astype(np.int64)
    return labels
