"""Many inputs: every one is answered as it would be alone or says why not, and nothing is asked twice."""

import shutil

import pyarrow.parquet as pq
import pytest

from core.datasets.entries import UploadedFile
from core.errors import ConfigurationError, DatasetError, UnknownChoiceError
from core.features.engine import Engine
from core.workflows import loaded_model, score_inputs
from core.workflows.predict import predict_images, predict_texts
from core.workflows.score_inputs import (
    create_scoring,
    delete_scoring,
    execute_scoring,
    faster_precision,
    list_scorings,
    read_scores,
    score_path,
)
from core.workflows.stored_scorings import new_scoring, save_scoring
from core.workflows.workspace import Workspace
from tests.datasets.pictures import write_folder
from tests.workflows.conftest import picture

TEXTS = ("where is my parcel", "i want my money back", "the lamp is wonderful", "great coat", "refund the book")


@pytest.fixture(autouse=True)
def two_at_a_time(monkeypatch):
    monkeypatch.setattr(score_inputs, "CHUNK", 2)


@pytest.fixture
def table(tmp_path):
    file = tmp_path / "in.csv"
    file.write_text("\n".join(["id,text", *(f"{number},{text}" for number, text in enumerate(TEXTS)), "9,"]))
    return file


def rows_of(file):
    return pq.read_table(file).to_pylist()


def test_every_text_gets_the_answer_it_gets_alone_and_an_empty_one_says_why_not(workspace, finished, table, tmp_path):
    run_id = finished["text"].id
    done = score_path(workspace, run_id, table, tmp_path / "out.parquet")
    rows = rows_of(tmp_path / "out.parquet")
    alone = [answer for text in TEXTS for answer in predict_texts(workspace, run_id, [text])]
    assert (done.n_scored, done.n_skipped) == (5, 1)
    assert [row["predicted class"] for row in rows[:5]] == [answer.label for answer in alone]
    assert [row["probability"] for row in rows[:5]] == pytest.approx([answer.probability for answer in alone], abs=1e-4)
    assert rows[5]["problem"] == "it has no text"


def test_images_that_cannot_be_read_do_not_stop_the_others(workspace, finished, tmp_path):
    members = {"a.png": picture("red", 1), "b.png": b"\x89PNG but no more", "c/d.png": picture("green", 2)}
    folder = write_folder(tmp_path / "in", members)
    score_path(workspace, finished["image"].id, folder, tmp_path / "out.parquet")
    rows = {row["input"]: row for row in rows_of(tmp_path / "out.parquet")}
    (alone,) = predict_images(workspace, finished["image"].id, [("a", picture("red", 1))])
    assert rows["a.png"]["predicted class"] == alone.label
    assert rows["a.png"]["probability"] == pytest.approx(alone.probability, abs=1e-4)
    assert rows["b.png"]["problem"] == "not an image, or damaged from its first bytes on"
    assert rows["c/d.png"]["problem"] is None


def test_the_fastest_precision_rounds_probabilities_and_is_offered_only_where_there_is_one(
    workspace, finished, table, tmp_path, monkeypatch
):
    run = finished["text"]
    assert faster_precision(run) is None  # it insists on float32
    rounded = Engine(device="cpu", frozen="bfloat16", trained="bfloat16")
    monkeypatch.setattr(score_inputs, "choose_engine", lambda *_: rounded)
    assert faster_precision(run) == "bfloat16"
    monkeypatch.setattr(loaded_model, "engine_like", lambda *_, **__: rounded)
    files = {precision: tmp_path / f"{precision}.parquet" for precision in ("float32", "fastest")}
    for precision, file in files.items():
        assert score_path(workspace, run.id, table, file, precision=precision).precision == precision
    exact, quick = ([row["probability"] for row in rows_of(file)[:5]] for file in files.values())
    assert quick == pytest.approx(exact, abs=0.05)
    assert quick != pytest.approx(exact, abs=1e-6)


def test_an_interrupted_scoring_goes_on_behind_what_it_has(workspace, finished, table, tmp_path, monkeypatch):
    run_id = finished["text"].id

    def interrupt(step, done, of):
        if done >= 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        score_path(workspace, run_id, table, tmp_path / "out.parquet", on_progress=interrupt)
    asked = []
    answer = score_inputs.answer_texts
    monkeypatch.setattr(
        score_inputs,
        "answer_texts",
        lambda place, run, texts, **how: asked.extend(texts) or answer(place, run, texts, **how),
    )
    score_path(workspace, run_id, table, tmp_path / "out.parquet")
    assert asked == list(TEXTS[2:])
    assert [row["text"] for row in rows_of(tmp_path / "out.parquet")][:5] == list(TEXTS)
    assert not list_scorings(workspace, run_id)


def test_uploads_are_kept_with_the_scoring_until_it_is_deleted(workspace, finished, tmp_path):
    upload = tmp_path / "0f3a"
    upload.write_text("\n".join(["text", *TEXTS]))
    run_id = finished["text"].id
    scoring = create_scoring(workspace, run_id, [UploadedFile(name="../evil.csv", path=upload)])
    assert not upload.exists()
    assert [one.is_done for one in list_scorings(workspace, run_id)] == [False]
    done = execute_scoring(workspace, scoring.id)
    assert done.n_scored == len(TEXTS)
    assert read_scores(workspace, scoring.id, "csv").startswith("\ufeffinput,text".encode())
    delete_scoring(workspace, scoring.id)
    assert not list_scorings(workspace, run_id)
    with pytest.raises(UnknownChoiceError):
        execute_scoring(workspace, scoring.id)


def test_an_id_that_is_a_path_reaches_nothing(workspace):
    with pytest.raises(UnknownChoiceError):
        execute_scoring(workspace, "../runs")
    delete_scoring(workspace, "../runs")
    assert (workspace.root / "runs").is_dir()


@pytest.mark.parametrize("name", ["out.txt", "nowhere/out.csv"])
def test_a_place_that_is_none_is_refused_before_anything_is_read(workspace, finished, tmp_path, name):
    with pytest.raises(ConfigurationError, match="CSV or Parquet"):
        score_path(workspace, finished["text"].id, tmp_path / "missing.csv", tmp_path / name)


def test_a_source_that_is_not_there_is_refused_with_its_name(workspace, finished, tmp_path):
    with pytest.raises(DatasetError, match=r"missing\.csv"):
        score_path(workspace, finished["text"].id, tmp_path / "missing.csv", tmp_path / "out.csv")
    assert not list_scorings(workspace, finished["text"].id)


@pytest.mark.parametrize("step", ["Scoring", "Joining"])
def test_what_is_deleted_while_it_is_answered_leaves_nothing_behind(workspace, finished, tmp_path, step):
    upload = tmp_path / "0f3a"
    upload.write_text("\n".join(["text", *TEXTS]))
    scoring = create_scoring(workspace, finished["text"].id, [UploadedFile(name="in.csv", path=upload)])

    def delete(doing, done, of):
        if doing == step:
            delete_scoring(workspace, scoring.id)

    with pytest.raises((UnknownChoiceError, FileNotFoundError)):
        execute_scoring(workspace, scoring.id, on_progress=delete)
    assert not (workspace.root / "scorings" / scoring.id).exists()


def test_a_folder_that_is_no_scoring_hides_none_of_the_others(tmp_path):
    workspace = Workspace(tmp_path)
    save_scoring(workspace, new_scoring("0" * 16, "a-run", [("in.csv", "in.csv")], None))
    shutil.copytree(tmp_path / "scorings" / ("0" * 16), tmp_path / "scorings" / "being-deleted")
    assert [scoring.id for scoring in list_scorings(workspace, "a-run")] == ["0" * 16]
