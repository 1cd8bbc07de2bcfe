"""Why a finished run's model says what it says of one input: places of an image, or words of a text."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from core.arrays import FloatArray, IntArray
from core.backbones.records import ImagePreprocessing
from core.backbones.tokenizers import token_spans
from core.datasets.encoding import decode_text
from core.datasets.reading import read_one_file
from core.datasets.tables import clean_text
from core.errors import DatasetError, UnknownChoiceError
from core.explanation.grad_cam import CamMaps, grad_cam
from core.explanation.heads import Head, head_of, random_heads
from core.explanation.integrated_gradients import integrate_gradients
from core.explanation.methods import get_method, list_methods
from core.explanation.occlusion import cover, score_cells
from core.explanation.overlay import lay_over, relative
from core.explanation.records import ImageExplanation, TextExplanation, WordScore
from core.explanation.sanity import check_sanity
from core.explanation.words import NO_WORD, find_words, leave_out, sum_per_word, words_of_tokens
from core.features.inputs import text_inputs
from core.features.pixels import decode_square
from core.features.sources import BatchSource, PixelSource, RaggedSource
from core.training.inference import classify
from core.training.temperature import scaled_probs
from core.workflows.loaded_model import LoadedModel
from core.workflows.predict import require_model
from core.workflows.show_run import RunView, show_run
from core.workflows.workspace import Workspace

__all__ = ["explain_image", "explain_text", "list_methods", "read_input", "relative"]

PIXEL_MAX = 255.0
THE_INPUT = np.array([0])
"""Its row before the versions of it."""


def explain_image(
    workspace: Workspace,
    run_id: str,
    image: Path | bytes,
    *,
    method: str | None = None,
    class_name: str | None = None,
) -> ImageExplanation:
    """Which places of an image speak for a class.

    Args:
        workspace: where the run lies.
        run_id: a finished run on images.
        image: a file or its bytes.
        method: see `core.explanation.methods`; None for the usual one.
        class_name: the class to explain; None for the one that the model answers.

    Raises:
        UnknownChoiceError: there is no such run, method or class.
        ConfigurationError: the run has no model yet, or takes texts; or Grad-CAM finds no stage that has places.
        DatasetError: the file is no image that can be read.
    """
    started, row = time.perf_counter(), get_method(method, "image")
    run, model = require_model(workspace, run_id, "image")
    pixels = decode_square(image, run.spec.image_size_px)
    is_covered = row.id == "occlusion"
    versions = np.concatenate([pixels[None], cover(pixels, _grey(model))]) if is_covered else pixels[None]
    with model.turns.alone():
        asked = _ask(run, model, PixelSource(versions), class_name)
        maps = CamMaps(scores=score_cells(asked.falls[:, 1:]), stages=()) if is_covered else _grad_cam(asked, versions)
    grid = maps.scores[0]
    return ImageExplanation(
        method=row,
        class_name=run.class_names[asked.label],
        probability=float(asked.probs[0]),
        sanity=check_sanity(grid, maps.scores[1:]),
        grid=tuple(map(tuple, grid.tolist())),
        stages=maps.stages,
        picture=lay_over(pixels, grid),
        seconds=time.perf_counter() - started,
    )


def read_input(workspace: Workspace, run_id: str, file: str) -> str | bytes:
    """What a file holds, as the run takes it: a text, or the bytes of an image.

    Raises:
        UnknownChoiceError: there is no such run.
        DatasetError: there is no such file.
    """
    content = read_one_file(Path(file))
    return content if show_run(workspace, run_id).modality == "image" else decode_text(content)


def explain_text(
    workspace: Workspace, run_id: str, text: str, *, method: str | None = None, class_name: str | None = None
) -> TextExplanation:
    """Which words of a text speak for a class; arguments as `explain_image`.

    Raises:
        UnknownChoiceError: there is no such run, method or class.
        ConfigurationError: the run has no model yet, or takes images.
        DatasetError: the text is empty.
    """
    started, row = time.perf_counter(), get_method(method, "text")
    run, model = require_model(workspace, run_id, "text")
    text = clean_text(text)
    words = find_words(text)
    if not words:
        raise DatasetError("The text is empty.", "Write at least one word.")
    is_left_out = row.id == "leave-one-word-out"
    versions = (text, *(leave_out(text, word) for word in words)) if is_left_out else (text,)
    backbone = model.classifier.backbone.row.id
    word_of = words_of_tokens(words, token_spans(backbone, text))
    with model.turns.alone():
        inputs = text_inputs(model.classifier.backbone.row, versions)
        asked = _ask(run, model, inputs, class_name)
        found = _Words(asked.falls[:, 1:]) if is_left_out else _integrate(asked, inputs, word_of, len(words))
    is_read = np.isin(np.arange(len(words)), word_of)
    return TextExplanation(
        method=row,
        class_name=run.class_names[asked.label],
        probability=float(asked.probs[0]),
        sanity=check_sanity(found.scores[0, is_read], found.scores[1:, is_read]),
        words=tuple(
            WordScore(
                text=text[start:end],
                score=float(found.scores[0, at]),
                is_read=bool(is_read[at]),
                probability_without=float(asked.probs[1 + at]) if is_left_out else None,
            )
            for at, (start, end) in enumerate(words)
        ),
        residual=found.residual,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Asked:
    """A model that was asked about some inputs, the one to explain first.

    Attributes:
        model: whose head is the first of `heads`.
        trained: names of the stages that were trained.
        heads: the model's own and the random ones.
        label: the class to explain.
        probs: what the model gives it for each input, shape (n_inputs,).
        falls: by how much its log-odds fall from the first input to each, shape (n_heads, n_inputs).
    """

    model: LoadedModel
    trained: tuple[str, ...]
    heads: tuple[Head, ...]
    label: int
    probs: FloatArray
    falls: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Words:
    """Scores of words under each head, shape (n_heads, n_words), and what they miss of their sum, if promised."""

    scores: FloatArray
    residual: float | None = None


def _ask(run: RunView, model: LoadedModel, inputs: BatchSource, class_name: str | None) -> _Asked:
    classifier = model.classifier
    features = torch.from_numpy(
        classify(classifier, inputs, model.frozen_pass, cut=model.cut, engine=model.engine).features
    ).to(model.engine.device)
    own = head_of(classifier.head)
    heads = (own, *random_heads(own))
    logits = (features @ own.weight.T + own.bias).cpu().numpy()
    label = int(logits[0].argmax()) if class_name is None else _label(run, class_name)
    odds = torch.stack([head.log_odds(features, label) for head in heads]).cpu().numpy()
    return _Asked(
        model=model,
        trained=tuple(name for name in classifier.backbone.stage_names if name not in run.spec.frozen_stages),
        heads=heads,
        label=label,
        probs=scaled_probs(logits, model.temperature)[:, label],
        falls=odds[:, :1] - odds,
    )


def _label(run: RunView, class_name: str) -> int:
    if class_name not in run.class_names:
        raise UnknownChoiceError("class", class_name, run.class_names)
    return run.class_names.index(class_name)


def _grey(model: LoadedModel) -> tuple[float, ...]:
    """The colour that the network's normalisation turns into 0."""
    preprocessing = model.classifier.backbone.row.preprocessing
    if not isinstance(preprocessing, ImagePreprocessing):
        raise TypeError("a network for texts has no colours")
    return tuple(PIXEL_MAX * mean for mean in preprocessing.mean)


def _grad_cam(asked: _Asked, pixels: NDArray[np.uint8]) -> CamMaps:
    batch = PixelSource(pixels).batch(THE_INPUT).to(torch.device(asked.model.engine.device))
    return grad_cam(asked.model.classifier, batch.values, asked.label, asked.heads, asked.trained)


def _integrate(asked: _Asked, inputs: RaggedSource, word_of: IntArray, n_words: int) -> _Words:
    ids = inputs.batch(THE_INPUT).values
    is_blank = torch.from_numpy(word_of != NO_WORD)
    blanks = torch.where(is_blank, inputs.fill, ids)
    device = asked.model.engine.device
    found = integrate_gradients(asked.model.classifier, ids.to(device), blanks.to(device), asked.label, asked.heads)
    return _Words(sum_per_word(found.scores, word_of, n_words), found.residual)
