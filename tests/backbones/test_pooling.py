import pytest
import torch

from core.backbones.pooling import mean_over_positions, pool_image, pool_tokens
from core.backbones.records import TextPreprocessing

HIDDEN = torch.arange(24, dtype=torch.float32).reshape(2, 4, 3)
MASK = torch.tensor([[1, 1, 0, 0], [1, 1, 1, 1]])


def pooled(pooling, mask, *, unit_length=False):
    return pool_tokens(HIDDEN, mask, TextPreprocessing(max_tokens=8, pooling=pooling, unit_length=unit_length))


@pytest.mark.parametrize("as_bool", [False, True])
@pytest.mark.parametrize(
    ("pooling", "masked", "unmasked"),
    [
        ("mean", [[1.5, 2.5, 3.5], [16.5, 17.5, 18.5]], [[4.5, 5.5, 6.5], [16.5, 17.5, 18.5]]),
        ("first", [[0, 1, 2], [12, 13, 14]], [[0, 1, 2], [12, 13, 14]]),
        ("last", [[3, 4, 5], [21, 22, 23]], [[9, 10, 11], [21, 22, 23]]),
    ],
)
def test_only_valid_tokens_are_pooled(pooling, masked, unmasked, as_bool):
    assert pooled(pooling, MASK.bool() if as_bool else MASK).tolist() == masked
    assert pooled(pooling, None).tolist() == unmasked


def test_vectors_are_scaled_to_length_one_where_the_row_says_so():
    assert torch.allclose(pooled("mean", MASK, unit_length=True).norm(dim=1), torch.ones(2))
    assert pooled("mean", MASK).norm(dim=1).min() > 2


def test_half_precision_is_pooled_in_single():
    features = pool_tokens(HIDDEN.half(), MASK, TextPreprocessing(max_tokens=8, pooling="last"))
    assert features.dtype == torch.float32


def test_of_tokens_of_an_image_the_first_is_taken_which_is_the_class_token():
    assert pool_image(torch.arange(24.0).view(2, 3, 4)).tolist() == [[0, 1, 2, 3], [12, 13, 14, 15]]


def test_maps_are_averaged_and_vectors_kept():
    assert pool_image(torch.ones(2, 3, 4, 5)).tolist() == [[1, 1, 1]] * 2
    assert pool_image(torch.ones(2, 3)).tolist() == [[1, 1, 1]] * 2


def test_of_any_stage_positions_are_averaged_and_padding_is_not():
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    assert mean_over_positions(maps, None).tolist() == [[1.5, 5.5, 9.5], [13.5, 17.5, 21.5]]
    assert mean_over_positions(HIDDEN, None).tolist() == [[4.5, 5.5, 6.5], [16.5, 17.5, 18.5]]
    assert mean_over_positions(HIDDEN, MASK).tolist() == [[1.5, 2.5, 3.5], [16.5, 17.5, 18.5]]
    assert torch.equal(mean_over_positions(HIDDEN[:, 0], None), HIDDEN[:, 0])
