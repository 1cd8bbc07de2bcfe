"""A finished run's model as an archive that answers elsewhere, checked before it leaves."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import safetensors.torch
import torch

from core.arrays import FloatArray, IntArray
from core.atomic import replace_file
from core.backbones.tokenizers import tokenizer_file
from core.datasets.records import Dataset
from core.evaluation.prediction_table import load_predictions
from core.evaluation.report_json import offsets_from_json
from core.exporting.bundle import BundleModel, BundleSample, pack, write_model, write_samples, write_words
from core.exporting.bundle_words import BundleCheck, bundle_words, check_words
from core.exporting.standalone.predict import TOLERANCE, Model
from core.features.inputs import image_inputs, text_inputs
from core.features.sources import BatchSource
from core.runs.folder import RunFolder
from core.training.temperature import scaled_probs
from core.workflows.build_classifier import build_classifier
from core.workflows.predict import temperature_of
from core.workflows.rejecting import read_rejection
from core.workflows.report_run import export_card
from core.workflows.show_run import RunView, load_data, require_one_network, require_readable
from core.workflows.workspace import Workspace

__all__ = ["check_words", "export_bundle"]

Progress = Callable[[str, int, int], None]

N_CHECKED, N_SAMPLES = 200, 10
BATCH = 16


def export_bundle(
    workspace: Workspace, run_id: str, file: Path | None = None, *, on_progress: Progress = lambda *_: None
) -> BundleCheck:
    """Write the archive of a run.

    Args:
        workspace: where the run lies.
        run_id: a finished run.
        file: where to; None: into the folder of the run, where the page looks for it.
        on_progress: called with (step, done, of); may raise to end the export, which then leaves nothing.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: it has no model yet.
        RuntimeError: the archive would not give the answers of the network.
    """
    run = require_readable(workspace, run_id)
    require_one_network(run)
    folder = workspace.runs.get(run_id)
    with workspace.draft() as place:
        model = _model(folder, run)
        held_out = _HeldOut(workspace, run)
        expected = held_out.expected(model, on_progress)
        on_progress("Writing the network", 0, 0)
        write_model(model, place)
        check = _check(Model(place), held_out, expected, folder, on_progress)
        words = bundle_words(model.classifier.backbone.row, check)
        write_words(words, export_card(workspace, run_id), place)
        write_samples(held_out.samples(expected), place)
        replace_file(file or folder.bundle_path, lambda partial: pack(place, partial, name=f"model-{run_id}"))
    return check


def _model(folder: RunFolder, run: RunView) -> BundleModel:
    classifier = build_classifier(run.spec, len(run.class_names))
    classifier.load_tensors(safetensors.torch.load_file(folder.model_path))
    return BundleModel(
        run_id=run.id,
        classifier=classifier.eval(),
        class_names=run.class_names,
        temperature=temperature_of(folder).value,
        image_size_px=run.spec.image_size_px,
        offsets=offsets.values if (offsets := offsets_from_json(folder.read_json("decision"))) else (),
        reject_below=rejection.threshold if (rejection := read_rejection(folder)) else None,
        tokenizer=tokenizer_file(classifier.backbone.row) if run.modality == "text" else None,
    )


class _HeldOut:
    """Validation samples of a run's dataset, in a fixed shuffled order.

    Args:
        workspace: where they lie.
        run: the run.

    Attributes:
        sample_ids: at most `N_CHECKED`.
    """

    def __init__(self, workspace: Workspace, run: RunView) -> None:
        self._workspace = workspace
        self._run = run
        self._dataset: Dataset = load_data(workspace, run)
        rows = np.random.default_rng(0).permutation(self._dataset.rows("val"))
        self._rows: IntArray = rows[:N_CHECKED]
        self.sample_ids = [self._dataset.sample_ids[row] for row in self._rows]

    def inputs(self) -> list[str | Path]:
        """Texts, or files of images."""
        if self._dataset.modality == "text":
            return [self._dataset.texts[row] for row in self._rows]
        return [self._workspace.datasets.image_path(sample_id) for sample_id in self.sample_ids]

    def expected(self, model: BundleModel, on_progress: Progress) -> FloatArray:
        """What the network gives in float32, shape (n, n_classes)."""
        source = self._source(model)
        logits = []
        for start in range(0, source.n_samples, BATCH):
            on_progress("Asking the network", start, source.n_samples)
            batch = source.batch(np.arange(start, min(start + BATCH, source.n_samples)))
            with torch.inference_mode():
                logits.append(model.classifier(batch.values, batch.mask).numpy())
        return scaled_probs(np.concatenate(logits), model.temperature)

    def samples(self, expected: FloatArray) -> list[BundleSample]:
        """The first few, with what they must give."""
        names, labels = self._dataset.class_names, self._dataset.labels
        return [
            BundleSample(
                text=given if isinstance(given, str) else "",
                image=None if isinstance(given, str) else given.read_bytes(),
                true_class=names[int(labels[row])],
                probs=probs,
            )
            for given, row, probs in zip(self.inputs()[:N_SAMPLES], self._rows, expected, strict=False)
        ]

    def _source(self, model: BundleModel) -> BatchSource:
        row = model.classifier.backbone.row
        if self._dataset.modality == "text":
            return text_inputs(row, [str(text) for text in self.inputs()])
        return image_inputs(row, [Path(file) for file in self.inputs()], model.image_size_px)


def _check(
    model: Model, held_out: _HeldOut, expected: FloatArray, folder: RunFolder, on_progress: Progress
) -> BundleCheck:
    given = []
    for number, one in enumerate(held_out.inputs()):
        on_progress("Checking the archive", number, len(held_out.sample_ids))
        given.append(model.probabilities([one])[0])
    answers = np.stack(given)
    table = load_predictions(folder.predictions_path)
    row_of = {sample_id: row for row, sample_id in enumerate(table.sample_ids)}
    shown = table.probs[[row_of[sample_id] for sample_id in held_out.sample_ids]]
    check = BundleCheck(
        n=len(answers),
        from_network=float(np.abs(answers - expected).max()),
        from_dashboard=float(np.abs(answers - shown).max()),
        n_other_class=int((answers.argmax(axis=1) != shown.argmax(axis=1)).sum()),
    )
    if check.from_network > TOLERANCE:
        raise RuntimeError(f"The archive's probabilities are off by up to {check.from_network:.1e}.")
    return check
