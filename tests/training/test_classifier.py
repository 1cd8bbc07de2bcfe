"""A backbone with its new head, and its tensors by name."""

import numpy as np
import pytest
import torch

from core.training.classifier import Classifier
from tests.training.networks import WIDTH, image_samples, tiny_images


def test_starting_at_a_later_stage_gives_the_logits_of_the_whole_way():
    classifier = Classifier(tiny_images(), 4).eval()
    values = image_samples(n=5)[0].batch(np.arange(5)).values
    with torch.no_grad():
        whole = classifier(values)
        for start in range(4):
            entering = classifier.backbone.run_stages(values, stop=start)
            entering = classifier.backbone.pool(entering) if start == 3 else entering
            torch.testing.assert_close(classifier(entering, start=start), whole)


def test_the_head_starts_from_its_seed_whatever_the_global_generator_does():
    torch.manual_seed(5)
    first = Classifier(tiny_images(), 4, seed=1).head.weight
    torch.manual_seed(6)
    assert torch.equal(first, Classifier(tiny_images(), 4, seed=1).head.weight)
    assert not torch.equal(first, Classifier(tiny_images(), 4, seed=2).head.weight)


def test_tensors_of_some_stages_can_be_put_into_another_classifier():
    one, other = Classifier(tiny_images(seed=1), 4, seed=1), Classifier(tiny_images(seed=2), 4, seed=2)
    one.backbone.stage("last")[1].running_mean.fill_(7)
    other.load_tensors(one.tensors(("last",)))
    assert torch.equal(other.head.weight, one.head.weight)
    assert (other.backbone.stage("last")[1].running_mean == 7).all()  # buffers count as well
    assert torch.equal(other.backbone.stage("stem")[0].weight, tiny_images(seed=2).stage("stem")[0].weight)


def test_a_tensor_of_another_network_is_refused():
    with pytest.raises(KeyError, match="nowhere"):
        Classifier(tiny_images(), 4).load_tensors({"nowhere": torch.zeros(1)})


def test_dropout_before_the_head_draws_from_the_backbone_in_training_mode_only():
    classifier = Classifier(tiny_images(), 2)
    classifier.set_head(np.ones((2, WIDTH)), np.zeros(2))
    classifier.head_dropout = 0.5
    pooled = torch.ones(4_000, WIDTH)

    def logits(seed):
        classifier.backbone.generator.manual_seed(seed)
        return classifier(pooled, start=3).detach()

    classifier.train()
    assert torch.equal(logits(1), logits(1))
    assert not torch.equal(logits(1), logits(2))
    assert float(logits(1).mean()) == pytest.approx(WIDTH, rel=0.02)  # what is left counts for what is not
    classifier.eval()
    assert (logits(1) == WIDTH).all()


def test_a_fitted_head_gives_its_own_logits():
    classifier = Classifier(tiny_images(), 2)
    weight, bias = np.random.default_rng(0).normal(size=(2, WIDTH)), np.array([0.5, -0.5])
    classifier.set_head(weight, bias)
    pooled = torch.ones(1, WIDTH)
    np.testing.assert_allclose(classifier(pooled, start=3).detach()[0], weight.sum(axis=1) + bias, rtol=1e-5)


def test_a_head_on_every_stage_reads_the_samples_or_their_joined_features_and_nothing_between():
    classifier = Classifier(tiny_images(), 4, stage_widths=(WIDTH,) * 3).eval()
    assert classifier.head.in_features == 3 * WIDTH
    values = image_samples(n=5)[0].batch(np.arange(5)).values
    backbone = classifier.backbone
    with torch.no_grad():
        joined = backbone.join(backbone.each_stage(values))
        torch.testing.assert_close(classifier(values), classifier(joined, start=3))
        with pytest.raises(ValueError, match="every stage"):
            classifier(backbone.run_stages(values, stop=1), start=1)
    assert (classifier.features, Classifier(tiny_images(), 4).features) == ("every-stage", "last-stage")
