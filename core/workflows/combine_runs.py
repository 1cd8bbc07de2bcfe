"""Several finished runs become one: their answers are averaged, or their weights, or their features joined."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

import safetensors.torch
import torch

from core.datasets.records import Dataset, SplitName
from core.errors import ConfigurationError
from core.evaluation.averaging import mean_answer
from core.evaluation.comparison import PairedComparison, compare_predictions
from core.evaluation.prediction_table import PredictionTable, save_predictions
from core.evaluation.records import Interval
from core.evaluation.report_json import report_to_json
from core.runs.combination import AveragingStep, Combination, CombinationKind, Member
from core.runs.folder import RunFolder
from core.runs.records import RunStatus, utc_now
from core.workflows.average_weights import average_weights
from core.workflows.combinable import require_combinable
from core.workflows.disk_budget import require_room
from core.workflows.join_features import join_features
from core.workflows.pooled_features import Progress
from core.workflows.predict import predict_images, predict_texts
from core.workflows.reporting import HeldOut, build_run_report, judge_held_out, judge_probabilities, tabulate
from core.workflows.show_run import RunView, load_data, read_predictions, show_run
from core.workflows.workspace import Workspace

N_TIMED = 32


def combine_runs(
    workspace: Workspace,
    run_ids: Sequence[str],
    *,
    by: CombinationKind = "probabilities",
    on_progress: Progress = lambda *_: None,
) -> str:
    """Combine finished runs on the same data into a new run, which is read and used like any other.

    What is chosen is chosen on the validation split; the test split is opened once, for the report. The new run
    appears when it is finished: what ends this before leaves nothing behind.

    Args:
        workspace: where the runs lie.
        run_ids: two or more different ones.
        by: "probabilities": every member answers, each at its own temperature, and the answers are averaged;
            "weights": one network whose tensors are averaged, where that does not lower the validation accuracy;
            "features": one head, fitted to the features of all members side by side.
        on_progress: called with (step, done, of); may raise to end it.

    Returns:
        The id of the new run.

    Raises:
        UnknownChoiceError: there is no run of such an id.
        ConfigurationError: the runs cannot be combined so, or no other run could be added to the best one.
        MissingWeightsError: the weights of a backbone are not on this machine.
        OutOfResourcesError: the workspace is as large as the settings allow.
    """
    require_room(workspace)
    started, created_at = time.perf_counter(), utc_now()
    runs = [show_run(workspace, run_id) for run_id in run_ids]
    require_combinable(runs, by)
    runs.sort(key=_val_accuracy, reverse=True)
    dataset = load_data(workspace, runs[0])
    combined = _COMBINE[by](workspace, dataset, runs, on_progress)
    members = tuple(_member(workspace, dataset, run, on_progress) for run in runs)
    on_progress("Evaluating", 0, 0)
    table = tabulate(dataset, combined.held_out)
    found, split = _against_best(table, read_predictions(workspace, runs[0].id), dataset.n_classes)
    combination = Combination(
        kind=by,
        members=members,
        ms_per_sample=0.0,
        gain=found.accuracy,
        gain_split=split,
        n=found.n,
        verdict=_verdict(found),
        steps=combined.steps,
        n_val=len(dataset.rows("val")),
    )
    combination = replace(combination, ms_per_sample=_ms_of_all(combination))
    spec = replace(runs[0].spec, reason=_reason(combination))

    def fill(folder: RunFolder) -> None:
        _write(folder, dataset, combined, table, combination)
        folder.write_status(_finished(created_at, time.perf_counter() - started))

    return workspace.runs.create(spec, name=runs[0].dataset_name, fill=fill).id


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Combined:
    """What combining makes.

    Attributes:
        held_out: its answers to the validation and test samples.
        details: free facts about the run.
        tensors: of the network or of the new head; None where the members answer.
        steps: what was tried to find it.
    """

    held_out: HeldOut
    details: dict[str, Any]
    tensors: dict[str, torch.Tensor] | None = None
    steps: tuple[AveragingStep, ...] = ()


def _average_answers(
    workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress
) -> _Combined:
    """Nothing is computed again: every run kept its answers, scaled by its temperature."""
    on_progress("Averaging answers", 0, 0)
    tables = [read_predictions(workspace, run.id) for run in runs]
    counts = [run.parameters for run in runs if run.parameters]
    return _Combined(
        held_out=judge_held_out(dataset, mean_answer([table.probs for table in tables])),
        details=_details(dataset, sum(one.total for one in counts), sum(one.trainable for one in counts)),
    )


def _average_weights(
    workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress
) -> _Combined:
    average = average_weights(workspace, dataset, runs, on_progress)
    trained = sum(tensor.numel() for tensor in average.tensors.values())
    parameters = runs[0].parameters
    best = workspace.runs.get(runs[0].id).read_details()
    facts = {"cut": average.cut, "wanted_cut": average.cut, "engine": best["engine"]}
    return _Combined(
        held_out=judge_held_out(dataset, average.logits),
        details=_details(dataset, parameters.total if parameters else 0, trained) | facts,
        tensors=average.tensors,
        steps=average.steps,
    )


def _join_features(workspace: Workspace, dataset: Dataset, runs: Sequence[RunView], on_progress: Progress) -> _Combined:
    joined = join_features(workspace, dataset, runs, on_progress)
    weight, bias = torch.from_numpy(joined.probe.weight), torch.from_numpy(joined.probe.bias)
    n_new, counts = weight.numel() + bias.numel(), [run.parameters for run in runs if run.parameters]
    frozen = sum(one.total - one.trainable for one in counts)
    return _Combined(
        held_out=judge_held_out(dataset, joined.logits),
        details=_details(dataset, frozen + n_new, n_new),
        tensors={"head.weight": weight.contiguous(), "head.bias": bias.contiguous()},
    )


_COMBINE: dict[CombinationKind, Callable[[Workspace, Dataset, Sequence[RunView], Progress], _Combined]] = {
    "probabilities": _average_answers,
    "weights": _average_weights,
    "features": _join_features,
}


def _details(dataset: Dataset, total: int, trainable: int) -> dict[str, Any]:
    return {
        "class_names": list(dataset.class_names),
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "parameters": {"total": total, "trainable": trainable},
    }


def _member(workspace: Workspace, dataset: Dataset, run: RunView, on_progress: Progress) -> Member:
    on_progress(f"Timing {run.model_title}", 0, 0)
    return Member(
        run_id=run.id,
        model_title=run.model_title,
        strategy_title=run.strategy_title,
        val=_accuracy(run, "val"),
        test=_accuracy(run, "test") if run.report and run.report.split("test") else None,
        n_parameters=run.parameters.total if run.parameters else 0,
        ms_per_sample=_ms_per_sample(workspace, dataset, run.id),
    )


def _ms_per_sample(workspace: Workspace, dataset: Dataset, run_id: str) -> float:
    """Milliseconds to predict one of some validation samples, from the file to the answer."""
    rows = dataset.rows("val")[:N_TIMED]

    def ask() -> None:
        if dataset.modality == "text":
            predict_texts(workspace, run_id, [dataset.texts[row] for row in rows])
        else:
            ids = [dataset.sample_ids[row] for row in rows]
            predict_images(workspace, run_id, [(one, workspace.datasets.image_path(one)) for one in ids])

    ask()  # the first time loads the model and prepares the engine
    started = time.perf_counter()
    ask()
    return 1_000 * (time.perf_counter() - started) / len(rows)


def _ms_of_all(combination: Combination) -> float:
    """One network costs what the slowest does, whose frozen part is the shortest; otherwise each costs its own."""
    costs = [member.ms_per_sample for member in combination.in_use]
    return max(costs) if combination.kind == "weights" else sum(costs)


def _against_best(
    table: PredictionTable, best: PredictionTable, n_classes: int
) -> tuple[PairedComparison, Literal["val", "test"]]:
    split: Literal["val", "test"] = "test" if len(table.rows("test")) else "val"
    rows = table.rows(split)
    found = compare_predictions(table.labels[rows], best.predictions[rows], table.predictions[rows], n_classes)
    return found, split


def _verdict(found: PairedComparison) -> str:
    if not found.is_decided:
        return "not distinguishable from its best member alone"
    return f"{'better' if found.accuracy.value > 0 else 'worse'} than its best member alone"


def _reason(combination: Combination) -> str:
    names = ", ".join(member.run_id for member in combination.in_use)
    what = "One head on the features" if combination.kind == "features" else f"The average of the {combination.kind}"
    return f"{what} of runs {names}."


def _write(
    folder: RunFolder, dataset: Dataset, combined: _Combined, table: PredictionTable, combination: Combination
) -> None:
    held_out, seed = combined.held_out, folder.read_spec().seed
    report = build_run_report(
        dataset,
        table,
        temperature=held_out.temperature,
        calibrations=judge_probabilities(dataset, held_out, seed),
    )
    folder.write_json("temperature", asdict(held_out.temperature))
    tensors = combined.tensors
    if tensors is not None:
        folder.replace(folder.model_path, lambda path: safetensors.torch.save_file(tensors, path))
    folder.replace(folder.predictions_path, lambda path: save_predictions(table, path))
    folder.write_json("combination", combination.to_json())
    folder.update_details(combined.details)
    folder.write_json("report", report_to_json(report))


def _finished(created_at: str, seconds: float) -> RunStatus:
    return RunStatus(
        state="finished",
        created_at=created_at,
        started_at=created_at,
        ended_at=utc_now(),
        seconds=(("evaluate", seconds), ("total", seconds)),
    )


def _val_accuracy(run: RunView) -> float:
    return _accuracy(run, "val").value


def _accuracy(run: RunView, split: SplitName) -> Interval:
    part = run.report.split(split) if run.report else None
    if part is None:
        raise ConfigurationError(f"Run {run.id} has no numbers on the {split} split.", "Leave it out.")
    return part.accuracy
