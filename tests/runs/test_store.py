"""How runs come into being, are found, and are set right after their process died."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.errors import OutOfResourcesError, RunFolderError, UnknownChoiceError
from core.runs.folder import RunFolder
from core.runs.store import RunStore
from core.training.spec import TrainingSpec

ROOT = Path(__file__).parents[2]
SPEC = TrainingSpec(dataset_id="0123456789abcdef", model="m", strategy="s", frozen_stages=())
CLAIM_AND_WAIT = """
import sys
from pathlib import Path
from core.runs.folder import RunFolder
with RunFolder(Path(sys.argv[1])).claim():
    print("claimed", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(tmp_path)


@contextmanager
def another_process_holding(folder: RunFolder) -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-c", CLAIM_AND_WAIT, str(folder.path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "claimed\n"
        yield process
    finally:
        process.kill()
        process.communicate()


def set_state(folder: RunFolder, state: str) -> None:
    folder.write_status(replace(folder.read_status(), state=state))


def test_a_new_run_is_queued_and_holds_its_spec_and_name(store: RunStore) -> None:
    folder = store.create(SPEC, name="Ants <b>")
    assert folder.read_status().state == "queued"
    assert folder.read_spec() == SPEC
    assert folder.read_details()["name"] == "Ants <b>"
    assert store.get(folder.id) == folder


def test_many_runs_created_at_once_get_ids_of_their_own(store: RunStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda _: store.create(SPEC).id, range(40)))
    assert len(set(ids)) == 40
    assert {folder.id for folder in store.list_runs()} == set(ids)


def test_an_id_that_is_taken_is_not_given_again(store: RunStore, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC)
    for second in range(60):
        taken = store.root / "runs" / f"{now + timedelta(seconds=second):%Y%m%d-%H%M%S}-aaaa"
        taken.mkdir(parents=True)
        (taken / "spec.json").touch()
    endings = iter(["aaaa", "aaaa", "bbbb"])
    monkeypatch.setattr("secrets.token_hex", lambda n: next(endings) if n == 2 else "0" * 2 * n)
    assert store.create(SPEC).id.endswith("-bbbb")


def test_a_run_that_could_not_be_written_completely_does_not_appear(store: RunStore) -> None:
    with pytest.raises(TypeError):
        store.create(SPEC, name=object())  # type: ignore[arg-type]
    assert store.list_runs() == ()


def test_a_run_that_is_made_with_its_results_does_not_appear_before_them(store: RunStore) -> None:
    def fill(folder: RunFolder) -> None:
        folder.write_json("report", {"n": 1})
        assert store.list_runs() == ()

    assert store.create(SPEC, fill=fill).read_json("report") == {"n": 1}


def test_runs_are_listed_newest_first(store: RunStore) -> None:
    ids = [store.create(SPEC).id for _ in range(5)]
    assert [folder.id for folder in store.list_runs()] == ids[::-1]


def test_broken_and_foreign_folders_are_left_out_of_the_list(store: RunStore) -> None:
    good, broken, empty = store.create(SPEC), store.create(SPEC), store.create(SPEC)
    (broken.path / "status.json").write_text("{")
    (empty.path / "spec.json").unlink()
    (store.root / "runs" / "notes").mkdir()
    (store.root / "runs" / "20261120-171530-a1b2").touch()
    assert store.list_runs() == (good,)


@pytest.mark.parametrize(
    "run_id",
    [
        "",
        ".",
        "..",
        "../x",
        "../runs",
        "/etc",
        "20261120-171530-a1b2/..",
        "20261120-171530-a1b2\n",
        "20261120-171530-A1B2",
        "２０２６1120-171530-a1b2",
        "a\0b",
        "20261120-171530-a1b2\0",
        "C:\\windows",
        "x" * 10_000,
        "20261120-171530-a1b2",
    ],
)
def test_an_id_no_run_has_is_refused_before_it_touches_a_path(store: RunStore, run_id: str) -> None:
    store.create(SPEC)
    with pytest.raises(UnknownChoiceError, match="There is no run named"):
        store.get(run_id)


def test_an_empty_workspace_has_no_runs_and_nothing_to_set_right(store: RunStore) -> None:
    assert store.list_runs() == ()
    assert store.reconcile() == ()
    assert list(store.root.iterdir()) == []


@pytest.mark.parametrize("state", ["queued", "running"])
def test_a_run_whose_process_was_killed_becomes_interrupted(store: RunStore, state: str) -> None:
    folder = store.create(SPEC)
    set_state(folder, state)
    with another_process_holding(folder) as process:
        assert folder.is_claimed()
        assert store.reconcile() == ()
        assert folder.read_status().state == state
        with pytest.raises(RunFolderError, match="another one holds"), folder.claim():
            pass
        assert folder.look().state == state
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert not folder.is_claimed()
    assert folder.look().state == "interrupted"
    assert folder.read_status().state == state
    assert store.reconcile() == (folder.id,)
    assert folder.read_status().state == "interrupted"
    assert folder.read_status().ended_at
    with folder.claim():
        pass


def test_a_run_this_process_holds_is_not_taken_for_dead(store: RunStore) -> None:
    folder = store.create(SPEC)
    with folder.claim():
        assert store.reconcile() == ()
    assert folder.read_status().state == "queued"


@pytest.mark.parametrize("state", ["finished", "stopped", "failed", "interrupted"])
def test_a_run_that_has_ended_stays_as_it_is(store: RunStore, state: str) -> None:
    folder = store.create(SPEC)
    set_state(folder, state)
    before = folder.read_status()
    assert store.reconcile() == ()
    assert folder.read_status() == before


def test_claims_do_not_fail_because_others_look_whether_the_run_is_claimed(store: RunStore) -> None:
    folder = store.create(SPEC)
    with ThreadPoolExecutor(4) as pool:
        probes = [pool.submit(lambda: [folder.is_claimed() for _ in range(50)]) for _ in range(3)]
        for _ in range(50):
            with folder.claim():
                pass
        for probe in probes:
            probe.result()
    assert not folder.is_claimed()


def test_a_deleted_run_leaves_nothing_behind(store: RunStore) -> None:
    gone, stays = store.create(SPEC), store.create(SPEC)
    store.delete(gone.id)
    assert [folder.id for folder in store.list_runs()] == [stays.id]
    assert [path.name for path in (store.root / "runs").iterdir()] == [stays.id]
    with pytest.raises(UnknownChoiceError):
        store.delete(gone.id)


def test_a_run_that_somebody_holds_is_not_deleted(store: RunStore) -> None:
    folder = store.create(SPEC)
    with folder.claim(), pytest.raises(RunFolderError, match="cannot be deleted"):
        store.delete(folder.id)
    assert store.get(folder.id).read_spec() == SPEC


@pytest.mark.parametrize("run_id", ["..", "../runs", "", ".deleted-1"])
def test_nothing_but_a_run_can_be_deleted(store: RunStore, run_id: str) -> None:
    store.create(SPEC)
    with pytest.raises(UnknownChoiceError):
        store.delete(run_id)
    assert len(store.list_runs()) == 1


def test_only_so_many_runs_may_wait_and_those_at_work_or_done_are_not_counted(store, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_QUEUE", "2")
    first, second, third = (store.create(SPEC) for _ in range(3))
    set_state(third, "running")
    with pytest.raises(OutOfResourcesError, match="At most 2 runs may wait for their turn; 2 do") as told:
        store.require_short_queue()
    assert "HEADSTART_MAX_QUEUE" in told.value.remedy
    store.require_short_queue(but=first.id)
    set_state(second, "finished")
    store.require_short_queue()
