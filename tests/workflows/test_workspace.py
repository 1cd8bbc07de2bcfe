"""What a workspace takes from its surroundings."""

import pytest

from core.errors import ConfigurationError
from core.workflows.workspace import Workspace


@pytest.mark.parametrize(("value", "budget"), [(None, 20 * 10**9), ("", 20 * 10**9), ("0.5", 5 * 10**8)])
def test_the_disk_budget_of_the_cache_can_be_set(tmp_path, monkeypatch, value, budget):
    monkeypatch.delenv("HEADSTART_CACHE_GB", raising=False)
    if value is not None:
        monkeypatch.setenv("HEADSTART_CACHE_GB", value)
    assert Workspace(tmp_path).cache.budget_bytes == budget


@pytest.mark.parametrize("value", ["much", "0", "-3", "inf", "nan"])
def test_a_budget_that_is_no_number_is_refused(tmp_path, monkeypatch, value):
    monkeypatch.setenv("HEADSTART_CACHE_GB", value)
    with pytest.raises(ConfigurationError, match="HEADSTART_CACHE_GB"):
        _ = Workspace(tmp_path).cache
