"""Estimates of real plans: what is measured once, what the cache saves, and what fits into given minutes."""

from dataclasses import replace

import pytest

from core.workflows.estimate_run import deepest_within, estimate_run, known_estimate
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.workspace import Workspace
from tests.workflows.conftest import QUICK


def test_an_estimate_is_known_once_it_has_been_measured(workspace, texts):
    plan = plan_run(workspace, RunChoices(dataset_id=texts.id, strategy="full-fine-tuning"))
    elsewhere = Workspace(workspace.root / "nothing-measured")
    elsewhere.root.mkdir(exist_ok=True)
    (elsewhere.root / "datasets").symlink_to(workspace.root / "datasets")
    assert known_estimate(elsewhere, plan) is None
    made = estimate_run(elsewhere, plan)
    assert known_estimate(elsewhere, plan) == made
    assert made.seconds > 0


def test_strategies_cost_more_the_more_stages_train(workspace, texts):
    def seconds(strategy, until=None):
        choices = RunChoices(dataset_id=texts.id, strategy=strategy, freeze_until=until, settings={"epochs": 5})
        return estimate_run(workspace, plan_run(workspace, choices)).seconds

    assert seconds("head-then-fine-tune", "layer.4") < seconds("head-then-fine-tune", "layer.1")


def test_what_a_finished_run_has_cached_is_not_counted_again(workspace, images, finished):
    choices = RunChoices(dataset_id=images.id, strategy="feature-extraction", settings=QUICK)
    phases = {phase.name: phase.seconds for phase in estimate_run(workspace, plan_run(workspace, choices)).phases}
    assert finished["image"].status.state == "finished"
    assert phases["Read the samples"] == phases["Frozen pass"] == 0.0
    fresh = replace(choices, settings={**QUICK, "image_size_px": 40})
    phases = {phase.name: phase.seconds for phase in estimate_run(workspace, plan_run(workspace, fresh)).phases}
    assert min(phases["Read the samples"], phases["Frozen pass"]) > 0


def test_a_download_is_estimated_without_fetching_anything(workspace, texts, monkeypatch, tmp_path):
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(tmp_path))
    plan = plan_run(workspace, RunChoices(dataset_id=texts.id, model="distilbert", strategy="feature-extraction"))
    if plan.info.weights != "download":
        pytest.skip("the weights are on this machine")
    assert estimate_run(workspace, plan).seconds > 0
    assert not (tmp_path / "weights").exists()


def test_more_minutes_train_more_stages(workspace, texts):
    choices = RunChoices(dataset_id=texts.id, strategy="head-then-fine-tune", settings={"epochs": 3})
    names = plan_run(workspace, choices).info.stage_names
    assert deepest_within(workspace, choices, minutes=10_000) == ()
    assert deepest_within(workspace, choices, minutes=1e-9) == names[:-1]
    some = deepest_within(workspace, choices, minutes=_seconds(workspace, choices, names[:4]) / 60 + 1e-6)
    assert len(some) <= 4


def test_where_the_strategy_leaves_no_choice_minutes_change_nothing(workspace, texts):
    for strategy, n_frozen in (("feature-extraction", 7), ("full-fine-tuning", 0)):
        choices = RunChoices(dataset_id=texts.id, strategy=strategy)
        assert len(deepest_within(workspace, choices, minutes=1)) == n_frozen


def _seconds(workspace, choices, frozen):
    return estimate_run(workspace, plan_run(workspace, replace(choices, frozen_stages=frozen))).seconds
