"""What is begun and killed: a command, how it goes on afterwards, and what its end is compared with."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.chaos import inspection
from tests.chaos.children import Command, ask
from tests.conftest import make_image_zip, make_text_table

TRAINING = ["--strategy", "head-then-fine-tune", "--epochs", "4", "--batch-size", "8", "--freeze-until"]
CLASSES = ("ants", "bees", "cats")
N_TO_SCORE = 600


@dataclass(frozen=True, slots=True)
class Place:
    """Where one trial happens.

    Attributes:
        root: a folder of its own.
        data: the folder with the inputs, shared and only read.
    """

    root: Path
    data: Path

    @property
    def workspace(self) -> Path:
        """What the command gets as its workspace."""
        return self.root / "workspace"

    @property
    def out(self) -> Path:
        """Where it writes files for a person."""
        return self.root / "out"

    def command(self, *words: str) -> Command:
        """A command on this workspace."""
        return Command([*words, "--workspace", str(self.workspace)], self.root / "command.log")

    def ask(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """What a new process sees."""
        return ask(question, *(arguments or (self.workspace,)), log=self.root / "question.log")


@dataclass(frozen=True, slots=True)
class Journey:
    """A command that is killed.

    Attributes:
        name: for the table.
        weight: its share of the kills.
        begins_with: the journey whose finished workspace it needs; empty: it begins with none.
        words: of the command.
        is_training: whether it makes a run, which then is resumed; others are begun again.
        outcome: what must be the same in the end, as JSON types.
    """

    name: str
    weight: int
    begins_with: str
    words: Callable[[Place], list[str]]
    outcome: Callable[[Place], Any]
    is_training: bool = False

    def start(self, place: Place) -> Command:
        """Begin it."""
        return place.command(*self.words(place)).start()

    def finish(self, place: Place) -> Command:
        """What a person does after the restart: resume the run that is there, else the same command once more."""
        runs = place.ask(inspection.states) if self.is_training else {}
        for run_id, state in runs.items():
            return place.command("show" if state == "finished" else "resume", run_id).run()
        return place.command(*self.words(place)).run()


def write_data(folder: Path) -> None:
    """Pictures and texts with classes that can be learned."""
    folder.mkdir(parents=True)
    (folder / "pets.zip").write_bytes(make_image_zip(CLASSES, n_per_class=16))
    (folder / "reviews.csv").write_bytes(make_text_table(n_per_class=24))
    (folder / "new.csv").write_bytes(make_text_table(n_per_class=N_TO_SCORE // 2))


def _run_of(place: Place) -> str:
    return next(path.name for path in (place.workspace / "runs").iterdir() if path.name[0].isdigit())


def _numbers(place: Place) -> Any:
    return place.ask(inspection.numbers)


def _bytes_of(name: str) -> Callable[[Place], Any]:
    return lambda place: hashlib.sha256((place.out / name).read_bytes()).hexdigest()


def _members_of(name: str) -> Callable[[Place], Any]:
    """What an archive holds; the card in it names the day on which it was made."""

    def outcome(place: Place) -> Any:
        with zipfile.ZipFile(place.out / name) as archive:
            return {
                member.filename.partition("/")[2] or member.filename: member.CRC
                for member in archive.infolist()
                if not member.filename.endswith("MODEL_CARD.md")
            }

    return outcome


def _page(place: Place) -> Any:
    page = (place.out / "run.html").read_text(encoding="utf-8")
    return {"ends": page.rstrip().endswith("</html>"), **{tag: page.count(f"<{tag}") for tag in ("h2", "svg", "tr")}}


JOURNEYS = (
    Journey(
        name="train on images",
        weight=18,
        begins_with="",
        words=lambda place: ["train", str(place.data / "pets.zip"), *TRAINING, "blocks.5", "--set", "image_size_px=32"],
        outcome=_numbers,
        is_training=True,
    ),
    Journey(
        name="train on texts",
        weight=14,
        begins_with="",
        words=lambda place: ["train", str(place.data / "reviews.csv"), *TRAINING, "layer.4"],
        outcome=_numbers,
        is_training=True,
    ),
    Journey(
        name="score a file",
        weight=8,
        begins_with="train on texts",
        words=lambda place: ["predict", _run_of(place), str(place.data / "new.csv"), "--out", str(place.out / "s.csv")],
        outcome=_bytes_of("s.csv"),
    ),
    Journey(
        name="export data",
        weight=4,
        begins_with="train on images",
        words=lambda place: ["export-data", _dataset_of(place), str(place.out / "data.zip")],
        outcome=_members_of("data.zip"),
    ),
    Journey(
        name="report",
        weight=4,
        begins_with="train on images",
        words=lambda place: ["report", _run_of(place), str(place.out / "run.html")],
        outcome=_page,
    ),
    Journey(
        name="export a model",
        weight=2,
        begins_with="train on images",
        words=lambda place: ["export", _run_of(place), str(place.out / "model.zip")],
        outcome=_members_of("model.zip"),
    ),
)


def _dataset_of(place: Place) -> str:
    return next((place.workspace / "datasets").iterdir()).name


def share_out(n_kills: int) -> dict[str, int]:
    """How often each journey is killed: by its weight, each at least once as far as that goes."""
    wanted = [(journey.name, journey.weight * n_kills / sum(one.weight for one in JOURNEYS)) for journey in JOURNEYS]
    counts = {name: int(share) for name, share in wanted}
    by_rest = sorted(wanted, key=lambda pair: int(pair[1]) - pair[1])
    for name, _ in by_rest[: n_kills - sum(counts.values())]:
        counts[name] += 1
    return counts
