"""`race` and `compare`: several strategies on the same data, and whether one of two runs is better."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from core.__main__ import main
from tests.conftest import make_image_zip, make_text_table

STRATEGIES = ("feature-extraction", "head-then-fine-tune")
SPLITS = ("train", "val", "test")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("comparing")
    (folder / "pets.zip").write_bytes(make_image_zip())
    (folder / "reviews.csv").write_bytes(make_text_table())
    return folder


@pytest.fixture(scope="module")
def raced(place: Path) -> dict:
    """What a race of two strategies over one epoch ends with, run as a person runs it."""
    named = [word for name in STRATEGIES for word in ("--strategy", name)]
    words = ["race", str(place / "reviews.csv"), *named, "--epochs", "1", "--workspace", str(place / "work"), "--json"]
    done = subprocess.run([sys.executable, "-m", "core", *words], capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], place: Path):
    def command(*words: str) -> tuple[int, str, str]:
        code = main([*words, "--workspace", str(place / "work")])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def test_a_race_ends_with_a_run_per_strategy_and_the_best_of_them(raced: dict) -> None:
    assert [one["strategy"] for one in raced["runs"]] == list(STRATEGIES)
    assert {one["status"] for one in raced["runs"]} == {raced["status"]} == {"finished"}
    for one in raced["runs"]:
        assert 0 <= one["val_accuracy"] <= 1
        assert 0 <= one["val_macro_f1"] <= 1
        assert one["n_val"] > 0
        assert one["seconds"] > 0
        assert 0 < one["trainable_share"] < 1
    best = next(one for one in raced["runs"] if one["run"] == raced["best"])
    assert best["val_accuracy"] == max(one["val_accuracy"] for one in raced["runs"])
    assert raced["runs"][0]["verdict"] == ""
    assert "not distinguishable" in raced["runs"][1]["verdict"]


def test_compare_says_whether_the_second_run_is_better_and_on_what(run, raced: dict) -> None:
    first, second = (one["run"] for one in raced["runs"])
    code, out, _ = run("compare", first, second, "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert answer["difference"].keys() == {"accuracy", "macro_f1"}
    for interval, name in (("accuracy_interval", "accuracy"), ("interval", "macro_f1")):
        if answer[interval] is not None:
            assert answer[interval][0] <= answer["difference"][name] <= answer[interval][1]
    assert 0 <= answer["p_value"] <= 1
    assert answer["split"] == "test"
    assert answer["verdict"] == f"not distinguishable on {answer['n']} samples"
    assert answer["settings"][0]["setting"] == "Strategy"


def test_compare_for_people_names_both_runs_and_the_verdict(run, raced: dict) -> None:
    first, second = (one["run"] for one in raced["runs"])
    code, out, _ = run("compare", first, second)
    assert code == 0
    assert f"A: {first} (Feature extraction)" in out
    assert "Verdict: not distinguishable on" in out
    assert "exact McNemar test: p 1" in out


def test_combine_says_what_the_runs_can_alone_and_what_both_cost_together(run, raced: dict) -> None:
    ids = [one["run"] for one in raced["runs"]]
    code, out, _ = run("combine", *ids, "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert {one["run"] for one in answer["members"]} == set(ids)
    assert answer["by"] == "probabilities"
    assert answer["ms_per_sample"] == pytest.approx(sum(one["ms_per_sample"] for one in answer["members"]), abs=0.01)
    code, out, _ = run("predict", answer["run"], "I love it", "--text", "--json")
    assert code == 0
    assert json.loads(out.splitlines()[-1])["predictions"][0]["label"] in ("good", "bad")
    code, out, _ = run("combine", *ids, "--by", "weights")
    assert code == 0
    assert out.count("combined") == 1
    assert "its best member alone" in out


def test_runs_on_other_classes_are_refused_with_the_reason(run, place: Path, raced: dict) -> None:
    code, out, _ = run("train", str(place / "pets.zip"), "--strategy", "feature-extraction", "--json")
    assert code == 0
    other = json.loads(out.splitlines()[-1])["run"]
    code, _, err = run("compare", raced["best"], other)
    assert code == 2
    assert "different classes" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["compare", "{run}"], "required: RUN"),
        (["compare", "{run}", "{run}"], "two or more different runs"),
        (["compare", "{run}", "../../etc"], "There is no run"),
        (["combine", "{run}"], "two or more different runs"),
        (["combine", "{run}", "{run}", "--by", "luck"], "no way to combine"),
        (["race", "{data}", "--strategy", "from-scratch"], "two or more different strategies"),
        (["race", "{data}", "--strategy", "from-scrath", "--strategy", "full-fine-tuning"], "from-scratch"),
        (["race", "{data}", "--epochs", "0"], "Epochs must lie between"),
    ],
)
def test_a_user_error_is_one_line_with_code_2(run, place: Path, raced: dict, words: list[str], said: str) -> None:
    filled = [word.replace("{run}", raced["best"]).replace("{data}", str(place / "reviews.csv")) for word in words]
    code, out, err = run(*filled)
    assert code == 2
    assert said in err.splitlines()[-1]
    assert out == ""


def test_a_race_for_people_marks_the_best() -> None:
    from core.commands.words import describe_race

    shared = {"status": "finished", "val_macro_f1": 0.9, "seconds": 2.0}
    runs = [
        {**shared, "run": "one", "strategy": "feature-extraction", "val_accuracy": 0.9, "verdict": ""},
        {**shared, "run": "two", "strategy": "from-scratch", "val_accuracy": None, "verdict": "no memory"},
    ]
    said = describe_race(
        {"runs": runs, "best": "one", "status": "finished", "seconds": 4.0, "warnings": []}
    ).splitlines()
    assert said[1].startswith("* feature-extraction")
    assert said[2].startswith("  from-scratch")
    assert said[2].endswith("no memory")


def test_a_split_with_copies_on_two_sides_is_told_with_every_comparison(run, place: Path) -> None:
    rows = [f"I {verb} it,{label},{split}" for verb, label in (("love", "good"), ("hate", "bad")) for split in SPLITS]
    more = [
        f"I {verb} number {n},{label},train" for verb, label in (("love", "good"), ("hate", "bad")) for n in range(9)
    ]
    (place / "leak.csv").write_text("\n".join(["text,label,split", *rows, *more]))
    words = ["race", str(place / "leak.csv"), "--strategy", STRATEGIES[0], "--strategy", STRATEGIES[1], "--epochs", "1"]
    code, out, _ = run(*words, "--json")
    assert code == 0
    raced = json.loads(out.splitlines()[-1])
    assert "have a copy or near copy in another part" in raced["warnings"][0]
    ids = [one["run"] for one in raced["runs"]]
    _, out, _ = run("compare", *ids, "--json")
    assert json.loads(out.splitlines()[-1])["warnings"] == raced["warnings"]
    assert f"careful: {raced['warnings'][0]}" in run("compare", *ids)[1]


def test_nothing_is_told_of_a_split_that_holds(raced: dict) -> None:
    assert raced["warnings"] == []
