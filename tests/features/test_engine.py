"""What a forward pass runs on."""

import pytest

from core.features.engine import choose_engine


@pytest.mark.parametrize("modality", ["image", "text"])
def test_whoever_insists_on_a_precision_gets_it(modality):
    assert choose_engine(modality, "float32").frozen == "float32"
    assert choose_engine(modality, "bfloat16").frozen == "bfloat16"


def test_convolutions_train_in_single_precision_on_a_processor():
    engine = choose_engine("image", "bfloat16")
    assert engine.device == "cuda" or engine.trained == "float32"
