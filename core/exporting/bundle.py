"""A trained model as one archive that answers on machines where this program is not."""

from __future__ import annotations

import importlib.metadata
import json
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.backbones.records import ImagePreprocessing, TextPreprocessing
from core.backbones.tokenizers import TokenizerFile
from core.exporting import standalone
from core.exporting.format_words import CARD_FILE
from core.exporting.leaving import LeavingModel, LeavingSample
from core.exporting.onnx_network import GRAPH_FILE, WEIGHTS_FILE, write_onnx
from core.exporting.small_graphs import write_int8, write_openvino
from core.settings import PRODUCT

FORMAT = 1
"""Counts up when a reader of the old archive would misread the new one."""

FACTS_FILE, TOKENIZER_FILE = "model.json", "tokenizer.json"
SAMPLES_DIR, EXPECTED_FILE = "samples", "expected.json"
NEEDED = {"image": "pillow", "text": "tokenizers"}
TOLERANCE, INT8_TOLERANCE = 1e-3, 0.2
"""Largest difference of a probability between two machines; processors of other kinds round int8 differently."""

_GRAPHS = {"bundle": GRAPH_FILE, "onnx": GRAPH_FILE, "onnx-int8": GRAPH_FILE, "openvino": "network.xml"}


def write_model(
    model: LeavingModel, folder: Path, *, kind: str = "bundle", pixels: NDArray[np.uint8] | None = None
) -> None:
    """The files that answering needs: the network, what stands before and behind it, the program and its needs.

    Args:
        model: what is to be taken along.
        folder: exists.
        kind: id of one of the formats that have a program.
        pixels: training images, shape (n, 3, size, size), from which int8 learns its ranges; None for texts.
    """
    _write_graph(model, folder, kind, pixels)
    _write_json(folder / FACTS_FILE, _facts(model, kind))
    if model.tokenizer is not None:
        (folder / TOKENIZER_FILE).write_text(model.tokenizer.json, encoding="utf-8")
    program = Path(standalone.__file__).with_name("predict.py")
    (folder / program.name).write_bytes(program.read_bytes())
    runtime = "openvino" if kind == "openvino" else "onnxruntime"
    packages = ("numpy", runtime, NEEDED[_modality(model)])
    needed = [f"{name}=={importlib.metadata.version(name)}" for name in packages]
    (folder / "requirements.txt").write_text("\n".join([*needed, ""]), encoding="utf-8")


def write_words(words: str, folder: Path) -> None:
    """How to use it, in Markdown."""
    (folder / "README.md").write_text(words, encoding="utf-8")


def write_card(card: bytes, folder: Path) -> None:
    """The model card, in Markdown."""
    (folder / CARD_FILE).write_bytes(card)


def write_samples(samples: Sequence[LeavingSample], folder: Path) -> None:
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


def _write_graph(model: LeavingModel, folder: Path, kind: str, pixels: NDArray[np.uint8] | None) -> None:
    if kind in ("bundle", "onnx"):
        write_onnx(model.classifier, folder, image_size_px=model.image_size_px, weights_beside=kind == "bundle")
        return
    with tempfile.TemporaryDirectory(dir=folder) as name:
        write_onnx(model.classifier, Path(name), image_size_px=model.image_size_px, weights_beside=False)
        if kind == "openvino":
            write_openvino(Path(name) / GRAPH_FILE, folder / _GRAPHS[kind])
        else:
            write_int8(Path(name) / GRAPH_FILE, folder / GRAPH_FILE, pixels=pixels)


def _facts(model: LeavingModel, kind: str) -> dict[str, Any]:
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
        "graph": _GRAPHS[kind],
        "tolerance": INT8_TOLERANCE if kind == "onnx-int8" else TOLERANCE,
    }


def _preprocessing(model: LeavingModel) -> dict[str, Any]:
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


def _modality(model: LeavingModel) -> str:
    return model.classifier.backbone.row.modality


def _suffix(image: bytes) -> str:
    starts = {b"\xff\xd8": ".jpg", b"\x89P": ".png", b"GI": ".gif", b"BM": ".bmp", b"RI": ".webp"}
    return starts.get(image[:2], ".tif")


def _write_json(file: Path, values: Any) -> None:
    file.write_text(json.dumps(values, ensure_ascii=False, indent=1), encoding="utf-8")
