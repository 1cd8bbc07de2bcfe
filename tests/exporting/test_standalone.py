"""The program that leaves with a model prepares inputs exactly as the dashboard does."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from core.datasets.decode import load_image, square_pixels
from core.exporting.standalone import predict
from tests.datasets.pictures import encoded

SIZE = 16
NOISE = np.random.default_rng(0)
RGB = Image.fromarray(NOISE.integers(0, 256, (60, 44, 3), dtype=np.uint8))
DEEP_GREY = Image.fromarray(NOISE.integers(0, 65536, (40, 30), dtype=np.uint16))
FLOATS = Image.fromarray(NOISE.random((40, 30), dtype=np.float32))
LONGS = Image.fromarray(NOISE.integers(-70_000, 70_000, (40, 30), dtype=np.int32))


def turned(image, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(image, "JPEG", exif=exif)


def see_through():
    alpha = Image.fromarray(NOISE.integers(0, 256, (60, 44), dtype=np.uint8))
    with_alpha = RGB.copy()
    with_alpha.putalpha(alpha)
    return with_alpha


FILES = {
    "a JPEG much larger than the square": encoded(RGB.resize((900, 700)), "JPEG"),
    "a PNG": encoded(RGB, "PNG"),
    "a PNG that one sees through": encoded(see_through(), "PNG"),
    "grey with transparency": encoded(see_through().convert("LA"), "PNG"),
    "a palette": encoded(RGB.convert("P"), "PNG"),
    "a palette with a transparent colour": encoded(RGB.convert("P"), "PNG", transparency=3),
    "a GIF": encoded(RGB, "GIF"),
    "16 bits of grey": encoded(DEEP_GREY, "PNG"),
    "fractions": encoded(FLOATS, "TIFF"),
    "large whole numbers": encoded(LONGS, "TIFF"),
    "CMYK": encoded(RGB.convert("CMYK"), "JPEG"),
    "black and white": encoded(RGB.convert("1"), "PNG"),
    **{f"a camera held like {turn}": turned(RGB, turn) for turn in range(1, 9)},
}


@pytest.mark.parametrize("kind", FILES)
def test_an_image_becomes_the_same_pixels_as_in_the_dashboard(kind):
    prepare = predict._pixels_of({"preprocessing": {"size_px": SIZE}})
    pixels = prepare([io.BytesIO(FILES[kind])])["pixels"]
    wanted = square_pixels(load_image(FILES[kind], min_side_px=SIZE), SIZE)
    np.testing.assert_array_equal(pixels[0].transpose(1, 2, 0), wanted)


class Session:
    """Says always the same."""

    def __init__(self, *_, **__):
        pass

    def run(self, _, inputs):
        return (np.array([[0.0, np.log(3.0)]], dtype=np.float32),)


def write_facts(folder, **changed):
    facts = {
        "modality": "image",
        "classes": ["a", "b"],
        "temperature": 1.0,
        "offsets": [0.0, 0.0],
        "reject_below": None,
        "preprocessing": {"size_px": SIZE},
        "graph": "network.onnx",
        "tolerance": 1e-3,
    }
    (folder / "model.json").write_text(json.dumps(facts | changed))


@pytest.mark.parametrize(
    ("changed", "label", "rejected"),
    [
        ({}, "b", False),
        ({"offsets": [1.2, 0.0]}, "a", False),
        ({"reject_below": 0.8}, "b", True),
        ({"reject_below": 0.7}, "b", False),
    ],
)
def test_decisions_and_their_limits_are_those_of_the_run(tmp_path, monkeypatch, changed, label, rejected):
    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    write_facts(tmp_path, **changed)
    answer = predict.Model(tmp_path).predict(io.BytesIO(FILES["a PNG"]))
    assert (answer["label"], answer["rejected"]) == (label, rejected)
    assert answer["probabilities"] == pytest.approx({"a": 0.25, "b": 0.75})


def test_the_self_test_tells_by_how_much_an_answer_is_off(tmp_path, monkeypatch):
    monkeypatch.setattr("onnxruntime.InferenceSession", Session)
    write_facts(tmp_path)
    (tmp_path / "samples").mkdir()
    (tmp_path / "samples" / "01.png").write_bytes(FILES["a PNG"])
    expected = [{"file": "01.png", "probabilities": [0.35, 0.65]}]
    (tmp_path / "samples" / "expected.json").write_text(json.dumps(expected))
    assert predict.self_test(tmp_path) == pytest.approx(0.1)
