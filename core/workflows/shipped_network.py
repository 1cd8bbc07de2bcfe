"""The network that a run ships: what is reported, predicted and exported is computed by it, in float32 throughout.

A training may pass its samples through the frozen stages in bfloat16, which is several times faster and good enough to
learn from. An archive, another library and another machine compute in float32, though; so that they give the very
answers that stand in the report, the report asks the same network.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.inputs import Inputs
from core.features.passing import BLOCK, tap_features
from core.training.classifier import Classifier
from core.training.inference import Classified, build_classifying_pass, classify

Progress = Callable[[int, int], None]


def shipped(engine: Engine) -> Engine:
    """The engine of a training as it computes what leaves."""
    return replace(engine, frozen="float32", trained="float32")


class ShippedNetwork:
    """A classifier asked in float32 about samples of a dataset.

    Args:
        classifier: as it is before its training; what the tensors are when it is asked, decides the answers.
        inputs: the samples.
        cut: leading stages that do not train.
        engine: of the training.
        cache: where converted networks and features lie.
        weights_key: names the content of the backbone's tensors before the training.
    """

    def __init__(
        self,
        classifier: Classifier,
        inputs: Inputs,
        *,
        cut: int,
        engine: Engine,
        cache: ArrayCache,
        weights_key: str,
    ) -> None:
        self._classifier, self._inputs, self._cut = classifier, inputs, cut
        self._engine, self._cache, self._weights_key = shipped(engine), cache, weights_key
        self._is_whole = cut == len(classifier.backbone.stage_names)
        # Made now: a converted network is kept under the name of the tensors that the backbone has before it trains.
        self._pass = build_classifying_pass(
            classifier.backbone,
            cut=cut,
            engine=self._engine,
            cache=cache,
            weights_key=weights_key,
            features=classifier.features,
        )

    def answer(self, rows: IntArray, on_progress: Progress = lambda *_: None) -> Classified:
        """Logits and features of these rows, in their order, by the tensors that the classifier holds now."""
        if self._is_whole:
            features = self._kept_features(rows, on_progress)
            return Classified(logits=self._head(features), features=features)
        return _joined([self._classify(block, on_progress) for block in _blocks(rows)])

    def _kept_features(self, rows: IntArray, on_progress: Progress) -> FloatArray:
        """Nothing of the backbone trained, so that whoever asked before left them in the cache."""
        taps = tap_features(
            self._classifier.backbone,
            self._inputs,
            rows,
            weights_key=self._weights_key,
            cut=None,
            want_pooled=True,
            engine=self._engine,
            cache=self._cache,
            on_progress=on_progress,
            features=self._classifier.features,
        )
        assert taps.pooled is not None
        return np.asarray(taps.pooled[rows], dtype=np.float32)

    def _head(self, features: FloatArray) -> FloatArray:
        head = self._engine.place(self._classifier.eval()).head
        with torch.inference_mode():
            logits: FloatArray = head(torch.from_numpy(features).to(head.weight.device)).cpu().numpy()
        return logits

    def _classify(self, block: IntArray, on_progress: Progress) -> Classified:
        with self._inputs.reading(block) as source:
            return classify(
                self._engine.place(self._classifier.eval()),
                source,
                self._pass,
                cut=self._cut,
                engine=self._engine,
                rows=block,
                on_progress=on_progress,
            )


def _blocks(rows: IntArray) -> list[IntArray]:
    return [rows[start : start + BLOCK] for start in range(0, len(rows), BLOCK)]


def _joined(parts: list[Classified]) -> Classified:
    return Classified(
        logits=np.concatenate([part.logits for part in parts]),
        features=np.concatenate([part.features for part in parts]),
    )
