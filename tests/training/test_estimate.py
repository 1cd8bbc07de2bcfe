"""Estimates from hand-made timings: every part of a run is counted as often as it is done."""

from dataclasses import replace

import pytest

from core.features.timing import BackboneTiming, StageTiming
from core.training.descent import PATH_SHARES
from core.training.estimate import FINAL_ITERATIONS, REPORT_S, Timings, Work, estimate
from core.training.strategies import FIT_HEAD, Phase

NAMES = ("stem", "middle", "last")


def stage(name: str, **changes: float) -> StageTiming:
    values = {"frozen_s": 0.01, "forward_s": 0.02, "train_s": 0.06, "n_outputs": 1000, "saved_bytes": 5000}
    return StageTiming(name=name, **{**values, **changes})


TIMINGS = Timings(
    backbone=BackboneTiming(stages=tuple(stage(name) for name in NAMES), step_s=0.0),
    load_s=1.0,
    input_s=0.001,
    pass_s=0.03,
    convert_s=2.0,
    shipped_s=0.05,
    solver_s=0.0,
)


def tune(*stages: str, n_epochs: int = 2) -> Phase:
    return Phase(name="Fine-tune", head_start="previous", trainable_stages=stages, n_epochs=n_epochs)


def work(*phases: Phase, cut: int = 2, **changes: object) -> Work:
    values = {
        "n_train": 80,
        "n_val": 10,
        "n_test": 10,
        "n_classes": 3,
        "n_features": 8,
        "batch_size": 20,
        "n_parameters": (10, 20, 30),
        "n_unread": 100,
        "n_unpooled": 100,
        "n_uncut": 100,
        "n_unshipped": 20,
    }
    return Work(**{**values, "cut": cut, "phases": phases, **changes})


def seconds(made: Work, timings: Timings = TIMINGS) -> dict[str, float]:
    return {phase.name: phase.seconds for phase in estimate(made, timings).phases}


def test_every_part_is_counted_as_often_as_it_is_done() -> None:
    found = seconds(work(FIT_HEAD, tune("last")))
    assert found["Load"] == 1.0
    assert found["Read the samples"] == pytest.approx(0.1)
    assert found["Frozen pass"] == pytest.approx(100 * 0.03 + 2.0)
    assert found["Fine-tune"] == pytest.approx(2 * (80 * 0.06 + 10 * 0.02))
    assert found["Evaluate"] == pytest.approx(REPORT_S + 20 * 0.05)


def test_the_whole_is_the_sum_of_its_parts() -> None:
    made = estimate(work(FIT_HEAD, tune("last")), TIMINGS)
    assert made.seconds == pytest.approx(sum(phase.seconds for phase in made.phases))


def test_without_a_solver_the_pass_ends_at_the_cut() -> None:
    assert seconds(work(tune("last")))["Frozen pass"] == pytest.approx(100 * 0.02 + 2.0)
    assert seconds(work(tune(*NAMES), cut=0))["Frozen pass"] == 0.0


@pytest.mark.parametrize(
    ("kept", "n_whole", "n_to_cut"),
    [
        ({}, 100, 0),
        ({"n_unpooled": 0}, 0, 100),
        ({"n_uncut": 0}, 100, 0),
        ({"n_unpooled": 5, "n_uncut": 30}, 5, 25),
    ],
)
def test_only_what_is_missing_passes_and_only_as_far_as_it_must(
    kept: dict[str, int], n_whole: int, n_to_cut: int
) -> None:
    found = seconds(work(FIT_HEAD, tune("last"), **kept))["Frozen pass"]
    assert found == pytest.approx(n_whole * 0.03 + n_to_cut * 0.02 + 2.0)


def test_with_everything_in_the_cache_nothing_is_read_or_passed() -> None:
    kept = {"n_unpooled": 0, "n_uncut": 0, "pixel_bytes": 100_000}
    found = seconds(work(FIT_HEAD, tune("last"), **kept))
    assert found["Frozen pass"] == found["Read the samples"] == 0.0
    assert seconds(work(tune(*NAMES), cut=0, **kept))["Read the samples"] == pytest.approx(0.1)


def test_every_view_of_a_training_image_passes_once() -> None:
    views = {"n_views": 3, "n_unpooled": 100 + 2 * 80, "n_uncut": 100 + 2 * 80}
    assert seconds(work(FIT_HEAD, **views))["Frozen pass"] == pytest.approx(260 * 0.03 + 2.0)


def test_what_is_decoded_already_costs_neither_time_nor_disk() -> None:
    images = work(FIT_HEAD, cut=3, pixel_bytes=100_000)
    decoded = replace(images, n_unread=0)
    assert seconds(decoded)["Read the samples"] == 0.0
    assert estimate(images, TIMINGS).disk_mb - estimate(decoded, TIMINGS).disk_mb == pytest.approx(10.0)


def test_stages_behind_the_cut_cost_by_whether_gradients_reach_them() -> None:
    below = seconds(work(tune("last"), cut=1))["Fine-tune"]
    between = seconds(work(tune("middle"), cut=1))["Fine-tune"]
    both = seconds(work(tune("middle", "last"), cut=1))["Fine-tune"]
    assert below == pytest.approx(2 * (80 * (0.02 + 0.06) + 10 * 0.04))
    assert between == pytest.approx(2 * (80 * (0.06 + 0.04) + 10 * 0.04))
    assert below < between < both


def test_a_stage_that_trains_in_part_saves_half_its_backward_pass_and_most_of_its_steps() -> None:
    timings = replace(TIMINGS, backbone=replace(TIMINGS.backbone, step_s=0.001))
    parts = replace(tune("last"), tensors="norms-and-biases")
    found = seconds(work(parts, n_trainable=(1, 2, 3)), timings)["Fine-tune"]
    assert found == pytest.approx(2 * (80 * 0.04 + 10 * 0.02 + 4 * 0.001 * (3 + 9 * 3)))
    below = seconds(work(replace(tune("middle"), tensors="norms-and-biases"), cut=1))["Fine-tune"]
    assert below == pytest.approx(2 * (80 * (0.04 + 0.04) + 10 * 0.04))


def test_mixing_the_weights_at_the_end_costs_validation_only() -> None:
    averaging = replace(tune("last"), averages=True)
    more = seconds(work(averaging))["Fine-tune"] - seconds(work(tune("last")))["Fine-tune"]
    assert more == pytest.approx(len(PATH_SHARES) * 10 * 0.02)


def test_steps_cost_by_the_parameters_they_change() -> None:
    timings = replace(TIMINGS, backbone=replace(TIMINGS.backbone, step_s=0.001))
    more = seconds(work(tune("last")), timings)["Fine-tune"] - seconds(work(tune("last")))["Fine-tune"]
    assert more == pytest.approx(2 * 4 * 0.001 * (30 + 9 * 3))


def test_the_solver_costs_in_proportion_to_the_samples() -> None:
    timings = replace(TIMINGS, solver_s=0.001)
    one = seconds(work(FIT_HEAD, cut=3), timings)["Fit the head"]
    assert seconds(work(FIT_HEAD, cut=3, n_train=160), timings)["Fit the head"] == pytest.approx(2 * one)


def test_larger_batches_and_more_trained_stages_need_more_memory() -> None:
    small = estimate(work(tune("last")), TIMINGS).memory_mb
    assert small < estimate(work(tune("last"), batch_size=200), TIMINGS).memory_mb
    assert small < estimate(work(tune("middle", "last"), cut=1), TIMINGS).memory_mb


def test_the_pass_and_the_steps_do_not_need_their_memory_at_once() -> None:
    alone = estimate(work(FIT_HEAD, cut=3, pixel_bytes=1), TIMINGS).memory_mb
    with_engine = estimate(work(FIT_HEAD, cut=3, pixel_bytes=1, engine_mb=400), TIMINGS).memory_mb
    assert with_engine - alone == pytest.approx(400, abs=1)
    wide = replace(
        TIMINGS, backbone=replace(TIMINGS.backbone, stages=tuple(stage(n, saved_bytes=10**8) for n in NAMES))
    )
    steps = work(tune("last"), pixel_bytes=1)
    more = estimate(replace(steps, engine_mb=400), wide).memory_mb - estimate(steps, wide).memory_mb
    assert more == pytest.approx(200)


def test_the_cut_is_stored_in_half_precision() -> None:
    without = estimate(work(tune("last"), n_uncut=0), TIMINGS).disk_mb
    assert estimate(work(tune("last")), TIMINGS).disk_mb - without == pytest.approx(100 * 1000 * 2 / 1e6)


def test_the_axes_of_the_features_are_found_for_estimate_search_and_fit() -> None:
    timings = replace(TIMINGS, axes_s=0.5)
    assert seconds(work(FIT_HEAD, cut=3), timings)["Fit the head"] == pytest.approx(1.5)


def test_contrast_costs_a_fit_of_the_head_in_every_epoch_and_at_every_mixture() -> None:
    timings = replace(TIMINGS, axes_s=0.5, solver_s=0.001)
    contrast = replace(tune("last"), goal="contrast")
    more = seconds(work(contrast), timings)["Fine-tune"] - seconds(work(tune("last")), timings)["Fine-tune"]
    fit_s = 80 * 0.02 + 0.5 + 80 * FINAL_ITERATIONS * 0.001
    assert more == pytest.approx(2 * fit_s)
    path = replace(contrast, averages=True)
    mixtures_s = seconds(work(path), timings)["Fine-tune"] - seconds(work(contrast), timings)["Fine-tune"]
    plain_s = seconds(work(replace(tune("last"), averages=True)), timings)["Fine-tune"]
    assert mixtures_s - (plain_s - seconds(work(tune("last")), timings)["Fine-tune"]) == pytest.approx(11 * fit_s)
