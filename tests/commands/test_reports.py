"""The command that writes a run down for others."""

import json

import pytest

from core.__main__ import main


def test_page_and_card_are_written_and_what_was_said_once_is_said_in_both(capsys, run, tmp_path):
    root, run_id, _ = run
    page, card = tmp_path / "out.html", tmp_path / "out.md"
    words = ["--workspace", str(root), "--json"]
    assert main(["report", run_id, str(page), "--question", "Is it praise?", "--no-examples", *words]) == 0
    first = json.loads(capsys.readouterr().out)
    assert main(["report", run_id, str(card), "--intended-use", "Sorting mail", *words]) == 0
    second = json.loads(capsys.readouterr().out)
    assert first == {
        "run": run_id,
        "file": str(page),
        "n_bytes": page.stat().st_size,
        "question": "Is it praise?",
        "intended_use": "",
    }
    assert (second["question"], second["intended_use"]) == ("Is it praise?", "Sorting mail")
    assert "Is it praise?" in page.read_text(encoding="utf-8")
    assert "Right, drawn by lot" not in page.read_text(encoding="utf-8")
    assert "Sorting mail" in card.read_text(encoding="utf-8")


def test_without_json_it_says_where_the_report_lies(capsys, run, tmp_path):
    root, run_id, _ = run
    assert main(["report", run_id, str(tmp_path / "out.html"), "--workspace", str(root)]) == 0
    assert str(tmp_path / "out.html") in capsys.readouterr().out


@pytest.mark.parametrize(("run_id", "name"), [(None, "out.pdf"), ("20200101-000000-0000", "out.html")])
def test_what_cannot_be_written_ends_with_a_user_error(capsys, run, tmp_path, run_id, name):
    root, own, _ = run
    assert main(["report", run_id or own, str(tmp_path / name), "--workspace", str(root)]) == 2
    assert capsys.readouterr().err.startswith("Error: ")
    assert list(tmp_path.iterdir()) == []
