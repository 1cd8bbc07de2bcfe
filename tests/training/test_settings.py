"""Settings as people write them on a command line."""

import pytest

from core.errors import ConfigurationError, UnknownChoiceError
from core.training.settings import get_setting, read_settings


def test_values_get_the_type_of_their_row():
    assert read_settings(["n_views=3", "mixup = 0.2", "mirroring=on", "weight_decay=0"]) == {
        "n_views": 3,
        "mixup": 0.2,
        "mirroring": "on",
        "weight_decay": 0.0,
    }
    assert read_settings([]) == {}


@pytest.mark.parametrize("assignment", ["n_views", "n_views=two", "n_views=2.5", "mixup=", "epochs=1e3"])
def test_what_is_no_assignment_or_no_number_is_refused(assignment):
    with pytest.raises(ConfigurationError):
        read_settings([assignment])


def test_an_unknown_setting_is_answered_with_the_nearest():
    with pytest.raises(UnknownChoiceError, match="n_views"):
        read_settings(["n_view=2"])


def test_a_value_is_told_with_its_unit():
    assert get_setting("image_size_px").words(224) == "224 px"
    assert get_setting("learning_rate").words(1e-4) == "0.0001"
