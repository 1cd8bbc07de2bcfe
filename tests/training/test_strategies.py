"""Strategies: the phases of every row, and which stages they leave frozen."""

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.spec import TrainingSpec
from core.training.strategies import build_phases, get_strategy, list_strategies, resolve_frozen

STAGES = ("stem", "low", "middle", "high", "last")
LAST_TWO = ("high", "last")


def phases_of(strategy, frozen=(), epochs=6, **settings):
    words = {"dataset_id": "0123456789abcdef", "model": "m", "strategy": strategy}
    spec = TrainingSpec(**words, frozen_stages=tuple(frozen), epochs=epochs, **settings)
    return build_phases(spec, STAGES)


@pytest.mark.parametrize(
    ("strategy", "frozen", "expected"),
    [
        ("feature-extraction", STAGES, [("solver", (), 0)]),
        ("multi-stage-probe", STAGES, [("solver", (), 0)]),
        ("head-then-fine-tune", STAGES[:3], [("solver", (), 0), ("previous", LAST_TWO, 6)]),
        ("head-then-fine-tune", (), [("solver", (), 0), ("previous", STAGES, 6)]),
        ("gradual-unfreezing", STAGES[:3], [("solver", (), 0), ("previous", ("last",), 3), ("previous", LAST_TWO, 3)]),
        ("norms-and-biases", STAGES[:3], [("solver", (), 0), ("previous", LAST_TWO, 6)]),
        ("contrastive", STAGES[:3], [("solver", (), 0), ("previous", LAST_TWO, 6)]),
        ("lora", STAGES[:3], [("solver", (), 0), ("previous", LAST_TWO, 6)]),
        ("first-stages", STAGES[2:], [("solver", (), 0), ("previous", STAGES[:2], 6)]),
        ("full-fine-tuning", (), [("random", STAGES, 6)]),
        ("from-scratch", (), [("random", STAGES, 6)]),
    ],
)
def test_the_phases_of_every_strategy(strategy, frozen, expected):
    found = [(phase.head_start, phase.trainable_stages, phase.n_epochs) for phase in phases_of(strategy, frozen)]
    assert found == expected


@pytest.mark.parametrize("strategy", list_strategies(), ids=lambda strategy: strategy.id)
def test_laws_that_hold_for_every_strategy(strategy):
    frozen = {"all": STAGES, "later": STAGES[2:], "some": ("stem", "middle"), "none": ()}[strategy.freezes]
    phases = phases_of(strategy.id, frozen)
    assert phases[0].head_start in ("solver", "random")
    assert all(phase.head_start == "previous" for phase in phases[1:])
    assert all(phase.is_solved == (phase.n_epochs == 0) == (not phase.trainable_stages) for phase in phases)
    assert {name for phase in phases for name in phase.trainable_stages} == set(STAGES) - set(frozen)
    for phase in phases:
        assert list(phase.trainable_stages) == [name for name in STAGES if name in phase.trainable_stages]
    assert strategy.title
    assert strategy.sentence.endswith(".")


@pytest.mark.parametrize(("epochs", "shares"), [(10, [3, 3, 4]), (9, [3, 3, 3]), (4, [1, 1, 2]), (1, [1, 1, 1])])
def test_gradual_unfreezing_shares_the_epochs_and_slows_lower_stages(epochs, shares):
    _, *steps = phases_of("gradual-unfreezing", STAGES[:2], epochs)
    assert [step.n_epochs for step in steps] == shares
    assert [step.trainable_stages[0] for step in steps] == ["last", "high", "middle"]
    assert all(0 < step.stage_decay < 1 for step in steps)


@pytest.mark.parametrize("strategy", [row.id for row in list_strategies() if row.freezes != "all"])
def test_every_step_of_an_optimiser_slows_lower_stages_as_the_settings_say(strategy):
    plain, slower = (
        [phase.stage_decay for phase in phases_of(strategy, STAGES[:2], layer_decay=decay) if not phase.is_solved]
        for decay in (1.0, 0.5)
    )
    assert slower == [decay / 2 for decay in plain] != []


def resolve(strategy, wanted, default=("stem", "low")):
    return resolve_frozen(get_strategy(strategy), STAGES, wanted, default)


@pytest.mark.parametrize(
    ("strategy", "wanted", "frozen"),
    [
        ("feature-extraction", None, STAGES),
        ("feature-extraction", ("stem",), STAGES),
        ("head-then-fine-tune", None, ("stem", "low")),
        ("head-then-fine-tune", (), ()),
        ("head-then-fine-tune", ("middle", "stem"), ("stem", "middle")),
        ("gradual-unfreezing", ("high",), ("high",)),
        ("first-stages", None, ("middle", "high", "last")),
        ("first-stages", ("last", "high", "middle"), ("middle", "high", "last")),
        ("full-fine-tuning", None, ()),
        ("full-fine-tuning", (), ()),
        ("from-scratch", None, ()),
    ],
)
def test_what_stays_frozen_follows_wish_and_strategy_in_network_order(strategy, wanted, frozen):
    assert resolve(strategy, wanted) == frozen


@pytest.mark.parametrize("strategy", ["full-fine-tuning", "from-scratch"])
def test_freezing_contradicts_strategies_that_train_everything(strategy):
    with pytest.raises(ConfigurationError, match="trains every stage, but 2 of them") as caught:
        resolve(strategy, ("stem", "low"))
    assert "head-then-fine-tune" in caught.value.remedy


@pytest.mark.parametrize("wanted", [("stem",), (), STAGES])
def test_freezing_anything_but_the_later_stages_contradicts_training_the_first_ones(wanted):
    with pytest.raises(ConfigurationError, match=f"trains stem and low .* but {len(wanted)} of 5") as caught:
        resolve("first-stages", wanted)
    assert "head-then-fine-tune" in caught.value.remedy


@pytest.mark.parametrize("strategy", ["head-then-fine-tune", "gradual-unfreezing"])
def test_freezing_everything_contradicts_strategies_that_train_some(strategy):
    with pytest.raises(ConfigurationError, match="at least one stage, but all 5") as caught:
        resolve(strategy, STAGES)
    assert "feature-extraction" in caught.value.remedy


def test_a_strategy_nobody_knows_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownChoiceError, match='Did you mean "feature-extraction"'):
        get_strategy("feature-extracting")


def test_every_phase_knows_what_of_its_stages_trains():
    assert {phase.tensors for phase in phases_of("norms-and-biases", STAGES[:2])} == {"norms-and-biases"}
    assert {phase.tensors for phase in phases_of("head-then-fine-tune", STAGES[:2])} == {"all"}
