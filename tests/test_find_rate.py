"""`find-rate`: what ever larger learning rates do, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.__main__ import main
from tests.conftest import make_image_zip

QUICK = ("--set", "image_size_px=32", "--set", "batch_size=8", "--set", "n_views=1", "--freeze-until", "blocks.6")


@pytest.fixture
def find_rate(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    (tmp_path / "pets.zip").write_bytes(make_image_zip())

    def run(*words: str) -> tuple[int, str]:
        code = main(["find-rate", str(tmp_path / "pets.zip"), *words, "--workspace", str(tmp_path / "work")])
        return code, capsys.readouterr().out

    return run


def test_it_ends_with_what_was_tried_and_what_that_hints_at(find_rate, tmp_path: Path) -> None:
    code, out = find_rate(*QUICK, "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert (answer["strategy"], answer["phase"]) == ("head-then-fine-tune", "Fine-tune")
    assert answer["frozen_stages"][-1] == "blocks.6"
    assert answer["tried"][0].keys() == {"rate", "loss", "smoothed_loss"}
    assert answer["tried"][0]["rate"] == pytest.approx(1e-6)
    assert answer.keys() >= {"suggestion", "ran_away", "head_factor", "model"}
    assert not list((tmp_path / "work" / "runs").glob("*"))


def test_without_json_the_hint_stands_below_the_steps(find_rate) -> None:
    code, out = find_rate(*QUICK)
    lines = out.strip().splitlines()
    assert code == 0
    assert "phase Fine-tune" in lines[0]
    assert "smoothed" in lines[1]
    assert "hint" in lines[-1] or "nothing to suggest" in lines[-1]


def test_a_strategy_without_steps_is_refused(find_rate) -> None:
    code, out = find_rate("--strategy", "feature-extraction", "--json")
    assert code == 2
    assert "without steps" in json.loads(out.splitlines()[-1])["error"]["problem"]
