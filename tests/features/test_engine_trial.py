"""The faster engine is taken only where it gives the same."""

from dataclasses import replace

import pytest
import torch

from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.features import openvino_model
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.engine_trial import (
    MIN_SAMPLES,
    EngineChoice,
    EngineTrial,
    faster_engine,
    is_worth_trying,
    try_engines,
)
from core.features.frozen_pass import converted_key
from tests.training.networks import tiny_images

TORCH = Engine(device="cpu", frozen="float32", trained="float32")
TRIAL = EngineTrial(torch_s=0.02, openvino_s=0.004, convert_s=2.0, difference=1e-5)


@pytest.mark.parametrize(
    ("change", "backend"),
    [
        ({}, "openvino"),
        ({"openvino_s": 0.03}, "torch"),
        ({"difference": 0.01}, "torch"),
        ({"openvino_s": None, "difference": None}, "torch"),
    ],
)
def test_the_faster_of_those_that_agree_is_taken(change, backend):
    assert faster_engine(TORCH, replace(TRIAL, **change)).engine.backend == backend


def test_bfloat16_may_differ_by_its_rounding():
    rough = replace(TRIAL, difference=0.03)
    assert faster_engine(TORCH, rough).engine.backend == "torch"
    assert faster_engine(replace(TORCH, frozen="bfloat16"), rough).engine.backend == "openvino"


def test_a_choice_tells_how_fast_each_engine_is():
    assert faster_engine(TORCH, TRIAL).rates == {"torch": pytest.approx(50), "openvino": pytest.approx(250)}
    assert EngineChoice(engine=TORCH).rates == {}


def test_few_samples_and_other_devices_are_not_worth_a_trial():
    enough = MIN_SAMPLES["text"]
    assert is_worth_trying(TORCH, "text", enough) == openvino_model.is_available()
    assert not is_worth_trying(TORCH, "text", enough - 1)
    assert not is_worth_trying(replace(TORCH, device="cuda"), "text", enough)


@pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO runs on x86 processors only")
def test_a_trial_times_both_and_keeps_the_converted_network(tmp_path):
    backbone, cache = build_backbone("efficientnet-lite0", pretrained=True), ArrayCache(tmp_path)
    digest = weights_digest(backbone)
    trial = try_engines(backbone, TORCH, size=32, cache=cache, weights_key=digest)
    assert trial.torch_s > 0
    assert trial.openvino_s
    assert trial.difference < 1e-3
    assert cache.has(converted_key(digest, backbone.row))


class Unheard(torch.nn.Module):
    """What no converter has a counterpart for."""

    def forward(self, values):
        return torch.special.airy_ai(values.mean(dim=1, keepdim=True)).expand(-1, 8, -1, -1)


@pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO runs on x86 processors only")
def test_a_network_that_openvino_cannot_run_is_left_to_torch(tmp_path):
    backbone = tiny_images()
    backbone.stages["last"] = Unheard()
    trial = try_engines(backbone, TORCH, size=16, cache=ArrayCache(tmp_path), weights_key="unheard")
    assert trial.openvino_s is None
    assert faster_engine(TORCH, trial).engine == TORCH
    assert faster_engine(TORCH, trial).rates.keys() == {"torch"}
    assert list(tmp_path.iterdir()) == []
