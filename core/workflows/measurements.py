"""What a run's estimate rests on: numbers measured once per machine, looked up ever after."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone
from core.backbones.freezing import weights_digest
from core.backbones.loaders import build_backbone
from core.backbones.weights import require_weights, weights_status
from core.datasets.records import Dataset
from core.features.cache import ArrayCache
from core.features.engine import Engine, choose_engine
from core.features.engine_trial import EngineChoice, EngineTrial, faster_engine, is_worth_trying, try_engines
from core.features.inputs import image_inputs, text_inputs
from core.features.pixels import THREADS
from core.features.timing import BackboneTiming, quickest, time_backbone
from core.features.timing_store import TimingStore
from core.training.principal_axes import find_principal_axes
from core.training.softmax_regression import SoftmaxRegression
from core.workflows.shipped_network import shipped
from core.workflows.workspace import Workspace

N_IMAGES_READ, N_TEXTS_READ = 32, 500
SOLVER_SAMPLES, SOLVER_ITERATIONS = 4_000, 5
AXES_SIDE = 512
SHORT_TOKENS, SHORT_STEP, LONG_STEP = 32, 4, 16


class NotMeasuredError(Exception):
    """A number is missing and may not be measured now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """How the samples of a dataset are read.

    Attributes:
        seconds: per sample.
        n_tokens: mean over the texts, the special tokens included; 0 for images.
    """

    seconds: float
    n_tokens: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Loading:
    """A network with its weights.

    Attributes:
        digest: of the weights, as cache keys name them; empty where they are not on this machine.
        seconds: to load it.
    """

    digest: str
    seconds: float


class Measurements:
    """Numbers for one dataset and backbone; measured where missing, unless that is forbidden.

    Args:
        workspace: where they are kept.
        dataset: whose samples are read.
        model: id of the backbone.
        may_measure: otherwise what is missing raises NotMeasuredError.
    """

    def __init__(self, workspace: Workspace, dataset: Dataset, model: str, *, may_measure: bool = True) -> None:
        self._workspace = workspace
        self._dataset = dataset
        self._model = model
        self._may_measure = may_measure
        self._store = TimingStore(workspace.timings_dir)
        self._of_datasets = TimingStore(workspace.reading_times_dir)

    def loading(self) -> Loading:
        """How long the network takes to load; nothing is downloaded for it."""
        is_here = weights_status(self._model) != "download"
        file = require_weights(get_backbone(self._model)) if is_here else None
        changed = None if file is None else (str(file), file.stat().st_size, file.stat().st_mtime_ns)
        return Loading(**self._get(self._time_loading, kind="loading", model=self._model, file=changed))

    def reading(self, image_size_px: int) -> Reading:
        """How long a sample takes to be decoded or split into tokens."""
        size = image_size_px if self._dataset.modality == "image" else 0
        key = {"kind": "reading", "dataset": self._dataset.id, "model": self._tokenizer_row(), "size": size}
        stored = self._of_datasets.get(**key)
        if stored is None:
            stored = self._measured(lambda: self._time_reading(size))
            self._of_datasets.put(stored, **key)
        return Reading(**stored)

    def sample_size(self, image_size_px: int) -> tuple[int, float]:
        """The size to measure at, and the factor from a sample of that size to a sample of this dataset."""
        if self._dataset.modality == "image":
            return image_size_px, 1.0
        n_tokens = self.reading(image_size_px).n_tokens
        size = text_size(n_tokens)
        return size, n_tokens / size

    def engine(self, precision: str, image_size_px: int) -> EngineChoice:
        """What runs the frozen stages here: the faster of the engines, tried once per machine."""
        engine = choose_engine(self._dataset.modality, precision)
        if not is_worth_trying(engine, self._dataset.modality, self._dataset.n_samples):
            return EngineChoice(engine=engine)
        return faster_engine(engine, self.trial(engine, self.sample_size(image_size_px)[0]))

    def trial(self, engine: Engine, size: int) -> EngineTrial:
        """How fast the engines are, at a size in pixels or tokens."""
        key = {"kind": "engines", "model": self._model, "size": size, "engine": engine.frozen_key}
        return EngineTrial(**self._get(lambda: self._try_engines(engine, size), **key))

    def backbone(self, engine: Engine, size: int) -> BackboneTiming:
        """Every stage, at a size in pixels or tokens."""

        def measure() -> dict[str, Any]:
            backbone = build_backbone(self._model, pretrained=False)
            return time_backbone(backbone, engine, size=size).to_json()

        precisions = (engine.device, engine.frozen, engine.trained)
        return BackboneTiming.from_json(
            self._get(measure, kind="stages", model=self._model, size=size, engine=precisions)
        )

    def solver_s(self, n_features: int, n_classes: int) -> float:
        """Seconds per sample of one iteration of the head's solver."""
        n = min(SOLVER_SAMPLES, len(self._dataset.rows("train")))
        key = {"kind": "solver", "n": n, "n_features": n_features, "n_classes": n_classes}
        return float(self._get(lambda: _time_solver(n, n_features, n_classes), **key)["seconds"])

    def axes_s(self, n_features: int) -> float:
        """Seconds to find the principal axes of the training samples, scaled up from a small matrix of products."""
        side = min(len(self._dataset.rows("train")), n_features)
        return float(self._get(_time_axes, kind="axes", side=AXES_SIDE)["seconds"]) * (side / AXES_SIDE) ** 3

    def pass_s(self, engine: Engine, image_size_px: int) -> float | None:
        """Seconds per sample of the last real pass through all stages; None where there was none yet."""
        size, scale = self.sample_size(image_size_px)
        stored = self._store.get(**self._pass_key(engine, size))
        return None if stored is None else float(stored["seconds"]) * scale

    def shipped_s(self, engine: Engine, image_size_px: int) -> float:
        """Seconds per sample of all stages in the precision in which the network leaves."""
        left, (size, scale) = shipped(engine), self.sample_size(image_size_px)
        if left.backend == "openvino":
            tried = self.trial(replace(left, backend="torch"), size).openvino_s
            if tried is not None:
                return tried * scale
        return scale * sum(stage.frozen_s for stage in self.backbone(left, size).stages)

    def record_pass(self, engine: Engine, image_size_px: int, seconds: float) -> None:
        """Keep what a real pass took per sample; the estimates to come rest on it."""
        size, scale = self.sample_size(image_size_px)
        self._store.put({"seconds": seconds / scale}, **self._pass_key(engine, size))

    def _pass_key(self, engine: Engine, size: int) -> dict[str, object]:
        return {"kind": "pass", "model": self._model, "size": size, "engine": engine.frozen_key}

    def _get(self, measure: Callable[[], dict[str, Any]], **key: object) -> dict[str, Any]:
        stored = self._store.get(**key)
        if stored is not None:
            return stored
        measured = self._measured(measure)
        self._store.put(measured, **key)
        return measured

    def _measured(self, measure: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        if not self._may_measure:
            raise NotMeasuredError
        return measure()

    def _try_engines(self, engine: Engine, size: int) -> dict[str, Any]:
        """With the real weights where they are here, so that the converted network is of use; else with random ones."""
        is_here = weights_status(self._model) != "download"
        backbone = build_backbone(self._model, pretrained=is_here)
        with self._workspace.draft() as folder:
            cache = self._workspace.cache if is_here else ArrayCache(folder)
            digest = weights_digest(backbone)
            return asdict(try_engines(backbone, engine, size=size, cache=cache, weights_key=digest))

    def _time_loading(self) -> dict[str, Any]:
        is_here = weights_status(self._model) != "download"
        started = time.perf_counter()
        backbone = build_backbone(self._model, pretrained=is_here)
        digest = weights_digest(backbone)
        return {"digest": digest if is_here else "", "seconds": time.perf_counter() - started}

    def _tokenizer_row(self) -> str:
        """The backbone, or the bundled one where its tokenizer is not here: they split texts alike."""
        is_here = weights_status(self._model) != "download"
        return self._model if is_here else DEFAULT_BACKBONES[self._dataset.modality]

    def _time_reading(self, size_px: int) -> dict[str, Any]:
        row = get_backbone(self._tokenizer_row())
        dataset = self._dataset
        if dataset.modality == "text":
            texts = _spread(dataset.texts, N_TEXTS_READ)
            started = time.perf_counter()
            lengths = text_inputs(row, texts).lengths
            return {"seconds": (time.perf_counter() - started) / len(texts), "n_tokens": float(lengths.mean())}
        paths = [self._workspace.datasets.image_path(one) for one in _spread(dataset.sample_ids, N_IMAGES_READ)]
        started = time.perf_counter()
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(lambda path: image_inputs(row, [path], size_px), paths))
        return {"seconds": (time.perf_counter() - started) / len(paths), "n_tokens": 0.0}


def text_size(n_tokens: float) -> int:
    """The length texts of this mean length are measured at, so that datasets of similar texts share a measurement."""
    step = SHORT_STEP if n_tokens <= SHORT_TOKENS else LONG_STEP
    return max(SHORT_STEP, step * round(n_tokens / step))


def _spread(items: tuple[str, ...], n: int) -> tuple[str, ...]:
    """At most about `n` of the items, evenly over all of them."""
    return items[:: max(1, len(items) // n)][:n]


def _time_solver(n: int, n_features: int, n_classes: int) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(n, n_features)).astype(np.float32)
    labels = np.arange(n) % n_classes
    ones = np.ones(n_features, dtype=np.float32), np.ones(n_classes, dtype=np.float32)
    solver = SoftmaxRegression(features, ones[0], labels, ones[1])
    solver.set_strength(1.0)
    solver.advance(1, 0.0)  # the first call of an operator is slower than all that follow
    started = time.perf_counter()
    solver.advance(SOLVER_ITERATIONS, 0.0)
    return {"seconds": (time.perf_counter() - started) / SOLVER_ITERATIONS / n}


def _time_axes() -> dict[str, Any]:
    features = np.random.default_rng(0).normal(size=(2 * AXES_SIDE, AXES_SIDE)).astype(np.float32)
    find_principal_axes(features[:AXES_SIDE])  # the first call of an operator is slower than all that follow
    return {"seconds": quickest(lambda: find_principal_axes(features), "cpu")}
