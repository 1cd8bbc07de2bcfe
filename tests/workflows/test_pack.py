"""What is packed here and opened elsewhere is the same; what is not ours or not whole is refused, and nothing stays."""

import hashlib
import io
import json
import pickle
import shutil
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from core.errors import ConfigurationError, UserError
from core.evaluation.prediction_table import load_predictions, save_predictions
from core.workflows.map_samples import draw_map
from core.workflows.pack import pack, plan_pack
from core.workflows.predict import predict_files, predict_texts
from core.workflows.show_run import read_predictions, show_run
from core.workflows.train_run import execute_run
from core.workflows.unpack import unpack
from core.workflows.workspace import Workspace


@pytest.fixture
def other(tmp_path):
    return Workspace(tmp_path / "elsewhere")


@pytest.fixture
def packed(workspace, finished, tmp_path):
    file = tmp_path / "run.zip"
    pack(workspace, finished["text"].id, file, with_samples=True)
    return file


def everything_in(workspace):
    return sorted(path.relative_to(workspace.root).as_posix() for path in workspace.root.rglob("*") if path.is_file())


def rewritten(file, change):
    """The same archive with its members changed: a dict from name to bytes goes in, one comes out."""
    with zipfile.ZipFile(file) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members = change(members)
    with warnings.catch_warnings(), zipfile.ZipFile(file, "w") as archive:
        warnings.simplefilter("ignore")
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return file


@pytest.mark.parametrize("modality", ["image", "text"])
def test_a_run_opened_elsewhere_has_the_same_numbers_and_gives_the_same_answers(
    workspace, finished, images, texts, other, tmp_path, modality
):
    run = finished[modality]
    found = pack(workspace, run.id, tmp_path / "run.zip", with_samples=True)
    assert "hand it only to who may see them" in found.privacy
    opened = unpack(other, tmp_path / "run.zip")
    assert [(one.id, one.outcome) for one in opened.runs] == [(run.id, "new")]
    there = show_run(other, run.id)
    assert (there.report, there.spec, there.events, there.has_data) == (run.report, run.spec, run.events, True)
    assert (read_predictions(other, run.id).probs == read_predictions(workspace, run.id).probs).all()
    dataset = images if modality == "image" else texts
    if modality == "image":
        given = [str(workspace.datasets.image_path(dataset.sample_ids[0]))]
        answers = [predict_files(one, run.id, given) for one in (workspace, other)]
    else:
        answers = [predict_texts(one, run.id, [dataset.texts[0]]) for one in (workspace, other)]
    assert answers[0] == answers[1]
    assert other.datasets.load(dataset.id).created_at == dataset.created_at
    assert list((other.root / "drafts").iterdir()) == []


def test_without_samples_the_run_is_read_and_says_that_its_data_are_not_there(workspace, finished, other, tmp_path):
    run = finished["image"]
    found = pack(workspace, run.id, tmp_path / "run.zip", with_samples=False)
    assert found.privacy.startswith("No image and no text is in it")
    unpack(other, tmp_path / "run.zip")
    there = show_run(other, run.id)
    assert there.report.splits == run.report.splits
    assert not there.has_data
    assert not (other.root / "images").exists()


def test_a_workspace_is_packed_with_all_its_runs_and_opened_twice_it_is_there_once(
    workspace, finished, other, tmp_path
):
    file = tmp_path / "all.zip"
    found = pack(workspace, None, file, with_samples=True)
    assert {run.id for run in finished.values()} <= set(found.runs)
    assert plan_pack(workspace, None, with_samples=True).n_bytes == found.n_bytes
    unpack(other, file)
    before = everything_in(other)
    again = unpack(other, file)
    assert {run.outcome for run in again.runs} == {"already here"}
    assert everything_in(other) == before


def test_an_interrupted_run_goes_on_elsewhere_to_the_same_numbers(workspace, texts, start, execute, other, tmp_path):
    whole = execute(start(texts, "head-then-fine-tune", frozen=("embeddings", *(f"layer.{n}" for n in range(5)))))
    run_id = start(texts, "head-then-fine-tune", frozen=whole.spec.frozen_stages)
    asked = []

    def after_the_first_epoch():
        asked.append(workspace.runs.get(run_id).read_status().epoch)
        return "shutdown" if asked[-1] else None

    assert execute(run_id, after_the_first_epoch).status.state == "interrupted"
    pack(workspace, run_id, tmp_path / "run.zip", with_samples=True)
    unpack(other, tmp_path / "run.zip")
    execute_run(other.root, run_id, should_stop=lambda: None)
    assert show_run(other, run_id).report.splits == whole.report.splits


def test_another_run_under_the_same_id_stays_and_the_new_one_gets_its_own(packed, finished, other):
    run_id = finished["text"].id
    unpack(other, packed)
    folder = other.runs.get(run_id)
    folder.model_path.write_bytes(b"another model")
    opened = unpack(other, packed).runs[0]
    assert (opened.packed_id, opened.outcome) == (run_id, "under another id")
    assert opened.id != run_id
    assert folder.model_path.read_bytes() == b"another model"
    assert show_run(other, opened.id).report == finished["text"].report


def with_name(name):
    def change(members):
        facts = json.loads(members.pop("manifest.json"))
        facts["members"].append({**facts["members"][0], "name": name})
        first = members[facts["members"][0]["name"]]
        return {**members, name: first, "manifest.json": json.dumps(facts).encode()}

    return change


def without_last_byte(members):
    name = next(name for name in members if name.endswith("model.safetensors"))
    return {**members, name: members[name][:-1] + b"\0"}


def with_unlisted(members):
    return {**members, "runs/20200101-000000-abcd/spec.json": b"{}"}


def twice(members):
    return [*members.items(), next(iter(members.items()))]


def of_tomorrow(members):
    facts = json.loads(members["manifest.json"])
    return {**members, "manifest.json": json.dumps({**facts, "format": 99}).encode()}


def as_bomb(members):
    name = next(name for name in members if name.endswith("events.jsonl"))
    return {**members, name: b"\n" * (64 * 1024**2)}


def strange_status(members):
    return with_content(members, "status.json", b'{"state": "finished", "unknown": [1]}')


def deep_json(members):
    return with_content(members, "report.json", b"[" * 100_000)


def other_text(members):
    return with_content(members, "dataset.json", b"{}")


def with_content(members, ending, content):
    """Changed together with its checksum, as somebody would who means it."""
    name = next(name for name in members if name.endswith(ending))
    facts = json.loads(members["manifest.json"])
    for one in facts["members"]:
        if one["name"] == name:
            one |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    return {**members, name: content, "manifest.json": json.dumps(facts).encode()}


def strange_answer(members):
    return with_answer(members, "studies/folds.json", b'{"version": 1, "n_folds": 5}')


def pickled_checkpoint(members):
    return with_answer(members, "checkpoint/state.pt", pickle.dumps(bytearray(10)))


def with_answer(members, name, content):
    """One file more of the run, listed as if it belonged there."""
    facts = json.loads(members["manifest.json"])
    full = f"runs/{facts['runs'][-1]}/{name}"
    facts["members"].append({"name": full, "size": len(content), "sha256": hashlib.sha256(content).hexdigest()})
    return {**members, full: content, "manifest.json": json.dumps(facts).encode()}


HOSTILE = {
    "a name that leads out": with_name("../outside.json"),
    "an absolute name": with_name("/tmp/outside.json"),
    "a name of Windows": with_name("runs\\..\\outside.json"),
    "a file of no run": with_name("runs/20200101-000000-abcd/evil.py"),
    "a changed byte": without_last_byte,
    "a file that is not listed": with_unlisted,
    "a file twice": twice,
    "a later format": of_tomorrow,
    "a bomb": as_bomb,
    "a status with strange fields": strange_status,
    "brackets without end": deep_json,
    "a card that is none": other_text,
    "an answer that is none": strange_answer,
    "a checkpoint of other objects": pickled_checkpoint,
    "no manifest": lambda members: {name: one for name, one in members.items() if name != "manifest.json"},
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_is_not_ours_is_refused_as_a_whole(packed, other, tmp_path, change):
    before = set(tmp_path.rglob("*"))
    with pytest.raises(UserError):
        unpack(other, rewritten(packed, change))
    assert everything_in(other) in ([], ["datasets.lock"])
    assert {path for path in tmp_path.rglob("*") if path.is_file()} <= before | set((other.root).rglob("*"))


def test_a_table_that_unpacks_to_more_than_one_may_is_refused_before_it_is_read(packed, other, tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_TABLE_MB", "1")

    def with_long_words(members):
        name = next(name for name in members if name.endswith("predictions.parquet"))
        (tmp_path / "small.parquet").write_bytes(members[name])
        table = load_predictions(tmp_path / "small.parquet")
        save_predictions(replace(table, sources=("x" * 500_000,) * table.n_samples), tmp_path / "large.parquet")
        content = (tmp_path / "large.parquet").read_bytes()
        assert len(content) < 100_000
        return with_content(members, "predictions.parquet", content)

    with pytest.raises(ConfigurationError, match="may unpack to 1 MB"):
        unpack(other, rewritten(packed, with_long_words))


def test_a_map_of_more_points_than_any_has_is_refused(workspace, finished, other, tmp_path):
    run_id, file = finished["text"].id, tmp_path / "run.zip"
    draw_map(workspace, run_id, "pca")
    pack(workspace, run_id, file, with_samples=False)

    def with_many_points(members):
        name = next(name for name in members if name.endswith("map-pca.npz"))
        arrays = dict(np.load(io.BytesIO(members[name])))
        changed = io.BytesIO()
        np.savez_compressed(changed, **{**arrays, "rows": np.zeros(20_000_000, dtype=np.int32)})
        return with_content(members, "map-pca.npz", changed.getvalue())

    with pytest.raises(ConfigurationError, match="more than any can have"):
        unpack(other, rewritten(file, with_many_points))


def test_a_link_and_a_file_that_is_no_archive_are_refused(packed, other, tmp_path):
    with zipfile.ZipFile(packed, "a") as archive:
        link = zipfile.ZipInfo("runs/20200101-000000-abcd/spec.json")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(ConfigurationError):
        unpack(other, packed)
    (tmp_path / "text.zip").write_text("no archive")
    with pytest.raises(ConfigurationError, match="cannot be read as an archive"):
        unpack(other, tmp_path / "text.zip")


def test_who_is_ended_while_opening_leaves_nothing_that_can_be_seen(packed, other):
    def end_it(step, done, of):
        if step == "Taking it over":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        unpack(other, packed, on_progress=end_it)
    assert other.runs.list_runs() == ()
    assert other.datasets.list_cards() == ()
    assert list((other.root / "drafts").iterdir()) == []


def test_a_run_under_way_is_not_packed(workspace, texts, start, tmp_path):
    run_id = start(texts, "feature-extraction")
    with pytest.raises(ConfigurationError, match="waits or is under way"):
        pack(workspace, run_id, tmp_path / "run.zip", with_samples=True)
    assert run_id in plan_pack(workspace, None, with_samples=False).left_out
    shutil.rmtree(workspace.runs.get(run_id).path)
