"""What is better, when to stop and how large a step is: tables."""

import math

import pytest

from core.training.policies import EarlyStopping, Score, plateau_middle, step_scale


@pytest.mark.parametrize(
    ("score", "other", "is_better"),
    [
        ((0.5, 1.0), None, True),
        ((0.6, 2.0), (0.5, 1.0), True),
        ((0.5, 0.9), (0.5, 1.0), True),
        ((0.5, 1.0), (0.5, 1.0), False),
        ((0.4, 0.1), (0.5, 1.0), False),
        ((0.9, math.nan), None, False),
        ((0.9, math.inf), (0.1, 3.0), False),
        ((0.9, math.nan), (0.1, 3.0), False),
    ],
)
def test_macro_f1_decides_the_loss_breaks_ties_and_runaways_never_win(score, other, is_better):
    other_score = None if other is None else Score(macro_f1=other[0], loss=other[1])
    assert Score(macro_f1=score[0], loss=score[1]).beats(other_score) is is_better


def epochs_until_stop(patience, history):
    stopping = EarlyStopping(patience=patience)
    for epoch, (macro_f1, loss) in enumerate(history, start=1):
        stopping = stopping.after(Score(macro_f1=macro_f1, loss=loss))
        if stopping.should_stop:
            return epoch
    return None


@pytest.mark.parametrize(
    ("patience", "history", "epoch"),
    [
        (2, [(0.5, 1.0), (0.5, 1.0), (0.5, 1.0), (0.9, 0.1)], 3),
        (2, [(0.5, 1.0), (0.5, 1.1), (0.5, 0.9), (0.5, 1.0), (0.5, 1.0)], 5),  # a lower loss is progress
        (2, [(0.5, 1.0), (0.5, 1.1), (0.6, 1.2), (0.6, 1.3), (0.6, 1.3)], 5),  # so is a higher F1
        (1, [(0.5, 1.0), (0.5, 1.0)], 2),
        (0, [(0.5, 1.0)] * 50, None),
        (3, [(0.5, 1.0), (0.5, 1.1), (0.5, 1.1)], None),
        (2, [(0.5, math.nan)] * 3, 3),
        (2, [(0.1 * n, 1.0 / n) for n in range(1, 9)], None),
    ],
)
def test_training_stops_after_so_many_epochs_without_progress(patience, history, epoch):
    assert epochs_until_stop(patience, history) == epoch


def test_a_count_that_was_stored_goes_on_where_it_stood():
    stopping = EarlyStopping(patience=3, lowest_loss=0.2, highest_f1=0.9, n_stale=2)
    assert not stopping.should_stop
    assert stopping.after(Score(macro_f1=0.8, loss=0.3)).should_stop
    assert stopping.after(Score(macro_f1=0.8, loss=0.1)).n_stale == 0


@pytest.mark.parametrize(
    ("step", "n_steps", "warmup_share", "scale"),
    [
        (0, 100, 0.1, 0.1),
        (4, 100, 0.1, 0.5),
        (9, 100, 0.1, 1.0),
        (10, 100, 0.1, 1.0),
        (55, 100, 0.1, 0.5),
        (0, 100, 0.0, 1.0),
        (50, 100, 0.0, 0.5),
        (0, 1, 0.1, 1.0),
        (0, 1, 0.9, 1.0),
    ],
)
def test_the_rate_rises_in_a_line_and_falls_along_a_cosine(step, n_steps, warmup_share, scale):
    assert step_scale(step, n_steps, warmup_share) == pytest.approx(scale)


@pytest.mark.parametrize("warmup_share", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("n_steps", [1, 2, 3, 10, 97])
def test_every_step_moves_and_none_by_more_than_the_full_rate(n_steps, warmup_share):
    scales = [step_scale(step, n_steps, warmup_share) for step in range(n_steps)]
    assert all(0 < scale <= 1 for scale in scales)
    peak = scales.index(max(scales))
    assert scales[: peak + 1] == sorted(scales[: peak + 1])
    assert scales[peak:] == sorted(scales[peak:], reverse=True)


@pytest.mark.parametrize(
    ("path", "other", "n_samples", "chosen"),
    [
        ((0.80, 0.90, 0.91, 0.90, 0.80), None, 500, 2),  # the middle of the three that are tied
        ((0.90, 0.90, 0.90, 0.90, 0.91), None, 100, 2),  # all are tied: the middle of the path
        ((0.90, 0.90, 0.90, 0.90, 0.91), None, 1_000_000, 4),  # clearly better: the highest
        ((0.80, math.nan, 1.0), None, 100, 2),  # nothing is within the error of a perfect score
        ((0.80, 0.81), 0.95, 100, None),  # a state off the path is clearly better
        ((0.94, 0.80), 0.95, 100, 0),
        ((math.nan, math.nan), 0.5, 100, None),
    ],
)
def test_the_middle_of_what_is_tied_along_a_path_is_taken(path, other, n_samples, chosen):
    scores = [Score(macro_f1=macro_f1, loss=0.0 if math.isfinite(macro_f1) else math.nan) for macro_f1 in path]
    off_path = None if other is None else Score(macro_f1=other, loss=0.0)
    assert plateau_middle(scores, off_path, n_samples) == chosen
