"""A run leaves as code and as a packed file, and the file is opened in another workspace."""

import json

import pytest

from core.__main__ import main


@pytest.fixture
def ask(capsys):
    def command(*words):
        code = main([*map(str, words), "--json"])
        return code, json.loads(capsys.readouterr().out.splitlines()[-1])

    return command


def test_the_code_says_which_data_it_needs(ask, run, tmp_path):
    root, run_id, dataset = run
    code, answer = ask("export-code", run_id, tmp_path / "run.ipynb", "--workspace", root)
    assert (code, answer["needs"]) == (0, [f"dataset-{dataset}.jsonl"])
    assert json.loads((tmp_path / "run.ipynb").read_text())["nbformat"] == 4


def test_a_run_is_packed_and_opened_in_another_workspace(ask, run, tmp_path):
    root, run_id, dataset = run
    code, packed = ask("pack", tmp_path / "run.zip", "--run", run_id, "--workspace", root)
    assert (code, packed["runs"], packed["datasets"], packed["left_out"]) == (0, [run_id], [dataset], [])
    code, opened = ask("unpack", tmp_path / "run.zip", "--workspace", tmp_path / "other")
    assert code == 0
    assert opened == {
        "kind": "run",
        "runs": [{"run": run_id, "packed_as": run_id, "outcome": "new"}],
        "datasets": [dataset],
        "weights": [],
    }
    first, second = (ask("show", run_id, "--workspace", one)[1] for one in (root, tmp_path / "other"))
    assert first == second


def test_what_cannot_be_done_ends_with_the_reason(ask, run, tmp_path):
    root, run_id, _ = run
    assert ask("start-from", run_id, "--workspace", root)[0] == 2
    assert ask("unpack", tmp_path / "missing.zip", "--workspace", root)[0] == 2
    assert ask("pack", tmp_path / "run.tar", "--workspace", root)[1]["error"]["remedy"] == "Name it run.zip."
