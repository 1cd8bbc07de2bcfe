"""What each stage of a backbone costs on this machine: seconds and memory per sample, from a few timed batches."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from core.backbones.staged import StagedBackbone
from core.features.engine import Engine
from core.features.sources import Batch

N_TIMED = 2
"""The quickest of so many counts: whatever else runs on a machine only ever adds to a measured time."""

MAX_BATCH, MIN_BATCH = 32, 4
BATCH_BUDGET_S = 0.5
"""A batch is made smaller until it takes no longer than this, so that a large network is measured in seconds too."""

BACKWARD_SHARE = 3.0
"""A forward and backward pass costs about this many forward passes (Kaplan et al. 2020, section 2.1)."""

STEPPED_VALUES = 2_000_000
COMMON_TOKENS = 50
"""Token ids below this are in every vocabulary."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StageTiming:
    """One stage, measured.

    Attributes:
        name: its permanent name.
        frozen_s: seconds per sample of the forward pass through torch, in the precision of the frozen pass.
        forward_s: the same in the precision of training.
        train_s: seconds per sample of forward and backward pass together.
        n_outputs: numbers per sample that leave the stage.
        saved_bytes: memory per sample that the stage keeps for its backward pass.
    """

    name: str
    frozen_s: float
    forward_s: float
    train_s: float
    n_outputs: int
    saved_bytes: int


@dataclass(frozen=True, kw_only=True, slots=True)
class BackboneTiming:
    """A backbone, measured at one size of input.

    Attributes:
        stages: in network order.
        step_s: seconds that one step of AdamW, gradient clipping included, takes per trainable parameter.
    """

    stages: tuple[StageTiming, ...]
    step_s: float

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON types that `from_json` turns back into an equal timing."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> BackboneTiming:
        """The timing stored in `values`."""
        return cls(stages=tuple(StageTiming(**stage) for stage in values["stages"]), step_s=values["step_s"])


def time_backbone(backbone: StagedBackbone, engine: Engine, *, size: int) -> BackboneTiming:
    """Time every stage; takes a few seconds, more for a large network.

    Args:
        backbone: any weights, random ones cost the same; its mode and freezing are changed.
        engine: device and precisions. The frozen pass is timed through torch whatever the backend.
        size: side of the images in pixels, or tokens per text.
    """
    engine.place(backbone.eval()).apply_freeze(())
    batch = _batch(backbone, engine, size)
    stages = []
    for name in backbone.stage_names:
        timing, values = _StageClock(backbone, name, engine, batch.mask).measure(batch.values)
        batch = Batch(values, batch.mask)
        stages.append(timing)
    return BackboneTiming(stages=tuple(stages), step_s=_time_step(engine.device))


def random_batch(backbone: StagedBackbone, device: str, n: int, size: int) -> Batch:
    """Noise of the right shape: n images of `size` pixels, or n texts of `size` tokens."""
    generator = torch.Generator().manual_seed(0)
    if backbone.row.modality == "image":
        pixels = torch.randint(256, (n, size, size, 3), generator=generator, dtype=torch.uint8)
        return Batch(pixels.permute(0, 3, 1, 2).to(device))
    ids = torch.randint(1, COMMON_TOKENS, (n, size), generator=generator)
    return Batch(ids, torch.ones(n, size, dtype=torch.bool)).to(torch.device(device))


def _batch(backbone: StagedBackbone, engine: Engine, size: int) -> Batch:
    """As many samples as keep a forward and backward pass within the budget, judged by the smallest batch."""
    small = random_batch(backbone, engine.device, MIN_BATCH, size)
    run = _forward(lambda: backbone.run_stages(small.values, small.mask), engine, engine.trained)
    run()
    sample_s = BACKWARD_SHARE * quickest(run, engine.device, n=1) / MIN_BATCH
    n = int(BATCH_BUDGET_S / max(sample_s, 1e-9))
    return random_batch(backbone, engine.device, max(MIN_BATCH, min(MAX_BATCH, n)), size)


class _StageClock:
    """Times one stage on what the stage before gave."""

    def __init__(self, backbone: StagedBackbone, name: str, engine: Engine, mask: Tensor | None) -> None:
        self._backbone = backbone
        self._name = name
        self._at = backbone.stage_names.index(name)
        self._engine = engine
        self._mask = mask

    def measure(self, values: Tensor) -> tuple[StageTiming, Tensor]:
        """The timing, and what leaves the stage."""
        engine, n = self._engine, len(values)
        self._backbone.eval()
        forward = _forward(lambda: self._run(values), engine, engine.trained)
        outputs = forward()
        forward_s = quickest(forward, engine.device) / n
        frozen_s = forward_s
        if engine.frozen != engine.trained:
            frozen = _forward(lambda: self._run(values), engine, engine.frozen)
            frozen()
            frozen_s = quickest(frozen, engine.device) / n
        self._backbone.train()
        saved_bytes = self._count_saved(values) // n
        train_s = quickest(lambda: self._train(values), engine.device) / n
        timing = StageTiming(
            name=self._name,
            frozen_s=frozen_s,
            forward_s=forward_s,
            train_s=max(train_s, forward_s),
            n_outputs=outputs[0].numel(),
            saved_bytes=saved_bytes,
        )
        return timing, outputs.clone()  # a tensor of inference mode cannot be trained on

    def _run(self, values: Tensor) -> Tensor:
        return self._backbone.run_stages(values, self._mask, start=self._at, stop=self._at + 1)

    def _count_saved(self, values: Tensor) -> int:
        """Bytes that a forward pass keeps for the backward pass; the first such pass, so it warms up as well."""
        counter = _SavedBytes(self._backbone.stage(self._name))
        with torch.autograd.graph.saved_tensors_hooks(counter.pack, lambda tensor: tensor):
            self._train(values)
        return counter.total

    def _train(self, values: Tensor) -> None:
        """One forward and backward pass."""
        leaf = values.detach()
        if self._at:  # images and token ids themselves need no gradient
            leaf.requires_grad_()
        with self._engine.autocast(self._engine.trained):
            outputs = self._run(leaf)
        outputs.backward(torch.ones_like(outputs))
        self._backbone.zero_grad(set_to_none=True)


class _SavedBytes:
    """Counts each piece of memory that a backward pass waits for once; weights are there anyway."""

    def __init__(self, stage: nn.Module) -> None:
        self._seen = {parameter.untyped_storage().data_ptr() for parameter in stage.parameters()}
        self.total = 0

    def pack(self, tensor: Tensor) -> Tensor:
        """Called with every tensor that is kept."""
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in self._seen:
            self._seen.add(storage.data_ptr())
            self.total += storage.nbytes()
        return tensor


def _time_step(device: str) -> float:
    """Seconds of clipping and AdamW per parameter."""
    parameter = nn.Parameter(torch.zeros(STEPPED_VALUES, device=device))
    parameter.grad = torch.ones_like(parameter)
    optimizer = torch.optim.AdamW([parameter], fused=True)

    def step() -> None:
        torch.nn.utils.clip_grad_norm_([parameter], 1.0)
        optimizer.step()

    step()
    return quickest(step, device) / STEPPED_VALUES


def _forward(run: Callable[[], Tensor], engine: Engine, precision: str) -> Callable[[], Tensor]:
    def forward() -> Tensor:
        with torch.inference_mode(), engine.autocast(precision):
            return run()

    return forward


def quickest(run: Callable[[], object], device: str, *, n: int = N_TIMED) -> float:
    """Seconds of the quickest of `n` calls, until the device has finished."""
    seconds = []
    for _ in range(n):
        started = time.perf_counter()
        run()
        if device != "cpu":
            torch.accelerator.synchronize()
        seconds.append(time.perf_counter() - started)
    return min(seconds)
