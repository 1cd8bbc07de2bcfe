"""Which engine runs the frozen stages: torch and OpenVINO are tried once per machine, and the faster one is taken."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass, replace

import torch

from core.backbones.staged import StagedBackbone
from core.datasets.records import Modality
from core.features import openvino_model
from core.features.ahead import made_ahead
from core.features.cache import ArrayCache
from core.features.engine import Engine
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.sources import Batch
from core.features.timing import quickest, random_batch

TRIAL_SAMPLES = 8
N_TORCH, N_OPENVINO = 1, 3
"""How often each is timed; of the engine that is several times slower once must do."""

MIN_SAMPLES: dict[Modality, int] = {"image": 100, "text": 1_000}
"""Fewer have passed through torch before anything else is prepared, so nothing is tried for them."""

TOLERANCE = {"float32": 1e-3, "bfloat16": 0.1}
"""Largest relative difference of pooled features at which two engines count as numerically equal: rounding to
bfloat16 alone makes up to 0.03 in each of them."""

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineTrial:
    """Both engines on one batch of noise.

    Attributes:
        torch_s: seconds per sample through torch, in the precision of the frozen pass.
        openvino_s: seconds per sample through OpenVINO; None where it cannot run this backbone.
        convert_s: seconds that preparing OpenVINO took, once per machine.
        difference: of the pooled features, norm of the difference over norm; None as above.
    """

    torch_s: float
    openvino_s: float | None
    convert_s: float
    difference: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class EngineChoice:
    """The engine that is taken, and why.

    Attributes:
        engine: the faster of those that agree.
        trial: what trying them gave; None where nothing was tried.
    """

    engine: Engine
    trial: EngineTrial | None = None

    @property
    def rates(self) -> dict[str, float]:
        """Samples per second of each engine that was tried, by its name."""
        if self.trial is None:
            return {}
        seconds = {"torch": self.trial.torch_s, "openvino": self.trial.openvino_s}
        return {name: 1 / value for name, value in seconds.items() if value}


def is_worth_trying(engine: Engine, modality: Modality, n_samples: int) -> bool:
    """Whether another engine than torch might be faster here for so many samples."""
    return engine.device == "cpu" and n_samples >= MIN_SAMPLES[modality] and openvino_model.is_available()


def faster_engine(engine: Engine, trial: EngineTrial) -> EngineChoice:
    """The faster of those that agree.

    Args:
        engine: with torch as its backend.
        trial: what trying both gave.
    """
    agrees = trial.difference is not None and trial.difference <= TOLERANCE[engine.frozen]
    is_faster = trial.openvino_s is not None and trial.openvino_s < trial.torch_s
    backend = "openvino" if agrees and is_faster else "torch"
    return EngineChoice(engine=replace(engine, backend=backend), trial=trial)


def try_engines(
    backbone: StagedBackbone, engine: Engine, *, size: int, cache: ArrayCache, weights_key: str
) -> EngineTrial:
    """Time both; takes some seconds, of which the conversion is kept for the pass itself.

    Args:
        backbone: put into evaluation mode.
        engine: with torch as its backend.
        size: side of the images in pixels, or tokens per text.
        cache: where the converted network is kept.
        weights_key: names the content of the backbone's tensors.
    """
    parts = {"cut": None, "want_pooled": True, "cache": cache, "weights_key": weights_key}
    batch = random_batch(backbone, engine.device, TRIAL_SAMPLES, size)
    torch_s, expected = _time(build_pass(backbone, engine=engine, **parts), batch, N_TORCH)  # type: ignore[arg-type]
    started = time.perf_counter()
    try:
        other = build_pass(backbone, engine=replace(engine, backend="openvino"), **parts)  # type: ignore[arg-type]
        convert_s = time.perf_counter() - started
        openvino_s, found = _time(other, batch, N_OPENVINO)
    except Exception:  # whatever its converter cannot do; torch can
        _logger.info("OpenVINO cannot run %s", backbone.row.id, exc_info=True)
        return EngineTrial(torch_s=torch_s, openvino_s=None, convert_s=0.0, difference=None)
    difference = float(torch.linalg.norm(found - expected) / torch.linalg.norm(expected).clamp(min=1e-12))
    return EngineTrial(torch_s=torch_s, openvino_s=openvino_s, convert_s=convert_s, difference=difference)


def _time(run: FrozenPass, batch: Batch, n: int) -> tuple[float, torch.Tensor]:
    """Seconds per sample once it is prepared, and the pooled features."""
    _, pooled = run(batch)
    if pooled is None:
        raise ValueError("a frozen pass gave back no pooled features")
    side_by_side = range(run.n_at_once)

    def carry() -> None:
        for _ in made_ahead(side_by_side, lambda _: run(batch), n_ahead=run.n_at_once):
            pass

    return quickest(carry, "cpu", n=n) / (len(pooled) * run.n_at_once), pooled.float()
