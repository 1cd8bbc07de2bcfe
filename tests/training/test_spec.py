"""Settings: one row each, checked together, and the same on disk."""

from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.settings import get_setting, list_groups, list_settings
from core.training.spec import TrainingSpec

WORDS = {"dataset_id": "0123456789abcdef", "model": "minilm-l6", "strategy": "head-then-fine-tune"}


def spec(**settings):
    return TrainingSpec(**WORDS, frozen_stages=("embeddings", "layer.0"), **settings)


def values_of(setting):
    if setting.choices:
        return st.sampled_from(setting.choices)
    if isinstance(setting.default, int):
        return st.integers(int(setting.minimum), int(setting.maximum))
    return st.floats(setting.minimum, setting.maximum)


@pytest.mark.parametrize("setting", list_settings(), ids=lambda setting: setting.name)
def test_every_row_agrees_with_the_default_of_the_spec_and_allows_it(setting):
    default = {field.name: field.default for field in fields(TrainingSpec)}[setting.name]
    assert default == setting.default
    assert type(default) is type(setting.default)
    assert setting.problem_with(default) is None
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.reason.endswith(".")
    assert setting.group in {group.id for group in list_groups()}


def test_every_field_that_is_a_number_or_a_choice_has_a_row():
    described = {setting.name for setting in list_settings()}
    assert {field.name for field in fields(TrainingSpec)} - described == {*WORDS, "frozen_stages", "reason"}


@given(st.fixed_dictionaries({}, optional={setting.name: values_of(setting) for setting in list_settings()}))
def test_whatever_lies_within_the_bounds_survives_the_way_through_json(settings):
    import json

    written = spec(reason="because", **settings)
    assert TrainingSpec.from_json(json.loads(json.dumps(written.to_json()))) == written


def test_a_setting_nobody_knows_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownChoiceError, match='Did you mean "learning_rate"'):
        TrainingSpec.from_json({**spec().to_json(), "learning_rat": 1})
    with pytest.raises(UnknownChoiceError, match='Did you mean "patience"'):
        get_setting("patiance")


def test_all_settings_out_of_bounds_are_named_at_once():
    with pytest.raises(ConfigurationError) as caught:
        spec(epochs=0, learning_rate=2.0, optimizer="adamax", weight_decay=-1.0, seed=2**31)
    for label in ("Epochs", "Learning rate", "Optimiser", "Weight decay", "Seed"):
        assert label in caught.value.problem
    assert "Batch size" not in caught.value.problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 2.5),
        ("epochs", True),
        ("epochs", "3"),
        ("epochs", None),
        ("epochs", 1001),
        ("learning_rate", float("nan")),
        ("learning_rate", float("inf")),
        ("learning_rate", 0),
        ("label_smoothing", 0.6),
        ("class_weights", "Balanced"),
        ("precision", 16),
    ],
)
def test_each_rule_says_what_was_found(name, value):
    setting = get_setting(name)
    with pytest.raises(ConfigurationError) as caught:
        spec(**{name: value})
    assert setting.label in caught.value.problem
    assert f"{value:g}" in caught.value.problem if type(value) in (int, float) else str(value) in caught.value.problem


def test_the_ends_of_the_bounds_are_allowed():
    for setting in list_settings():
        if not setting.choices:
            kind = type(setting.default)
            assert setting.problem_with(kind(setting.minimum)) is None
            assert setting.problem_with(kind(setting.maximum)) is None
