"""Races: who may start, and that all run under the same conditions."""

from dataclasses import fields

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.strategies import list_strategies
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.race_strategies import (
    RACE_EPOCHS,
    RACE_SIZE_PX,
    RACE_STRATEGIES,
    create_race,
    fitting_strategies,
    plan_race,
    usual_strategies,
)

SHARED = ("dataset_id", "model", "seed", "epochs", "batch_size", "image_size_px", "n_views", "precision")


@pytest.mark.parametrize("modality", ["image", "text"])
def test_all_strategies_of_a_race_run_under_the_same_conditions(workspace, images, texts, modality):
    dataset = images if modality == "image" else texts
    choices = RunChoices(dataset_id=dataset.id)
    plans = plan_race(workspace, choices, usual_strategies(workspace, choices))
    assert [plan.spec.strategy for plan in plans] == list(RACE_STRATEGIES)
    for name in SHARED:
        assert len({getattr(plan.spec, name) for plan in plans}) == 1, name
    assert plans[0].spec.epochs <= RACE_EPOCHS
    assert plans[0].spec.n_views == 1


def test_images_are_small_and_few_epochs_suffice_unless_a_person_says_otherwise(workspace, images):
    choices = RunChoices(dataset_id=images.id)
    assert plan_race(workspace, choices, RACE_STRATEGIES)[0].spec.image_size_px == RACE_SIZE_PX
    wanted = RunChoices(dataset_id=images.id, settings={"image_size_px": 96, "epochs": 9, "seed": 5})
    for plan in plan_race(workspace, wanted, RACE_STRATEGIES):
        assert (plan.spec.image_size_px, plan.spec.epochs, plan.spec.seed) == (96, 9, 5)


def test_a_network_of_one_size_races_at_that_size(workspace, images):
    plans = plan_race(workspace, RunChoices(dataset_id=images.id, model="vit-s16"), RACE_STRATEGIES)
    assert {plan.spec.image_size_px for plan in plans} == {224}


def test_each_strategy_keeps_the_rates_that_are_suggested_for_it(workspace, images):
    choices = RunChoices(dataset_id=images.id)
    for plan in plan_race(workspace, choices, ("full-fine-tuning", "from-scratch")):
        alone = plan_run(workspace, RunChoices(dataset_id=images.id, strategy=plan.spec.strategy))
        assert plan.spec.learning_rate == alone.spec.learning_rate
        assert plan.spec.layer_decay == alone.spec.layer_decay


def test_chosen_stages_count_where_a_strategy_leaves_a_choice(workspace, images):
    choices = RunChoices(dataset_id=images.id, frozen_stages=("stem", "blocks.0"))
    plans = {plan.spec.strategy: plan.spec.frozen_stages for plan in plan_race(workspace, choices, RACE_STRATEGIES)}
    assert plans["head-then-fine-tune"] == plans["gradual-unfreezing"] == ("stem", "blocks.0")
    assert plans["full-fine-tuning"] == ()
    assert len(plans["feature-extraction"]) > 2


def test_strategies_that_do_not_go_with_the_other_choices_are_left_out(workspace, texts):
    everybody = {row.id for row in list_strategies()}
    assert {row.id for row in fitting_strategies(workspace, RunChoices(dataset_id=texts.id))} == everybody
    blended = RunChoices(dataset_id=texts.id, settings={"mixup": 0.2})
    names = {row.id for row in fitting_strategies(workspace, blended)}
    assert "head-then-fine-tune" in names
    assert "full-fine-tuning" not in names
    assert set(usual_strategies(workspace, blended)) < names | {"full-fine-tuning"}
    with pytest.raises(ConfigurationError, match="Texts are blended"):
        plan_race(workspace, blended, ("feature-extraction", "full-fine-tuning"))


@pytest.mark.parametrize("names", [(), ("from-scratch",), ("from-scratch", "from-scratch")])
def test_nobody_races_alone(workspace, images, names):
    with pytest.raises(ConfigurationError, match="two or more different strategies"):
        plan_race(workspace, RunChoices(dataset_id=images.id), names)


def test_an_unknown_strategy_is_named(workspace, images):
    with pytest.raises(UnknownChoiceError, match="from-scratch"):
        plan_race(workspace, RunChoices(dataset_id=images.id), ("feature-extraction", "from-scrath"))


def test_a_race_is_stored_as_one_run_per_plan(workspace, images):
    plans = plan_race(workspace, RunChoices(dataset_id=images.id), ("feature-extraction", "from-scratch"))
    run_ids = create_race(workspace, plans)
    for run_id, plan in zip(run_ids, plans, strict=True):
        stored = workspace.runs.get(run_id).read_spec()
        assert all(getattr(stored, field.name) == getattr(plan.spec, field.name) for field in fields(stored))
