"""Which workflow answers which kind of study: a function and a row of the table for each kind.

The workflows are imported where they are called, in the background thread: they bring torch, which takes seconds no
page should wait for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Protocol

from core.jobs.study import Progress, Study, StudyKind

if TYPE_CHECKING:
    from core.workflows.workspace import Workspace


class Answer(Protocol):
    """Answers a study and keeps the answer in the workspace."""

    def __call__(self, workspace: Workspace, study: Study, on_progress: Progress) -> object:
        """Ends with whatever `on_progress` raises, and loses nothing but time by that."""


def _rank(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.rank_backbones import rank_backbones

    return rank_backbones(workspace, workspace.datasets.load(study.dataset_id), on_progress=on_progress)


def _relate(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.relate_source import relate_source

    dataset = workspace.datasets.load(study.dataset_id)
    return relate_source(workspace, dataset, model=study.model, on_progress=on_progress)


def _export(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.export_model import export_model

    return export_model(workspace, study.run_id, study.variant, on_progress=on_progress)


def _push(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.push_model import push_model

    return push_model(workspace, study.run_id, study.variant, on_progress=on_progress)


def _score(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.score_inputs import execute_scoring

    return execute_scoring(workspace, study.variant, on_progress=on_progress)


def _learn(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.measure_learning_curve import measure_learning_curve

    return measure_learning_curve(workspace, study.run_id, on_progress=on_progress)


def _cross_validate(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.cross_validate import cross_validate

    return cross_validate(workspace, study.run_id, n_folds=int(study.variant), on_progress=on_progress)


def _measure_drift(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.measure_drift import measure_drift

    return measure_drift(workspace, study.run_id, on_progress=on_progress)


def _draw_map(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.map_samples import draw_map

    return draw_map(workspace, study.run_id, study.variant, on_progress=on_progress)


def _suspect_labels(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.find_suspects import suspect_labels

    return suspect_labels(workspace, workspace.datasets.load(study.dataset_id), on_progress=on_progress)


def _combine(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.combinable import kind_of
    from core.workflows.combine_runs import combine_runs

    return combine_runs(workspace, study.members, by=kind_of(study.variant), on_progress=on_progress)


def _check_data(workspace: Workspace, study: Study, on_progress: Progress) -> object:
    from core.workflows.check_data import check_data

    return check_data(workspace, workspace.datasets.load(study.dataset_id), on_progress=on_progress)


ANSWERS: Mapping[StudyKind, Answer] = {
    "ranking": _rank,
    "relation": _relate,
    "export": _export,
    "push": _push,
    "scoring": _score,
    "learning-curve": _learn,
    "drift": _measure_drift,
    "folds": _cross_validate,
    "map": _draw_map,
    "suspects": _suspect_labels,
    "combination": _combine,
    "data-check": _check_data,
}
