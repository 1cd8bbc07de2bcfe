"""The training loop: phases of epochs of steps, told as events to whoever runs it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import TypeVar

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch.nn import functional

from core.arrays import FloatArray, IntArray
from core.errors import ConfigurationError
from core.features.ahead import made_ahead
from core.features.engine import Engine
from core.features.shelf import RowArray
from core.features.sources import Batch, BatchSource
from core.training.batches import draw_classes_alike, epoch_batches
from core.training.classifier import Classifier
from core.training.events import (
    BatchDone,
    EpochDone,
    Event,
    FirstEstimate,
    PathPoint,
    PhaseEnded,
    PhaseStarted,
    StateChosen,
)
from core.training.mixing import Blend, blend_batch, blended_loss, draw_blend
from core.training.optimizers import backbone_rate, scale_rates
from core.training.policies import Score, plateau_middle, step_scale
from core.training.probe import (
    STRENGTHS,
    Probe,
    Trial,
    balanced_weights,
    best_strength,
    fit_probe,
    search_strengths,
)
from core.training.ridge import leave_one_out
from core.training.shipping import answers_of, judge_training
from core.training.state import TrainingState
from core.training.strategies import Phase

EVALUATION_BATCH_SIZE = 64
PATH_SHARES = tuple(tenth / 10 for tenth in range(11))
DROPOUT_STREAM = 1_000_003
"""Keeps the seeds of dropout apart from those of shuffling."""

VIEW_STREAM, MIXUP_STREAM, CLASS_STREAM = 1, 2, 3
"""Keep the draws of views, of blends and of classes apart from that of the order."""

ItemT = TypeVar("ItemT")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainingData:
    """What the loop learns from and chooses by; it never sees the test split.

    There may be several views of each training sample: row = sample + view * n_samples, and view 0 is the sample
    itself.

    Attributes:
        pooled: features of the frozen backbone, shape (n_views * n_samples, n_features), float32; None where no phase
            fits the head by a solver.
        activations: what enters stage number `cut`, a row per view; after the last stage that is the pooled features.
        cut: number of leading stages that are not computed again.
        labels: shape (n_samples,), integers in [0, n_classes).
        train_rows: rows to learn from.
        val_rows: rows to choose by.
        n_views: views per training sample.
        widths: of the parts of these features that come from different stages; None where they are from one.
    """

    pooled: RowArray | None
    activations: BatchSource
    cut: int
    labels: IntArray
    train_rows: IntArray
    val_rows: IntArray
    n_views: int = 1
    widths: tuple[int, ...] | None = None

    def train_views(self, epoch_seed: tuple[int, ...]) -> IntArray:
        """The training samples, each in a view drawn for this epoch."""
        if self.n_views == 1:
            return self.train_rows
        views = np.random.default_rng((*epoch_seed, VIEW_STREAM)).integers(self.n_views, size=len(self.train_rows))
        return self.train_rows + views * len(self.labels)

    @property
    def every_train_view(self) -> IntArray:
        """Rows of the training samples in all their views."""
        return np.concatenate([self.train_rows + view * len(self.labels) for view in range(self.n_views)])

    def labels_of(self, rows: IntArray) -> IntArray:
        """The classes of rows, whichever view they are."""
        return self.labels[rows % len(self.labels)]


def train(state: TrainingState, data: TrainingData, engine: Engine) -> Iterator[Event]:
    """Train from wherever `state` stands to the end, and tell about it.

    In short::

        for phase in phases:
            yield PhaseStarted
            for epoch in phase:
                for batch in epoch:
                    step(); yield BatchDone
                validate(); keep the best; yield EpochDone
            mix start and end; keep the middle of the best; yield PathPoint
            keep the fitted head if all that was not worth it; yield StateChosen
            yield PhaseEnded

    To stop, stop iterating: `state` then holds the best tensors so far. To resume, load a state that was stored while
    `state.at_checkpoint` was true, and call again. Every random draw is made from (seed, epoch), so a resumed training
    gives exactly the numbers of an uninterrupted one on the same machine.

    Args:
        state: the classifier and how far it has come; changed in place.
        data: samples and splits.
        engine: device and precision.
    """
    engine.place(state.classifier)
    while state.phase_index < len(state.phases):
        phase = state.phases[state.phase_index]
        yield from _Solving(state, data).run(phase) if phase.is_solved else _Descent(state, data, engine).run(phase)


def losses_at(state: TrainingState, data: TrainingData, engine: Engine, scales: Sequence[float]) -> Iterator[float]:
    """Step through the present phase at other rates than its own, to see what they do.

    Args:
        state: before the first step of a phase that takes steps; what it holds afterwards is nobody's training.
        data: samples and splits.
        engine: device and precision.
        scales: for each step, the factor on every full rate.

    Yields:
        What each step minimised, as it was before the step, nats.
    """
    engine.place(state.classifier)
    state.open_phase()
    yield from _Descent(state, data, engine).losses_at(scales)


def predict_logits(
    classifier: Classifier, source: BatchSource, rows: IntArray, *, start: int, engine: Engine
) -> FloatArray:
    """Logits of rows, shape (len(rows), n_classes), float32, from what enters stage number `start`."""
    classifier.eval()
    logits = np.empty((len(rows), classifier.head.out_features), dtype=np.float32)
    order = np.arange(len(rows)) if source.lengths is None else np.argsort(source.lengths[rows], kind="stable")
    precision = engine.trained if start < len(classifier.backbone.stage_names) else "float32"
    for begin in range(0, len(rows), EVALUATION_BATCH_SIZE):
        part = order[begin : begin + EVALUATION_BATCH_SIZE]
        with torch.inference_mode(), engine.autocast(precision):
            batch = source.batch(rows[part]).to(torch.device(engine.device))
            logits[part] = classifier(batch.values, batch.mask, start=start).float().cpu().numpy()
    return logits


class _Solving:
    """A phase in which a convex solver fits the head to the pooled features."""

    def __init__(self, state: TrainingState, data: TrainingData) -> None:
        if data.pooled is None:
            raise ValueError("fitting the head needs pooled features")
        self._state = state
        self._pooled = data.pooled
        self._data = data
        self._weights = _class_weights(state, data)
        self._advantages = _class_advantages(state, data)

    def run(self, phase: Phase) -> Iterator[Event]:
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
        strength = best_strength(tried)
        started = time.perf_counter()
        rounds = fit_probe(features, labels, self._weights, strength=strength, widths=data.widths)
        for fitted, is_last in _with_last(rounds):
            # The bias is not penalised, so that what fits adjusted scores best is the plain fit with another bias.
            probe = replace(fitted, bias=fitted.bias - self._advantages)
            train = _score(_probe_logits(features, probe), labels)
            val_logits = _probe_logits(unseen, probe)
            val = _score(val_logits, val_labels)
            is_best = False
            state.epoch += 1
            if is_last:
                state.classifier.set_head(probe.weight, probe.bias)
                is_best = state.keep_best(val)
                if state.phase_index == 0:
                    state.fitted_tensors = state.best_tensors
            yield _epoch_done(state, train, val, _accuracy(val_logits, val_labels), 0.0, is_best, started)
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


class _Descent:
    """A phase of optimiser steps over the trainable stages and the head."""

    def __init__(self, state: TrainingState, data: TrainingData, engine: Engine) -> None:
        self._state = state
        self._data = data
        self._source = data.activations
        self._engine = engine
        self._device = torch.device(engine.device)
        is_drawn_alike = state.spec.class_weights == "balanced-sampling"
        weights = np.ones_like(_class_weights(state, data)) if is_drawn_alike else _class_weights(state, data)
        self._weights = torch.from_numpy(weights).to(self._device)
        self._advantages = torch.from_numpy(_class_advantages(state, data)).to(self._device)
        self._loss = torch.zeros(())  # that the last step minimised

    def run(self, phase: Phase) -> Iterator[Event]:
        state = self._state
        if state.optimizer is None:
            state.open_phase()
            if state.start_tensors and state.phase_index == 1 and state.fitted_tensors:
                state.fitted_tensors = state.start_tensors  # equal, and need to be held only once
            yield PhaseStarted(
                phase=state.phase_index,
                name=phase.name,
                n_epochs=phase.n_epochs,
                trainable_stages=phase.trainable_stages,
            )
        while state.phase_epoch < phase.n_epochs and not state.stopping.should_stop:
            yield from self._epoch(phase)
        why = "done" if state.phase_epoch == phase.n_epochs else "early stop"
        if phase.averages:
            yield from self._average()
        if state.fitted_tensors and state.phase_index == len(state.phases) - 1:
            yield from self._choose()
        state.close_phase()
        yield PhaseEnded(phase=state.phase_index - 1, why=why)

    def _epoch(self, phase: Phase) -> Iterator[Event]:
        started = time.perf_counter()
        state, data, seed = self._state, self._data, self._state.spec.seed
        state.epoch += 1
        draw = (seed, state.epoch)
        batches = self._batches(draw)
        state.classifier.backbone.generator.manual_seed(seed + DROPOUT_STREAM * state.epoch)
        state.classifier.train()
        seen: list[FloatArray] = []
        n_done, n_steps = state.phase_epoch * len(batches), phase.n_epochs * len(batches)
        for number, (rows, batch) in enumerate(made_ahead(batches, self._source.batch), start=1):
            blend = draw_blend(len(rows), state.spec.mixup, seed=(*draw, number, MIXUP_STREAM))
            scale = step_scale(n_done + number - 1, n_steps, state.spec.warmup_share)
            seen.append(self._step(batch, data.labels_of(rows), blend, scale))
            yield BatchDone(phase=state.phase_index, epoch=state.epoch, batch=number, n_batches=len(batches))
        train = _score(np.concatenate(seen), data.labels_of(np.concatenate(batches)))
        yield self._validate(train, started)

    def losses_at(self, scales: Sequence[float]) -> Iterator[float]:
        """See the function of this name."""
        spec, classifier = self._state.spec, self._state.classifier
        classifier.backbone.generator.manual_seed(spec.seed)
        classifier.train()
        batches = (batch for epoch in count(1) for batch in self._batches((spec.seed, epoch)))
        ahead = made_ahead(batches, self._source.batch)
        for number, (scale, (rows, batch)) in enumerate(zip(scales, ahead, strict=False), start=1):
            blend = draw_blend(len(rows), spec.mixup, seed=(spec.seed, 1, number, MIXUP_STREAM))
            self._step(batch, self._data.labels_of(rows), blend, scale)
            yield float(self._loss)

    def _batches(self, draw: tuple[int, int]) -> list[IntArray]:
        lengths, batch_size = self._source.lengths, self._state.spec.batch_size
        return epoch_batches(self._epoch_rows(draw), lengths, batch_size, seed=draw)

    def _epoch_rows(self, draw: tuple[int, int]) -> IntArray:
        rows = self._data.train_views(draw)
        if self._state.spec.class_weights != "balanced-sampling":
            return rows
        return draw_classes_alike(rows, self._data.labels_of(rows), seed=(*draw, CLASS_STREAM))

    def _step(self, batch: Batch, classes: IntArray, blend: Blend | None, scale: float) -> FloatArray:
        """One step of the optimiser; the logits that it saw."""
        spec, optimizer = self._state.spec, self._state.optimizer
        if optimizer is None:
            raise ValueError("a step needs an optimiser")
        scale_rates(optimizer, scale)
        batch = batch.to(self._device)
        if blend:
            batch = blend_batch(replace(batch, values=self._state.classifier.backbone.normalise(batch.values)), blend)
        labels = torch.from_numpy(classes.astype(np.int64)).to(self._device)
        optimizer.zero_grad(set_to_none=True)
        with self._engine.autocast(self._engine.trained):
            logits = self._state.classifier(batch.values, batch.mask, start=self._data.cut).float()
        adjusted = logits + self._advantages
        loss = blended_loss(adjusted, labels, blend, weight=self._weights, label_smoothing=spec.label_smoothing)
        loss.backward()
        if spec.gradient_clip:
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, spec.gradient_clip)
        optimizer.step()
        self._loss = loss.detach()
        seen: FloatArray = logits.detach().cpu().numpy()
        return seen

    def _average(self) -> Iterator[Event]:
        state = self._state
        start, end = state.start_tensors, state.copy_tensors()
        state.begin_mixing()
        scores: list[Score] = []
        for share in PATH_SHARES:
            state.classifier.load_tensors(mix_tensors(start, end, share))
            scores.append(_score(self._val_logits(), self._val_labels))
        kept = plateau_middle(scores, state.best_score, len(self._val_labels))
        if kept is not None:
            state.classifier.load_tensors(mix_tensors(start, end, PATH_SHARES[kept]))
            state.keep(scores[kept])
        for number, (share, val) in enumerate(zip(PATH_SHARES, scores, strict=True)):
            yield PathPoint(
                phase=state.phase_index,
                share=share,
                val_loss=val.loss,
                val_macro_f1=val.macro_f1,
                is_best=number == kept,
            )

    def _choose(self) -> Iterator[Event]:
        """Go back to the fitted head where training stages brought nothing that is clearly better."""
        state, labels = self._state, self._val_labels
        state.begin_mixing()
        state.restore_best()
        trained = self._val_logits()
        state.classifier.load_tensors(state.fitted_tensors)
        fitted = self._val_logits()
        verdict = judge_training(answers_of(fitted, labels), answers_of(trained, labels), labels)
        if not verdict.is_worth_it:
            state.best_tensors, state.best_score = state.fitted_tensors, _score(fitted, labels)
        yield StateChosen(
            phase=state.phase_index,
            kept="trained" if verdict.is_worth_it else "head",
            reason=verdict.reason,
            accuracy_gain=verdict.accuracy.value,
            accuracy_error=verdict.accuracy.error,
            loss_gain=verdict.loss.value,
            loss_error=verdict.loss.error,
            n=len(labels),
        )

    @property
    def _val_labels(self) -> IntArray:
        return self._data.labels[self._data.val_rows]

    def _val_logits(self) -> FloatArray:
        data = self._data
        return predict_logits(self._state.classifier, self._source, data.val_rows, start=data.cut, engine=self._engine)

    def _validate(self, train: Score, started: float) -> EpochDone:
        state, labels = self._state, self._val_labels
        logits = self._val_logits()
        val = _score(logits, labels)
        is_best = state.keep_best(val)
        if state.best_score is None:
            raise _ran_away(state)
        state.stopping = state.stopping.after(val)
        state.phase_epoch += 1
        rate = 0.0 if state.optimizer is None else backbone_rate(state.optimizer)
        return _epoch_done(state, train, val, _accuracy(logits, labels), rate, is_best, started)


def mix_tensors(start: dict[str, torch.Tensor], end: dict[str, torch.Tensor], share: float) -> dict[str, torch.Tensor]:
    """A point on the straight line between two sets of tensors; counters, which have no middle, are those of the end.

    Args:
        start: tensors by name.
        end: tensors of the same names and shapes.
        share: 0 gives the start, 1 the end.
    """
    return {
        name: torch.lerp(start[name], tensor, share) if tensor.is_floating_point() else tensor
        for name, tensor in end.items()
    }


def _ran_away(state: TrainingState) -> ConfigurationError:
    rate = f"learning rate {state.spec.learning_rate:g}, that of the head {state.spec.head_learning_rate:g}"
    return ConfigurationError(
        f"A training must keep a finite loss; this one lost it in epoch {state.epoch} ({rate}).",
        "Choose a learning rate a tenth as large, or turn gradient clipping on.",
    )


def _epoch_done(
    state: TrainingState, train: Score, val: Score, val_accuracy: float, rate: float, is_best: bool, started: float
) -> EpochDone:
    return EpochDone(
        phase=state.phase_index,
        epoch=state.epoch,
        train_loss=train.loss,
        train_macro_f1=train.macro_f1,
        val_loss=val.loss,
        val_macro_f1=val.macro_f1,
        val_accuracy=val_accuracy,
        learning_rate=rate,
        is_best=is_best,
        elapsed_s=time.perf_counter() - started,
    )


def _probe_logits(features: FloatArray, probe: Probe) -> FloatArray:
    """By torch, as the solver, because numpy has threads of its own, and the two kinds would wait for each other."""
    weight, bias = torch.from_numpy(probe.weight), torch.from_numpy(probe.bias)
    logits: FloatArray = torch.addmm(bias, torch.from_numpy(features), weight.T).numpy()
    return logits


def _score(logits: FloatArray, labels: IntArray) -> Score:
    loss = functional.cross_entropy(torch.from_numpy(logits).float(), torch.from_numpy(labels.astype(np.int64)))
    macro_f1 = f1_score(labels, logits.argmax(axis=1), average="macro", zero_division=0.0)
    return Score(macro_f1=float(macro_f1), loss=float(loss))


def _accuracy(logits: FloatArray, labels: IntArray) -> float:
    return float((logits.argmax(axis=1) == labels).mean())


def _class_weights(state: TrainingState, data: TrainingData) -> FloatArray:
    """A solver sees every sample at once, so that there drawing classes alike is weighing them alike."""
    n_classes = state.classifier.head.out_features
    if state.spec.class_weights in ("balanced", "balanced-sampling"):
        return balanced_weights(data.labels[data.train_rows], n_classes)
    return np.ones(n_classes, dtype=np.float32)


def _class_advantages(state: TrainingState, data: TrainingData) -> FloatArray:
    """What is added to the scores while learning: log of each class's share (Menon et al. 2021), or nothing."""
    n_classes = state.classifier.head.out_features
    if state.spec.class_weights != "logit-adjustment":
        return np.zeros(n_classes, dtype=np.float32)
    counts = np.bincount(data.labels[data.train_rows], minlength=n_classes)
    advantages: FloatArray = np.log(np.maximum(counts, 1) / counts.sum()).astype(np.float32)
    return advantages


def _with_last(items: Iterable[ItemT]) -> Iterator[tuple[ItemT, bool]]:
    """Each item with whether it is the last one."""
    held: list[ItemT] = []
    for item in items:
        if held:
            yield held.pop(), False
        held.append(item)
    if held:
        yield held.pop(), True
