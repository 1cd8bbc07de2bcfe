"""A model that leaves: it answers as the network does, without this program, and the archive holds our names only."""

import io
import json
import os
import re
import subprocess
import sys
import zipfile
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import transformers

from core.commands.exporting import FORMATS
from core.errors import ConfigurationError
from core.exporting import formats
from core.exporting.bundle import TOLERANCE
from core.exporting.standalone.predict import Model, self_test
from core.workflows.export_model import export_model
from core.workflows.predict import predict_texts
from core.workflows.rejecting import forget_rejection, set_rejection
from core.workflows.report_run import export_card
from core.workflows.stored_exports import list_offers, read_export

NEEDED = {"image": ("numpy", "onnxruntime", "PIL"), "text": ("numpy", "onnxruntime", "tokenizers")}
ALSO = ("numpy.libs", "pillow.libs", "flatbuffers", "google", "packaging")
"""What these packages bring along themselves."""


@pytest.fixture(scope="module")
def unpacked(workspace, finished, tmp_path_factory):
    """By modality, the folder that the archive becomes, and what the export found."""
    places = {}
    for modality, run in finished.items():
        folder = tmp_path_factory.mktemp(modality)
        check = export_model(workspace, run.id, "bundle", folder / "model.zip")
        with zipfile.ZipFile(folder / "model.zip") as archive:
            archive.extractall(folder)
        places[modality] = (folder / f"model-{run.id}", check)
    return places


@pytest.fixture(scope="module")
def exported(workspace, finished, tmp_path_factory):
    """Gives the folder that a format of a modality's run becomes, and what the export found; each is made once."""

    @cache
    def make(modality, kind):
        folder = tmp_path_factory.mktemp(kind) / "model"
        return folder, export_model(workspace, finished[modality].id, kind, folder)

    return make


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_archive_gives_the_networks_probabilities_and_the_dashboards_classes(unpacked, modality):
    folder, check = unpacked[modality]
    assert check.n > 0
    assert check.from_network < TOLERANCE
    assert check.n_other_class == 0
    assert self_test(folder) < TOLERANCE


def bare_site(tmp_path, modality):
    """A folder with the packages of requirements.txt, and nothing else of this environment."""
    home = Path(find_spec("numpy").origin).parents[1]
    site = tmp_path / "site"
    site.mkdir()
    for name in (*NEEDED[modality], *ALSO):
        if (home / name).exists():
            (site / name).symlink_to(home / name)
    return site


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_program_in_the_archive_needs_only_what_it_lists(unpacked, modality, tmp_path):
    folder, _ = unpacked[modality]
    done = subprocess.run(
        [sys.executable, "-S", "predict.py", "--self-test"],
        cwd=folder,
        env={"PYTHONPATH": str(bare_site(tmp_path, modality))},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.startswith("Passed")


def test_a_text_gets_the_class_and_the_temperature_of_the_run(unpacked, workspace, finished):
    folder, _ = unpacked["text"]
    text = "please refund the lamp, I want my money back"
    (wanted,) = predict_texts(workspace, finished["text"].id, [text])
    given = Model(folder).predict(text)
    assert given["label"] == wanted.label
    assert given["probability"] == pytest.approx(wanted.probability, abs=1e-3)


def test_many_texts_of_different_lengths_get_the_answers_each_gets_alone(unpacked):
    model = Model(unpacked["text"][0])
    texts = ["refund", "where is my parcel " * 20, "great lamp"]
    together = model.probabilities(texts)
    assert together == pytest.approx(np.stack([model.probabilities([text])[0] for text in texts]), abs=1e-5)


def test_the_page_finds_what_was_made_behind_it(workspace, finished):
    run = finished["text"]
    made = export_model(workspace, run.id, "transformers")
    (offer,) = [offer for offer in list_offers(workspace, run) if offer.kind.id == "transformers"]
    assert offer.check == made
    with zipfile.ZipFile(io.BytesIO(read_export(workspace, run.id, "transformers"))) as archive:
        assert f"model-{run.id}/config.json" in archive.namelist()


def test_an_archive_of_before_the_run_answered_as_it_does_is_not_offered(workspace, finished):
    run = finished["text"]

    def offered():
        return next(offer.check for offer in list_offers(workspace, run) if offer.kind.id == "onnx")

    export_model(workspace, run.id, "onnx")
    assert offered()
    set_rejection(workspace, run.id, 0.9)
    assert offered() is None
    forget_rejection(workspace, run.id)
    export_model(workspace, run.id, "onnx")
    assert offered()
    os.utime(workspace.runs.get(run.id).model_path)
    assert offered() is None


FOLDERS = [("text", "transformers"), ("image", "timm"), ("text", "openvino"), ("image", "openvino"), ("image", "onnx")]


@pytest.mark.parametrize(("modality", "kind"), FOLDERS)
def test_an_exact_format_gives_the_answers_of_the_report(exported, modality, kind):
    folder, check = exported(modality, kind)
    assert check.from_network < 1e-4
    assert check.from_report < 1e-4  # the pictures are PNGs as large as their square: no library resizes them otherwise
    assert check.n_other_class == 0
    assert check.accuracy == check.reported_accuracy
    assert {"README.md", "MODEL_CARD.md"} <= {file.name for file in folder.iterdir()}


@pytest.mark.parametrize("modality", ["text", "image"])
def test_int8_tells_what_it_costs_and_is_smaller(exported, modality):
    _, exact = exported(modality, "onnx")
    folder, check = exported(modality, "onnx-int8")
    assert check.megabytes < 0.4 * exact.megabytes
    assert check.change.low <= check.accuracy.value - check.reported_accuracy.value <= check.change.high
    assert "percentage points" in (folder / "README.md").read_text(encoding="utf-8")
    assert self_test(folder) < 1e-6


def test_transformers_loads_the_folder_with_its_own_classes_only(exported, workspace, finished):
    folder, _ = exported("text", "transformers")
    assert not list(folder.glob("*.py"))
    assert "auto_map" not in (folder / "config.json").read_text()
    (wanted,) = predict_texts(workspace, finished["text"].id, ["please refund the lamp"])
    classify = transformers.pipeline("text-classification", str(folder))
    (given,) = classify("please refund the lamp", truncation=True)
    assert (given["label"], given["score"]) == (wanted.label, pytest.approx(wanted.probability, abs=1e-5))


@pytest.mark.parametrize(
    ("modality", "kind", "why"),
    [("image", "transformers", "models of texts"), ("text", "timm", "of images"), ("image", "torchvision", "of timm")],
)
def test_what_does_not_fit_is_refused_with_what_does(workspace, finished, tmp_path, modality, kind, why):
    with pytest.raises(ConfigurationError, match=why) as refusal:
        export_model(workspace, finished[modality].id, kind, tmp_path / "model")
    assert '"onnx"' in refusal.value.remedy


def test_the_archive_says_how_to_use_it_under_which_licence_and_what_was_checked(unpacked):
    folder, check = unpacked["text"]
    words = (folder / "README.md").read_text(encoding="utf-8")
    assert "python predict.py --self-test" in words
    assert "Apache-2.0" in words
    assert f"On {check.n} validation samples" in words


@pytest.mark.parametrize("modality", ["image", "text"])
def test_the_model_card_goes_along(unpacked, workspace, finished, modality):
    folder, _ = unpacked[modality]
    run = finished[modality]
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card == export_card(workspace, run.id).decode()
    assert f"{run.report.split('val').macro_f1.value:.3f}" in card
    assert all(name in card for name in run.class_names)


def test_names_in_the_archive_are_ours_and_its_samples_know_their_class(unpacked, finished):
    folder, _ = unpacked["image"]
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    samples = json.loads((folder / "samples" / "expected.json").read_text())
    assert names == {
        "MODEL_CARD.md",
        "README.md",
        "model.json",
        "model.safetensors",
        "network.onnx",
        "predict.py",
        "requirements.txt",
        "samples/expected.json",
        *(f"samples/{sample['file']}" for sample in samples),
    }
    assert {sample["true_class"] for sample in samples} <= set(finished["image"].class_names)


def test_a_run_without_a_model_is_refused_and_leaves_no_file(workspace, images, start, tmp_path):
    waiting = start(images, "feature-extraction")
    with pytest.raises(ConfigurationError, match="no model yet"):
        export_model(workspace, waiting, "bundle", tmp_path / "model.zip")
    assert not list(tmp_path.iterdir())


def test_the_command_line_names_every_format():
    assert sorted(re.findall(r"[a-z][\w-]+", FORMATS.replace("(if none is named)", "").replace(" or ", " "))) == sorted(
        row.id for row in formats.FORMATS
    )


def test_an_export_that_is_cancelled_leaves_no_file(workspace, finished, tmp_path):
    def cancel(step, done, of):
        if step == "Writing the network":
            raise InterruptedError

    with pytest.raises(InterruptedError):
        export_model(workspace, finished["text"].id, "bundle", tmp_path / "model.zip", on_progress=cancel)
    assert not list(tmp_path.iterdir())
