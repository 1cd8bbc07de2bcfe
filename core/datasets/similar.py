"""Near duplicates: pairs of images or texts that are the same thing twice, each confirmed by a second signal."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import numpy as np

from core.arrays import FloatArray, IntArray
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
MAX_PAIRS_AT_ONCE = 10_000_000

Progress = Callable[[int, int], None]


def group_similar_images(looks: Sequence[Look], *, on_progress: Progress = lambda *_: None) -> IntArray:
    """A number for each image, the same for near duplicates; shape (n,).

    Copies that were saved anew, made smaller or brighter or cut by a few pixels count; mirrored, turned, recoloured
    and more closely cut ones do not.
    """
    rows = np.array([row for row, look in enumerate(looks) if look.fingerprint is not None], dtype=np.int64)
    if not len(rows):
        return np.arange(len(looks))
    prints = np.array([looks[row].fingerprint for row in rows], dtype=np.uint64)
    small = _standardised(np.stack([looks[row].small for row in rows]).astype(np.float32))
    pairs = []
    block = max(1, MAX_PAIRS_AT_ONCE // len(rows))
    for start in range(0, len(rows), block):
        on_progress(start, len(rows))
        distance = np.bitwise_count(prints[start : start + block, None] ^ prints[None, start:])
        first, second = np.nonzero(distance <= MAX_DISTANCE_BITS)
        first, second = first[second > first] + start, second[second > first] + start
        alike = np.einsum("ij,ij->i", small[first], small[second]) > MIN_CORRELATION
        pairs.append(np.stack([rows[first[alike]], rows[second[alike]]]))
    return _connected(np.concatenate(pairs, axis=1), len(looks))


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
    return " ".join(re.findall(r"\w+", unicodedata.normalize("NFKC", text).casefold())) or text.strip()


def join_groups(*groups: Sequence[object] | IntArray) -> IntArray:
    """One number per row, the same for rows that any of the groupings holds together; shape (n,)."""
    n, pairs = len(groups[0]), []
    for grouping in groups:
        first: dict[object, int] = {}
        values = grouping.tolist() if isinstance(grouping, np.ndarray) else grouping
        pairs += [(first.setdefault(value, row), row) for row, value in enumerate(values)]
    return _connected(np.array(pairs, dtype=np.int64).reshape(-1, 2).T, n)


def members(groups: IntArray) -> list[IntArray]:
    """The rows of each group of two or more, in the order of their first rows."""
    rows: dict[int, list[int]] = defaultdict(list)
    for row, group in enumerate(groups.tolist()):
        rows[group].append(row)
    return [np.array(found) for found in rows.values() if len(found) > 1]


def n_leaked(dataset: Dataset, copies: IntArray) -> int:
    """Samples of val and test that have a copy in another part of the split.

    Args:
        dataset: the samples and their split.
        copies: the same number for copies, shape (n_samples,).
    """
    groups = [dataset.splits[rows] for rows in members(copies)]
    return sum(int((splits != "train").sum()) for splits in groups if len(set(splits.tolist())) > 1)


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
