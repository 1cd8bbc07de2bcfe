"""The command line: what each command ends with, and what an error looks like."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from core.__main__ import main
from tests.conftest import make_image_zip, make_text_table

SMALL = ["--strategy", "feature-extraction"]
UNWRITABLE = Path("/sys")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("command-line")
    (folder / "pets.zip").write_bytes(make_image_zip())
    (folder / "reviews.csv").write_bytes(make_text_table())
    return folder


@pytest.fixture(scope="module")
def trained(place: Path) -> dict[str, dict]:
    return {
        name: last_json("train", str(place / name), *SMALL, "--workspace", str(place / "work"))
        for name in ("pets.zip", "reviews.csv")
    }


def last_json(*words: str, code: int = 0) -> dict:
    """What a command prints last with --json, run as a person runs it."""
    done = subprocess.run([sys.executable, "-m", "core", *words, "--json"], capture_output=True, text=True, timeout=240)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def run(capsys: pytest.CaptureFixture[str], place: Path, *words: str) -> tuple[int, str, str]:
    code = main([*words, "--workspace", str(place / "work")])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_inspect_says_what_is_in_the_data_and_what_was_left_out(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "inspect", str(place / "pets.zip"), "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert answer["modality"] == "image"
    assert answer["classes"] == {"cats": 12, "dogs": 12}
    assert sum(answer["splits"].values()) == answer["n_samples"] == 24
    assert answer["skipped"] == []
    assert answer["findings"] == []


def test_inspect_keeps_groups_together_and_looks_deeply_where_asked(capsys, place: Path) -> None:
    table = place / "spoken.csv"
    rows = [f"sentence {n} on paper,{'ab'[n % 2]},person {n // 4}" for n in range(60)]
    table.write_text("\n".join(["text,label,who", *rows, "Sentence 1: on paper!,b,person 9"]))
    code, out, _ = run(capsys, place, "inspect", str(table), "--group-column", "who", "--deep", "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert answer["kept_together"] == 'samples with the same "who"'
    found = {finding["code"]: finding for finding in answer["findings"]}
    assert found["near_duplicates"]["samples"] == ["spoken.csv row 3", "spoken.csv row 62"]
    assert "near_split_leak" not in found


def test_inspect_without_json_is_for_people(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "inspect", str(place / "reviews.csv"))
    assert code == 0
    assert out.startswith("24 texts in 2 classes")


def test_a_table_with_named_columns_is_read_by_them(capsys, place: Path) -> None:
    words = ["inspect", str(place / "reviews.csv"), "--text-column", "nonsense", "--json"]
    code, out, _ = run(capsys, place, *words)
    assert code == 2
    assert json.loads(out)["error"]["code"] == "unknown_choice"


def test_models_lists_stages_and_where_the_weights_are(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "models", "--modality", "text", "--json")
    rows = {row["id"]: row for row in json.loads(out)["models"]}
    assert code == 0
    assert rows["minilm-l6"]["weights"] == "bundled"
    assert rows["minilm-l6"]["stages"][0] == "embeddings"
    assert {row["modality"] for row in rows.values()} == {"text"}


@pytest.mark.parametrize("name", ["pets.zip", "reviews.csv"])
def test_train_ends_with_the_numbers_of_the_run(trained: dict[str, dict], name: str) -> None:
    answer = trained[name]
    assert answer["status"] == "finished"
    assert answer["strategy"] == "feature-extraction"
    assert answer["frozen"]["n_tensors"] > 0
    assert answer["frozen"]["n_changed"] == 0
    assert 0 < answer["parameters"]["trainable"] < answer["parameters"]["total"]
    assert answer["metrics"]["val"].keys() == {"accuracy", "macro_f1", "loss", "n"}
    matrix, counted = answer["confusion_matrix"], answer["metrics"][answer["confusion_matrix_split"]]
    assert sum(map(sum, matrix)) == counted["n"]
    assert sum(row[i] for i, row in enumerate(matrix)) / counted["n"] == pytest.approx(counted["accuracy"])
    assert answer["first_estimate"].keys() == {"accuracy", "macro_f1", "n", "elapsed_s"}
    assert answer["seconds"].keys() == {"load", "features", "train", "evaluate", "total"}


@pytest.mark.parametrize("name", ["pets.zip", "reviews.csv"])
def test_train_tells_how_far_its_probabilities_can_be_believed_and_what_simpler_ways_reach(
    trained: dict[str, dict], name: str
) -> None:
    answer = trained[name]
    for split, part in answer["metrics"].items():
        assert answer["calibration"][split]["log_loss"] == pytest.approx(part["loss"], rel=1e-3)
        assert {"majority", "nearest-neighbours"} <= answer["baselines"][split].keys()
    assert answer["temperature"] == 1.0  # too few validation samples to fit it
    assert answer["kept"] is None


def test_show_and_runs_tell_the_same_as_train(capsys, place: Path, trained: dict[str, dict]) -> None:
    answer = trained["pets.zip"]
    code, out, _ = run(capsys, place, "show", answer["run"], "--json")
    assert code == 0
    assert json.loads(out) == answer
    _, out, _ = run(capsys, place, "runs", "--json")
    rows = {row["run"]: row for row in json.loads(out)["runs"]}
    assert rows[answer["run"]]["status"] == "finished"
    assert rows[answer["run"]]["macro_f1"] == answer["metrics"]["val"]["macro_f1"]


def test_predict_gives_every_class_a_probability_for_files_and_texts(
    capsys, place: Path, trained: dict[str, dict]
) -> None:
    picture = place / "new.png"
    with zipfile.ZipFile(place / "pets.zip") as archive:
        picture.write_bytes(archive.read("cats/0.png"))
    _, out, _ = run(capsys, place, "predict", trained["pets.zip"]["run"], str(picture), "--json")
    (answer,) = json.loads(out)["predictions"]
    assert answer["input"] == str(picture)
    assert answer["label"] == "cats"
    assert sum(answer["probabilities"].values()) == pytest.approx(1.0, abs=1e-5)
    assert answer["probability"] == max(answer["probabilities"].values())
    words = ["predict", trained["reviews.csv"]["run"], "--text", "so good", "so bad", "--json"]
    _, out, _ = run(capsys, place, *words)
    assert [item["input"] for item in json.loads(out)["predictions"]] == ["so good", "so bad"]


@pytest.mark.parametrize("how", [[], ["--fastest"]])
def test_predict_scores_a_table_into_a_file(
    capsys, place: Path, trained: dict[str, dict], tmp_path: Path, how: list[str]
) -> None:
    run_id, table = trained["reviews.csv"]["run"], place / "reviews.csv"
    out = tmp_path / "scores.csv"
    code, printed, _ = run(capsys, place, "predict", run_id, str(table), "--out", str(out), *how, "--json")
    answer = json.loads(printed)
    assert code == 0
    assert answer["n_scored"] + answer["n_skipped"] == len(out.read_text().splitlines()) - 1


def test_the_fastest_precision_is_for_scoring_only(capsys, place: Path, trained: dict[str, dict]) -> None:
    code, _, err = run(capsys, place, "predict", trained["reviews.csv"]["run"], "so good", "--text", "--fastest")
    assert code == 2
    assert "--out" in err


def test_explain_gives_a_score_per_place_and_writes_the_picture(capsys, place: Path, trained: dict[str, dict]) -> None:
    image, out = place / "why.png", place / "picture.png"
    with zipfile.ZipFile(place / "pets.zip") as archive:
        image.write_bytes(archive.read("dogs/3.png"))
    run_id = trained["pets.zip"]["run"]
    code, printed, _ = run(capsys, place, "explain", run_id, str(image), "--out", str(out), "--json")
    answer = json.loads(printed)
    assert code == 0
    assert (answer["class"], answer["method"]) == ("dogs", "grad-cam")
    assert len(answer["grid"]) == len(answer["grid"][0]) > 1
    assert answer["stages"]
    assert answer["sanity"]["n_heads"] == 5
    assert answer["sanity"]["changes"] == (answer["sanity"]["similarity"] < 0.7)
    assert out.read_bytes().startswith(b"\x89PNG")


def test_explain_gives_a_score_per_word_of_the_class_asked_for(capsys, place: Path, trained: dict[str, dict]) -> None:
    words = ["explain", trained["reviews.csv"]["run"], "I hate it and want my money back", "--text", "--class", "good"]
    _, printed, _ = run(capsys, place, *words, "--json")
    answer = json.loads(printed)
    assert answer["class"] == "good"
    scores = {word["text"]: word["score"] for word in answer["words"]}
    assert list(scores) == ["I", "hate", "it", "and", "want", "my", "money", "back"]
    assert scores["hate"] < 0
    _, for_people, _ = run(capsys, place, *words)
    assert "by leave-one-word-out; above 0 speaks for it" in for_people
    assert "does not show" in for_people
    assert "Changes with a random head: " in for_people


def test_explain_finds_the_nearest_training_samples(capsys, place: Path, trained: dict[str, dict]) -> None:
    words = ["explain", trained["reviews.csv"]["run"], "I love number 4", "--text", "--method", "nearest-samples"]
    _, printed, _ = run(capsys, place, *words, "--json")
    answer = json.loads(printed)
    assert answer["neighbours"][0]["label"] == "good"
    assert answer["n_looked_at"] == answer["n_train"]
    assert "Nearest of" in run(capsys, place, *words)[1]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["no-such.png"], "There is no file"),
        (["so good", "--text", "--out", "x.png"], "There is no picture"),
        (["so good", "--text", "--method", "grad-cam"], "leave-one-word-out"),
        (["so good", "--text", "--class", "goods"], '"good"'),
    ],
)
def test_explain_says_what_it_cannot_do(capsys, place: Path, trained: dict[str, dict], words, said: str) -> None:
    code, _, err = run(capsys, place, "explain", trained["reviews.csv"]["run"], *words)
    assert code == 2
    assert said in err


def test_predicting_a_missing_file_names_it(capsys, place: Path, trained: dict[str, dict]) -> None:
    code, _, err = run(capsys, place, "predict", trained["pets.zip"]["run"], "no-such.png")
    assert code == 2
    assert '"no-such.png"' in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["inspect", "no-such.zip"], "no-such.zip"),
        (["train", "{data}", "--model", "resnet81"], 'Did you mean "resnet18"?'),
        (["train", "{data}", "--strategy", "feature-extractoin"], 'Did you mean "feature-extraction"?'),
        (["train", "{data}", "--freeze-until", "blocks.99"], "stage"),
        (["train", "{data}", "--epochs", "0"], "Epochs must lie between"),
        (["train", "{data}", "--strategy", "full-fine-tuning", "--freeze", "stem"], "Freeze nothing"),
        (["train", "{data}", "--model", "minilm-l6"], "takes texts"),
        (["show", "../../etc"], "There is no run"),
        (["resume", "20200101-000000-abcd"], "There is no run"),
        (["trian"], "invalid choice"),
    ],
)
def test_a_user_error_is_one_line_with_the_remedy_and_code_2(capsys, place: Path, words: list[str], said: str) -> None:
    filled = [word.replace("{data}", str(place / "pets.zip")) for word in words]
    code, out, err = run(capsys, place, *filled)
    assert code == 2
    assert said in err.splitlines()[-1]
    assert out == ""
    code, out, _ = run(capsys, place, *filled, "--json")
    assert code == 2
    assert json.loads(out)["error"].keys() == {"code", "problem", "remedy"}


@pytest.mark.skipif(not UNWRITABLE.is_dir(), reason="needs a folder in which not even root may write")
def test_a_workspace_that_cannot_be_written_to_is_named_with_code_2(capsys, place: Path) -> None:
    code = main(["inspect", str(place / "pets.zip"), "--workspace", str(UNWRITABLE / "work"), "--json"])
    error = json.loads(capsys.readouterr().out)["error"]
    assert code == 2
    assert str(UNWRITABLE / "work") in error["problem"]
    assert "--workspace" in error["remedy"]


def test_a_fault_of_ours_ends_with_code_1_and_no_half_answer(capsys, place: Path, monkeypatch) -> None:
    monkeypatch.setenv("HEADSTART_WORKSPACE", str(place))
    (place / "runs").write_text("a file where a folder belongs", encoding="utf-8")
    code = main(["train", str(place / "pets.zip"), *SMALL, "--json"])
    (place / "runs").unlink()
    assert code == 1
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["error"]["code"] == "fault"


def test_weights_that_are_not_here_are_an_error_with_both_remedies(place: Path) -> None:
    words = ["train", str(place / "pets.zip"), "--model", "resnet18", *SMALL, "--workspace", str(place / "work")]
    environment = {**os.environ, "TORCH_HOME": str(place), "https_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, "-m", "core", *words, "--json"], capture_output=True, text=True, env=environment, timeout=240
    )
    assert done.returncode == 2, done.stderr
    error = json.loads(done.stdout.splitlines()[-1])["error"]
    assert error["code"] == "missing_weights"
    assert "ResNet-18" in error["problem"]
    assert "efficientnet-lite0" in error["remedy"].lower() or "EfficientNet-Lite0" in error["remedy"]


@pytest.mark.skipif(os.name == "nt", reason="signals differ on Windows")
def test_rank_says_which_backbone_fits_and_how_sure_that_is(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "rank", str(place / "reviews.csv"), "--model", "minilm-l6", "--json")
    answer = json.loads(out.splitlines()[-1])
    (only,) = answer["ranking"]
    assert code == 0
    assert only["model"] == "minilm-l6"
    assert 0 <= only["score"] <= 1
    assert only["standard_error"] > 0
    assert only["seconds"] > 0
    assert only["tied"] is False
    assert answer["not_ranked"] == []


def test_rank_for_people_says_plainly_that_there_is_only_one(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "rank", str(place / "reviews.csv"), "--model", "minilm-l6")
    assert code == 0
    assert "1. minilm-l6" in out
    assert "the only one to compare" in out


def test_relate_says_what_the_network_takes_each_class_for_and_from_which_split(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "relate", str(place / "pets.zip"), "--json")
    answer = json.loads(out.splitlines()[-1])
    assert code == 0
    assert answer["model"] == "efficientnet-lite0"
    assert [one["class"] for one in answer["classes"]] == ["cats", "dogs"]
    assert all(len(one["taken_for"]) == 5 for one in answer["classes"])
    assert answer["zero_training"]["split"] == "train"
    assert answer["zero_training"]["standard_error"] > 0
    assert sum(one["n"] for one in answer["classes"]) == answer["n_samples"] == answer["n_train"]


def test_relate_for_people_names_each_class_and_the_score(capsys, place: Path) -> None:
    code, out, _ = run(capsys, place, "relate", str(place / "pets.zip"))
    lines = out.splitlines()
    assert code == 0
    assert [line.partition(":")[0] for line in lines[1:3]] == ["cats", "dogs"]
    assert "chance 0.500" in lines[3]


def test_relate_refuses_texts_with_the_reason(capsys, place: Path) -> None:
    code, _, err = run(capsys, place, "relate", str(place / "reviews.csv"))
    assert code == 2
    assert "Networks for texts" in err.splitlines()[-1]


def test_an_interrupted_training_says_so_and_resume_finishes_it(place: Path) -> None:
    work = place / "interrupted"
    words = ["train", str(place / "pets.zip"), "--freeze-until", "blocks.5", "--epochs", "60", "--batch-size", "4"]
    process = subprocess.Popen(
        [sys.executable, "-m", "core", *words, "--workspace", str(work), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    deadline = time.monotonic() + 200
    while not list(work.glob("runs/*/checkpoint/state.pt")) and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=200)
    assert process.returncode == 130
    answer = json.loads(out.splitlines()[-1])
    assert answer["status"] == "interrupted"
    resumed = last_json("resume", answer["run"], "--workspace", str(work))
    assert resumed["status"] == "finished"
    assert resumed["run"] == answer["run"]
    assert resumed["metrics"]["val"]["n"] > 0
