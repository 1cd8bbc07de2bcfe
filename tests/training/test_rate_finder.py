"""The learning-rate finder: rules on curves made by hand, and steps of tiny networks."""

import math

import numpy as np
import pytest

from core.training.events import BatchDone
from core.training.rate_finder import (
    HIGHEST_RATE,
    LOWEST_RATE,
    N_STEPS,
    RUNAWAY_FACTOR,
    has_run_away,
    steepest_descent,
    try_rates,
    until_runaway,
)
from core.training.records import RateTried
from tests.training.trainings import Training, changed

RATES = np.geomspace(LOWEST_RATE, HIGHEST_RATE, N_STEPS).tolist()


def curve(*, fastest=1e-3, height=2.0, fall=1.5, runs_away_at=0.1):
    """Losses that fall around one rate and explode beyond another."""
    return [
        height - fall / (1 + (fastest / rate) ** 1.5) + (1_000 * (rate - runs_away_at) if rate > runs_away_at else 0.0)
        for rate in RATES
    ]


def search(training):
    """What the finder says of a training, the steps apart from what comes before them."""
    told = list(try_rates(training.state, training.data, training.engine))
    return [one for one in told if isinstance(one, RateTried)], told


def test_a_steady_loss_is_its_own_mean_and_goes_on_to_the_largest_rate():
    tried = list(until_runaway(RATES, [1.5] * N_STEPS))
    assert [one.rate for one in tried] == RATES
    np.testing.assert_allclose([one.smoothed_loss for one in tried], 1.5)
    assert not has_run_away(tried)


def test_the_search_ends_at_the_first_smoothed_loss_beyond_four_times_the_best():
    tried = list(until_runaway(RATES, curve()))
    smoothed = [one.smoothed_loss for one in tried]
    assert has_run_away(tried)
    assert smoothed[-1] > RUNAWAY_FACTOR * min(smoothed) >= max(smoothed[:-1])


def test_no_step_is_made_after_the_last_that_is_told():
    made = []

    def losses():
        for loss in curve():
            made.append(loss)
            yield loss

    assert len(list(until_runaway(RATES, losses()))) == len(made)


@pytest.mark.parametrize("end", [math.nan, math.inf])
def test_a_loss_that_is_no_number_ends_it_untold(end):
    tried = list(until_runaway(RATES, [1.0, 1.0, end, 1.0]))
    assert [one.loss for one in tried] == [1.0, 1.0]
    assert has_run_away(tried)


def test_a_single_hard_batch_behind_a_certain_head_is_no_runaway():
    losses = [1e-4] * N_STEPS
    losses[30] = 0.5
    assert not has_run_away(list(until_runaway(RATES, losses)))


@pytest.mark.parametrize("fastest", [1e-4, 1e-3, 1e-2])
def test_the_suggestion_lies_where_the_loss_falls_fastest(fastest):
    suggestion = steepest_descent(list(until_runaway(RATES, curve(fastest=fastest))))
    assert fastest / 2 < suggestion < 5 * fastest  # the mean lags half a power of ten behind
    assert suggestion == float(f"{suggestion:.1e}")


def test_a_loss_that_does_not_clearly_fall_suggests_nothing():
    rng = np.random.default_rng(0)
    rising = [0.5 + 0.02 * rng.normal() + rate for rate in RATES]
    assert steepest_descent(list(until_runaway(RATES, rising))) is None
    assert steepest_descent(list(until_runaway(RATES, curve(fall=0.1)))) is None
    assert steepest_descent([]) is None


def test_a_fresh_head_begins_at_chance_and_learns_at_some_rate():
    tried, told = search(Training("full-fine-tuning", n=120))
    assert tried == told
    assert tried[0].loss > 0.9 * math.log(3)
    assert min(one.smoothed_loss for one in tried) < 0.8 * tried[0].smoothed_loss


def test_the_head_is_fitted_first_where_the_training_would():
    tried, told = search(Training("head-then-fine-tune", frozen=("stem", "middle")))
    assert any(isinstance(one, BatchDone) for one in told)
    assert tried[0].loss < 0.9 * math.log(3)


def test_equal_trainings_see_equal_losses():
    first, again = (search(Training("gradual-unfreezing", frozen=("stem",), mixup=0.2))[0] for _ in range(2))
    assert first == again


def test_frozen_stages_stay_as_they_are():
    training = Training("head-then-fine-tune", frozen=("stem", "middle"))
    before = training.tensors()
    search(training)
    moved = changed(before, training.tensors())
    assert moved
    assert not [name for name in moved if name.startswith(("stage.stem/", "stage.middle/"))]


def test_texts_are_stepped_through_too():
    tried, _ = search(Training("head-then-fine-tune", modality="text", frozen=("embeddings",)))
    assert len(tried) > 10
