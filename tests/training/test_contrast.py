"""Supervised contrast: the loss against its definition, and the head that is fitted after every epoch."""

import math

import numpy as np
import pytest
import torch

from core.training.contrast import TEMPERATURE, contrastive_loss
from core.training.probe import fit_probe
from core.training.scoring import predict_features
from tests.training.trainings import Training


def by_definition(features, labels):
    directions = features / features.norm(dim=1, keepdim=True)
    similarities = (directions @ directions.T / TEMPERATURE).tolist()
    losses = []
    for one in range(len(labels)):
        others = [at for at in range(len(labels)) if at != one]
        alike = [at for at in others if labels[at] == labels[one]]
        if alike:
            total = math.log(sum(math.exp(similarities[one][at]) for at in others))
            losses.append(-sum(similarities[one][at] - total for at in alike) / len(alike))
    return sum(losses) / len(losses)


def test_the_loss_is_that_of_the_paper_and_lengths_do_not_matter():
    features = torch.randn(7, 5, generator=torch.Generator().manual_seed(0))
    labels = torch.tensor([0, 1, 0, 2, 1, 0, 3])
    expected = by_definition(features, labels.tolist())
    assert float(contrastive_loss(features, labels)) == pytest.approx(expected, rel=1e-5)
    scaled = features * torch.rand(7, 1, generator=torch.Generator().manual_seed(1)).add(0.1)
    assert float(contrastive_loss(scaled, labels)) == pytest.approx(expected, rel=1e-4)


def test_a_step_down_brings_a_class_together_and_drives_others_apart():
    features = torch.randn(6, 4, generator=torch.Generator().manual_seed(2), requires_grad=True)
    labels = torch.tensor([0, 0, 0, 1, 1, 1])
    before = contrastive_loss(features, labels)
    before.backward()
    after = contrastive_loss((features - 0.1 * features.grad).detach(), labels)
    assert float(after) < float(before.detach())


def test_where_everybody_is_alone_there_is_nothing_to_learn():
    features = torch.randn(3, 4, requires_grad=True)
    loss = contrastive_loss(features, torch.tensor([0, 1, 2]))
    loss.backward()
    assert float(loss.detach()) == 0
    assert float(features.grad.abs().sum()) == 0


def begun(**settings):
    """A training after its first epoch of contrast."""
    training = Training("contrastive", modality="text", frozen=("embeddings",), epochs=3, **settings)
    return training.run_until(lambda: any(epoch.phase == 1 for epoch in training.epochs()))


def test_after_every_epoch_the_head_is_the_one_fitted_to_the_features_as_they_are_then():
    training = begun()
    state, data = training.state, training.data
    rows, labels = data.train_rows, data.labels[data.train_rows]
    features = predict_features(state.classifier, data.activations, rows, start=data.cut, engine=training.engine)
    assert not np.allclose(features, data.pooled[rows], atol=1e-3)
    assert state.strength in [strength for strength, _ in state.strengths]
    *_, probe = fit_probe(features, labels, np.ones(3, dtype=np.float32), strength=state.strength)
    np.testing.assert_allclose(state.classifier.head.weight.detach().numpy(), probe.weight, atol=1e-6)


def test_a_head_for_adjusted_scores_is_fitted_like_the_one_before():
    plain, adjusted = (begun(class_weights=how).state.classifier.head for how in ("none", "logit-adjustment"))
    shares = np.bincount(begun().data.labels[begun().data.train_rows]) / 45
    np.testing.assert_allclose(
        (plain.bias - adjusted.bias).detach().numpy(), np.log(shares).astype(np.float32), atol=1e-5
    )


def test_each_mixture_of_weights_has_the_head_that_fits_it():
    training = begun()
    training.run_until(lambda: len(training.path()) == 11)
    scores = [point.val_loss for point in training.path()]
    state, data = training.state, training.data
    rows, labels = data.train_rows, data.labels[data.train_rows]
    (kept,) = (point.share for point in training.path() if point.is_best)
    state.classifier.load_tensors(state.best_tensors)
    features = predict_features(state.classifier, data.activations, rows, start=data.cut, engine=training.engine)
    *_, probe = fit_probe(features, labels, np.ones(3, dtype=np.float32), strength=state.strength)
    np.testing.assert_allclose(state.classifier.head.weight.detach().numpy(), probe.weight, atol=1e-6)
    assert 0 < kept < 1
    assert len(set(scores)) > 1


def test_dropout_and_blends_that_are_set_change_no_step_of_contrast():
    plain, other = (
        begun(label_smoothing=value, head_dropout=value, head_learning_rate=0.1 + value) for value in (0.0, 0.4)
    )
    assert plain.told() == other.told()
