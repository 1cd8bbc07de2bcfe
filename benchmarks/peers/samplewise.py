"""Features computed sample by sample, as a first script does it, under scikit-learn's logistic regression."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sentence_transformers import SentenceTransformer
from sklearn.linear_model import LogisticRegression

from benchmarks.peers.networks import build_lite0, lite0_preprocessing, minilm_folder
from benchmarks.peers.parts import Part, PeerResult, SampleT
from benchmarks.peers.torch_loop import plain_transform
from core.arrays import FloatArray

TEXT_STRENGTH = 30.0
"""C for texts, whose features have length 1: scikit-learn's own 1 is far too strong for them."""


def run_samplewise_images(parts: dict[str, Part[Path]]) -> PeerResult:
    """Fit to the part "train", answer the part "val"."""
    started = time.perf_counter()
    network = build_lite0(0).eval()
    transform = plain_transform(lite0_preprocessing().size_px)

    def encode(file: Path) -> FloatArray:
        with Image.open(file) as image, torch.no_grad():
            return network(transform(image.convert("RGB")).unsqueeze(0))[0].numpy()

    return _fit(parts, "val", encode, LogisticRegression(max_iter=1000), started)


def run_samplewise_texts(parts: dict[str, Part[str]]) -> PeerResult:
    """Fit to the part "train", answer the part "test"."""
    started = time.perf_counter()
    encoder = SentenceTransformer(str(minilm_folder()), device="cpu")

    def encode(text: str) -> FloatArray:
        return encoder.encode(text, show_progress_bar=False)

    return _fit(parts, "test", encode, LogisticRegression(C=TEXT_STRENGTH, max_iter=1000), started)


def _fit(
    parts: dict[str, Part[SampleT]],
    asked: str,
    encode: Callable[[SampleT], FloatArray],
    classifier: LogisticRegression,
    started: float,
) -> PeerResult:
    train, held_out = (np.stack([encode(one) for one in parts[name].samples]) for name in ("train", asked))
    classifier.fit(train, parts["train"].labels)
    accuracy = float(classifier.score(held_out, parts[asked].labels))
    return PeerResult(seconds=time.perf_counter() - started, accuracy={asked: accuracy})
