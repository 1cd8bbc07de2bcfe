"""Classify images or texts with the model in this folder.

    pip install -r requirements.txt
    python predict.py photo.jpg another.png          images, for a model that takes images
    python predict.py "The parcel never came."       texts, for a model that takes texts
    python predict.py --self-test                    checks that this machine gives the right answers

The answer is one line of JSON for each input. Nothing is sent anywhere.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
MAX_PIXELS = 100_000_000


class Model:
    """The network with all that stands before and behind it.

    Args:
        folder: holds `model.json`, the network that it names, and `tokenizer.json` for texts.
    """

    def __init__(self, folder: Path = HERE) -> None:
        self.about: dict[str, Any] = json.loads((folder / "model.json").read_text(encoding="utf-8"))
        graph = folder / self.about["graph"]
        self.logits = _openvino_network(graph) if graph.suffix == ".xml" else _onnx_network(graph)
        self.prepare = _tokens_of(self.about, folder) if self.about["modality"] == "text" else _pixels_of(self.about)

    def probabilities(self, inputs: list[Any]) -> np.ndarray:
        """Probabilities of every class, shape (n_inputs, n_classes), each row sums to 1.

        Args:
            inputs: paths of image files, or texts.
        """
        return self.scaled(self.logits(self.prepare(inputs)))

    def scaled(self, logits: np.ndarray) -> np.ndarray:
        """Logits as probabilities."""
        scaled = logits.astype(np.float64) / self.about["temperature"]
        powers = np.exp(scaled - scaled.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))

    def predict(self, one: Any) -> dict[str, Any]:
        """The class of one input, how probable each is, and whether the model had better say that it does not know."""
        probs = self.probabilities([one])[0]
        label = int((np.log(probs + 1e-300) + self.about["offsets"]).argmax())
        shown = dict(zip(self.about["classes"], probs.round(6).tolist(), strict=True))
        rejected = probs[label] < (self.about["reject_below"] or 0.0)
        return {
            "label": self.about["classes"][label],
            "probability": round(float(probs[label]), 6),
            "rejected": bool(rejected),
            "probabilities": shown,
        }


def _onnx_network(graph: Path) -> Any:
    import onnxruntime

    onnxruntime.disable_telemetry_events()  # what it tells Windows about itself
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    return lambda inputs: session.run(None, inputs)[0]


def _openvino_network(graph: Path) -> Any:
    # Without this, importing openvino reports that to a server.
    sys.modules["openvino_telemetry"] = None  # type: ignore[assignment]
    import openvino

    exact = {"INFERENCE_PRECISION_HINT": "f32"}  # otherwise some processors would round to bfloat16
    network = openvino.Core().compile_model(graph, "CPU", exact)
    return lambda inputs: network(inputs)[0]


def _pixels_of(about: dict[str, Any]) -> Any:
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    size = about["preprocessing"]["size_px"]

    def square(path: Any) -> np.ndarray:
        """The centre square, upright, resized once."""
        with Image.open(path) as file:
            file.draft(None, (size, size))  # a JPEG is decoded smaller, as long as it stays larger than the square
            file.load()
            image = rgb(ImageOps.exif_transpose(file))
        side = min(image.size)
        left, top = (image.width - side) / 2, (image.height - side) / 2
        box = (left, top, left + side, top + side)
        return np.asarray(image.resize((size, size), Image.Resampling.BICUBIC, box=box))

    def rgb(image: Any) -> Any:
        """RGB, with transparency laid on white and grey values of more than 8 bits scaled to 8."""
        if image.mode.startswith("I") or image.mode == "F":
            return Image.fromarray(_grey_to_8_bit(np.asarray(image))).convert("RGB")
        if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
            layer = image.convert("RGBA")
            return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
        return image.convert("RGB")

    return lambda paths: {"pixels": np.stack([square(path) for path in paths]).transpose(0, 3, 1, 2)}


def _grey_to_8_bit(grey: np.ndarray) -> np.ndarray:
    values = np.nan_to_num(grey.astype(np.float64))
    low, high = float(values.min()), float(values.max())
    if grey.dtype.itemsize != 2 and (low < 0 or high > 65535):
        values = (values - low) * (255 / max(high - low, 1e-300))
    elif grey.dtype.itemsize == 2 or high > 255:
        values *= 255 / 65535
    elif grey.dtype.kind == "f" and high <= 1:
        values *= 255
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def _tokens_of(about: dict[str, Any], folder: Path) -> Any:
    from tokenizers import Tokenizer

    settings = about["preprocessing"]
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(settings["max_tokens"])

    def prepare(texts: list[str]) -> dict[str, np.ndarray]:
        encoded = tokenizer.encode_batch([settings["prefix"] + text for text in texts])
        rows = [one.ids or [settings["pad_id"]] for one in encoded]
        ids = np.full((len(rows), max(2, *map(len, rows), 0)), settings["pad_id"], dtype=np.int64)
        mask = np.zeros(ids.shape, dtype=np.int64)
        for number, row in enumerate(rows):
            ids[number, : len(row)], mask[number, : len(row)] = row, 1
        return {"ids": ids, "mask": mask}

    return prepare


def self_test(folder: Path = HERE) -> float:
    """The largest difference between the probabilities given here and those the samples must have."""
    model = Model(folder)
    expected = json.loads((folder / "samples" / "expected.json").read_text(encoding="utf-8"))
    is_text = model.about["modality"] == "text"
    inputs = [one["text"] if is_text else folder / "samples" / one["file"] for one in expected]
    given = np.concatenate([model.probabilities([one]) for one in inputs])
    return float(np.abs(given - np.array([one["probabilities"] for one in expected])).max())


def main() -> int:
    """Reads the command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Classify with the model in this folder.")
    parser.add_argument("inputs", nargs="*", help="image files, or texts, as the model takes them")
    parser.add_argument("--self-test", action="store_true", help="compare this machine's answers with the right ones")
    options = parser.parse_args()
    if options.self_test:
        difference = self_test()
        is_right = difference <= json.loads((HERE / "model.json").read_text(encoding="utf-8"))["tolerance"]
        print(f"{'Passed' if is_right else 'FAILED'}: largest difference of a probability {difference:.1e}")
        return 0 if is_right else 1
    if not options.inputs:
        parser.error("name at least one input, or --self-test")
    model = Model()
    for one in options.inputs:
        try:
            print(json.dumps({"input": one, **model.predict(one)}, ensure_ascii=False))
        except OSError as error:
            print(f"{one} could not be read: {error}", file=sys.stderr)
            return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
