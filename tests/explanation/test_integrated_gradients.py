"""Integrated gradients: scores of tokens that add up to what they explain."""

import numpy as np
import pytest
import torch

from core.explanation.heads import head_of, random_heads
from core.explanation.integrated_gradients import integrate_gradients
from core.training.classifier import Classifier
from tests.training.networks import SMALLEST, WIDTH, tiny_texts, tiny_transformer

IDS, BLANKS = torch.tensor([[2, 17, 31, 8, 3]]), torch.tensor([[2, 0, 0, 0, 3]])


def log_odds(classifier, ids):
    with torch.no_grad():
        logits = classifier(ids, torch.ones_like(ids, dtype=torch.bool))[0]
    return float(logits[1] - logits[[0, 2]].logsumexp(0))


def scores_of(classifier, heads=None):
    return integrate_gradients(classifier, IDS, BLANKS, 1, heads or [head_of(classifier.head)])


@pytest.mark.parametrize("family", SMALLEST)
def test_scores_add_up_to_the_way_from_blanks_to_the_text(family):
    classifier = Classifier(tiny_transformer(family), 3, seed=2).eval()
    found = scores_of(classifier)
    difference = log_odds(classifier, IDS) - log_odds(classifier, BLANKS)
    assert found.scores.shape == (1, 5)
    assert found.scores.sum() == pytest.approx(difference, abs=0.05 * abs(difference) + 1e-4)
    assert found.residual < 0.05


def test_a_head_that_reads_every_stage_is_explained_through_all_of_them():
    classifier = Classifier(tiny_texts(), 3, stage_widths=(WIDTH,) * 3, seed=2).eval()
    difference = log_odds(classifier, IDS) - log_odds(classifier, BLANKS)
    assert scores_of(classifier).scores.sum() == pytest.approx(difference, rel=0.05)


def test_a_token_that_stays_the_same_has_no_score():
    scores = scores_of(Classifier(tiny_texts(), 3, seed=2).eval()).scores[0]
    assert scores[0] == scores[-1] == 0
    assert (scores[1:-1] != 0).all()


def test_each_head_gets_scores_of_its_own():
    classifier = Classifier(tiny_texts(), 3, seed=2).eval()
    own = head_of(classifier.head)
    found = scores_of(classifier, [own, *random_heads(own, n=2)]).scores
    assert np.allclose(found[0], scores_of(classifier).scores[0])
    assert not np.allclose(found[0], found[1])
