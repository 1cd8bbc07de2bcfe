"""`make fuzz`: thousands of hostile files and words through every way in, each watched; exit code 1 at the first fault.

A case is a fault if it ends in anything but a result or a refusal with problem and remedy, if anything outside its
workspace is made, changed or removed, if anything is started or unpickled, if it takes more memory or time than
allowed, or if the process dies. Linux only: processes are forked, and the peak of memory is read from /proc.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter, defaultdict
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

from tests.fuzz.cases import KINDS, build_case
from tests.fuzz.doors import ACCEPTED, REFUSED, Ground
from tests.fuzz.guard import Clock, Guard, peak_memory_mb, snapshot

N_CASES, SEED = 5_000, 0
MAX_MEMORY_MB = 1_500
"""What one case may take beyond what the program has before it; an image of 100 megapixels is 300 MB of RGB."""

MAX_SECONDS = 60
"""Of the processor, for one case."""

MAX_WALL_SECONDS = 300
PROGRESS_EVERY = 250
ADDRESS_SPACE_GB = 24
"""A stop for what escapes the bound on memory: torch reserves far more than it uses."""

FORK = multiprocessing.get_context("fork")


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of one case.

    Attributes:
        number: of the case.
        kind: see `cases.KINDS`.
        name: see `Case.name`.
        verdict: ACCEPTED, REFUSED, or what went wrong.
        memory_mb: at its peak, beyond what there was before.
        seconds: of the processor.
    """

    number: int
    kind: str
    name: str
    verdict: str
    memory_mb: float
    seconds: float

    @property
    def is_fault(self) -> bool:
        """Whether something went wrong."""
        return self.verdict not in (ACCEPTED, REFUSED)


def main() -> int:
    """Runs all cases, or the one that is named."""
    options = _parse()
    playground = Path(tempfile.mkdtemp(prefix="headstart-fuzz-"))
    try:
        ground = _prepare(playground)
        before = snapshot(playground / "canary")
        numbers = [options.only] if options.only is not None else range(options.n_cases)
        started = time.monotonic()
        outcomes = _run_all(list(numbers), options, playground, ground)
        faults = [outcome for outcome in outcomes if outcome.is_fault]
        _print_table(outcomes, time.monotonic() - started)
        if snapshot(playground / "canary") != before:
            faults.append(
                Outcome(number=-1, kind="all", name="", verdict="files outside changed", memory_mb=0, seconds=0)
            )
        for fault in faults:
            repeat = f"python -m tests.fuzz --seed {options.seed} --only {fault.number}"
            print(f"\nFAULT {fault.kind}: {fault.name}\n  repeat: {repeat}\n  {fault.verdict}")
        print(f"\n{len(faults)} faults; seed {options.seed}")
        return 1 if faults else 0
    finally:
        _remove(playground)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--n-cases", type=int, default=N_CASES)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", type=int, metavar="NUMBER", help="repeat this case alone")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop where not all cases are done by then")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args()


def _prepare(playground: Path) -> Ground:
    """A workspace with two finished runs, and a place in which nothing may change."""
    from tests.conftest import make_image_zip, make_text_table

    for name in ("canary", "canary/cwd", "home", "cases", "work", "tmp"):
        (playground / name).mkdir()
    (playground / "canary/notes.txt").write_text("unchanged")
    (playground / "work/good.zip").write_bytes(make_image_zip())
    (playground / "work/good.csv").write_bytes(make_text_table())
    found = {"images": str(playground / "work/good.zip"), "texts": str(playground / "work/good.csv")}
    for kind, run in (("images", "image_run"), ("texts", "text_run")):
        found[run], found["dataset"] = _in_child(_train, playground, found[kind])
    return Ground(workspace=playground / "work", good=found)


def _train(playground: Path, data: str) -> tuple[str, str]:
    from core.jobs.training_jobs import execute_training
    from core.workflows.inspect_dataset import inspect_dataset
    from core.workflows.plan_run import RunChoices, plan_run
    from core.workflows.train_run import create_run
    from core.workflows.workspace import Workspace

    workspace = Workspace(playground / "work")
    dataset = inspect_dataset(workspace, Path(data))
    plan = plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy="feature-extraction"))
    run_id = create_run(workspace, plan.spec)
    execute_training(workspace.root, run_id, should_stop=lambda: None)
    return run_id, dataset.id


def _in_child(act, *args):
    """Done in another process, so that this one stays small and can be forked again."""
    here, there = FORK.Pipe()
    child = FORK.Process(target=lambda: there.send(act(*args)))
    child.start()
    there.close()
    found = here.recv()
    child.join()
    return found


def _run_all(numbers: list[int], options: argparse.Namespace, playground: Path, ground: Ground) -> list[Outcome]:
    n = max(1, min(options.workers, len(numbers)))
    workers = [_Worker(numbers[place::n], options.seed, playground, ground) for place in range(n)]
    outcomes: list[Outcome] = []
    told = 0
    until = time.monotonic() + 60 * options.minutes
    while (alive := [worker for worker in workers if worker.is_busy]) and time.monotonic() < until:
        wait([worker.pipe for worker in alive], timeout=1)
        for worker in alive:
            outcomes += worker.collect()
        if len(outcomes) >= told + PROGRESS_EVERY:
            told = len(outcomes)
            print(f"{told:,} of {len(numbers):,} cases", file=sys.stderr, flush=True)
    for worker in alive:
        worker.stop()
    return sorted(outcomes, key=lambda outcome: outcome.number)


class _Worker:
    """A process that works off its numbers; where a case kills or blocks it, another goes on after that case."""

    def __init__(self, numbers: list[int], seed: int, playground: Path, ground: Ground) -> None:
        self._rest = numbers
        self._args = (seed, playground, ground)
        self._start()

    @property
    def is_busy(self) -> bool:
        """Whether cases are left."""
        return bool(self._rest)

    def collect(self) -> list[Outcome]:
        """What was finished since it was last asked."""
        found: list[Outcome] = []
        try:
            while self.pipe.poll():
                found.append(self.pipe.recv())
                self._rest.pop(0)
                self._since = time.monotonic()
        except EOFError:
            self._process.join()
            if self._rest:
                found.append(self._lost(f"the process died (exit code {self._process.exitcode})"))
        if self._rest and time.monotonic() - self._since > MAX_WALL_SECONDS:
            os.kill(self._process.pid or 0, signal.SIGKILL)
            self._process.join()
            found.append(self._lost(f"it took more than {MAX_WALL_SECONDS} s"))
        return found

    def stop(self) -> None:
        """Leave the rest."""
        self._process.kill()
        self._process.join()

    def _lost(self, verdict: str) -> Outcome:
        number = self._rest.pop(0)
        if self._rest:
            self._start()
        return Outcome(number=number, kind=KINDS[number % len(KINDS)], name="", verdict=verdict, memory_mb=0, seconds=0)

    def _start(self) -> None:
        self.pipe, there = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=_work, args=(there, self.pipe, list(self._rest), *self._args))
        self._process.start()
        there.close()
        self._since = time.monotonic()


def _work(
    pipe: Connection, other_end: Connection, numbers: list[int], seed: int, playground: Path, ground: Ground
) -> None:
    other_end.close()
    _settle(playground)
    guard = Guard([playground / "cases", playground / "work", playground / "tmp"])
    for number in numbers:
        folder = playground / "cases" / str(number)
        folder.mkdir()
        pipe.send(_try(number, seed, folder, ground, guard))
        _remove(folder)


def _settle(playground: Path) -> None:
    """Everything is loaded, and libraries have filled their caches at home, before the first case is watched."""
    import resource

    os.environ |= {"HOME": str(playground / "home"), "TMPDIR": str(playground / "tmp"), "HF_HUB_OFFLINE": "1",
                   "TORCH_HOME": str(playground / "home/torch"), "COLUMNS": "100"}  # fmt: skip
    tempfile.tempdir = None
    sys.dont_write_bytecode = True
    os.chdir(playground / "canary/cwd")
    limit = ADDRESS_SPACE_GB * 1024**3
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    import torch

    import core.workflows.explain
    import core.workflows.own_networks
    import core.workflows.plan_run
    import core.workflows.predict  # noqa: F401 - what is imported in a case would be taken for the case's doing

    torch.set_num_threads(1)
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 2)  # decoders in C write there whatever they like


def _try(number: int, seed: int, folder: Path, ground: Ground, guard: Guard) -> Outcome:
    kind, name, verdict = KINDS[number % len(KINDS)], "", ""
    memory = took = 0.0
    try:
        case = build_case(number, seed, folder, ground)
        name = case.name
        before_mb, clock = peak_memory_mb(begin=True), Clock()
        with guard.watching() as notes:
            verdict = case.run()
        memory, took = peak_memory_mb(begin=False) - before_mb, clock.seconds
        if notes:
            verdict = "it did what nothing may do: " + "; ".join(notes[:5])
        elif memory > MAX_MEMORY_MB:
            verdict = f"it took {memory:,.0f} MB; {MAX_MEMORY_MB:,} MB are allowed"
        elif took > MAX_SECONDS:
            verdict = f"it took {took:.0f} s; {MAX_SECONDS} s are allowed"
    except BaseException:  # whatever it is, it is a fault of the program or of this one
        verdict = traceback.format_exc()[-4_000:]
    return Outcome(number=number, kind=kind, name=name, verdict=verdict, memory_mb=memory, seconds=took)


def _print_table(outcomes: list[Outcome], elapsed_s: float) -> None:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        counts[outcome.kind][outcome.verdict if not outcome.is_fault else "fault"] += 1
    print(f"\n{'kind':<20}{'cases':>8}{'accepted':>10}{'refused':>10}{'faults':>8}{'peak MB':>9}{'longest s':>11}")
    for kind in dict.fromkeys(KINDS):
        mine = [outcome for outcome in outcomes if outcome.kind == kind]
        if mine:
            row, peak = counts[kind], max(outcome.memory_mb for outcome in mine)
            longest = max(outcome.seconds for outcome in mine)
            print(
                f"{kind:<20}{len(mine):>8,}{row[ACCEPTED]:>10,}{row[REFUSED]:>10,}{row['fault']:>8,}{peak:>9,.0f}{longest:>11.1f}"
            )
    print(f"{'all':<20}{len(outcomes):>8,} in {elapsed_s:,.0f} s")


def _remove(folder: Path) -> None:
    """Folders too deep for Python, and those that nobody may enter, included."""
    subprocess.run(["chmod", "-R", "u+rwx", folder], check=False, stderr=subprocess.DEVNULL)
    subprocess.run(["rm", "-rf", folder], check=True)


if __name__ == "__main__":
    sys.exit(main())
