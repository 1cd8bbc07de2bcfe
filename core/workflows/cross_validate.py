"""How good with few samples? Heads on the frozen features of a run, each asked for the samples it did not see."""

from __future__ import annotations

import time

import numpy as np

from core.arrays import IntArray
from core.datasets.grouping import group_samples, rule_in_words
from core.datasets.records import Dataset
from core.datasets.similar import join_groups
from core.errors import ConfigurationError
from core.evaluation.folds import draw_folds
from core.evaluation.intervals import macro_f1_interval, wilson_interval
from core.evaluation.records import CrossValidation, Interval
from core.runs.records import utc_now
from core.training.probe import fit_best_probe
from core.training.strategies import get_strategy
from core.workflows.check_data import copies_of
from core.workflows.join_features import joined_logits
from core.workflows.pooled_features import Progress
from core.workflows.run_network import RunNetwork
from core.workflows.stored_studies import save_folds
from core.workflows.workspace import Workspace

USUAL_FOLDS, MAX_FOLDS = 5, 20


def cross_validate(
    workspace: Workspace, run_id: str, *, n_folds: int = USUAL_FOLDS, on_progress: Progress = lambda *_: None
) -> CrossValidation:
    """Predict every sample of a run's data once, by heads fitted without it; kept with the run.

    Heads are fitted as a run fits them, but to each sample as it is and with every sample counting alike. Classes are
    spread evenly over the folds; copies, and what the data say belongs together, lie in one. All parts of the split
    are asked, so nothing should be chosen by this number that the test part is to judge afterwards.

    Args:
        workspace: where the run, its data and the cache lie.
        run_id: a finished run that fitted a head to frozen features.
        n_folds: from 2 to MAX_FOLDS.
        on_progress: called with (step, done, of); may raise to end it.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no report yet, trained stages, or the number of folds is out of bounds.
        DatasetError: a class has too few samples for that, or the data have been deleted.
        MissingWeightsError: the pretrained weights are not on this machine any more.
    """
    started = time.perf_counter()
    require_folds(n_folds)
    run = RunNetwork(workspace, run_id, on_progress)
    if why := why_no_folds(run.spec.strategy):
        raise ConfigurationError(why, "Ask a run of feature extraction, or of a head on all stages.")
    dataset, labels = run.dataset, run.dataset.labels
    folds = draw_folds(labels, _groups(workspace, dataset), n_folds, seed=run.spec.seed)
    classifier = run.build_start()
    features = run.of(classifier, np.arange(dataset.n_samples))
    alike = np.ones(dataset.n_classes, dtype=np.float32)
    predictions = np.zeros(dataset.n_samples, dtype=np.int64)
    for fold in range(n_folds):
        on_progress("Fitting heads, a fold each", fold, n_folds)
        train, held_out = folds != fold, folds == fold
        widths = classifier.stage_widths or None
        probe = fit_best_probe(features[train], labels[train], alike, seed=run.spec.seed, widths=widths)
        predictions[held_out] = joined_logits(features[held_out], probe).argmax(axis=1)
    is_hit = predictions == labels
    found = CrossValidation(
        n_folds=n_folds,
        n=dataset.n_samples,
        n_train=len(dataset.rows("train")),
        accuracy=wilson_interval(int(is_hit.sum()), dataset.n_samples),
        macro_f1=macro_f1_interval(labels, predictions, dataset.n_classes),
        fold_accuracies=tuple(float(is_hit[folds == fold].mean()) for fold in range(n_folds)),
        together=dataset.kept_together,
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_folds(workspace, run_id, found)
    return found


def require_folds(n_folds: int) -> None:
    """Raises ConfigurationError where that many folds are out of bounds."""
    if not 2 <= n_folds <= MAX_FOLDS:
        raise ConfigurationError(
            f"Folds can be from 2 to {MAX_FOLDS}; found {n_folds}.", f"{USUAL_FOLDS} is the usual number."
        )


def why_no_folds(strategy: str) -> str:
    """Why runs of a strategy cannot be cross-validated, one sentence; empty where they can."""
    row = get_strategy(strategy)
    if row.freezes == "all" and row.pretrained:
        return ""
    return (
        f'Cross-validation fits heads to frozen features, in seconds; "{row.title}" trains stages, and each fold would '
        "take a training of its own."
    )


def folds_in_words(found: CrossValidation) -> tuple[str, ...]:
    """What was found, what its intervals rest on, and what it says of the run's own head."""
    kept = f", {found.together} in one fold" if found.together else ""
    low, high = min(found.fold_accuracies), max(found.fold_accuracies)
    return (
        f"Accuracy {_bounds(found.accuracy)}, macro-F1 {_bounds(found.macro_f1)}, on all {found.n:,} samples: each was "
        f"predicted once, by one of {found.n_folds} heads that did not see it{kept}.",
        f"From fold to fold the accuracy goes from {low:.1%} to {high:.1%}. The intervals take the {found.n:,} answers "
        "as independent; the heads share most of their samples, so the truth lies outside a little more often than 1 "
        "time in 20 (Bengio and Grandvalet 2004).",
        f"The head of this run is none of these: it learned from the {found.n_train:,} training samples alone, a "
        f"little fewer than each of them did. The estimate is of the recipe, on data like these.",
    )


def _groups(workspace: Workspace, dataset: Dataset) -> IntArray:
    """The same for what must lie in one fold: copies, groups, and what the split keeps together."""
    rule = rule_in_words(dataset.kept_together)
    named = group_samples(rule, dataset.sources, dataset.groups) or dataset.groups
    return join_groups(dataset.sample_ids, copies_of(workspace, dataset), *([named] if named else []))


def _bounds(number: Interval) -> str:
    if number.low is None or number.high is None:
        return f"{number.value:.1%}"
    return f"{number.value:.1%} (95 % interval {number.low:.1%} to {number.high:.1%})"
