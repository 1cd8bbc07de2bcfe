"""What simpler ways answer to the same samples: a model is worth what it adds to them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.neighbors import KNeighborsClassifier

from core.arrays import FloatArray, IntArray
from core.evaluation.intervals import wilson_interval
from core.evaluation.records import Baseline, BaselineName
from core.evaluation.transferability import count_neighbours

MAX_TRAIN = 4_000
"""Training samples a baseline learns from at most."""

MAX_PRODUCTS = 3e10
"""Multiplications the nearest neighbours may cost, about a second on two cores."""

MAX_CHARS = 5_000_000
MAX_WEIGHT_USES = 8_000_000
"""Characters to split into words, and words times classes to fit: together about two seconds on two cores."""

STRENGTH = 10.0
"""Inverse regularisation of the logistic regression: word counts are of unit length, and short texts need little."""

TOLERANCE = 1e-2
WORD = r"(?u)\w+"


class NotComputed(Exception):  # noqa: N818 - a refusal, not an error
    """A baseline that would take too long, or has nothing to learn from; the message says which."""


def nearest_neighbours(train: FloatArray, train_labels: IntArray, asked: FloatArray) -> IntArray:
    """Classes by the vote of the nearest training samples by cosine, nearer ones with more say; shape (n_asked,).

    Args:
        train: features, shape (n_train, n_features).
        train_labels: shape (n_train,), integers.
        asked: features, shape (n_asked, n_features).

    Raises:
        NotComputed: it would take more than about a second.
    """
    if train.size * len(asked) > MAX_PRODUCTS:
        raise NotComputed("it would take more than a second")
    voters = KNeighborsClassifier(
        count_neighbours(train_labels), metric="cosine", algorithm="brute", weights="distance"
    ).fit(train, train_labels)
    return np.asarray(voters.predict(asked))


def words_counted(train: Sequence[str], train_labels: IntArray, asked: Sequence[str]) -> IntArray:
    """Classes by logistic regression on TF-IDF weights of words (Salton & Buckley 1988); shape (n_asked,).

    Args:
        train: texts.
        train_labels: shape (n_train,), integers.
        asked: texts.

    Raises:
        NotComputed: no training text holds a word, or it would take more than about two seconds.
    """
    if sum(map(len, train)) + sum(map(len, asked)) > MAX_CHARS:
        raise NotComputed(f"it would take more than two seconds: the texts have over {MAX_CHARS:,} characters")
    counter = TfidfVectorizer(sublinear_tf=True, token_pattern=WORD, dtype=np.float32)
    words = counter.build_analyzer()
    if not any(words(text) for text in train):
        raise NotComputed("no training text holds a word")
    counted = counter.fit_transform(train)
    if counted.nnz * (train_labels.max() + 1) > MAX_WEIGHT_USES:
        raise NotComputed("it would take more than two seconds: there are too many words and classes")
    # One class against the rest, because that solver takes a quarter of the time of a joint one, and is as good here.
    one_class = LogisticRegression(C=STRENGTH, solver="liblinear", tol=TOLERANCE)
    model = OneVsRestClassifier(one_class).fit(counted, train_labels)
    return np.asarray(model.predict(counter.transform(asked)))


def score_baseline(
    name: BaselineName, labels: IntArray, predictions: IntArray, *, n_train: int, seconds: float
) -> Baseline:
    """The row of a baseline that answered.

    Args:
        name: which one.
        labels: true classes, shape (n_samples,).
        predictions: its answers, same shape.
        n_train: training samples it learned from.
        seconds: that it took.
    """
    return Baseline(
        name=name,
        accuracy=wilson_interval(int((labels == predictions).sum()), len(labels)),
        macro_f1=float(f1_score(labels, predictions, average="macro", zero_division=0)),
        n_train=n_train,
        seconds=seconds,
    )
