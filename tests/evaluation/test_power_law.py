"""The law through scores: found where it holds, with a band that does what it says."""

import numpy as np
import pytest

from core.evaluation import power_law
from core.evaluation.power_law import FittedCurve, PowerLaw

SIZES = (50, 100, 200, 400, 800)
LAW = PowerLaw(ceiling=0.95, drop=0.1, exponent=0.6, unit=800)


def drawn_hits(law, sizes, *, n_draws=6, n_val=4_000, seed=0):
    """Validation samples that are hit as often as the law says; each is as hard in every draw."""
    rng = np.random.default_rng(seed)
    hardness = rng.random(n_val)
    noise = [0.01 * rng.standard_normal((n_draws if n < sizes[-1] else 1, 1)) for n in sizes]
    return [hardness < law.at(n) + one for n, one in zip(sizes, noise, strict=True)]


@pytest.fixture(scope="module", autouse=True)
def fewer_resamples():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(power_law, "N_RESAMPLES", 100)
        yield


@pytest.fixture(scope="module")
def curve():
    return FittedCurve(SIZES, drawn_hits(LAW, SIZES))


def test_a_law_is_found_again_and_followed_beyond_the_last_size(curve):
    for n in (100, 800, 1_600):
        assert curve.law.at(n) == pytest.approx(LAW.at(n), abs=0.015)


def test_the_band_holds_the_value_and_widens_beyond_what_was_measured(curve):
    inside, outside = (curve.gain(n, 2 * n) for n in (400, 1_600))
    assert inside.low <= inside.value <= inside.high
    near, far = curve.score_at(800), curve.score_at(12_800)
    assert near.high - near.low < far.high - far.low
    assert outside.value < inside.value


def test_bands_of_single_scores_hold_about_as_often_as_they_say():
    held = 0
    for seed in range(12):
        hits = drawn_hits(LAW, (*SIZES, 1_600), n_draws=8, seed=seed)
        foretold = FittedCurve(SIZES, [*hits[:4], hits[4]], resamples_validation=False).one_score_at(1_600)
        held += foretold.low <= hits[5].mean() <= foretold.high
    assert held >= 10


def test_scores_that_do_not_rise_promise_nothing():
    flat = PowerLaw(ceiling=0.8, drop=0.0, exponent=0.5, unit=800)
    gain = FittedCurve(SIZES, drawn_hits(flat, SIZES)).gain(800, 1_600)
    assert abs(gain.value) < 0.01


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_scores_without_any_spread_are_fitted_all_the_same(share):
    hits = [np.full((3, 40), bool(share)) for _ in SIZES]
    assert FittedCurve(SIZES, hits).score_at(1_600).value == pytest.approx(share, abs=1e-3)


def test_a_law_never_leaves_what_a_share_can_be():
    steep = PowerLaw(ceiling=0.9, drop=0.8, exponent=2.0, unit=100)
    assert steep.at(1) == 0.0
    assert steep.at(1e9) == pytest.approx(0.9)


def test_equal_seeds_give_equal_bands():
    hits = drawn_hits(LAW, SIZES)
    assert FittedCurve(SIZES, hits, seed=3).gain(800, 1_600) == FittedCurve(SIZES, hits, seed=3).gain(800, 1_600)
