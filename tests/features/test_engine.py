"""What a forward pass runs on."""

import pytest
import torch

from core.features.engine import choose_engine, is_out_of_memory


@pytest.mark.parametrize("modality", ["image", "text"])
def test_whoever_insists_on_a_precision_gets_it(modality):
    assert choose_engine(modality, "float32").frozen == "float32"
    assert choose_engine(modality, "bfloat16").frozen == "bfloat16"


def test_convolutions_train_in_single_precision_on_a_processor():
    engine = choose_engine("image", "bfloat16")
    assert engine.device == "cuda" or engine.trained == "float32"


def test_torch_and_python_running_out_of_memory_are_both_recognised():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(10**15)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory"))


def test_other_faults_are_not_taken_for_lack_of_memory():
    with pytest.raises(RuntimeError) as caught:
        torch.zeros(2) @ torch.zeros(3)
    assert not is_out_of_memory(caught.value)
    assert not is_out_of_memory(OSError("No such file"))
