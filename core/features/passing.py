"""One forward pass through frozen stages, with taps: what the head sees, and what the first trainable stage sees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.lib.format import open_memmap
from numpy.typing import NDArray

from core.arrays import FloatArray, IntArray
from core.backbones.staged import StagedBackbone
from core.features.cache import ArrayCache, cache_key, create_array
from core.features.engine import Engine
from core.features.frozen_pass import FrozenPass, build_pass
from core.features.sources import BatchSource, DenseSource, RaggedSource

PASS_BATCH_SIZE = 32
HALF_PRECISION_LIMIT = 6e4
"""Activations at or above this would overflow float16 (its largest number is 65,504)."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Taps:
    """What a pass brings back, in dataset order.

    Attributes:
        pooled: what the head sees after all stages, shape (n_samples, n_features), float32; None if not asked for.
        activations: what enters the stage at the cut; None if not asked for.
        whole_pass_s: seconds per sample that all stages took just now; None where they were not all computed, or for
            one batch only, whose time is mostly preparation.
    """

    pooled: FloatArray | None
    activations: BatchSource | None
    whole_pass_s: float | None = None


def tap_features(
    backbone: StagedBackbone,
    inputs: BatchSource,
    *,
    inputs_key: str,
    weights_key: str,
    cut: int | None,
    want_pooled: bool,
    engine: Engine,
    cache: ArrayCache,
    on_progress: Progress,
) -> Taps:
    """Pass every sample once through the stages and keep what was asked for, on disk for the next run.

    At cut 0 the activations are the inputs themselves, and nothing is computed for them.

    Args:
        backbone: used in evaluation mode throughout.
        inputs: the samples.
        inputs_key: names the content and preprocessing of `inputs`.
        weights_key: names the content of the backbone's tensors.
        cut: keep what enters stage number `cut`; None if that is not wanted.
        want_pooled: keep the pooled output of the last stage.
        engine: device and precision of the pass.
        cache: where the arrays are kept.
        on_progress: called with (samples done, samples in all).
    """
    pooled_key, cut_key = tap_keys(inputs_key, weights_key, engine, cut)
    rate_s = None
    with ExitStack() as drafts:
        pooled_folder = cut_folder = None
        if want_pooled and cache.get(pooled_key) is None:
            pooled_folder = drafts.enter_context(cache.writing(pooled_key))
        if cut and cache.get(cut_key) is None:
            cut_folder = drafts.enter_context(cache.writing(cut_key))
        if pooled_folder or cut_folder:
            run_batch = build_pass(
                backbone,
                cut=cut if cut_folder else None,
                want_pooled=pooled_folder is not None,
                engine=engine,
                cache=cache,
                weights_key=weights_key,
            )
            sample_s = _run_pass(inputs, backbone.n_features, run_batch, pooled_folder, cut_folder, on_progress)
            rate_s = sample_s if pooled_folder else None
    pooled = np.asarray(cache.require(pooled_key)["pooled"], dtype=np.float32) if want_pooled else None
    return Taps(pooled=pooled, activations=_read_cut(cache, cut_key, inputs, cut), whole_pass_s=rate_s)


def tap_keys(inputs_key: str, weights_key: str, engine: Engine, cut: int | None) -> tuple[str, str]:
    """Under which the cache keeps the pooled features, and what enters stage number `cut`."""
    parts = {"inputs": inputs_key, "weights": weights_key, "engine": engine.frozen_key}
    return cache_key(tap="pooled", **parts), cache_key(tap="cut", cut=cut, **parts)


def _read_cut(cache: ArrayCache, key: str, inputs: BatchSource, cut: int | None) -> BatchSource | None:
    if not cut:
        return None if cut is None else inputs
    arrays = cache.require(key)
    if inputs.lengths is None:
        return DenseSource(arrays["values"])
    return RaggedSource(arrays["values"], arrays["offsets"])


def _run_pass(
    inputs: BatchSource,
    n_features: int,
    run_batch: FrozenPass,
    pooled_folder: Path | None,
    cut_folder: Path | None,
    on_progress: Progress,
) -> float | None:
    """Fill the folders; seconds per sample after the first batch, in which an engine prepares itself."""
    pooled = np.empty((inputs.n_samples, n_features), dtype=np.float32)
    sink = _CutSink(inputs, cut_folder) if cut_folder else None
    done = n_first = 0
    started = time.perf_counter()
    for rows in batches_by_length(inputs, PASS_BATCH_SIZE):
        at_cut, at_end = run_batch(inputs.batch(rows))
        if sink and at_cut is not None:
            sink.write(rows, at_cut)
        if at_end is not None:
            pooled[rows] = at_end.float().cpu().numpy()
        done += len(rows)
        if not n_first:
            n_first, started = done, time.perf_counter()
        on_progress(done, inputs.n_samples)
    if pooled_folder:
        np.save(pooled_folder / "pooled.npy", pooled)
    if sink:
        sink.close()
    return (time.perf_counter() - started) / (done - n_first) if done > n_first else None


def batches_by_length(inputs: BatchSource, batch_size: int) -> Iterator[IntArray]:
    """All rows once, in batches of samples of similar length, so that little padding is computed."""
    lengths = inputs.lengths
    order = np.arange(inputs.n_samples) if lengths is None else np.argsort(lengths, kind="stable")
    for start in range(0, len(order), batch_size):
        yield order[start : start + batch_size]


class _CutSink:
    """Writes activations in half precision; goes over to single precision should one not fit."""

    def __init__(self, inputs: BatchSource, folder: Path) -> None:
        lengths = inputs.lengths
        self._folder = folder
        self._offsets = None if lengths is None else np.concatenate([[0], np.cumsum(lengths)])
        self._n = inputs.n_samples
        self._values: NDArray[np.floating] | None = None

    def write(self, rows: IntArray, activations: torch.Tensor) -> None:
        values = activations.float().cpu().numpy()
        self._values = self._open(values) if self._values is None else self._values
        if self._values.dtype == np.float16 and not _fits_half(values):
            self._widen()
        if self._offsets is None:
            self._values[rows] = values
            return
        for value, row in zip(values, rows, strict=True):
            start, end = self._offsets[row], self._offsets[row + 1]
            self._values[start:end] = value[: end - start]

    def close(self) -> None:
        if isinstance(self._values, np.memmap):
            self._values.flush()
        self._values = None
        if self._offsets is not None:
            np.save(self._folder / "offsets.npy", self._offsets)

    def _open(self, first: NDArray[np.floating]) -> NDArray[np.floating]:
        shape = (self._n, *first.shape[1:]) if self._offsets is None else (int(self._offsets[-1]), first.shape[-1])
        return create_array(self._folder / "values.npy", np.float16, shape)

    def _widen(self) -> None:
        # Both maps are closed before the rename: an open file cannot be replaced on Windows.
        half, self._values = self._values, None
        if half is None:
            return
        wide = create_array(self._folder / "wide.npy", np.float32, half.shape)
        wide[:] = half
        wide.flush()
        del half, wide
        (self._folder / "wide.npy").replace(self._folder / "values.npy")
        self._values = open_memmap(self._folder / "values.npy", mode="r+")


def _fits_half(values: NDArray[np.floating]) -> bool:
    return bool(np.isfinite(values).all() and np.abs(values).max(initial=0.0) < HALF_PRECISION_LIMIT)
