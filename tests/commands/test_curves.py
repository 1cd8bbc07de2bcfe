"""`learning-curve`: whether more data would help, from the command line."""

import json
from pathlib import Path

import pytest

from core.__main__ import main
from core.evaluation import power_law
from tests.conftest import make_text_table


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A workspace and the run in it."""
    folder = tmp_path_factory.mktemp("curves")
    (folder / "reviews.csv").write_bytes(make_text_table())
    words = ["train", str(folder / "reviews.csv"), "--strategy", "feature-extraction"]
    assert main([*words, "--workspace", str(folder / "work")]) == 0
    (run,) = (folder / "work" / "runs").iterdir()
    return folder / "work", run.name


@pytest.fixture
def ask(trained, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(power_law, "N_RESAMPLES", 40)

    def run(*words: str) -> tuple[int, str]:
        code = main(["learning-curve", *words, "--workspace", str(trained[0])])
        return code, capsys.readouterr().out.strip()

    return run


def test_it_ends_with_scores_the_gain_by_doubling_and_the_check(ask, trained) -> None:
    code, out = ask(trained[1], "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert (answer["run"], answer["split"]) == (trained[1], "val")
    assert answer["points"][-1]["n_train"] == answer["n_train"]
    assert answer["gain_by_doubling"].keys() >= {"value", "low", "high"}
    assert answer["verdict"] in ("more-data", "features", "flat", "unsure", "nearly-all")
    assert answer.keys() >= {"foretold", "better_run", "n_val", "words", "seconds"}


def test_without_json_the_words_stand_below_the_sizes(ask, trained) -> None:
    code, out = ask(trained[1])
    lines = out.splitlines()
    assert code == 0
    assert "validation samples" in lines[0]
    assert "accuracy" in lines[1]
    assert "Doubling the data" in lines[-3]


def test_a_run_that_does_not_exist_is_a_user_error(ask) -> None:
    code, out = ask("nope", "--json")
    assert code == 2
    assert "nope" in json.loads(out.splitlines()[-1])["error"]["problem"]
