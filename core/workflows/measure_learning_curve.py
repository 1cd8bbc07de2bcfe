"""Would more data help? Heads on the frozen features of a run, fitted to ever more of its training samples."""

from __future__ import annotations

import time

import numpy as np

from core.arrays import IntArray
from core.datasets.records import Dataset
from core.errors import ConfigurationError
from core.evaluation.comparison import compare_predictions
from core.evaluation.learning_curve import (
    PER_CLASS,
    band_of,
    curve_sizes,
    fit_curve,
    foretell,
    judge_curve,
    learn_from_sizes,
    points_of,
)
from core.evaluation.power_law import MIN_SIZES
from core.evaluation.records import CurveVerdict, LearningCurve
from core.runs.records import utc_now
from core.training.strategies import get_strategy
from core.workflows.pooled_features import Progress
from core.workflows.run_network import RunNetwork
from core.workflows.show_run import RunCard, RunView, list_runs, read_predictions
from core.workflows.stored_studies import save_curve
from core.workflows.workspace import Workspace

_VERDICTS: dict[CurveVerdict, str] = {
    "more-data": "More labeled samples like these are worth collecting.",
    "unsure": "How much more samples would bring is too unsure to plan by.",
    "features": "The features are the limit: unfreeze stages, or choose another backbone, before collecting more.",
    "flat": "More samples like these change little. Whether the features are the limit, only a run that trains stages "
    "can tell.",
    "nearly-all": "Hardly an error is left on validation, so that there is little to gain from more samples.",
}


def measure_learning_curve(
    workspace: Workspace, run_id: str, *, on_progress: Progress = lambda *_: None
) -> LearningCurve:
    """Fit heads to ever more of a run's training samples and score them on validation; kept with the run.

    The test split is not looked at. Heads are fitted as a run fits them, but to each sample as it is and with every
    sample counting alike, on what the backbone gave out before anything was trained.

    Args:
        workspace: where the run, its data and the cache lie.
        run_id: a finished run.
        on_progress: called with (step, done, of); may raise to end it.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no report yet, learned from scratch, or has too few samples.
        MissingWeightsError: the pretrained weights are not on this machine any more.
    """
    started = time.perf_counter()
    run = RunNetwork(workspace, run_id, on_progress)
    dataset, labels = run.dataset, run.dataset.labels
    train, val = dataset.rows("train"), dataset.rows("val")
    _require_curve(run, len(train), len(val))
    classifier = run.build_start()
    rows = np.concatenate([train, val])
    features = run.of(classifier, rows)
    measured = list(
        learn_from_sizes(
            features[: len(train)],
            labels[train],
            features[len(train) :],
            dataset.n_classes,
            widths=classifier.stage_widths or None,
            on_fit=lambda size, done, of: on_progress(f"Fitting heads to {size:,} samples", done, of),
        )
    )
    on_progress("Drawing the curve", 0, 0)
    points = points_of(measured, labels[val])
    curve, n_train = fit_curve(measured, labels[val]), len(train)
    gain = curve.gain(n_train, 2 * n_train)
    better_run = find_better_run(workspace, dataset, run.spec.model, measured[-1].predictions[0])
    found = LearningCurve(
        points=points,
        band=band_of(curve, points[0].n_train, 2 * n_train),
        gain=gain,
        foretold=foretell(measured, labels[val]),
        verdict=judge_curve(gain, points[-1].score, points[-1].train_score, is_surpassed=bool(better_run)),
        better_run=better_run,
        n_val=len(val),
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_curve(workspace, run_id, found)
    return found


def why_no_curve(run: RunView) -> str:
    """Why `measure_learning_curve` would refuse a run, one sentence; empty where only its data can tell."""
    if not get_strategy(run.spec.strategy).pretrained:
        return "This run learned from scratch: there are no pretrained features to fit heads to."
    return ""


def find_better_run(workspace: Workspace, dataset: Dataset, model: str, answers: IntArray) -> str:
    """The newest run on the same data that trained stages of the same backbone and beats a head by more than chance.

    Args:
        workspace: whose runs are looked at.
        dataset: that the head learned from.
        model: id of the backbone whose features it reads.
        answers: of the head to the validation samples, shape (n_val,), in the order of the dataset.

    Returns:
        Its id; empty where there is none.
    """
    for card in list_runs(workspace):
        if not _trained_stages(card, dataset.id, model):
            continue
        table = read_predictions(workspace, card.id)
        told = table.rows("val")
        if [table.sample_ids[at] for at in told] != [dataset.sample_ids[row] for row in dataset.rows("val")]:
            continue
        found = compare_predictions(table.labels[told], answers, table.predictions[told], dataset.n_classes)
        if found.is_decided and found.accuracy.value > 0:
            return card.id
    return ""


def _trained_stages(card: RunCard, dataset_id: str, model: str) -> bool:
    strategy = get_strategy(card.spec.strategy)
    is_same = card.spec.dataset_id == dataset_id and card.spec.model == model
    return is_same and card.accuracy is not None and strategy.freezes != "all" and strategy.pretrained


def curve_in_words(curve: LearningCurve) -> tuple[str, ...]:
    """What twice as many samples would bring, what to do, and whether such a forecast came true here."""
    n, gain = curve.n_train, curve.gain
    promise = (
        f"Doubling the data, from {n:,} to {2 * n:,} training samples: about {_points(gain.value, '+')} points of "
        f"validation accuracy ({_points(gain.low)} to {_points(gain.high)})."
    )
    better = f" Run {curve.better_run}, which trained stages, is better than this head even so." * bool(
        curve.better_run
    )
    return promise, _VERDICTS[curve.verdict] + better, _check_in_words(curve)


def _check_in_words(curve: LearningCurve) -> str:
    found = curve.foretold
    if found is None:
        return "There are too few training samples to check such a forecast against what is known."
    verdict = "within its band" if found.came_true else "outside its band, so do not rely on this curve"
    return (
        f"Check: from up to {found.n_known:,} samples, the same rule foretold {_share(found.score.value)} "
        f"({_share(found.score.low)} to {_share(found.score.high)}) for all {found.n_train:,}; measured: "
        f"{_share(found.measured)}, {verdict}."
    )


def _require_curve(run: RunNetwork, n_train: int, n_val: int) -> None:
    if not run.starts_pretrained:
        raise ConfigurationError(
            "This run learned from scratch: there are no pretrained features to fit heads to.",
            "Ask for the learning curve of a run that began with pretrained weights.",
        )
    needed = int(np.ceil(PER_CLASS * run.dataset.n_classes * 2 ** ((MIN_SIZES - 1) / 2)))
    if not curve_sizes(n_train, run.dataset.n_classes) or not n_val:
        raise ConfigurationError(
            f"A curve over {run.dataset.n_classes} classes needs at least {needed} training samples and some to "
            f"validate on; found {n_train} and {n_val}.",
            "Add labeled samples and train again.",
        )


def _points(share: float | None, sign: str = "") -> str:
    return "?" if share is None else f"{100 * share:{sign}.1f}"


def _share(share: float | None) -> str:
    return "?" if share is None else f"{share:.1%}"
