"""Torch and OpenVINO carry batches through frozen stages alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.features import openvino_model
from core.features.cache import ArrayCache
from core.features.engine import OPENVINO_MIN_SAMPLES, Engine, choose_engine
from core.features.frozen_pass import build_pass
from core.features.sources import Batch

TORCH = Engine(device="cpu", frozen="float32", trained="float32")

needs_openvino = pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO runs on x86 processors only")


def images(n: int) -> Batch:
    return Batch(torch.from_numpy(np.random.default_rng(n).normal(size=(n, 3, 64, 64)).astype(np.float32)))


def texts(n: int) -> Batch:
    lengths = torch.arange(3, 3 + n)
    mask = torch.arange(3 + n) < lengths[:, None]
    return Batch(torch.where(mask, torch.arange(3 + n) + 1000, 0), mask)


@needs_openvino
@pytest.mark.parametrize(("backbone_id", "make"), [("efficientnet-lite0", images), ("minilm-l6", texts)])
def test_both_backends_agree_at_the_cut_and_at_the_end_for_batches_of_any_size(
    backbone_id: str, make, tmp_path: Path
) -> None:
    backbone = build_backbone(backbone_id, pretrained=True)
    wanted = {
        "cut": 3,
        "want_pooled": True,
        "cache": ArrayCache(tmp_path),
        "weights_key": weights_digest(backbone),
    }
    plain = build_pass(backbone, engine=TORCH, **wanted)
    fast = build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
    for n in (1, 5):
        batch = make(n)
        for expected, found in zip(plain(batch), fast(batch), strict=True):
            assert found.shape == expected.shape
            real = torch.ones(found.shape, dtype=torch.bool)
            if batch.mask is not None and found.ndim == 3:
                real = batch.mask[..., None].expand(found.shape)  # what padding holds is nobody's business
            scale = expected[real].abs().max()
            assert float((found - expected)[real].abs().max() / scale) < 1e-4


@needs_openvino
def test_a_network_is_converted_once(tmp_path: Path) -> None:
    backbone = build_backbone("efficientnet-lite0", pretrained=True)
    wanted = {"cut": None, "want_pooled": True, "cache": ArrayCache(tmp_path), "weights_key": "w"}
    build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
    (entry,) = tmp_path.iterdir()
    written = (entry / "model.xml").stat().st_mtime_ns
    build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
    assert [path.name for path in tmp_path.iterdir()] == [entry.name]
    assert (entry / "model.xml").stat().st_mtime_ns == written


def test_the_backend_depends_on_the_number_of_samples_and_not_on_the_clock() -> None:
    few = choose_engine("image", "float32", n_samples=OPENVINO_MIN_SAMPLES["image"] - 1)
    many = choose_engine("image", "float32", n_samples=OPENVINO_MIN_SAMPLES["image"])
    assert few.backend == "torch"
    assert many.backend == ("openvino" if many.device == "cpu" and openvino_model.is_available() else "torch")
