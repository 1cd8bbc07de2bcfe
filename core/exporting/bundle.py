"""A trained model as one archive that answers on machines where this program is not."""

from __future__ import annotations

import importlib.metadata
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.arrays import FloatArray
from core.backbones.records import ImagePreprocessing, TextPreprocessing
from core.backbones.tokenizers import TokenizerFile
from core.exporting import standalone
from core.exporting.bundle_words import CARD_FILE
from core.exporting.onnx_network import GRAPH_FILE, WEIGHTS_FILE, write_onnx
from core.settings import PRODUCT
from core.training.classifier import Classifier

FORMAT = 1
"""Counts up when a reader of the old archive would misread the new one."""

FACTS_FILE, TOKENIZER_FILE = "model.json", "tokenizer.json"
SAMPLES_DIR, EXPECTED_FILE = "samples", "expected.json"
NEEDED = {"image": ("numpy", "onnxruntime", "pillow"), "text": ("numpy", "onnxruntime", "tokenizers")}


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleModel:
    """What is to be taken along.

    Attributes:
        run_id: where it comes from.
        classifier: on the CPU, float32, in evaluation mode.
        class_names: in label order.
        temperature: what logits are divided by before the softmax.
        image_size_px: side of the square input; ignored for texts.
        offsets: one per class, added to the logarithms of the probabilities before the largest decides; empty where
            the most probable class does.
        reject_below: the least probability of an answer that is given; None where all are.
        tokenizer: of a text backbone; None for images.
    """

    run_id: str
    classifier: Classifier
    class_names: tuple[str, ...]
    temperature: float
    image_size_px: int
    offsets: tuple[float, ...]
    reject_below: float | None
    tokenizer: TokenizerFile | None


@dataclass(frozen=True, kw_only=True, slots=True)
class BundleSample:
    """An input that goes along with the answer that it must get.

    Attributes:
        text: of a text sample; empty for images.
        image: the file's bytes; None for texts.
        true_class: its label.
        probs: of every class, shape (n_classes,).
    """

    text: str
    image: bytes | None
    true_class: str
    probs: FloatArray


def write_model(model: BundleModel, folder: Path) -> None:
    """The files that answering needs: the network, what stands before and behind it, the program and its needs."""
    write_onnx(model.classifier, folder, image_size_px=model.image_size_px)
    _write_json(folder / FACTS_FILE, _facts(model))
    if model.tokenizer is not None:
        (folder / TOKENIZER_FILE).write_text(model.tokenizer.json, encoding="utf-8")
    program = Path(standalone.__file__).with_name("predict.py")
    (folder / program.name).write_bytes(program.read_bytes())
    needed = [f"{name}=={importlib.metadata.version(name)}" for name in NEEDED[_modality(model)]]
    (folder / "requirements.txt").write_text("\n".join([*needed, ""]), encoding="utf-8")


def write_words(words: str, card: bytes, folder: Path) -> None:
    """How to use it, and the model card, both in Markdown."""
    (folder / "README.md").write_text(words, encoding="utf-8")
    (folder / CARD_FILE).write_bytes(card)


def write_samples(samples: Sequence[BundleSample], folder: Path) -> None:
    """The inputs for the self-test, under names of ours."""
    place = folder / SAMPLES_DIR
    place.mkdir()
    expected = []
    for number, sample in enumerate(samples, start=1):
        entry: dict[str, Any] = {"true_class": sample.true_class, "probabilities": sample.probs.tolist()}
        if sample.image is None:
            entry["text"] = sample.text
        else:
            entry["file"] = f"{number:02}{_suffix(sample.image)}"
            (place / entry["file"]).write_bytes(sample.image)
        expected.append(entry)
    _write_json(place / EXPECTED_FILE, expected)


def pack(folder: Path, file: Path, *, name: str) -> None:
    """All files of a folder as a zip that unpacks into a folder called `name`; weights are stored as they are."""
    with zipfile.ZipFile(file, "w") as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            kind = zipfile.ZIP_STORED if path.name == WEIGHTS_FILE else zipfile.ZIP_DEFLATED
            archive.write(path, f"{name}/{path.relative_to(folder).as_posix()}", kind)


def _facts(model: BundleModel) -> dict[str, Any]:
    row = model.classifier.backbone.row
    return {
        "written_by": PRODUCT,
        "format": FORMAT,
        "run": model.run_id,
        "backbone": {"id": row.id, "title": row.title, "licence": row.licence},
        "modality": row.modality,
        "classes": model.class_names,
        "temperature": model.temperature,
        "offsets": model.offsets or [0.0] * len(model.class_names),
        "reject_below": model.reject_below,
        "preprocessing": _preprocessing(model),
        "graph": GRAPH_FILE,
        "weights": WEIGHTS_FILE,
    }


def _preprocessing(model: BundleModel) -> dict[str, Any]:
    settings = model.classifier.backbone.row.preprocessing
    if isinstance(settings, ImagePreprocessing):
        return {
            "size_px": model.image_size_px,
            "resize": "centre square of the upright RGB image, resized once, bicubic (Pillow)",
            "input": "pixels (n, 3, size_px, size_px), uint8; the graph itself takes the mean off and divides",
            "mean": settings.mean,
            "std": settings.std,
        }
    return _text_preprocessing(settings, model.tokenizer)


def _text_preprocessing(settings: TextPreprocessing, tokenizer: TokenizerFile | None) -> dict[str, Any]:
    if tokenizer is None:
        raise ValueError("a text model needs its tokenizer")
    return {
        "prefix": settings.prefix,
        "max_tokens": settings.max_tokens,
        "pad_id": tokenizer.pad_id,
        "tokenizer": TOKENIZER_FILE,
        "input": "ids and mask (n, length), int64, padded on the right",
    }


def _modality(model: BundleModel) -> str:
    return model.classifier.backbone.row.modality


def _suffix(image: bytes) -> str:
    starts = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"GI": ".gif", b"BM": ".bmp", b"RI": ".webp"}
    return starts.get(image[:2], ".tif")


def _write_json(file: Path, values: Any) -> None:
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
