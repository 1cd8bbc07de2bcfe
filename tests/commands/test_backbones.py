"""Commands about backbones: weights of one's own."""

import json
from pathlib import Path

import pytest
import torch

from core.__main__ import main
from core.settings import WORKSPACE_VARIABLE
from tests.weight_files import save_constant

TINY = "timm:test_resnet.r160_in1k"


@pytest.fixture(autouse=True)
def other_workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nothing may appear: the commands are given another folder."""
    monkeypatch.setenv(WORKSPACE_VARIABLE, str(tmp_path / "other"))
    return tmp_path / "other"


def run(capsys: pytest.CaptureFixture[str], tmp_path: Path, *words: str) -> tuple[int, dict]:
    code = main([*words, "--workspace", str(tmp_path / "work"), "--json"])
    return code, json.loads(capsys.readouterr().out.splitlines()[-1])


def test_a_file_is_taken_in_for_the_network_that_is_named_and_listed_from_then_on(capsys, tmp_path: Path) -> None:
    file = save_constant(tmp_path / "mine.pth", TINY, {"optimizer.step": torch.zeros(1)})
    code, answer = run(capsys, tmp_path, "add-weights", str(file), "--model", "timm:test_resnet")
    assert code == 0
    assert answer["base"] == TINY
    fitted = answer["fitted"]
    assert fitted["n"] == fitted["needed"] > 20
    assert fitted["missing"] == []
    assert fitted["unexpected"] == ["optimizer.step"]
    file.unlink()
    _, listed = run(capsys, tmp_path, "models", "--modality", "image")
    (row,) = (row for row in listed["models"] if row["id"] == answer["id"])
    assert (row["weights"], row["modality"]) == ("cached", "image")


def test_the_named_workspace_is_where_weights_lie_and_the_usual_one_stays_untouched(
    capsys, tmp_path: Path, other_workspace: Path, image_zip: bytes
) -> None:
    file = save_constant(tmp_path / "mine.pth", TINY)
    _, answer = run(capsys, tmp_path, "add-weights", str(file), "--model", TINY)
    (tmp_path / "pets.zip").write_bytes(image_zip)
    words = ["train", str(tmp_path / "pets.zip"), "--model", answer["id"], "--set", "image_size_px=96", "--dry-run"]
    code, planned = run(capsys, tmp_path, *words)
    assert (code, planned["model"]) == (0, answer["id"])
    assert (tmp_path / "work" / "weights" / answer["id"].replace(":", "--") / "model.safetensors").is_file()
    assert not other_workspace.exists()


def test_people_read_what_fitted_and_how_to_go_on(capsys, tmp_path: Path) -> None:
    file = save_constant(tmp_path / "mine.pth", "resnet18")
    assert main(["add-weights", str(file), "--workspace", str(tmp_path / "work")]) == 0
    said = capsys.readouterr().out
    assert "weights for resnet18; 120 of its 120 tensors came from the file" in said
    assert "Use it as --model own:" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["{file}", "--model", "resnet50"], "every tensor of the network's stages"),
        (["{file}", "--model", "resnet81"], "Did you mean"),
        (["no-such-file.pth"], "There is no file"),
        (["{broken}"], "neither .safetensors nor what torch.save writes"),
    ],
)
def test_what_cannot_be_taken_in_is_a_user_error(capsys, tmp_path: Path, words: list[str], said: str) -> None:
    places = {"{file}": save_constant(tmp_path / "mine.pth", TINY), "{broken}": tmp_path / "broken.pth"}
    places["{broken}"].write_bytes(b"PK\x03\x04")
    code, answer = run(capsys, tmp_path, "add-weights", *(str(places.get(word, word)) for word in words))
    assert code == 2
    error = answer["error"]
    assert said in f"{error['problem']} {error['remedy']}"
    assert not (tmp_path / "work").exists()
