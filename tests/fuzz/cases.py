"""Which case a number stands for: what is made, and which way in it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random

from core.datasets.entries import UploadedFile
from tests.fuzz import archives, doors, images, labels, tables, weights
from tests.fuzz.doors import ACCEPTED, Ground
from tests.fuzz.mutation import good_members, zipped
from tests.fuzz.words import build_words

HEAVY_EVERY = 40
"""Of the cases of a kind one in so many is of those that are large."""

KINDS = (
    "archives",
    "archives",
    "images",
    "images",
    "tables",
    "tables",
    "labels",
    "weights",
    "inputs to predict",
    "words",
)
"""A kind for each last digit of a number; words are those of the command line."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Case:
    """One try.

    Attributes:
        kind: see `KINDS`.
        name: of the malice and the way in.
        run: does it, and says whether it was accepted.
    """

    kind: str
    name: str
    run: Callable[[], str]


def build_case(number: int, seed: int, folder: Path, ground: Ground) -> Case:
    """The case of a number; the same for the same seed.

    Args:
        number: from 0 on.
        seed: of the whole session.
        folder: an empty one, for what the case makes.
        ground: see `Ground`.
    """
    rng = Random(f"{seed} {number}")
    kind = KINDS[number % len(KINDS)]
    turn = number // len(KINDS)
    made = folder / "made"
    made.mkdir()
    if kind == "words":
        (folder / "out").mkdir()
        words = build_words(rng, ground.good, str(folder / "out"))
        as_json = ["--json"] if rng.random() < 0.7 else []
        workspace = [] if "--workspace" in words else ["--workspace", str(ground.workspace)]
        # "--" among the words would end the options, and --workspace would be taken for a file
        return Case(
            kind=kind,
            name=words[0][:20],
            run=lambda: doors.command_line([*words[:1], *workspace, *as_json, *words[1:]]),
        )
    if kind == "weights":
        return _weights(rng, turn, made, folder)
    if kind == "inputs to predict":
        return _inputs(rng, turn, made, folder, ground)
    malice, file = _data(kind, rng, turn, made)
    return _import(kind, malice, file, rng, folder)


def _chosen(malices, heavy, rng: Random, turn: int):
    return rng.choice(heavy) if heavy and turn % HEAVY_EVERY == HEAVY_EVERY - 1 else malices[turn % len(malices)]


def _data(kind: str, rng: Random, turn: int, folder: Path) -> tuple[str, Path]:
    if kind == "images":
        malice = _chosen(images.MALICES, images.HEAVY, rng, turn)
        bad = [(f"{rng.choice(('cats', 'dogs'))}/bad{n}{rng.choice(images.SUFFIXES)}", malice(rng)) for n in range(2)]
        file = folder / "images.zip"
        file.write_bytes(zipped([*good_members(), *bad], compressed=False))
        return malice.__name__, file
    room = {"archives": archives, "tables": tables, "labels": labels}[kind]
    malice = _chosen(room.MALICES, getattr(room, "HEAVY", ()), rng, turn)
    return malice.__name__, malice(rng, folder)


def _import(kind: str, malice: str, file: Path, rng: Random, folder: Path) -> Case:
    workspace = folder / "work"
    way = rng.choice(("path", "path", "upload", "test set", "command"))
    if way == "command":
        words = ["inspect", str(file), "--workspace", str(workspace), *(["--json"] if rng.random() < 0.7 else [])]
        return Case(kind=kind, name=f"{malice}, {way}", run=lambda: doors.command_line(words))
    if way == "test set":
        good = folder / ("good.zip" if kind in ("images", "archives") else "good.csv")
        good.write_bytes(zipped(good_members()) if good.suffix == ".zip" else b"text,label\na,x\nb,x\nc,y\nd,y\n")
        act = lambda: doors.import_data(good, workspace, file)  # noqa: E731
    elif way == "upload" and file.is_file():
        name = rng.choice((file.name, *archives.NAMES))
        act = lambda: doors.import_data([UploadedFile(name=name, path=file)], workspace)  # noqa: E731
    else:
        act = lambda: doors.import_data(file, workspace)  # noqa: E731
    return Case(kind=kind, name=f"{malice}, {way}", run=lambda: doors.refused_or(act))


def _weights(rng: Random, turn: int, made: Path, folder: Path) -> Case:
    from core.backbones.weights_files import read_weights_file

    malice = weights.MALICES[turn % len(weights.MALICES)]
    file = made / f"weights{rng.choice(weights.SUFFIXES)}"
    file.write_bytes(malice(rng))
    if rng.random() < 0.1:
        words = [
            "add-weights",
            str(file),
            "--model",
            "efficientnet-lite0",
            "--workspace",
            str(folder / "work"),
            "--json",
        ]
        return Case(kind="weights", name=f"{malice.__name__}, command", run=lambda: doors.command_line(words))

    def act() -> None:
        read_weights_file(file)

    return Case(kind="weights", name=malice.__name__, run=lambda: doors.refused_or(act))


def _inputs(rng: Random, turn: int, made: Path, folder: Path, ground: Ground) -> Case:
    kind = "inputs to predict"
    modality = rng.choice(("image", "text"))
    run = ground.good[f"{modality}_run"]
    common = ["--workspace", str(ground.workspace), "--json"]
    if modality == "image" and rng.random() < 0.6:
        malice = images.MALICES[turn % len(images.MALICES)]
        file = made / f"input{rng.choice(images.SUFFIXES)}"
        file.write_bytes(malice(rng))
        return Case(
            kind=kind,
            name=f"{malice.__name__}, predict",
            run=lambda: doors.command_line(["predict", run, str(file), *common]),
        )
    name, file = _data(rng.choice(("archives", "images", "tables", "labels")), rng, turn, made)
    out = folder / f"scores{rng.choice(('.csv', '.parquet'))}"

    def score() -> str:
        outcome = doors.command_line(["predict", run, str(file), "--out", str(out), *common])
        if outcome == ACCEPTED and out.suffix == ".csv":
            doors.require_no_formulas(out.read_bytes())
        return outcome

    return Case(kind=kind, name=f"{name}, score", run=score)
