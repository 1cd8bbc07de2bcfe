"""Everything a person may read about a run, while it goes on and after it."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from core.backbones.catalogue import backbone_title
from core.backbones.measuring import describe_backbone
from core.backbones.records import FreezeProof, ParameterCount
from core.datasets.records import Dataset, Modality
from core.errors import ConfigurationError, DatasetError, UserError
from core.evaluation.intervals import wilson_interval
from core.evaluation.prediction_table import PredictionTable, load_predictions
from core.evaluation.records import Interval, Report
from core.evaluation.report_json import proof_from_json, report_from_json
from core.runs.combination import Combination
from core.runs.folder import RunFolder
from core.runs.records import READABLE_STATES, RunStatus
from core.training.events import EpochDone, FirstEstimate, StateChosen, StoredEvent
from core.training.spec import TrainingSpec
from core.training.strategies import get_strategy
from core.workflows.ancestry import ancestry_warnings
from core.workflows.batch_words import split_in_words
from core.workflows.engine_words import engine_in_words
from core.workflows.stored_checks import split_warnings
from core.workflows.workspace import Workspace

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class RunCard:
    """A run in a list.

    Attributes:
        id: the run.
        dataset_name: what the data are called; for display only.
        model_title: the backbone as people write it.
        strategy_title: the strategy as people write it.
        modality: "image" or "text"; None before the data were read.
        spec: the settings.
        status: where it stands.
        combination: what it was put together from; None for a run that was trained.
        val_macro_f1: macro-F1 on validation per epoch so far, for a sparkline; the rounds of a solver are left out,
            because they are no course over time.
        accuracy: on the validation split; None before the report.
        macro_f1: on the validation split; None before the report.
    """

    id: str
    dataset_name: str
    model_title: str
    strategy_title: str
    modality: Modality | None
    spec: TrainingSpec
    status: RunStatus
    combination: Combination | None
    val_macro_f1: tuple[float, ...]
    accuracy: float | None
    macro_f1: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class RunView:
    """One run.

    Attributes:
        id: the run.
        dataset_name: what the data are called; for display only.
        model_title: the backbone as people write it.
        strategy_title: the strategy as people write it.
        modality: "image" or "text"; None before the data were read.
        spec: the settings.
        status: where it stands.
        events: its history.
        class_names: in label order; empty before the report.
        parameters: of the network; None before the report.
        engine: what ran the stages and how fast it is here, in words; empty before the report.
        kept: which activations were kept, in words, where the disk had no room for all; else empty.
        batches: in which parts batches were computed, in words, where memory did not suffice for whole ones; else
            empty.
        report: None before the end.
        proof: None before the end, and where nothing was trained.
        combination: what it was put together from; None for a run that was trained.
        has_data: whether the dataset it learned from is still there; without it the numbers and the model stay.
    """

    id: str
    dataset_name: str
    model_title: str
    strategy_title: str
    modality: Modality | None
    spec: TrainingSpec
    status: RunStatus
    events: tuple[StoredEvent, ...]
    class_names: tuple[str, ...]
    parameters: ParameterCount | None
    engine: str
    kept: str
    batches: str
    report: Report | None
    proof: FreezeProof | None
    combination: Combination | None = None
    has_data: bool = True

    @property
    def is_readable(self) -> bool:
        """Whether there is a report to read and a model to predict with."""
        return self.status.state in READABLE_STATES and self.report is not None

    @property
    def has_one_network(self) -> bool:
        """Whether one network gives its answers: it can be asked why, studied and packed."""
        return self.combination is None or self.combination.kind == "weights"

    @property
    def first_estimate(self) -> FirstEstimate | None:
        """What was said before the head was fitted; None where no solver fits it, or it was not said yet."""
        return next((event for event in self.events if isinstance(event, FirstEstimate)), None)

    @property
    def state_chosen(self) -> StateChosen | None:
        """Whether the fitted head or what came after is shipped; None where that was no question."""
        return next((event for event in self.events if isinstance(event, StateChosen)), None)

    @property
    def first_accuracy(self) -> Interval | None:
        """The accuracy of the first estimate and how sure it is."""
        first = self.first_estimate
        return None if first is None else wilson_interval(round(first.accuracy * first.n), first.n)


def require_readable(workspace: Workspace, run_id: str) -> RunView:
    """A run with a report and a model; raises ConfigurationError where it has none, UnknownChoiceError for no run."""
    run = show_run(workspace, run_id)
    if not run.is_readable:
        raise ConfigurationError(
            f'Run {run_id} has no model yet; it is "{run.status.state}".', "Choose a finished run, or resume this one."
        )
    return run


def require_one_network(run: RunView) -> None:
    """Raises ConfigurationError for a run that is put together from the answers of others."""
    if not run.has_one_network:
        raise ConfigurationError(
            f"Run {run.id} is put together from the answers of other runs and has no network of its own.",
            "Ask one of those runs.",
        )


def list_runs(workspace: Workspace, *, limit: int | None = None) -> tuple[RunCard, ...]:
    """All runs that can be read, or the newest `limit` of them, newest first."""
    cards = (_card_or_none(folder) for folder in workspace.runs.list_runs())
    return tuple(islice((card for card in cards if card), limit))


def show_run(workspace: Workspace, run_id: str) -> RunView:
    """One run as it stands now; raises UnknownChoiceError where there is none."""
    folder = workspace.runs.get(run_id)
    details = folder.read_details()
    spec = folder.read_spec()
    combination = read_combination(folder)
    parameters, events = details.get("parameters"), folder.read_events()
    report, proof = folder.read_json("report"), folder.read_json("proof")
    return RunView(
        id=folder.id,
        dataset_name=str(details.get("name", "")),
        model_title=combination.model_title if combination else backbone_title(spec.model),
        strategy_title=combination.title if combination else get_strategy(spec.strategy).title,
        modality=details.get("modality"),
        spec=spec,
        status=folder.look(),
        events=events,
        class_names=tuple(details.get("class_names", ())),
        parameters=ParameterCount(**parameters) if parameters else None,
        engine=engine_in_words(details.get("engine", {}), details.get("modality")),
        kept=_cache_in_words(spec, details),
        batches=split_in_words(events, spec.strategy),
        report=_warned(
            report_from_json(report), (*split_warnings(workspace, spec.dataset_id), *ancestry_warnings(folder, spec))
        )
        if report
        else None,
        proof=proof_from_json(proof) if proof else None,
        combination=combination,
        has_data=workspace.datasets.has(spec.dataset_id),
    )


def load_data(workspace: Workspace, run: RunView) -> Dataset:
    """The dataset a run learned from; raises DatasetError where it has been deleted."""
    if not run.has_data:
        raise DatasetError(
            f"The data that run {run.id} learned from have been deleted, and this needs its samples.",
            "Its numbers and its model can still be used.",
        )
    return workspace.datasets.load(run.spec.dataset_id)


def read_combination(folder: RunFolder) -> Combination | None:
    """What a run was put together from; None for one that was trained."""
    stored = folder.read_json("combination")
    return None if stored is None else Combination.from_json(stored)


def read_status(workspace: Workspace, run_id: str) -> RunStatus:
    """Where a run stands; raises UnknownChoiceError where there is none."""
    return workspace.runs.get(run_id).look()


def read_predictions(workspace: Workspace, run_id: str) -> PredictionTable:
    """Every validation and test prediction of a finished run.

    Raises:
        UnknownChoiceError: there is no such run.
        FileNotFoundError: it has no predictions yet.
    """
    return load_predictions(workspace.runs.get(run_id).predictions_path)


def _warned(report: Report, about_split: tuple[str, ...]) -> Report:
    """The report with what became known against the split of its data, maybe after the run."""
    return replace(report, warnings=(*about_split, *report.warnings))


def _card_or_none(folder: RunFolder) -> RunCard | None:
    """The card, or None where a file of the run is damaged: one bad run must not hide the others."""
    try:
        return _card(folder)
    except (UserError, ValueError, KeyError, TypeError):
        _logger.warning("Run %s is damaged and is left out of lists", folder.id, exc_info=True)
        return None


def _card(folder: RunFolder) -> RunCard:
    spec, details = folder.read_spec(), folder.read_details()
    combination = read_combination(folder)
    report = folder.read_json("report")
    val = report_from_json(report).split("val") if report else None
    return RunCard(
        id=folder.id,
        dataset_name=str(details.get("name", "")),
        model_title=combination.model_title if combination else backbone_title(spec.model),
        strategy_title=combination.title if combination else get_strategy(spec.strategy).title,
        modality=details.get("modality"),
        spec=spec,
        status=folder.look(),
        combination=combination,
        val_macro_f1=tuple(
            event.val_macro_f1
            for event in folder.read_events()
            if isinstance(event, EpochDone) and event.learning_rate > 0
        ),
        accuracy=val.accuracy.value if val else None,
        macro_f1=val.macro_f1.value if val else None,
    )


def _cache_in_words(spec: TrainingSpec, details: dict[str, Any]) -> str:
    """Why less was kept than the freeze plan allowed; empty where all of it was."""
    cut, wanted = details.get("cut"), details.get("wanted_cut")
    if cut is None or wanted is None or cut == wanted:
        return ""
    names = describe_backbone(spec.model).stage_names
    kept = f"what leaves {names[cut - 1]}" if cut else "the inputs only"
    recomputed = ", ".join(names[cut:wanted])
    return f"{kept}; what leaves {names[wanted - 1]} took too much disk, so {recomputed} ran in every epoch"
