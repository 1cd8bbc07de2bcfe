"""Torch and OpenVINO carry batches through frozen stages alike."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.features import openvino_model
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.frozen_pass import build_pass
from core.features.sources import Batch

TORCH = Engine(device="cpu", frozen="float32", trained="float32")

needs_openvino = pytest.mark.skipif(not openvino_model.is_available(), reason="OpenVINO runs on x86 processors only")


def images(n: int) -> Batch:
    pixels = np.random.default_rng(n).integers(0, 256, size=(n, 64, 64, 3), dtype=np.uint8)
    return Batch(torch.from_numpy(pixels).permute(0, 3, 1, 2))


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
    for n in (1, 5, 3):  # the last one is computed as part of a larger batch
        batch = make(n)
        for expected, found in zip(plain(batch), fast(batch), strict=True):
            assert found.shape == expected.shape
            real = torch.ones(found.shape, dtype=torch.bool)
            if batch.mask is not None and found.ndim == 3:
                real = batch.mask[..., None].expand(found.shape)  # what padding holds is nobody's business
            scale = expected[real].abs().max()
            assert float((found - expected)[real].abs().max() / scale) < 1e-4


FIRST_BATCHES = """
import sys, threading
import torch
from pathlib import Path
from tests.features.test_frozen_pass import TORCH, images
from core.backbones.loaders import build_backbone
from core.features.cache import ArrayCache
from core.features.frozen_pass import build_pass
from dataclasses import replace

backbone = build_backbone("efficientnet-lite0", pretrained=False)
wanted = dict(cut=None, want_pooled=True, cache=ArrayCache(Path(sys.argv[1])), weights_key="w")
carry = build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
together, batch = threading.Barrier(2), images(2)

def run():
    together.wait()
    carry(batch)

threads = [threading.Thread(target=run) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("through")
"""


@needs_openvino
def test_two_threads_may_begin_at_once_in_a_new_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", FIRST_BATCHES, str(tmp_path)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert found.stdout.strip() == "through", found.stderr


@needs_openvino
def test_threads_get_what_one_alone_gets(tmp_path: Path) -> None:
    backbone = build_backbone("minilm-l6", pretrained=True)
    wanted = {"cut": None, "want_pooled": True, "cache": ArrayCache(tmp_path), "weights_key": "w"}
    carry = build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
    batches = [texts(n) for n in range(1, 9)]
    alone = [carry(batch)[1] for batch in batches]
    with ThreadPoolExecutor(4) as pool:
        for expected, (_, found) in zip(alone, pool.map(carry, batches), strict=True):
            assert torch.allclose(found, expected, atol=1e-5)


@needs_openvino
def test_a_network_is_converted_once(tmp_path: Path) -> None:
    backbone = build_backbone("efficientnet-lite0", pretrained=True)
    wanted = {"cut": None, "want_pooled": True, "cache": ArrayCache(tmp_path), "weights_key": "w"}
    build_pass(backbone, engine=replace(TORCH, backend="openvino"), **wanted)
    (entry,) = tmp_path.iterdir()
    written = (entry / "model.xml").stat().st_mtime_ns
    for cut, want_pooled in ((None, True), (3, True), (5, False)):  # one conversion holds all taps
        build_pass(
            backbone, engine=replace(TORCH, backend="openvino"), **{**wanted, "cut": cut, "want_pooled": want_pooled}
        )
    assert [path.name for path in tmp_path.iterdir()] == [entry.name]
    assert (entry / "model.xml").stat().st_mtime_ns == written


@needs_openvino
@pytest.mark.parametrize(("backbone_id", "make"), [("efficientnet-lite0", images), ("minilm-l6", texts)])
def test_both_backends_agree_on_what_every_stage_gives(backbone_id: str, make, tmp_path: Path) -> None:
    backbone = build_backbone(backbone_id, pretrained=True)
    found = []
    for backend in ("torch", "openvino"):
        run = build_pass(
            backbone,
            cut=3,
            want_pooled=True,
            engine=replace(TORCH, backend=backend),
            cache=ArrayCache(tmp_path),
            weights_key="w",
            features="every-stage",
        )
        found.append(run(make(4))[1])
    expected, given = found
    scale = expected.abs().amax(dim=0).clamp_min(1e-3 * float(expected.abs().max()))
    assert given.shape == expected.shape
    assert float(((given - expected) / scale).abs().max()) < 1e-3
