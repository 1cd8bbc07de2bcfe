"""The learning-rate finder on a bundled network: what it says, and that nothing of it is kept."""

import math
from dataclasses import replace

import pytest

from core.errors import ConfigurationError
from core.training import rate_finder
from core.workflows import find_learning_rate as room
from core.workflows.find_learning_rate import find_learning_rate
from core.workflows.plan_run import RunChoices, plan_run
from tests.workflows.conftest import QUICK, TOP_LAYER_TRAINS

N_STEPS = 12
"""Enough to see how the steps are told; the bundled networks take their time."""


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    for module in (rate_finder, room):
        monkeypatch.setattr(module, "N_STEPS", N_STEPS)


@pytest.fixture
def plan(workspace):
    def make(dataset, strategy="head-then-fine-tune", *, frozen=True, **settings):
        wanted = TOP_LAYER_TRAINS[dataset.modality] if frozen else None
        settings = {**QUICK, **settings}
        return plan_run(
            workspace,
            RunChoices(dataset_id=dataset.id, strategy=strategy, frozen_stages=wanted, settings=settings),
        )

    return make


@pytest.mark.parametrize("kind", ["images", "texts"])
def test_rates_grow_step_by_step_and_every_stretch_of_work_is_told(workspace, plan, request, kind):
    steps = []
    made = plan(request.getfixturevalue(kind), n_views=2 if kind == "images" else 1)
    found = find_learning_rate(workspace, made, on_progress=lambda step, done, of: steps.append((step, done, of)))
    rates = [one.rate for one in found.tried]
    assert found.phase == "Fine-tune"
    assert rates == sorted(rates)
    assert 5 < len(rates) <= N_STEPS
    assert found.ran_away == (len(rates) < N_STEPS)
    assert all(math.isfinite(one.smoothed_loss) for one in found.tried)
    assert found.suggestion is None or rates[0] <= found.suggestion <= rates[-1] * 1.05
    assert ("Fitting the head", 0, 0) in steps
    assert steps[-1] == ("Trying rates", len(rates), N_STEPS)


def test_nothing_is_kept_and_a_second_search_sees_the_same(workspace, plan, images):
    runs = sorted((workspace.root / "runs").glob("*"))
    made = plan(images, optimizer="adamw", label_smoothing=0.1)
    first, again = (find_learning_rate(workspace, made) for _ in range(2))
    assert first == again
    assert sorted((workspace.root / "runs").glob("*")) == runs


def test_the_chosen_rates_only_decide_how_the_parts_relate(workspace, plan, images):
    made = plan(images, learning_rate=1e-4, head_learning_rate=1e-3)
    tenth = replace(made, spec=replace(made.spec, learning_rate=1e-3, head_learning_rate=1e-2))
    first, second = find_learning_rate(workspace, made), find_learning_rate(workspace, tenth)
    assert [one.loss for one in first.tried] == pytest.approx([one.loss for one in second.tried], rel=1e-3)
    assert first.head_factor == pytest.approx(second.head_factor) == pytest.approx(10)


def test_a_strategy_without_steps_has_no_rate_to_find(workspace, plan, images):
    with pytest.raises(ConfigurationError, match="without steps") as caught:
        find_learning_rate(workspace, plan(images, "feature-extraction", frozen=False))
    assert "head-then-fine-tune" in caught.value.remedy


def test_it_ends_where_whoever_is_told_raises(workspace, plan, images):
    class EnoughError(Exception):
        pass

    def tell(step, done, of):
        if step == "Trying rates" and done == 3:
            raise EnoughError

    with pytest.raises(EnoughError):
        find_learning_rate(workspace, plan(images), on_progress=tell)
