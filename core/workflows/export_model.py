"""A finished run's model in a format of the ecosystem, asked as others will ask it before it leaves."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import safetensors.torch
import torch
from numpy.typing import NDArray

from core.arrays import FloatArray, IntArray
from core.atomic import replace_file
from core.backbones.catalogue import get_backbone
from core.backbones.tokenizers import tokenizer_file
from core.datasets.records import Dataset
from core.errors import ConfigurationError, writing_for_person
from core.evaluation.comparison import compare_predictions
from core.evaluation.intervals import wilson_interval
from core.evaluation.prediction_table import load_predictions
from core.evaluation.report_json import offsets_from_json, temperature_from_json
from core.exporting.bundle import TOLERANCE, pack, write_card, write_samples, write_words
from core.exporting.export_check import ExportCheck
from core.exporting.format_files import Given, Opened, open_format, write_format
from core.exporting.format_words import format_words
from core.exporting.formats import ExportFormat, require_format
from core.exporting.leaving import LeavingModel, LeavingSample
from core.features.inputs import image_inputs, text_inputs
from core.features.pixels import decode_square
from core.features.sources import BatchSource
from core.runs.folder import RunFolder
from core.training.strategies import get_strategy
from core.training.temperature import scaled_probs
from core.workflows.build_classifier import build_classifier
from core.workflows.rejecting import read_rejection
from core.workflows.report_run import export_card
from core.workflows.show_run import RunView, load_data, require_one_network, require_readable
from core.workflows.stored_exports import keep_export
from core.workflows.workspace import Workspace

Progress = Callable[[str, int, int], None]

N_CHECKED, N_CHECKED_INT8, N_CALIBRATED, N_SAMPLES = 200, 1_000, 128, 10
BATCH = 16


def export_model(
    workspace: Workspace,
    run_id: str,
    format_id: str = "bundle",
    out: Path | None = None,
    *,
    on_progress: Progress = lambda *_: None,
) -> ExportCheck:
    """Write the model of a run as an archive or a folder.

    Args:
        workspace: where the run lies.
        run_id: a finished run.
        format_id: one of `core.exporting.formats`.
        out: a file that ends in .zip, or a folder that is new or empty; None: into the folder of the run, where the
            page looks for it.
        on_progress: called with (step, done, of); may raise to end the export, which then leaves nothing.

    Raises:
        UnknownChoiceError: there is no such run or format.
        ConfigurationError: it has no model yet, or the model cannot take this format.
        OutOfResourcesError: the file or folder could not be written.
        RuntimeError: the files would not give the answers of the network.
    """
    with exported_folder(workspace, run_id, format_id, on_progress=on_progress) as (place, check):
        name = f"model-{run_id}"
        if out is None:
            keep_export(workspace, run_id, check, lambda partial: pack(place, partial, name=name))
            return check
        with writing_for_person(out):
            if out.suffix.lower() == ".zip":
                replace_file(out, lambda partial: pack(place, partial, name=name))
            else:
                shutil.copytree(place, out, dirs_exist_ok=True)
    return check


@contextmanager
def exported_folder(
    workspace: Workspace, run_id: str, format_id: str, *, on_progress: Progress = lambda *_: None
) -> Iterator[tuple[Path, ExportCheck]]:
    """The files of a model, checked, in a folder that lasts as long as the block; raises what `export_model` raises."""
    run = require_readable(workspace, run_id)
    require_one_network(run)
    kind = require_format(format_id, get_backbone(run.spec.model), get_strategy(run.spec.strategy).features)
    started = time.perf_counter()
    folder = workspace.runs.get(run_id)
    with workspace.draft() as place:
        model = _model(folder, run)
        held_out = _HeldOut(workspace, run, N_CHECKED if kind.is_exact else N_CHECKED_INT8)
        on_progress("Writing the network", 0, 0)
        write_format(kind, model, place, pixels=None if kind.is_exact else _calibration(workspace, run))
        asked = _Asked.of(open_format(kind, model, place), held_out, model, on_progress)
        check = _check(kind, asked, held_out, folder)
        if kind.has_program:
            write_samples(held_out.samples(asked.given), place)
        write_card(export_card(workspace, run_id), place)
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        check = replace(check, megabytes=round(size / 1e6, 2), seconds=round(time.perf_counter() - started, 2))
        write_words(format_words(kind, model, check), place)
        yield place, check


def _model(folder: RunFolder, run: RunView) -> LeavingModel:
    classifier = build_classifier(run.spec, len(run.class_names))
    classifier.load_tensors(safetensors.torch.load_file(folder.model_path))
    return LeavingModel(
        run_id=run.id,
        classifier=classifier.eval(),
        class_names=run.class_names,
        temperature=temperature_from_json(folder.read_json("temperature")).value,
        image_size_px=run.spec.image_size_px,
        offsets=offsets.values if (offsets := offsets_from_json(folder.read_json("decision"))) else (),
        reject_below=rejection.threshold if (rejection := read_rejection(folder)) else None,
        tokenizer=tokenizer_file(classifier.backbone.row) if run.modality == "text" else None,
    )


def _calibration(workspace: Workspace, run: RunView) -> NDArray[np.uint8] | None:
    """Some training images as they enter the network, shape (n, 3, size, size); None for texts."""
    if run.modality == "text":
        return None
    dataset = load_data(workspace, run)
    rows = np.random.default_rng(0).permutation(dataset.rows("train"))[:N_CALIBRATED]
    files = [workspace.datasets.image_path(dataset.sample_ids[row]) for row in rows]
    return _pixels(files, run.spec.image_size_px)


def _pixels(files: list[Path], size_px: int) -> NDArray[np.uint8]:
    return np.stack([decode_square(file, size_px) for file in files]).transpose(0, 3, 1, 2)


class _HeldOut:
    """Validation samples of a run's dataset, in a fixed shuffled order.

    Args:
        workspace: where they lie.
        run: the run.
        n: at most so many.

    Attributes:
        sample_ids: of each.
        labels: true class of each, shape (n,).
        n_classes: of the dataset.
    """

    def __init__(self, workspace: Workspace, run: RunView, n: int) -> None:
        self._workspace = workspace
        self._dataset: Dataset = load_data(workspace, run)
        rows = np.random.default_rng(0).permutation(self._dataset.rows("val"))
        self._rows: IntArray = rows[:n]
        self.sample_ids = [self._dataset.sample_ids[row] for row in self._rows]
        self.labels: IntArray = self._dataset.labels[self._rows]
        self.n_classes = self._dataset.n_classes

    def inputs(self) -> list[Given]:
        """Texts, or files of images."""
        if self._dataset.modality == "text":
            return [self._dataset.texts[row] for row in self._rows]
        return [self._workspace.datasets.image_path(sample_id) for sample_id in self.sample_ids]

    def source(self, model: LeavingModel) -> BatchSource:
        """The inputs as the network takes them."""
        row = model.classifier.backbone.row
        if self._dataset.modality == "text":
            return text_inputs(row, [str(text) for text in self.inputs()])
        return image_inputs(row, [Path(file) for file in self.inputs()], model.image_size_px)

    def samples(self, probs: FloatArray) -> list[LeavingSample]:
        """The first few, with what they must give."""
        names = self._dataset.class_names
        return [
            LeavingSample(
                text=given if isinstance(given, str) else "",
                image=None if isinstance(given, str) else given.read_bytes(),
                true_class=names[int(label)],
                probs=of_sample,
            )
            for given, label, of_sample in zip(self.inputs()[:N_SAMPLES], self.labels, probs, strict=False)
        ]


class _Asked:
    """What the files answer, and what the network does, about the same samples.

    Attributes:
        given: probabilities by the files, inputs prepared as their library does, shape (n, n_classes).
        from_network: largest difference to the network where both get the same prepared inputs.
    """

    def __init__(self, given: FloatArray, from_network: float) -> None:
        self.given, self.from_network = given, from_network

    @staticmethod
    def of(opened: Opened, held_out: _HeldOut, model: LeavingModel, on_progress: Progress) -> _Asked:
        """Ask both, sample by sample or in batches."""
        inputs, source = held_out.inputs(), held_out.source(model)
        given, differences = [], []
        for start in range(0, len(inputs), BATCH):
            on_progress("Checking the files", start, len(inputs))
            part = inputs[start : start + BATCH]
            batch = source.batch(np.arange(start, start + len(part)))
            with torch.inference_mode():
                logits = model.classifier(batch.values, batch.mask).numpy()
            given.append(opened.probabilities(part))
            alike = opened.of_pixels(batch.values.numpy()) if batch.mask is None else None
            expected = scaled_probs(logits, model.temperature)
            differences.append(np.abs((given[-1] if alike is None else alike) - expected).max())
        return _Asked(np.concatenate(given), float(max(differences)))


def _check(kind: ExportFormat, asked: _Asked, held_out: _HeldOut, folder: RunFolder) -> ExportCheck:
    if kind.is_exact and asked.from_network > TOLERANCE:
        if not kind.has_program:
            raise ConfigurationError(
                f'As "{kind.id}" this model\'s probabilities would be off by up to {asked.from_network:.1e}.',
                'Take the format "onnx", which is exact.',
            )
        raise RuntimeError(f"The archive's probabilities are off by up to {asked.from_network:.1e}.")
    table = load_predictions(folder.predictions_path)
    row_of = {sample_id: row for row, sample_id in enumerate(table.sample_ids)}
    shown = table.probs[[row_of[sample_id] for sample_id in held_out.sample_ids]]
    given, reported, labels = asked.given.argmax(axis=1), shown.argmax(axis=1), held_out.labels
    return ExportCheck(
        format=kind.id,
        n=len(labels),
        from_network=asked.from_network,
        from_report=float(np.abs(asked.given - shown).max()),
        n_other_class=int((given != reported).sum()),
        accuracy=wilson_interval(int((given == labels).sum()), len(labels)),
        reported_accuracy=wilson_interval(int((reported == labels).sum()), len(labels)),
        change=compare_predictions(labels, reported, given, held_out.n_classes).accuracy,
        megabytes=0.0,
        seconds=0.0,
    )
