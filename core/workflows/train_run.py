"""A run from its settings to its report: read, pass, train, evaluate, with every epoch on disk."""

from __future__ import annotations

import traceback
from dataclasses import asdict
from pathlib import Path
from typing import Any

import safetensors.torch

from core.backbones.records import FreezeProof
from core.datasets.records import Dataset
from core.errors import ConfigurationError, UserError, lack_of
from core.evaluation.novelty import save_novelty
from core.evaluation.prediction_table import save_predictions
from core.evaluation.report_json import proof_to_json, report_to_json
from core.runs.folder import RunFolder
from core.runs.records import FAULT, RunError
from core.training.classifier import Classifier
from core.training.loop import train
from core.training.spec import TrainingSpec
from core.training.state import TrainingState
from core.training.strategies import build_phases, get_strategy
from core.workflows.ancestry import ancestor_of
from core.workflows.baselines import ask_baselines
from core.workflows.build_classifier import build_classifier
from core.workflows.disk_budget import require_room
from core.workflows.freeze_witness import FreezeWitness
from core.workflows.frozen_part import FrozenPart, pass_frozen
from core.workflows.learning_novelty import learn_novelty
from core.workflows.package_versions import package_versions
from core.workflows.progress import Progress, ShouldStop, StopRequested
from core.workflows.recording import Recorder
from core.workflows.rejecting import renew_rejection
from core.workflows.reporting import build_run_report, held_out_rows, judge_held_out, judge_probabilities, tabulate
from core.workflows.workspace import Workspace


def create_run(workspace: Workspace, spec: TrainingSpec) -> str:
    """Store a new run, ready to be executed; returns its id.

    Raises:
        OutOfResourcesError: the workspace is as large as the settings allow, or as many runs wait already.
    """
    require_room(workspace)
    workspace.runs.require_short_queue()  # before a run is stored that nobody would execute
    dataset = workspace.datasets.load(spec.dataset_id)
    return workspace.runs.create(spec, name=dataset.name).id


def execute_run(store_root: Path, run_id: str, *, should_stop: ShouldStop) -> None:
    """Execute a run, or go on with one that was interrupted; whatever happens is stored in the run.

    Args:
        store_root: the workspace folder.
        run_id: a run that `create_run` stored.
        should_stop: asked after every batch, beside any request left in the run's folder; "person" keeps the best
            so far and reports it, "shutdown" leaves the run interrupted, to be resumed.

    Raises:
        UserError: there is no such run, it is finished, or another process works on it.
        Exception: a fault of ours; it is in the run's log as well, and the run says that it failed.
    """
    workspace = Workspace(store_root)
    folder = workspace.runs.get(run_id)
    with folder.claim():
        _require_unfinished(folder)
        progress = Progress(folder, lambda: should_stop() or ("person" if folder.stop_requested() else None))
        try:
            lack = _execute(workspace, folder, progress)
            if lack:
                progress.fail(_in_words(lack))
        finally:
            folder.clear_stop()


def _execute(workspace: Workspace, folder: RunFolder, progress: Progress) -> UserError | None:
    """What the machine lacked, if anything.

    That is told when the error is gone: until then it holds on to the memory and the files that were too much.
    """
    try:
        progress.begin()
        _Execution(workspace, folder, progress).run()
    except StopRequested as stop:
        progress.end("stopped" if stop.reason == "person" else "interrupted")
    except UserError as error:
        progress.fail(_in_words(error))
    except Exception as error:  # the border at which a run's errors are stored in the run
        if lack := lack_of(error):
            return lack
        folder.append_log(traceback.format_exc())
        progress.fail(FAULT)
        raise
    return None


def _require_unfinished(folder: RunFolder) -> None:
    if folder.read_status().state == "finished":
        raise ConfigurationError(f"Run {folder.id} is finished.", "Start a new run to train again.")


def _in_words(error: UserError) -> RunError:
    return RunError(code=error.code, problem=error.problem, remedy=error.remedy)


class _Execution:
    """One run being executed by this process."""

    def __init__(self, workspace: Workspace, folder: RunFolder, progress: Progress) -> None:
        self._workspace = workspace
        self._folder = folder
        self._progress = progress
        self._spec = folder.read_spec()
        self._strategy = get_strategy(self._spec.strategy)

    def run(self) -> None:
        progress = self._progress
        with progress.timed("load"):
            progress.step("Loading the data and the network")
            dataset = self._workspace.datasets.load(self._spec.dataset_id)
            classifier = self._build_classifier(dataset)
            state = TrainingState(self._spec, build_phases(self._spec, classifier.backbone.stage_names), classifier)
        witness = FreezeWitness(state)
        with progress.timed("features"):
            part = pass_frozen(self._workspace, dataset, state, progress)
        with progress.timed("train"):
            was_stopped = self._train(state, part)
        progress.finish_anyway()
        with progress.timed("evaluate"):
            progress.step("Evaluating")
            self._report(dataset, state, part, witness.prove())
        progress.end("stopped" if was_stopped else "finished")

    def _build_classifier(self, dataset: Dataset) -> Classifier:
        classifier = build_classifier(self._spec, dataset.n_classes, allow_download=True)
        classifier.backbone.train_batch_norm = not self._strategy.pretrained
        return classifier

    def _train(self, state: TrainingState, part: FrozenPart) -> bool:
        """Train to the end; True where a person stopped it and there is something to keep."""
        recorder = Recorder(self._folder, self._progress, state)
        try:
            recorder.restore()
            for event in train(state, part.data, part.choice.engine):
                recorder.record(event)
        except StopRequested as stop:
            if stop.reason != "person" or state.best_score is None:
                raise
            state.restore_best()
            return True
        return False

    def _report(self, dataset: Dataset, state: TrainingState, part: FrozenPart, proof: FreezeProof) -> None:
        seed, folder = self._spec.seed, self._folder
        answered = part.shipped.answer(held_out_rows(dataset), self._progress.advance)
        held_out = judge_held_out(dataset, answered.logits, self._spec)
        table = tabulate(dataset, held_out)
        report = build_run_report(
            dataset,
            table,
            temperature=held_out.temperature,
            decision=held_out.offsets,
            calibrations=judge_probabilities(dataset, held_out, seed),
            baselines=ask_baselines(dataset, state, part.data, held_out.rows),
        )
        folder.write_json("temperature", asdict(held_out.temperature))  # before the model, which is read with it
        if held_out.offsets is not None:
            folder.write_json("decision", asdict(held_out.offsets))
        of_val = answered.features[: len(dataset.rows("val"))]
        novelty = learn_novelty(dataset, state, part.data, part.choice.engine, of_val)
        if novelty is not None:
            folder.replace(folder.novelty_path, lambda path: save_novelty(novelty, path))
        tensors = {name: tensor.contiguous() for name, tensor in state.best_tensors.items()}
        folder.replace(folder.model_path, lambda path: safetensors.torch.save_file(tensors, path))
        folder.replace(folder.predictions_path, lambda path: save_predictions(table, path))
        renew_rejection(folder, table)
        folder.write_json("learned", {"samples": [dataset.sample_ids[row] for row in dataset.rows("train")]})
        folder.write_json("proof", proof_to_json(proof))
        folder.write_json("report", report_to_json(report))
        folder.update_details(_details(dataset, state, part))


def _details(dataset: Dataset, state: TrainingState, part: FrozenPart) -> dict[str, Any]:
    total = sum(parameter.numel() for parameter in state.classifier.parameters())
    return {
        "class_names": list(dataset.class_names),
        "modality": dataset.modality,
        "n_samples": dataset.n_samples,
        "parameters": {"total": total, "trainable": state.n_trained},
        "cut": part.data.cut,
        "wanted_cut": part.wanted_cut,
        "engine": {**asdict(part.choice.engine), "samples_per_s": part.choice.rates},
        "pass_samples_per_s": 1 / part.pass_s if part.pass_s else None,
        "strengths": [list(pair) for pair in state.strengths],
        "strength": state.strength,
        "versions": package_versions(),
        "ancestor": ancestor_of(state.spec.model),
    }
