"""A class on one server: thirty people open pages while one of their runs trains and the others wait for their turn."""

from __future__ import annotations

import argparse
import asyncio
import random
import shutil
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles

from benchmarks.apart import apart
from benchmarks.pupil import Pupil, sign_in
from benchmarks.scripts import MANY_EPOCHS, TRAINING
from benchmarks.sections import Column, Section, build_parser, measuring
from core.access.people import People
from core.settings import DEFAULT_SEED
from core.workflows.inspect_dataset import open_sample
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

N_PEOPLE, N_QUICK_PEOPLE = 30, 4
PHRASE = "correct horse battery staple"
THINK_S = (5.0, 15.0)
QUICK_THINK_S = (0.2, 1.0)
AHEAD_S, QUICK_AHEAD_S = 30.0, 2.0
"""So long before the others the first one opens the dashboard and sets a run going, as a teacher would."""

ROUNDS = 2
AIM_S = 2.0
SAMPLE = "digits"
TITLES = {
    "home": "",
    "data": "data",
    "train": "train",
    "results": "results",
    "waiting": "results",
    "compare": "compare",
    "predict": "predict",
}
"""What is opened, and the page that shows it."""


@dataclass(kw_only=True, slots=True)
class Lesson:
    """What a class met.

    Attributes:
        page_s: seconds per opened page, by page.
        first_s: seconds of everybody's first page, that of the first one apart.
        poll_s: seconds per answer to a page that shows a run live.
        faults: what no page may show.
        memory_mb: of the server, as it went.
    """

    page_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    first_s: list[float] = field(default_factory=list)
    poll_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    memory_mb: list[float] = field(default_factory=list)
    processor_s: float = 0.0
    elapsed_s: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How fast people go.

    Attributes:
        think_s: between so many seconds and so many on each page.
        ahead_s: how long the first one is there before the others.
    """

    think_s: tuple[float, float] = THINK_S
    ahead_s: float = AHEAD_S


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """What everybody has in their workspace: a dataset, a finished run, and one that was interrupted."""

    dataset_id: str
    finished: str
    interrupted: str


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("classroom", "A class on one server", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    from tests.e2e.server import Server  # the server as people start it

    n = N_QUICK_PEOPLE if options.quick else N_PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        work = apart(prepare, Path(folder) / "template")
        server = Server(Path(folder), HEADSTART_PASSPHRASE=PHRASE)
        people = People(server.workspace.root)
        for number in range(n):
            place = people.folder(people.enter_by_word(_name(number), _word(number)))
            shutil.copytree(Path(folder) / "template", place, dirs_exist_ok=True)
        server.start()
        try:
            cookies = [sign_in(server.url, _name(number), _word(number), PHRASE) for number in range(n)]
            pace = Pace(think_s=QUICK_THINK_S, ahead_s=QUICK_AHEAD_S) if options.quick else Pace()
            lesson = asyncio.run(hold(server, cookies, work, pace))
        finally:
            server.end()
    report(section, lesson, n)


def prepare(root: Path) -> Work:
    """The workspace that everybody starts with."""
    workspace = Workspace(root)
    dataset = open_sample(workspace, SAMPLE)
    quick = plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy="feature-extraction"))
    finished = create_run(workspace, quick.spec)
    execute_run(root, finished, should_stop=lambda: None)
    settings = {"epochs": MANY_EPOCHS, "patience": 0, "seed": DEFAULT_SEED}
    long = plan_run(workspace, RunChoices(dataset_id=dataset.id, strategy=TRAINING, settings=settings))
    interrupted = create_run(workspace, long.spec)
    folder = workspace.runs.get(interrupted)
    folder.write_status(replace(folder.read_status(), state="interrupted"))
    return Work(dataset_id=dataset.id, finished=finished, interrupted=interrupted)


async def hold(server: object, cookies: list[str], work: Work, pace: Pace) -> Lesson:
    """Everybody goes through the pages at their own pace; the first one's run trains all the while."""
    lesson = Lesson()
    pid = server.pid  # type: ignore[attr-defined]
    watch = asyncio.create_task(_watch(pid, lesson))
    started, used_s = time.perf_counter(), _processor_s(pid)
    try:
        url: str = server.url  # type: ignore[attr-defined]
        await asyncio.gather(*(_attend(url, cookie, work, k, pace, lesson) for k, cookie in enumerate(cookies)))
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
    lesson.elapsed_s, lesson.processor_s = time.perf_counter() - started, _processor_s(pid) - used_s
    return lesson


async def _attend(url: str, cookie: str, work: Work, number: int, pace: Pace, lesson: Lesson) -> None:
    chance = random.Random(number)
    queries = {
        "data": f"dataset={work.dataset_id}",
        "train": f"dataset={work.dataset_id}",
        "results": f"run={work.finished}",
        "waiting": f"run={work.interrupted}",
        "predict": f"run={work.finished}",
    }
    await asyncio.sleep(pace.ahead_s + chance.uniform(0, pace.think_s[1]) if number else 0)
    async with Pupil(url, cookie) as pupil:
        drawn = await pupil.open(TITLES["waiting"], queries["waiting"])
        if number:
            lesson.first_s.append(drawn.elapsed_s)
        if "Resume" in drawn.buttons:
            drawn = await pupil.press(drawn.buttons["Resume"])
        else:
            lesson.faults.append(f"no run to go on with, but {sorted(drawn.buttons)}")
        for _ in range(ROUNDS):
            for what in chance.sample(sorted(TITLES), len(TITLES)):
                await pupil.stay(drawn, chance.uniform(*pace.think_s))
                try:
                    drawn = await pupil.open(TITLES[what], queries.get(what, ""))
                except TimeoutError:
                    lesson.faults.append(f"{what} did not answer")
                    continue
                lesson.page_s[what].append(drawn.elapsed_s)
                lesson.faults += [f"{what}: {fault}" for fault in drawn.faults]
                lesson.faults += [] if drawn.headings else [f"{what} has no title"]
        lesson.poll_s += pupil.poll_s


async def _watch(pid: int, lesson: Lesson) -> None:
    while True:
        lesson.memory_mb.append(_memory_mb(pid))
        await asyncio.sleep(0.5)


def report(section: Section, lesson: Lesson, n: int) -> None:
    """Write the lesson down."""
    table = section.table(
        f"Seconds until a page is drawn, {n} people",
        Column(key="page", title="Page"),
        Column(key="n", title="Opened", form="{:.0f}"),
        Column(key="p50", title="Median", form="{:.2f}"),
        Column(key="p95", title="p95", form="{:.2f}"),
        Column(key="most", title="Longest", form="{:.2f}"),
    )
    opened = lesson.first_s + [seconds for page in TITLES for seconds in lesson.page_s[page]]
    rows = {"the first one": lesson.first_s, **lesson.page_s, "all": opened, "live": lesson.poll_s}
    for page, seconds in rows.items():
        if len(seconds) > 1:
            table.add(page=page, n=len(seconds), p50=median(seconds), p95=_p95(seconds), most=max(seconds))
    memory = section.table(
        "Memory of the server, MB",
        Column(key="start", title="At the start", form="{:.0f}"),
        Column(key="most", title="Most", form="{:.0f}"),
        Column(key="end", title="At the end", form="{:.0f}"),
    )
    memory.add(start=lesson.memory_mb[0], most=max(lesson.memory_mb), end=lesson.memory_mb[-1])
    section.aim("A page answers within (p95, s)", _p95(opened), AIM_S, "{:.2f}", at_least=False)
    section.aim("Broken pages", len(lesson.faults), 0, "{:.0f}", at_least=False)
    section.notes += [
        f"The first one comes {AHEAD_S:.0f} s before the others, who arrive within {THINK_S[1]:.0f} s of each other. "
        f"Each goes through {len(TITLES)} pages {ROUNDS} times in an order of their own, {THINK_S[0]:.0f} to "
        f"{THINK_S[1]:.0f} s on each; one run trains every stage of a network, {n - 1} wait. Measured on the server's "
        "own machine, in the protocol of the page, without the time a browser draws.",
        f"In {lesson.elapsed_s:.0f} s the server, the training included, used the processor for "
        f"{lesson.processor_s:.0f} s.",
        *sorted(set(lesson.faults))[:10],
    ]


def _memory_mb(pid: int) -> float:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20, method="inclusive")[-1]


def _name(number: int) -> str:
    return f"Pupil {number}"


def _word(number: int) -> str:
    return f"own word {number}"


if __name__ == "__main__":
    main()
