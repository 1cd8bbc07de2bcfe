"""One trial: begin, end in the middle, look at what is left, go on, and compare with what was never interrupted."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.chaos import disks, inspection
from tests.chaos.children import Command
from tests.chaos.journeys import JOURNEYS, Journey, Place, write_data

EARLIER = 0.75
"""Where a command had ended before the moment of its kill, it is tried again at this share of it."""


@dataclass(slots=True)
class Outcome:
    """What came of one trial.

    Attributes:
        name: the journey.
        phase: what was hit.
        at_s: seconds after its start.
        lost: what was lost, in words; empty where nothing was.
    """

    name: str
    phase: str
    at_s: float
    lost: list[str] = field(default_factory=list)


class Chaos:
    """All trials of one call; knows how every journey goes when nobody disturbs it.

    Args:
        root: an empty folder, on a disk with some room.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._data = root / "data"
        self._timings = root / "timings"
        self.seconds: dict[str, float] = {}
        self._expected: dict[str, Any] = {}
        self._files: dict[str, set[str]] = {}
        self._megabytes: dict[str, float] = {}
        self._n_trials = 0
        write_data(self._data)

    def go_undisturbed(self) -> None:
        """What every journey gives and how long it takes; trainings twice, because the first measures the machine."""
        for journey in JOURNEYS:
            for attempt in ("first", "undisturbed")[not journey.is_training :]:
                place = self._place(journey, f"{attempt} {journey.name}".replace(" ", "-"))
                done = journey.start(place).wait()
                if done.exit_code:
                    raise RuntimeError(f"{journey.name} fails undisturbed:\n{done.log.read_text()}")
                self._keep_timings(place.workspace)
            self.seconds[journey.name] = done.seconds
            self._expected[journey.name] = journey.outcome(place)
            self._files[journey.name] = self._kinds(place)
            self._megabytes[journey.name] = disks.megabytes_in(place.workspace)

    def kill(self, journey: Journey, at_s: float) -> Outcome:
        """SIGKILL at a moment after the start."""
        while True:
            place = self._trial(journey)
            command = journey.start(place)
            if command.kill_after(at_s):
                break
            at_s *= EARLIER
            shutil.rmtree(place.root)
        hit = place.ask(inspection.phase) if journey.is_training else journey.name
        return self._go_on(journey, place, Outcome(journey.name, hit, at_s))

    def fill_disk(self, journey: Journey, share: float, *, at_s: float | None = None) -> Outcome:
        """On a disk with room for a share of what is needed; killed on it, too, where a moment is given."""
        place = self._trial(journey, with_workspace=False)
        n_mb = max(0.3, share * self._megabytes[journey.name])
        with disks.small_disk(place.workspace, n_mb) as disk:
            self._furnish(journey, place.workspace)
            outcome = Outcome("full disk", f"{journey.name}, {n_mb:.1f} MB", 0.0)
            command = journey.start(place)
            if at_s is not None and command.kill_after(at_s):
                outcome.phase += ", killed"
            else:
                done = command.wait() if at_s is None else command
                outcome.phase += ", sufficed" if done.exit_code == 0 else ", said so"
                outcome.lost += _unclear(done, may_succeed=True)
            disk.grow()
            return self._go_on(journey, place, outcome)

    def forbid_writing(self, journey: Journey, at_s: float | None) -> Outcome:
        """On a disk that becomes read-only after a kill, or was so from the start where no moment is given."""
        place = self._trial(journey, with_workspace=False)
        outcome = Outcome("read-only", journey.name if at_s is None else f"{journey.name}, killed", at_s or 0.0)
        with disks.small_disk(place.workspace, 20 * self._megabytes[journey.name]) as disk:
            self._furnish(journey, place.workspace)
            was_killed = at_s is None or journey.start(place).kill_after(at_s)
            with disk.read_only():
                outcome.lost += _unclear(journey.finish(place), may_succeed=not was_killed)
                listed = place.command("runs").run()
                if listed.exit_code or any(run["status"] in ("running", "queued") for run in listed.answer["runs"]):
                    outcome.lost.append(f"runs cannot be listed: {listed.log.read_text()}")
            return self._go_on(journey, place, outcome)

    def _go_on(self, journey: Journey, place: Place, outcome: Outcome) -> Outcome:
        outcome.lost += place.ask(inspection.faults)
        place.ask(inspection.let_a_day_pass, place.out)
        done = journey.finish(place)
        if done.exit_code:
            outcome.lost.append(f"it does not go on: {done.log.read_text()[-2000:]}")
        else:
            outcome.lost += place.ask(inspection.faults)
            outcome.lost += _differences(self._expected[journey.name], journey.outcome(place))
            strays = self._kinds(place) - self._files[journey.name]
            outcome.lost += [f"left behind: {name}" for name in sorted(strays)]
        if not outcome.lost:
            shutil.rmtree(place.root, ignore_errors=True)
        return outcome

    def _trial(self, journey: Journey, *, with_workspace: bool = True) -> Place:
        self._n_trials += 1
        name = f"trial-{os.getpid()}-{self._n_trials}"
        return self._place(journey, name, with_workspace=with_workspace)

    def _place(self, journey: Journey, name: str, *, with_workspace: bool = True) -> Place:
        place = Place(self._root / name, self._data)
        place.out.mkdir(parents=True)
        if with_workspace:
            self._furnish(journey, place.workspace)
        return place

    def _furnish(self, journey: Journey, workspace: Path) -> None:
        """What is there before the journey begins; the machine counts as measured, for that decides engines."""
        if journey.begins_with:
            source = self._root / f"undisturbed-{journey.begins_with}".replace(" ", "-") / "workspace"
            shutil.copytree(source, workspace, dirs_exist_ok=True)
        elif self._timings.exists():
            shutil.copytree(self._timings, workspace / "timings")

    def _keep_timings(self, workspace: Path) -> None:
        if (workspace / "timings").exists():
            shutil.copytree(workspace / "timings", self._timings, dirs_exist_ok=True)

    def _kinds(self, place: Place) -> set[str]:
        kinds = place.ask(inspection.kinds_of_files)
        return {*kinds, *(f"out/{path.name}" for path in place.out.iterdir())}


def _unclear(command: Command, *, may_succeed: bool = False) -> list[str]:
    """What is wrong about how a command told that it could not write."""
    if may_succeed and command.exit_code == 0:
        return []
    error = command.answer.get("error", {})
    if command.exit_code == 2 and error.get("code") == inspection.LACK and error.get("remedy"):
        return []
    return [f"exit code {command.exit_code} without a clear word: {command.log.read_text()[-2000:]}"]


def _differences(expected: Any, found: Any) -> list[str]:
    if expected == found:
        return []
    if isinstance(expected, dict) and isinstance(found, dict):
        names = [name for name in {*expected, *found} if expected.get(name) != found.get(name)]
        return [f"other numbers than uninterrupted: {', '.join(sorted(names))}"]
    return ["another result than uninterrupted"]
