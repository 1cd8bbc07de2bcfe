"""The head's solver, its search for the regularisation included, against scikit-learn's converged optimum."""

from __future__ import annotations

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from benchmarks.apart import apart
from benchmarks.data import require_data
from benchmarks.frozen_features import fastest_engine, pooled_features
from benchmarks.ours import import_data
from benchmarks.sections import Column, Section, build_parser, measuring
from core.arrays import FloatArray, IntArray
from core.backbones.loaders import build_backbone
from core.datasets.records import Dataset
from core.training.probe import best_strength, fit_probe, search_strengths
from core.training.standardiser import feature_scale
from core.workflows.workspace import Workspace

TOLERANCE, OWN_TOLERANCE, QUICK_TOLERANCE = 1e-8, 1e-4, 1e-3
"""At which scikit-learn's optimum counts as converged, at which it stops by itself, and for a quick try."""

MAX_ITERATIONS = 20_000
USUAL_TOKENS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class Features:
    """Pooled features and labels of what is learned and of what is asked."""

    train: FloatArray
    train_labels: IntArray
    test: FloatArray
    test_labels: IntArray


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    """A fitted head.

    Attributes:
        search_s: seconds of choosing C; 0 where it was given.
        fit_s: seconds of walking to the optimum.
        strength: C.
        weight: for standardised features, shape (n_classes, n_features), float64.
        bias: shape (n_classes,), float64.
    """

    search_s: float
    fit_s: float
    strength: float
    weight: FloatArray
    bias: FloatArray


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("probe", "The head's solver", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    train, test = (require_data(options.data, f"banking77/{name}.csv") for name in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        features = apart(compute_features, Path(folder), train, test)
    ours = apart(fit_ours, features)
    tolerance = QUICK_TOLERANCE if options.quick else TOLERANCE
    theirs = apart(fit_sklearn, features, ours.strength, tolerance)
    n_samples, n_features = features.train.shape
    table = section.table(
        f"{n_samples:,} × {n_features} features, {len(ours.bias)} classes, C = {ours.strength:g}",
        Column(key="who", title="Solver"),
        Column(key="search_s", title="Search, s", form="{:.2f}"),
        Column(key="fit_s", title="Fit, s", form="{:.2f}"),
        Column(key="accuracy", title="Test accuracy", form="{:.4f}"),
        Column(key="test_loss", title="Test loss, nats", form="{:.5f}"),
        Column(key="objective", title="Objective, nats", form="{:.7f}"),
    )
    as_usual = apart(fit_sklearn, features, ours.strength, OWN_TOLERANCE)
    for who, fit in (
        ("Ours, with its search", ours),
        ("scikit-learn at the same C, converged", theirs),
        ("scikit-learn at the same C, its own tolerance", as_usual),
    ):
        table.add(who=who, search_s=fit.search_s or None, fit_s=fit.fit_s, **judge(fit, features))
    mine, other = judge(ours, features), judge(theirs, features)
    section.aim("Search and fit, s", ours.search_s + ours.fit_s, 4, "{:.2f}", at_least=False)
    section.aim("Test accuracy", mine["accuracy"], 0.929, "{:.4f}")
    section.aim("Test accuracy, ours minus scikit-learn's", mine["accuracy"] - other["accuracy"], -0.0005, "{:+.4f}")
    section.notes += [
        f"The objectives differ by {mine['objective'] - other['objective']:.1e} nats.",
        "Both on the same standardised features. The objective is the mean cross-entropy with its penalty, recomputed "
        "in double precision for both.",
        f"scikit-learn: lbfgs; converged means tol {tolerance:g}, its own is {OWN_TOLERANCE:g}. It was given C; to "
        "search for it would take about as long for every C.",
    ]


def compute_features(root: Path, train: Path, test: Path) -> Features:
    """MiniLM's features of all texts; all that is not test is learned from."""
    dataset = import_data(root, train, test=test)
    pooled = _pool(Workspace(root), dataset)
    is_test = dataset.splits == "test"
    return Features(
        train=pooled[~is_test],
        train_labels=dataset.labels[~is_test],
        test=pooled[is_test],
        test_labels=dataset.labels[is_test],
    )


def fit_ours(features: Features) -> Fit:
    """Search and fit as a run does."""
    class_weights = np.ones(int(features.train_labels.max()) + 1, dtype=np.float32)
    started = time.perf_counter()
    tried = list(search_strengths(features.train, features.train_labels, class_weights, seed=0))
    searched = time.perf_counter()
    strength = best_strength(tried)
    *_, probe = fit_probe(features.train, features.train_labels, class_weights, strength=strength)
    ended = time.perf_counter()
    mean, divisor = (part.astype(np.float64) for part in feature_scale(features.train))
    return Fit(
        search_s=searched - started,
        fit_s=ended - searched,
        strength=strength,
        weight=probe.weight * divisor,
        bias=probe.bias + probe.weight @ mean,
    )


def fit_sklearn(features: Features, strength: float, tolerance: float) -> Fit:
    """The optimum for one C."""
    classifier = LogisticRegression(C=strength, tol=tolerance, max_iter=MAX_ITERATIONS)
    scaled = _scale(features, features.train)
    started = time.perf_counter()
    classifier.fit(scaled, features.train_labels)
    return Fit(
        search_s=0.0,
        fit_s=time.perf_counter() - started,
        strength=strength,
        weight=classifier.coef_,
        bias=classifier.intercept_,
    )


def judge(fit: Fit, features: Features) -> dict[str, float]:
    """Test accuracy and loss, and the value of what was minimised."""
    classes = np.arange(len(fit.bias))
    train, test = (_probs(fit, _scale(features, part)) for part in (features.train, features.test))
    penalty = float(np.square(fit.weight).sum()) / (2 * fit.strength * len(train))
    return {
        "accuracy": float((test.argmax(axis=1) == features.test_labels).mean()),
        "test_loss": float(log_loss(features.test_labels, test, labels=classes)),
        "objective": float(log_loss(features.train_labels, train, labels=classes)) + penalty,
    }


def _pool(workspace: Workspace, dataset: Dataset) -> FloatArray:
    backbone = build_backbone("minilm-l6", pretrained=True)
    return pooled_features(
        dataset,
        backbone,
        fastest_engine(backbone, workspace.cache, size=USUAL_TOKENS),
        store=workspace.datasets,
        cache=workspace.cache,
        image_size_px=0,
    )


def _scale(features: Features, part: FloatArray) -> FloatArray:
    mean, divisor = (number.astype(np.float64) for number in feature_scale(features.train))
    return (part - mean) / divisor


def _probs(fit: Fit, scaled: FloatArray) -> FloatArray:
    logits = scaled @ fit.weight.T + fit.bias
    exponentials = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


if __name__ == "__main__":
    main()
