"""Optimisers: what they move, how fast, and what they leave alone."""

import pytest
import torch

from core.errors import UnknownChoiceError
from core.training.classifier import Classifier
from core.training.optimizers import backbone_rate, build_optimizer, scale_rates
from core.training.settings import get_setting
from core.training.spec import TrainingSpec
from core.training.strategies import Phase
from tests.training.networks import tiny_images

ALL = ("stem", "middle", "last")


def spec(**settings):
    words = {"dataset_id": "0123456789abcdef", "model": "tiny-image", "strategy": "full-fine-tuning"}
    return TrainingSpec(**words, frozen_stages=(), **settings)


def built(*, stages=ALL, decay=1.0, **settings):
    classifier = Classifier(tiny_images(), 3)
    classifier.backbone.apply_freeze([name for name in ALL if name not in stages])
    phase = Phase(name="p", head_start="previous", trainable_stages=stages, n_epochs=1, stage_decay=decay)
    return classifier, build_optimizer(classifier, phase, spec(**settings))


def moved_by_one_step(classifier, optimizer, gradient):
    before = {name: tensor.detach().clone() for name, tensor in classifier.named_parameters()}
    for parameter in classifier.parameters():
        parameter.grad = torch.full_like(parameter, gradient)
    optimizer.step()
    return {name for name, tensor in classifier.named_parameters() if not torch.equal(tensor, before[name])}


@pytest.mark.parametrize("name", get_setting("optimizer").choices)
def test_every_optimiser_of_the_settings_steps_and_moves_all_that_trains(name):
    classifier, optimizer = built(optimizer=name)
    assert moved_by_one_step(classifier, optimizer, 0.1) == {name for name, _ in classifier.named_parameters()}


@pytest.mark.parametrize("name", get_setting("optimizer").choices)
def test_weight_decay_moves_matrices_and_filters_only(name):
    classifier, optimizer = built(optimizer=name, weight_decay=0.5)
    moved = moved_by_one_step(classifier, optimizer, 0.0)
    assert moved == {name for name, parameter in classifier.named_parameters() if parameter.ndim >= 2}


@pytest.mark.parametrize("stages", [("last",), ("stem", "last"), ("middle",), ()])
def test_frozen_parameters_are_absent(stages):
    classifier, optimizer = built(stages=stages)
    present = {id(parameter) for group in optimizer.param_groups for parameter in group["params"]}
    expected = {*classifier.head.parameters()}.union(*(classifier.backbone.stage(name).parameters() for name in stages))
    assert present == {id(parameter) for parameter in expected}


def test_head_and_stages_have_their_own_rates_lower_stages_smaller_ones():
    _, optimizer = built(decay=0.5, learning_rate=0.01, head_learning_rate=0.2)
    rates = [(group["is_head"], group["lr"]) for group in optimizer.param_groups]
    assert {rate for is_head, rate in rates if is_head} == {0.2}
    assert [rate for is_head, rate in rates if not is_head][::2] == pytest.approx([0.01, 0.005, 0.0025])
    assert backbone_rate(optimizer) == 0.01


def test_rates_are_scaled_from_the_full_rate_each_time():
    _, optimizer = built(learning_rate=0.01, head_learning_rate=0.2)
    for scale in (0.5, 0.1, 0.1):
        scale_rates(optimizer, scale)
    assert backbone_rate(optimizer) == pytest.approx(0.001)
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02)


def test_the_rate_is_the_heads_where_no_stage_trains():
    _, optimizer = built(stages=(), head_learning_rate=0.2)
    assert backbone_rate(optimizer) == 0.2


def test_an_optimiser_nobody_knows_is_refused():
    odd = spec()
    object.__setattr__(odd, "optimizer", "adamax")
    phase = Phase(name="p", head_start="previous")
    with pytest.raises(UnknownChoiceError, match="adamax"):
        build_optimizer(Classifier(tiny_images(), 3), phase, odd)
