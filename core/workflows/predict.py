"""New inputs through a finished run's model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import safetensors.torch
from numpy.typing import NDArray

from core.arrays import FloatArray
from core.backbones.records import BackboneRow
from core.datasets.encoding import decode_text
from core.datasets.reading import read_one_file
from core.datasets.tables import clean_text
from core.errors import ConfigurationError, DatasetError, UnknownChoiceError
from core.evaluation.averaging import mean_answer
from core.evaluation.novelty import Novelty
from core.evaluation.records import Rejection
from core.evaluation.report_json import temperature_from_json
from core.features.inputs import image_inputs, text_inputs
from core.features.pixels import decode_square
from core.features.sources import BatchSource, PixelSource
from core.runs.combination import Combination
from core.runs.folder import RunFolder
from core.training.decision import DecisionOffsets, decided_labels
from core.training.inference import classify
from core.training.probe import Probe
from core.training.temperature import scaled_probs
from core.workflows.join_features import joined_logits
from core.workflows.loaded_model import AnswerPrecision, LoadedModel, load_model
from core.workflows.rejecting import read_rejection
from core.workflows.show_run import RunView, require_one_network, require_readable, show_run
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Prediction:
    """What a model answers to one input.

    Attributes:
        input: the text itself, or what the person calls the image; for display only.
        label: the class that is decided for: the most probable one, unless the run's decisions were tuned.
        probability: of that class, scaled by the run's temperature, in [0, 1].
        probabilities: (class name, probability) of every class, in label order.
        rejected: whether the model says "I don't know", because it is less sure than was chosen for the run; `label`
            is then what it would have said.
        reason: why, a sentence; empty where it answers.
        further_than: share of the run's validation samples that are nearer to what it learned from than this input,
            in [0, 1]; None where the run does not know.
        is_unlike: whether that is so many that the input is unlike all that it learned from.
    """

    input: str
    label: str
    probability: float
    probabilities: tuple[tuple[str, float], ...]
    rejected: bool = False
    reason: str = ""
    further_than: float | None = None
    is_unlike: bool = False


def predict_texts(workspace: Workspace, run_id: str, texts: Sequence[str]) -> tuple[Prediction, ...]:
    """Classes of texts, in their order.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes images.
        DatasetError: a text is empty.
    """
    return answer_texts(workspace, _require_model(workspace, run_id, "text"), texts)


def answer_texts(
    workspace: Workspace, run: RunView, texts: Sequence[str], *, precision: AnswerPrecision = "float32"
) -> tuple[Prediction, ...]:
    """As `predict_texts`, for who asks one run again and again and need not look it up each time.

    Raises:
        DatasetError: a text is empty.
    """
    read = tuple(clean_text(text) for text in texts)  # as the texts of a dataset are read: of bounded length
    for number, text in enumerate(read, start=1):
        if not text:
            raise DatasetError(f"Text {number} of {len(texts)} is empty.", "Write at least one word.")
    return _predict(workspace, run, lambda row, _: text_inputs(row, read), read, precision)


def predict_images(
    workspace: Workspace, run_id: str, images: Sequence[tuple[str, Path | bytes]]
) -> tuple[Prediction, ...]:
    """Classes of images, each given as (name for display, file or its bytes), in their order.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, or takes texts.
        DatasetError: a file is no image that can be read.
    """
    run = _require_model(workspace, run_id, "image")
    names, files = [name for name, _ in images], [image for _, image in images]
    return _predict(workspace, run, lambda row, size_px: image_inputs(row, files, size_px), names)


def predict_pixels(
    workspace: Workspace, run_id: str, names: Sequence[str], pixels: NDArray[np.uint8]
) -> tuple[Prediction, ...]:
    """Classes of decoded images, in their order.

    Args:
        workspace: where the run lies.
        run_id: a finished run on images.
        names: what the person calls them; for display only.
        pixels: squares of the run's image size, shape (n, size_px, size_px, 3).

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, takes texts, or averages runs that look at different sizes.
    """
    return answer_pixels(workspace, _require_model(workspace, run_id, "image"), names, pixels)


def answer_pixels(
    workspace: Workspace,
    run: RunView,
    names: Sequence[str],
    pixels: NDArray[np.uint8],
    *,
    precision: AnswerPrecision = "float32",
) -> tuple[Prediction, ...]:
    """As `predict_pixels`, for who asks one run again and again; raises ConfigurationError as it does."""

    def read(row: BackboneRow, size_px: int) -> BatchSource:
        if size_px != pixels.shape[1]:
            raise ConfigurationError(
                f"Run {run.id} averages {row.title} at {size_px} px with others at {pixels.shape[1]} px; that is done "
                "for single images only.",
                "Use one of the runs that it averages.",
            )
        return PixelSource(pixels)

    return _predict(workspace, run, read, names, precision)


def decode_input(image: bytes, run: RunView) -> NDArray[np.uint8]:
    """An image file as `predict_pixels` takes it, shape (size_px, size_px, 3); raises ImageError."""
    return decode_square(image, run.spec.image_size_px)


def text_of(file: bytes) -> str:
    """The text in a file, whatever its encoding."""
    return decode_text(file)


def predict_files(workspace: Workspace, run_id: str, files: Sequence[str]) -> tuple[Prediction, ...]:
    """Classes of files, in their order: an image each, or a text each, as the run takes them.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet.
        DatasetError: a file is missing or cannot be read.
    """
    contents = [read_one_file(Path(name)) for name in files]
    if show_run(workspace, run_id).modality == "image":
        return predict_images(workspace, run_id, list(zip(files, contents, strict=True)))
    predictions = predict_texts(workspace, run_id, [decode_text(content) for content in contents])
    return tuple(replace(found, input=name) for found, name in zip(predictions, files, strict=True))


def require_model(workspace: Workspace, run_id: str, modality: str) -> tuple[RunView, LoadedModel]:
    """A finished run and its model, kept for the next who asks.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run has no model yet, takes something else, or is put together from others.
    """
    run = _require_model(workspace, run_id, modality)
    require_one_network(run)
    return run, load_model(workspace, run_id)


Read = Callable[[BackboneRow, int], BatchSource]
"""The inputs as a backbone takes them, images at a size in pixels."""


def _predict(
    workspace: Workspace, run: RunView, read: Read, names: Sequence[str], precision: AnswerPrecision = "float32"
) -> tuple[Prediction, ...]:
    asked = _ask(workspace, run, read, precision)
    rejection = read_rejection(workspace.runs.get(run.id))
    decided = decided_labels(asked.logits, asked.temperature, asked.offsets)
    answers = zip(names, decided, scaled_probs(asked.logits, asked.temperature), strict=True)
    predictions = (_prediction(run, name, int(label), probs, rejection) for name, label, probs in answers)
    if asked.novelty is None:
        return tuple(predictions)
    far = asked.novelty.further_than(asked.features)
    unlike = asked.novelty.is_unlike(far)
    return tuple(
        replace(one, further_than=float(share), is_unlike=bool(flag))
        for one, share, flag in zip(predictions, far, unlike, strict=True)
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Asked:
    """What a run makes of inputs.

    Attributes:
        logits: shape (n_samples, n_classes).
        temperature: what they are to be divided by.
        features: what the head read, shape (n_samples, n_features).
        novelty: what features are held against; None where the run has none.
        offsets: what tuned decisions add to the logarithms of the probabilities; None where the run tuned none.
    """

    logits: FloatArray
    temperature: float
    features: FloatArray
    novelty: Novelty | None = None
    offsets: DecisionOffsets | None = None


def _ask(workspace: Workspace, run: RunView, read: Read, precision: AnswerPrecision) -> _Asked:
    if run.combination is not None and run.combination.kind != "weights":
        return _ask_members(workspace, run, run.combination, read, precision)
    model = load_model(workspace, run.id, precision)
    inputs = read(model.classifier.backbone.row, run.spec.image_size_px)
    with model.turns.together():
        found = classify(model.classifier, inputs, model.frozen_pass, cut=model.cut, engine=model.engine)
    return _Asked(
        logits=found.logits,
        temperature=model.temperature,
        features=found.features,
        novelty=model.novelty,
        offsets=model.offsets,
    )


def _ask_members(
    workspace: Workspace, run: RunView, combination: Combination, read: Read, precision: AnswerPrecision
) -> _Asked:
    folder = workspace.runs.get(run.id)
    asked = [_ask(workspace, member, read, precision) for member in _members_of(workspace, run, combination)]
    joined = np.concatenate([one.features for one in asked], axis=1)
    if combination.kind == "features":
        logits = joined_logits(joined, _joined_head(folder))
    else:
        logits = mean_answer([scaled_probs(one.logits, one.temperature) for one in asked])
    return _Asked(
        logits=logits, temperature=temperature_from_json(folder.read_json("temperature")).value, features=joined
    )


def _joined_head(folder: RunFolder) -> Probe:
    head = safetensors.torch.load_file(folder.model_path)
    return Probe(weight=head["head.weight"].numpy(), bias=head["head.bias"].numpy())


def _members_of(workspace: Workspace, run: RunView, combination: Combination) -> list[RunView]:
    try:
        return [show_run(workspace, run_id) for run_id in combination.run_ids]
    except UnknownChoiceError as error:
        raise ConfigurationError(
            f"Run {run.id} is put together from other runs, and one of them is gone. {error.problem}",
            "Bring its folder back into the workspace, or combine the runs that are left.",
        ) from error


def _prediction(run: RunView, name: str, label: int, probs: FloatArray, rejection: Rejection | None) -> Prediction:
    why = _why_rejected(float(probs[label]), rejection)
    return Prediction(
        input=name,
        label=run.class_names[label],
        probability=float(probs[label]),
        probabilities=tuple(zip(run.class_names, map(float, probs), strict=True)),
        rejected=bool(why),
        reason=why,
    )


def _why_rejected(probability: float, rejection: Rejection | None) -> str:
    if rejection is None or rejection.threshold is None or probability >= rejection.threshold:
        return ""
    return (
        f"It is {probability:.1%} sure; for {rejection.precision:.0%} of the answers to be right it has to be "
        f"{rejection.threshold:.1%} sure."
    )


def _require_model(workspace: Workspace, run_id: str, modality: str) -> RunView:
    run = require_readable(workspace, run_id)
    if run.modality != modality:
        raise ConfigurationError(f"Run {run_id} takes {run.modality}s, not {modality}s.", "Choose another run.")
    return run
