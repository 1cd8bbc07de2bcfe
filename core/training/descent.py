"""A phase of optimiser steps, and the choice among the states it leaves behind."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

import numpy as np
import torch

from core.arrays import FloatArray, IntArray
from core.errors import ConfigurationError, is_out_of_memory
from core.features.ahead import made_ahead
from core.features.engine import Engine
from core.features.sources import Batch
from core.training.batches import batch_parts, draw_classes_alike, epoch_batches
from core.training.drawn import Drawn
from core.training.events import (
    BatchDone,
    BatchSplit,
    EpochDone,
    Event,
    PathPoint,
    PhaseEnded,
    PhaseStarted,
    StateChosen,
)
from core.training.mixing import WHOLE, Blend, blend_batch, blended_loss, draw_blend
from core.training.optimizers import backbone_rate, scale_rates
from core.training.policies import Score, plateau_middle, step_scale
from core.training.scoring import accuracy_of, class_advantages_of, class_weights_of, epoch_done, predict_logits, score
from core.training.shipping import answers_of, judge_training
from core.training.state import TrainingState
from core.training.strategies import Phase
from core.training.training_data import TrainingData

PATH_SHARES = tuple(tenth / 10 for tenth in range(11))
DROPOUT_STREAM = 1_000_003
"""Keeps the seeds of dropout apart from those of shuffling."""

MIXUP_STREAM, CLASS_STREAM = 2, 3
"""Keep the draws of blends and of classes apart from those of the order and of views."""


class Descent:
    """A phase of optimiser steps over the trainable stages and the head.

    Attributes:
        is_divisible: whether what a batch loses is a sum over its samples, so that it can be computed in parts.
    """

    is_divisible = True

    def __init__(self, state: TrainingState, data: TrainingData, engine: Engine) -> None:
        self._state = state
        self._data = data
        self._source = data.activations
        self._engine = engine
        self._device = torch.device(engine.device)
        is_drawn_alike = state.spec.class_weights == "balanced-sampling"
        weights = np.ones_like(class_weights_of(state, data)) if is_drawn_alike else class_weights_of(state, data)
        self._weights = torch.from_numpy(weights).to(self._device)
        self._advantages = torch.from_numpy(class_advantages_of(state, data)).to(self._device)
        self._loss = torch.zeros(())  # that the last step minimised

    def run(self, phase: Phase) -> Iterator[Event]:
        """Go through the epochs that are left of the phase, and choose what stays of it."""
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
            n_parts = state.n_parts
            seen.append(self._step(batch, data.labels_of(rows), blend, scale))
            if state.n_parts != n_parts:
                yield self._split(number)
            yield BatchDone(phase=state.phase_index, epoch=state.epoch, batch=number, n_batches=len(batches))
        train = score(np.concatenate(seen), data.labels_of(np.concatenate(batches)))
        yield self._validate(train, started)

    def losses_at(self, scales: Sequence[float]) -> Iterator[float]:
        """What each step of the open phase minimises, nats, before it is made at so many times every full rate."""
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
        clip, optimizer = self._state.spec.gradient_clip, self._state.optimizer
        if optimizer is None:
            raise ValueError("a step needs an optimiser")
        scale_rates(optimizer, scale)
        batch = batch.to(self._device)
        if blend:
            batch = blend_batch(replace(batch, values=self._state.classifier.backbone.normalise(batch.values)), blend)
        labels = torch.from_numpy(classes.astype(np.int64)).to(self._device)
        seen = self._gradients(batch, labels, blend)
        if clip:
            parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
            torch.nn.utils.clip_grad_norm_(parameters, clip)
        optimizer.step()
        return seen

    def _gradients(self, batch: Batch, labels: torch.Tensor, blend: Blend | None) -> FloatArray:
        """Leave those of a batch in the parameters; the logits that it saw. In ever more parts while memory lacks."""
        state = self._state
        before = Drawn(state.classifier)
        while True:
            try:
                return self._add_up(batch, labels, blend)
            except Exception as error:
                if not (is_out_of_memory(error) and self._can_halve(len(labels))):
                    raise
            # Not before the error is gone, which holds on to all that was computed until it was raised.
            state.n_parts *= 2
            before.restore(state.classifier)
            self._engine.free_memory()

    def _can_halve(self, n_rows: int) -> bool:
        n_now, n_then = (len(batch_parts(n_rows, n)) for n in (self._state.n_parts, 2 * self._state.n_parts))
        return self.is_divisible and n_then > n_now

    def _add_up(self, batch: Batch, labels: torch.Tensor, blend: Blend | None) -> FloatArray:
        state, losses, seen = self._state, [], []
        state.classifier.zero_grad(set_to_none=True)
        parts = batch_parts(len(labels), state.n_parts)
        for rows in parts if len(parts) > 1 else [WHOLE]:
            loss, logits = self._judge(batch.part(rows), labels, blend, rows)
            loss.backward()
            losses.append(loss.detach())
            seen.append(logits.detach().cpu().numpy())
        self._loss = torch.stack(losses).sum()
        return np.concatenate(seen)

    def _split(self, number: int) -> BatchSplit:
        state = self._state
        return BatchSplit(
            phase=state.phase_index,
            epoch=state.epoch,
            batch=number,
            batch_size=state.spec.batch_size,
            n_parts=state.n_parts,
        )

    def _judge(
        self, batch: Batch, labels: torch.Tensor, blend: Blend | None, rows: slice = WHOLE
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """What the step makes smaller, and the logits, shape (n_samples, n_classes), of some rows of a batch."""
        with self._engine.autocast(self._engine.trained):
            logits = self._state.classifier(batch.values, batch.mask, start=self._data.cut).float()
        adjusted, smoothing = logits + self._advantages, self._state.spec.label_smoothing
        loss = blended_loss(adjusted, labels, blend, weight=self._weights, label_smoothing=smoothing, rows=rows)
        return loss, logits

    def _average(self) -> Iterator[Event]:
        state = self._state
        start, end = state.start_tensors, state.copy_tensors()
        state.begin_mixing()
        scores: list[Score] = []
        for share in PATH_SHARES:
            self._load_mixture(mix_tensors(start, end, share))
            scores.append(score(self._val_logits(), self._val_labels))
        kept = plateau_middle(scores, state.best_score, len(self._val_labels))
        if kept is not None:
            self._load_mixture(mix_tensors(start, end, PATH_SHARES[kept]))
            state.keep(scores[kept])
        for number, (share, val) in enumerate(zip(PATH_SHARES, scores, strict=True)):
            yield PathPoint(
                phase=state.phase_index,
                share=share,
                val_loss=val.loss,
                val_macro_f1=val.macro_f1,
                is_best=number == kept,
            )

    def _load_mixture(self, tensors: dict[str, torch.Tensor]) -> None:
        self._state.classifier.load_tensors(tensors)

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
            state.best_tensors, state.best_score = state.fitted_tensors, score(fitted, labels)
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
        val = score(logits, labels)
        is_best = state.keep_best(val)
        if state.best_score is None:
            raise _ran_away(state)
        state.stopping = state.stopping.after(val)
        state.phase_epoch += 1
        rate = 0.0 if state.optimizer is None else backbone_rate(state.optimizer)
        return epoch_done(state, train, val, accuracy_of(logits, labels), rate, is_best, started)


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
