"""The catalogue of methods."""

import pytest

from core.errors import UnknownChoiceError
from core.explanation.methods import METHODS, get_method, list_methods


def test_each_method_says_in_one_sentence_what_it_shows_and_what_it_does_not():
    for row in METHODS:
        assert row.says.startswith("Shows ")
        assert "does not show" in row.says
        assert row.says.count(". ") == 0


def test_without_a_name_it_is_the_first_of_the_modality():
    assert get_method(None, "text") == list_methods("text")[0]


def test_a_method_for_texts_is_no_choice_for_images():
    with pytest.raises(UnknownChoiceError, match="grad-cam"):
        get_method("leave-one-word-out", "image")
