"""What a run's folder promises its readers and writers."""

import json
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import RunFolderError
from core.runs.folder import RunFolder
from core.runs.records import RunError, RunStatus
from core.training.events import EpochDone, FirstEstimate, PhaseEnded, PhaseStarted, StoredEvent
from core.training.spec import TrainingSpec

SPEC = TrainingSpec(
    dataset_id="0123456789abcdef",
    model="efficientnet-lite0",
    strategy="feature-extraction",
    frozen_stages=("stem", "é"),
)


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    path = tmp_path / "20261120-171530-a1b2"
    path.mkdir()
    return RunFolder(path)


def epoch(number: int) -> EpochDone:
    return EpochDone(
        phase=0,
        epoch=number,
        train_loss=1 / 3,
        train_macro_f1=0.5,
        val_loss=0.1 + 0.2,
        val_macro_f1=0.25,
        val_accuracy=0.75,
        learning_rate=1e-4,
        is_best=True,
        elapsed_s=0.01,
    )


shares = st.floats(0, 1)
losses = st.floats(allow_nan=False)
stored_events = st.one_of(
    st.builds(
        PhaseStarted,
        phase=st.integers(0, 9),
        name=st.text(),
        n_epochs=st.integers(0),
        trainable_stages=st.lists(st.text()).map(tuple),
    ),
    st.builds(
        EpochDone,
        phase=st.integers(0, 9),
        epoch=st.integers(1),
        train_loss=losses,
        train_macro_f1=shares,
        val_loss=losses,
        val_macro_f1=shares,
        val_accuracy=shares,
        learning_rate=losses,
        is_best=st.booleans(),
        elapsed_s=losses,
    ),
    st.builds(
        FirstEstimate, phase=st.integers(0, 9), accuracy=shares, macro_f1=shares, n=st.integers(2), elapsed_s=losses
    ),
    st.builds(PhaseEnded, phase=st.integers(0, 9), why=st.sampled_from(["done", "early stop", "converged"])),
)


@settings(max_examples=40, deadline=None)
@given(events=st.lists(stored_events, max_size=6), n_torn=st.integers(0, 1000))
def test_events_come_back_as_written_and_a_torn_last_line_costs_only_itself(
    tmp_path_factory: pytest.TempPathFactory, events: list[StoredEvent], n_torn: int
) -> None:
    folder = RunFolder(tmp_path_factory.mktemp("run"))
    folder.rewrite_events(events)
    assert folder.read_events() == tuple(events)

    torn_at = _tear_a_line_after(folder, n_torn)
    assert folder.read_events() == tuple(events)
    assert (folder.path / "events.jsonl").stat().st_size == torn_at

    folder.append_event(epoch(7))
    assert folder.read_events() == (*events, epoch(7))


def _tear_a_line_after(folder: RunFolder, n_bytes: int) -> int:
    line = json.dumps({"event": "epoch_done", "phase": 0, "train_loss": "x" * 1000}).encode()
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(line[:n_bytes])
        return file.tell()


def test_a_run_without_events_has_an_empty_history(folder: RunFolder) -> None:
    assert folder.read_events() == ()


def test_a_loss_that_ran_away_is_kept(folder: RunFolder) -> None:
    folder.append_event(replace(epoch(1), train_loss=float("nan"), val_loss=float("inf")))
    [event] = folder.read_events()
    assert isinstance(event, EpochDone)
    assert event.train_loss != event.train_loss
    assert event.val_loss == float("inf")


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"event": "party"}', b'{"event": "phase_ended"}', b"\xff"])
def test_a_damaged_line_before_the_last_is_named(folder: RunFolder, line: bytes) -> None:
    folder.append_event(epoch(1))
    with (folder.path / "events.jsonl").open("ab") as file:
        file.write(line + b"\n")
    folder.append_event(epoch(2))
    with pytest.raises(RunFolderError, match=r"Line 2 of events\.jsonl"):
        folder.read_events()


def test_spec_and_status_come_back_equal(folder: RunFolder) -> None:
    status = RunStatus(
        state="failed",
        step="Training",
        eta_s=1.5,
        error=RunError(code="dataset", problem="Zu wenig Wörter.", remedy="Mehr."),
        seconds=(("load", 0.1), ("total", 2.0)),
    )
    folder.write_spec(SPEC)
    folder.write_status(status)
    assert folder.read_spec() == SPEC
    assert folder.read_status() == status


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"state": "dancing"}', '{"state": "queued", "mood": 1}'])
def test_a_damaged_status_is_a_user_error(folder: RunFolder, content: str) -> None:
    (folder.path / "status.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"status\.json"):
        folder.read_status()


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"epochs": -1}', '{"colour": "red"}'])
def test_a_damaged_spec_is_a_user_error(folder: RunFolder, content: str) -> None:
    (folder.path / "spec.json").write_text(content)
    with pytest.raises(RunFolderError, match=r"spec\.json"):
        folder.read_spec()


def test_json_is_none_before_it_is_written_and_an_error_where_damaged(folder: RunFolder) -> None:
    assert folder.read_json("report") is None
    folder.write_json("report", {"n": 3, "classes": ["ä"]})
    assert folder.read_json("report") == {"n": 3, "classes": ["ä"]}
    (folder.path / "report.json").write_text("[1]")
    with pytest.raises(RunFolderError, match=r"report\.json"):
        folder.read_json("report")


def test_what_is_not_json_is_refused_and_the_old_file_stays(folder: RunFolder) -> None:
    folder.write_json("proof", {"n_changed": 0})
    with pytest.raises(TypeError):
        folder.write_json("proof", {"where": folder.path})
    assert folder.read_json("proof") == {"n_changed": 0}


def test_details_keep_the_facts_that_an_update_does_not_name(folder: RunFolder) -> None:
    folder.update_details({"name": "Ants", "n": 1})
    folder.update_details({"n": 2})
    assert folder.read_details() == {"name": "Ants", "n": 2}


def test_a_writer_that_fails_half_way_leaves_the_file_and_the_folder_as_they_were(folder: RunFolder) -> None:
    folder.replace(folder.checkpoint_path, lambda path: path.write_bytes(b"old") and None)

    def fail_half_way(path: Path) -> None:
        path.write_bytes(b"ne")
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        folder.replace(folder.checkpoint_path, fail_half_way)
    assert folder.checkpoint_path.read_bytes() == b"old"
    assert list(folder.checkpoint_path.parent.iterdir()) == [folder.checkpoint_path]


def test_a_run_writes_only_into_its_own_folder(folder: RunFolder, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="own folder"):
        folder.replace(tmp_path / "elsewhere", Path.touch)


def test_readers_never_see_half_a_status_while_it_is_rewritten(folder: RunFolder) -> None:
    folder.write_status(RunStatus(state="running"))
    seen: set[int] = set()
    is_over = threading.Event()

    def read() -> None:
        while not is_over.is_set():
            seen.add(len(folder.read_status().step))

    reader = threading.Thread(target=read)
    reader.start()
    for size in (1, 50_000) * 20:
        folder.write_status(RunStatus(state="running", step="x" * size))
    is_over.set()
    reader.join()
    assert seen <= {0, 1, 50_000}


def test_a_claim_belongs_to_the_process_and_ends_with_its_last_holder(folder: RunFolder) -> None:
    with folder.claim():
        with folder.claim():
            assert folder.is_claimed()
        assert folder.is_claimed()
    assert not folder.is_claimed()


def test_a_claim_taken_in_one_thread_may_be_left_in_another(folder: RunFolder) -> None:
    claim = folder.claim()
    claim.__enter__()
    thread = threading.Thread(target=claim.__exit__, args=(None, None, None))
    thread.start()
    thread.join()
    assert not folder.is_claimed()


def test_the_first_claim_clears_away_what_a_killed_writer_left_but_a_second_one_does_not(folder: RunFolder) -> None:
    left = folder.checkpoint_path.with_name(".partial-0-state.pt")
    left.parent.mkdir()
    left.touch()
    with folder.claim():
        assert not left.exists()
        left.touch()
        with folder.claim():
            assert left.exists()


def test_a_stop_request_stays_until_it_is_cleared(folder: RunFolder) -> None:
    assert not folder.stop_requested()
    folder.request_stop()
    folder.request_stop()
    assert RunFolder(folder.path).stop_requested()
    folder.clear_stop()
    folder.clear_stop()
    assert not folder.stop_requested()


def test_the_log_keeps_every_entry(folder: RunFolder) -> None:
    folder.append_log("one\n")
    folder.append_log("zwölf")
    assert folder.log_path.read_text(encoding="utf-8") == "one\nzwölf\n"
