"""Limits: one row each, read from the environment when asked, and told of with the variable that raises them."""

import pytest

from core.errors import ConfigurationError
from core.settings import LIMITS, limit, limit_remedy, limit_words, require_limits


@pytest.mark.parametrize("row", LIMITS, ids=lambda row: row.name)
def test_a_limit_is_its_default_until_its_variable_is_set(row, monkeypatch):
    monkeypatch.delenv(row.variable, raising=False)
    assert limit(row.name) == row.default * row.scale
    monkeypatch.setenv(row.variable, f"{row.minimum}")
    assert limit(row.name) == round(row.minimum * row.scale)
    assert row.minimum < row.default < row.maximum


@pytest.mark.parametrize("value", ["much", "0", "-3", "inf", "nan", "9" * 5_000, "1,5"])
def test_a_variable_that_holds_no_such_number_is_an_error_that_names_it(value, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_SAMPLES", value)
    with pytest.raises(
        ConfigurationError, match="HEADSTART_MAX_SAMPLES must be a number of samples from 10 to"
    ) as told:
        require_limits()
    assert told.value.remedy == "Set it to a number, such as HEADSTART_MAX_SAMPLES=2000000, or remove it."


def test_a_message_says_the_limit_and_which_variable_raises_it(monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_WORKSPACE_GB", "0.5")
    assert limit_words("workspace") == "0.5 GB"
    assert limit_remedy("workspace", "Delete something") == (
        "Delete something, or raise HEADSTART_MAX_WORKSPACE_GB: 0.5 GB is the limit here."
    )
