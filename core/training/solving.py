"""A phase in which a convex solver fits the head."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TypeVar

import torch

from core.arrays import FloatArray
from core.training.events import BatchDone, Event, FirstEstimate, PhaseEnded, PhaseStarted
from core.training.probe import STRENGTHS, Probe, Trial, best_strength, fit_probe, search_strengths
from core.training.ridge import leave_one_out
from core.training.scoring import accuracy_of, class_advantages_of, class_weights_of, epoch_done, score
from core.training.state import TrainingState
from core.training.strategies import Phase
from core.training.training_data import TrainingData

ItemT = TypeVar("ItemT")


class Solving:
    """A phase in which a convex solver fits the head to the pooled features."""

    def __init__(self, state: TrainingState, data: TrainingData) -> None:
        if data.pooled is None:
            raise ValueError("fitting the head needs pooled features")
        self._state = state
        self._pooled = data.pooled
        self._data = data
        self._weights = class_weights_of(state, data)
        self._advantages = class_advantages_of(state, data)

    def run(self, phase: Phase) -> Iterator[Event]:
        """Say a first estimate, search for the regularisation, and walk to the optimum."""
        state, data = self._state, self._data
        yield PhaseStarted(phase=state.phase_index, name=phase.name, n_epochs=0, trainable_stages=())
        yield self._first_estimate()
        rows = data.every_train_view
        features, labels = self._pooled[rows], data.labels_of(rows)
        unseen, val_labels = self._pooled[data.val_rows], data.labels[data.val_rows]
        samples, plain = rows % len(data.labels), rows < len(data.labels)
        search = search_strengths(
            features,
            labels,
            self._weights,
            seed=state.spec.seed,
            groups=samples,
            plain=plain,
            widths=data.widths,
        )
        tried: list[Trial] = []
        for trial in search:
            tried.append(trial)
            yield BatchDone(phase=state.phase_index, epoch=1, batch=len(tried), n_batches=len(STRENGTHS))
        state.strengths = tuple((trial.strength, trial.loss) for trial in tried)
        state.strength = strength = best_strength(tried)
        started = time.perf_counter()
        rounds = fit_probe(features, labels, self._weights, strength=strength, widths=data.widths)
        for fitted, is_last in _with_last(rounds):
            # The bias is not penalised, so that what fits adjusted scores best is the plain fit with another bias.
            probe = replace(fitted, bias=fitted.bias - self._advantages)
            train = score(_probe_logits(features, probe), labels)
            val_logits = _probe_logits(unseen, probe)
            val = score(val_logits, val_labels)
            is_best = False
            state.epoch += 1
            if is_last:
                state.classifier.set_head(probe.weight, probe.bias)
                is_best = state.keep_best(val)
                if state.phase_index == 0:
                    state.fitted_tensors = state.best_tensors
            yield epoch_done(state, train, val, accuracy_of(val_logits, val_labels), 0.0, is_best, started)
            started = time.perf_counter()
        state.close_phase()
        yield PhaseEnded(phase=state.phase_index - 1, why="converged")

    def _first_estimate(self) -> FirstEstimate:
        """On the samples themselves: another view of the one that is left out would give it away."""
        started, rows = time.perf_counter(), self._data.train_rows
        labels, widths = self._data.labels[rows], self._data.widths
        found = leave_one_out(self._pooled[rows], labels, len(self._weights), widths=widths)
        return FirstEstimate(
            phase=self._state.phase_index,
            accuracy=found.accuracy,
            macro_f1=found.macro_f1,
            n=found.n,
            elapsed_s=time.perf_counter() - started,
        )


def _probe_logits(features: FloatArray, probe: Probe) -> FloatArray:
    """By torch, as the solver, because numpy has threads of its own, and the two kinds would wait for each other."""
    weight, bias = torch.from_numpy(probe.weight), torch.from_numpy(probe.bias)
    logits: FloatArray = torch.addmm(bias, torch.from_numpy(features), weight.T).numpy()
    return logits


def _with_last(items: Iterable[ItemT]) -> Iterator[tuple[ItemT, bool]]:
    """Each item with whether it is the last one."""
    held: list[ItemT] = []
    for item in items:
        if held:
            yield held.pop(), False
        held.append(item)
    if held:
        yield held.pop(), True
