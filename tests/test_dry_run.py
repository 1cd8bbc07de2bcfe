"""`train --dry-run`: what a run would take, said without starting one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.workflows.workspace import Workspace
from tests.conftest import make_image_zip, make_text_table


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dry-run")
    (folder / "pets.zip").write_bytes(make_image_zip())
    (folder / "reviews.csv").write_bytes(make_text_table())
    return folder


@pytest.fixture
def dry_run(capsys: pytest.CaptureFixture[str], place: Path):
    def run(name: str, *words: str) -> str:
        code = main(["train", str(place / name), *words, "--dry-run", "--workspace", str(place / "work")])
        printed = capsys.readouterr()
        assert code == 0, printed.err
        return printed.out

    return run


@pytest.mark.parametrize("name", ["pets.zip", "reviews.csv"])
def test_a_dry_run_ends_with_its_estimate_and_creates_no_run(dry_run, place: Path, name: str) -> None:
    answer = json.loads(dry_run(name, "--strategy", "head-then-fine-tune", "--epochs", "2", "--json").splitlines()[-1])
    found = answer["estimate"]
    assert answer["engine"].startswith(("torch", "OpenVINO"))
    assert answer.keys() == {"estimate", "engine", "model", "strategy", "frozen_stages"}
    assert found.keys() == {"seconds", "memory_mb", "disk_mb", "per_phase"}
    assert found["seconds"] == pytest.approx(sum(phase["seconds"] for phase in found["per_phase"]), abs=0.01)
    assert [phase["name"] for phase in found["per_phase"]][-3:] == ["Fit the head", "Fine-tune", "Evaluate"]
    assert min(found["memory_mb"], found["disk_mb"]) > 0
    assert answer["strategy"] == "head-then-fine-tune"
    assert answer["frozen_stages"]
    assert Workspace((place / "work").resolve()).runs.list_runs() == ()


def test_more_epochs_and_more_trainable_stages_cost_more(dry_run) -> None:
    def seconds(*words: str) -> float:
        return json.loads(dry_run("reviews.csv", *words, "--json").splitlines()[-1])["estimate"]["seconds"]

    last_layer = ("--strategy", "head-then-fine-tune", "--freeze-until", "layer.4")
    one, two = seconds(*last_layer, "--epochs", "1"), seconds(*last_layer, "--epochs", "2")
    assert seconds("--strategy", "feature-extraction") < one < two
    assert two < seconds("--strategy", "head-then-fine-tune", "--freeze-until", "layer.0", "--epochs", "2")


def test_without_json_the_estimate_is_for_people(dry_run) -> None:
    out = dry_run("reviews.csv", "--strategy", "feature-extraction")
    assert "nothing was started" in out
    assert "Fit the head:" in out
    assert "MB of memory" in out
