"""Blends of samples and of their labels."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from core.features.sources import Batch
from core.training.mixing import Blend, blend_batch, blended_loss, draw_blend


def test_no_strength_no_blend():
    assert draw_blend(4, 0.0, seed=(0, 1)) is None


def test_a_blend_is_drawn_from_its_seed_and_keeps_the_larger_part_of_each_sample():
    blends = [draw_blend(8, 0.4, seed=(0, number)) for number in range(50)]
    again = draw_blend(8, 0.4, seed=(0, 7))
    assert again.share == blends[7].share
    assert torch.equal(again.partner, blends[7].partner)
    assert all(0.5 <= blend.share <= 1 for blend in blends)
    assert all(sorted(blend.partner.tolist()) == list(range(8)) for blend in blends)
    assert len({blend.share for blend in blends}) == 50


def test_samples_are_mixed_in_the_share_that_was_drawn():
    values = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    mixed = blend_batch(Batch(values), Blend(share=0.75, partner=torch.tensor([1, 0])))
    torch.testing.assert_close(mixed.values, torch.tensor([[0.75, 0.25], [0.25, 0.75]]))
    assert mixed.mask is None


def test_a_blend_of_two_texts_has_the_tokens_of_the_longer_one():
    mask = torch.tensor([[True, False], [True, True]])
    mixed = blend_batch(Batch(torch.ones(2, 2, 3), mask), Blend(share=0.6, partner=torch.tensor([1, 0])))
    assert mixed.mask.all()


def test_token_ids_cannot_be_blended():
    with pytest.raises(ValueError, match="frozen embeddings"):
        blend_batch(Batch(torch.ones(2, 2, dtype=torch.int64)), Blend(share=0.6, partner=torch.tensor([1, 0])))


def test_the_loss_counts_both_labels_as_far_as_each_is_in_the_blend():
    logits = torch.from_numpy(np.random.default_rng(0).normal(size=(3, 4))).float()
    labels, partner = torch.tensor([0, 1, 2]), torch.tensor([2, 0, 1])
    options = {"weight": torch.tensor([1.0, 2.0, 1.0, 1.0]), "label_smoothing": 0.1}
    own, other = (functional.cross_entropy(logits, target, **options) for target in (labels, labels[partner]))
    found = blended_loss(logits, labels, Blend(share=0.7, partner=partner), **options)
    torch.testing.assert_close(found, 0.7 * own + 0.3 * other)
    torch.testing.assert_close(blended_loss(logits, labels, None, **options), own)
