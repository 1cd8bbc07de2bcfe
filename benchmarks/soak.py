"""Whether a server stays as it was: a hundred short runs one after another, and hours of an open page of a training."""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.memory import anonymous_mb
from benchmarks.presses import open_browser
from benchmarks.reruns import prepare
from benchmarks.scripts import MANY_EPOCHS, wait_for_steps
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.runs.records import LIVE_STATES

if TYPE_CHECKING:
    from tests.e2e.app import App
    from tests.e2e.server import Server

N_RUNS, N_QUICK_RUNS = 100, 4
OPEN_S, QUICK_OPEN_S = 7200.0, 60.0
N_READINGS = 60
SHORT_SAMPLE, LONG_SAMPLE = "messages", "digits"
PATIENCE_MS = 300_000
"""How long a part of a page may take to appear: the two servers share the machine with their browsers."""

MAX_GROWTH, MAX_MORE = 0.05, 2
"""A process that takes more memory, or more threads or files, in the last quarter than in the second counts as growing;
one or two more there may be by chance at the moment of a reading."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """What the server process holds at one moment.

    Attributes:
        elapsed_s: since the first reading.
        n_done: runs finished, or epochs of the one run.
        memory_mb: anonymous memory, 10^6 bytes.
        n_threads: threads of the process.
        n_files: open files, sockets included.
    """

    elapsed_s: float
    n_done: int
    memory_mb: float
    n_threads: int
    n_files: int


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("soak", "A server over hours", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section; both servers at the same time, each with a browser of its own."""
    n_runs = N_QUICK_RUNS if options.quick else N_RUNS
    open_s = QUICK_OPEN_S if options.quick else OPEN_S
    page = f"{open_s / 3600:.1f} h of the open page of a training"
    with ProcessPoolExecutor(2, get_context("spawn")) as processes:
        watched = [
            (f"{n_runs} runs one after another", "runs", processes.submit(watch_runs, n_runs)),
            (page, "epochs", processes.submit(watch_open_page, open_s)),
        ]
    section.notes.append(
        'Every run is "Head, then fine-tune" over one epoch of the bundled messages, started on the Train page in a '
        "new session and followed on its page to its report, while a second tab shows Home. The open page is that of "
        "a training of all stages on the bundled digits at 32 pixels; it is drawn anew every second. Both servers run "
        "at once on the same machine. Growth compares the highest reading of the last quarter with that of the second; "
        "the first is warm-up."
    )
    for title, done, readings in watched:  # what one of them found stays, whatever became of the other
        if not readings.exception():
            _tell(section, title, done, readings.result())
    for _, _, readings in watched:
        readings.result()


def watch_runs(n_runs: int) -> list[Reading]:
    """Readings of a server after each of so many runs."""
    with _served(SHORT_SAMPLE) as (server, app, dataset_id):
        app.page.context.new_page().goto(server.url)
        read = _reader(server)
        readings = []
        for number in range(n_runs):
            app.open(f"/train?dataset={dataset_id}")
            app.choose_strategy("Head, then fine-tune")
            app.set_numbers(patience=0, epochs=1)
            app.press("Start training")
            app.page.wait_for_function("() => location.href.includes('run=')")
            _wait_for_end(server, app.run_id())
            app.see_report()
            readings.append(read(number + 1))
        return readings


def _wait_for_end(server: Server, run_id: str) -> None:
    while (state := server.status(run_id).state) in LIVE_STATES:
        time.sleep(0.5)
    if state != "finished":
        raise RuntimeError(f"the run ended as {state}")


def watch_open_page(open_s: float) -> list[Reading]:
    """Readings of a server that trains one run whose page stays open, evenly over the time."""
    with _served(LONG_SAMPLE) as (server, app, dataset_id):
        app.open(f"/train?dataset={dataset_id}")
        app.choose_strategy("Full fine-tuning")
        app.set_numbers(patience=0, image_size_px=32, epochs=MANY_EPOCHS)
        app.see_phases(f"at most {MANY_EPOCHS} epochs")
        app.press("Start training")
        app.keyed("stop").wait_for()
        run_id = app.run_id()
        wait_for_steps(server.workspace, run_id)
        read = _reader(server)
        readings = []
        for _ in range(N_READINGS):
            app.page.wait_for_timeout(1000 * open_s / N_READINGS)
            app.keyed("stop").wait_for()  # the page still stands and still shows the training
            readings.append(read(len(server.epochs(run_id))))
        return readings


@contextmanager
def _served(sample: str) -> Iterator[tuple[Server, App, str]]:
    with tempfile.TemporaryDirectory() as folder, open_browser() as browser:
        # Imported here: they need Playwright, which may be missing.
        from tests.e2e.app import App
        from tests.e2e.server import Server

        dataset_id = prepare(Path(folder) / "workspace", sample)
        server = Server(Path(folder))
        server.start()
        try:
            with closing(browser.new_context()) as context:
                context.set_default_timeout(PATIENCE_MS)
                yield server, App(context.new_page(), server.url), dataset_id
        finally:
            server.stop_runs()
            server.end()


def _reader(server: Server) -> Callable[[int], Reading]:
    return partial(_read, Path("/proc") / str(server.pid), time.monotonic())


def _read(process: Path, began: float, n_done: int) -> Reading:
    return Reading(
        elapsed_s=time.monotonic() - began,
        n_done=n_done,
        memory_mb=anonymous_mb(process / "status") or 0.0,
        n_threads=len(list((process / "task").iterdir())),
        n_files=len(list((process / "fd").iterdir())),
    )


def _tell(section: Section, title: str, done: str, readings: Sequence[Reading]) -> None:
    _add_rows(
        section.table(
            title,
            Column(key="when", title="After (min)", form="{:.0f}"),
            Column(key="done", title=done.capitalize(), form="{:,}"),
            Column(key="memory", title="Memory (MB)", form="{:,.0f}"),
            Column(key="threads", title="Threads"),
            Column(key="files", title="Open files"),
        ),
        readings,
    )
    before, after = _highest([one.memory_mb for one in readings])
    section.aim(f"{title}: growth of memory", after / before - 1, MAX_GROWTH, "{:.1%}", at_least=False)
    for what, counts in (
        ("threads", [one.n_threads for one in readings]),
        ("open files", [one.n_files for one in readings]),
    ):
        before, after = _highest(counts)
        section.aim(f"{title}: more {what}", after - before, MAX_MORE, "{:+.0f}", at_least=False)


def _add_rows(table: Table, readings: Sequence[Reading]) -> None:
    step = max(1, len(readings) // 10)
    for one in readings[step - 1 :: step]:
        table.add(
            when=one.elapsed_s / 60,
            done=one.n_done,
            memory=one.memory_mb,
            threads=one.n_threads,
            files=one.n_files,
        )


def _highest(values: Sequence[float]) -> tuple[float, float]:
    """The highest of the second quarter, and of the last."""
    quarter = max(1, len(values) // 4)
    return max(values[quarter : 2 * quarter]), max(values[-quarter:])


if __name__ == "__main__":
    main()
