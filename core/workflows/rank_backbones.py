"""Which backbone fits the data: the pretrained ones on this machine, scored on some training samples."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.arrays import IntArray
from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.published_accuracy import published_accuracy
from core.backbones.records import BackboneRow
from core.backbones.weights import require_weights, weights_status
from core.datasets.records import Dataset
from core.errors import ConfigurationError, MissingWeightsError
from core.evaluation.ranking import Entrant, nested_sample, order_of, tied_with_best, who_goes_on
from core.evaluation.records import NotRanked, RankedBackbone, Ranking
from core.evaluation.transferability import knn_leave_one_out, log_me, probe_cv
from core.runs.records import utc_now
from core.settings import DEFAULT_SEED
from core.workflows.pooled_features import PooledPass, Progress, require_modality
from core.workflows.stored_rankings import save_ranking
from core.workflows.workspace import Workspace

ROUNDS = (200, 500, 1_000)
"""Training samples all, the better half and the better half of these are scored on (successive halving)."""


def rank_backbones(
    workspace: Workspace, dataset: Dataset, *, models: Sequence[str] = (), on_progress: Progress = lambda *_: None
) -> Ranking:
    """Rank backbones by a linear head on their frozen features; the ranking is kept in the workspace.

    Only training samples are looked at. Nothing is downloaded. What is computed here lies in the cache, where a run
    with the same backbone finds it.

    Args:
        workspace: where images, cache and measured numbers lie.
        dataset: as stored in the workspace.
        models: ids to rank; empty for all rows of the catalogue whose weights are on this machine.
        on_progress: called with (step, done, of); may raise to end the ranking.

    Raises:
        UnknownChoiceError, ConfigurationError: a model that does not exist, takes something else or is a person's own.
        MissingWeightsError: a model was named whose weights are not on this machine, or none can be ranked.
    """
    started = time.perf_counter()
    rows = [_require_rankable(model, dataset) for model in dict.fromkeys(models)] or _on_this_machine(dataset)
    race = _Race(workspace, dataset, on_progress, may_leave_out=not models)
    ranked = race.run(rows)
    if not ranked:
        reasons = " ".join(one.reason for one in race.not_ranked)
        raise MissingWeightsError(f"No backbone could be ranked. {reasons}", "Put the weights in place and try again.")
    ranking = Ranking(
        dataset_id=dataset.id,
        backbones=ranked,
        not_ranked=tuple(race.not_ranked),
        n_train=len(dataset.rows("train")),
        seconds=time.perf_counter() - started,
        created_at=utc_now(),
    )
    save_ranking(workspace, ranking)
    return ranking


def _on_this_machine(dataset: Dataset) -> list[BackboneRow]:
    return [row for row in list_backbones(dataset.modality) if weights_status(row.id) != "download"]


def _require_rankable(model: str, dataset: Dataset) -> BackboneRow:
    row = get_backbone(model)
    require_modality(row, dataset)
    if row.base is not None:
        raise ConfigurationError(
            f"{row.title} comes from a file of your own and is not ranked: a part of it may have stayed random, or it "
            "may have learned from these very samples.",
            "Train with it and compare the runs.",
        )
    require_weights(row)
    return row


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Scored:
    """A backbone after a round; the entrant holds what decides, the record what is told."""

    entrant: Entrant
    record: RankedBackbone


class _Race:
    """Successive halving (Karnin et al. 2013): the more samples, the fewer backbones.

    Args:
        workspace: see `rank_backbones`.
        dataset: see `rank_backbones`.
        on_progress: see `rank_backbones`.
        may_leave_out: go on without a backbone whose weights cannot be loaded.

    Attributes:
        not_ranked: backbones left out, filled as the race goes on.
    """

    def __init__(self, workspace: Workspace, dataset: Dataset, on_progress: Progress, *, may_leave_out: bool) -> None:
        self._workspace = workspace
        self._dataset = dataset
        self._on_progress = on_progress
        self._may_leave_out = may_leave_out
        self._seconds: dict[str, float] = {}
        self._priors: dict[str, float | None] = {}
        train = dataset.rows("train")
        self._samples = train[nested_sample(dataset.labels[train], ROUNDS[-1], seed=DEFAULT_SEED)]
        self.not_ranked: list[NotRanked] = []

    def run(self, rows: Sequence[BackboneRow]) -> tuple[RankedBackbone, ...]:
        """All that could be loaded, in the order to take them."""
        self._priors = {row.id: published_accuracy(row.id) for row in rows}
        fallen: list[RankedBackbone] = []
        remaining = list(rows)
        for size in sorted({min(size, len(self._samples)) for size in ROUNDS}):
            is_last = size == len(self._samples)
            if len(remaining) == 1 and not is_last:  # nobody to compare it with
                continue
            samples = self._samples[:size]
            scored = {row.id: one for row in remaining if (one := self._enter(row, samples))}
            entrants, labels = [one.entrant for one in scored.values()], self._dataset.labels[samples]
            if not entrants or is_last:
                break
            going_on = who_goes_on(entrants, labels)
            out = [one for one in entrants if one.model not in going_on]
            fallen = [*(scored[model].record for model in order_of(out, labels)), *fallen] if out else fallen
            remaining = [row for row in remaining if row.id in going_on]
        return (*_final_order(scored, labels), *fallen)

    def _enter(self, row: BackboneRow, samples: IntArray) -> _Scored | None:
        try:
            return self._score(row, samples)
        except MissingWeightsError as error:
            if not self._may_leave_out:
                raise
            self.not_ranked.append(NotRanked(model=row.id, reason=str(error)))
            return None

    def _score(self, row: BackboneRow, samples: IntArray) -> _Scored:
        started = time.perf_counter()
        passed = PooledPass(self._workspace, self._dataset, row, self._on_progress)
        pooled, ms_per_sample = passed.features(samples), passed.ms_per_sample(samples)
        self._on_progress(f"{row.title}: scoring", 0, 0)
        labels, n_classes = self._dataset.labels[samples], self._dataset.n_classes
        probe = probe_cv(pooled, labels, n_classes)
        neighbours = knn_leave_one_out(pooled, labels, n_classes)
        evidence = log_me(pooled, labels)
        self._seconds[row.id] = self._seconds.get(row.id, 0.0) + time.perf_counter() - started
        # A prior that is known for some only would favour or harm them for being known.
        has_priors = None not in self._priors.values()
        prior = self._priors[row.id]
        record = RankedBackbone(
            model=row.id,
            title=row.title,
            score=probe.balanced_accuracy,
            standard_error=probe.standard_error,
            log_me=evidence,
            knn=neighbours.balanced_accuracy,
            prior=prior,
            seconds=self._seconds[row.id],
            ms_per_sample=ms_per_sample,
            tied=False,
            n_samples=len(samples),
        )
        entrant = Entrant(model=row.id, probe=probe, prior=prior if has_priors else None, ms_per_sample=ms_per_sample)
        return _Scored(entrant=entrant, record=record)


def _final_order(scored: dict[str, _Scored], labels: IntArray) -> list[RankedBackbone]:
    entrants = [one.entrant for one in scored.values()]
    tied = tied_with_best(entrants, labels)
    return [replace(scored[model].record, tied=len(tied) > 1 and model in tied) for model in order_of(entrants, labels)]
