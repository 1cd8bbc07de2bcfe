"""What a measurement leaves behind: tables, aims and remarks of one section, stored as JSON until a report is made."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.data import NotMeasurable
from benchmarks.machine import describe_machine, list_versions

FOLDER = Path(__file__).parent / "results"
NAMES = (
    "hymenoptera",
    "banking77",
    "sign_digits",
    "second_run",
    "probe",
    "throughput",
    "scoring",
    "service",
    "depth",
    "reruns",
    "large",
    "classroom",
    "intervals",
    "temperature",
    "soak",
    "exports",
)
"""All sections, each a module of this package, in the order of the report."""

Cell = str | float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        key: under which rows hold its cells.
        title: its heading, the unit included.
        form: how a number in it is written, as for `str.format`.
    """

    key: str
    title: str
    form: str = "{}"


@dataclass(kw_only=True, slots=True)
class Table:
    """Rows of measured numbers; a cell that a row lacks stays empty."""

    title: str
    columns: tuple[Column, ...]
    rows: list[dict[str, Cell]] = field(default_factory=list)

    def add(self, **cells: Cell) -> None:
        """One more row; raises KeyError for a cell that no column has."""
        unknown = set(cells) - {column.key for column in self.columns}
        if unknown:
            raise KeyError(f"no column is called {sorted(unknown)}")
        self.rows.append(cells)


@dataclass(frozen=True, kw_only=True, slots=True)
class Aim:
    """A number beside what it should be.

    Attributes:
        what: the sentence a reader sees.
        found: the measured number.
        bound: what it should reach.
        form: how both are written.
        at_least: whether `bound` is a lower bound, else an upper one.
    """

    what: str
    found: float
    bound: float
    form: str
    at_least: bool = True

    @property
    def is_met(self) -> bool:
        """Whether the number lies on the right side of its bound."""
        return self.found >= self.bound if self.at_least else self.found <= self.bound


@dataclass(kw_only=True, slots=True)
class Section:
    """Everything one module measured.

    Attributes:
        name: the module.
        title: what people read.
        measured_at: when it began, ISO 8601, UTC.
        is_quick: measured with `--quick`, which shows only that everything works.
        machine: facts about the machine, by what they are called.
        versions: of the packages that matter, by name.
        lacks: why it is missing or ended early; empty where it is whole.
    """

    name: str
    title: str
    measured_at: str
    is_quick: bool
    machine: dict[str, str]
    versions: dict[str, str]
    tables: list[Table] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    lacks: str = ""

    def table(self, title: str, *columns: Column) -> Table:
        """A new table, to be filled."""
        self.tables.append(Table(title=title, columns=columns))
        return self.tables[-1]

    def aim(self, what: str, found: float, bound: float, form: str, *, at_least: bool = True) -> None:
        """Hold a number against a bound."""
        self.aims.append(Aim(what=what, found=found, bound=bound, form=form, at_least=at_least))

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Section:
        """The section that `dataclasses.asdict` turned into `values`."""
        tables = [
            Table(title=table["title"], columns=tuple(Column(**one) for one in table["columns"]), rows=table["rows"])
            for table in values["tables"]
        ]
        return cls(**{**values, "tables": tables, "aims": [Aim(**aim) for aim in values["aims"]]})


def build_parser(description: str | None) -> argparse.ArgumentParser:
    """The options every section knows."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the folder with the datasets; else HEADSTART_BENCH_DATA")
    parser.add_argument("--quick", action="store_true", help="few epochs and samples, to see that everything works")
    return parser


@contextmanager
def measuring(name: str, title: str, *, is_quick: bool) -> Iterator[Section]:
    """The section to fill; stored at the end of the block, with what there is should the block fail.

    Where the block finds that it cannot measure here, that is stored instead, unless there is an earlier measurement.
    """
    section = Section(
        name=name,
        title=title,
        measured_at=datetime.now(UTC).isoformat(timespec="minutes"),
        is_quick=is_quick,
        machine=describe_machine(),
        versions=list_versions(),
    )
    file = section_file(name, is_quick=is_quick)
    try:
        yield section
    except NotMeasurable as reason:
        section.lacks = f"Not measured: {reason}"
        print(f"{name}: {section.lacks}")
        if file.exists():
            print(f"{name}: the earlier measurement is kept")
            return
    except BaseException:
        section.lacks = "Ended early through an error: what stands here was measured before it."
        _save(section, file)
        raise
    _save(section, file)


def section_file(name: str, *, is_quick: bool) -> Path:
    """Where a section is stored; quick measurements lie apart, so that they never replace real ones."""
    return (FOLDER / "quick" if is_quick else FOLDER) / f"{name}.json"


def load_sections(*, is_quick: bool) -> list[Section]:
    """All sections that were measured so far, in the order of the report."""
    files = [section_file(name, is_quick=is_quick) for name in NAMES]
    return [Section.from_json(json.loads(file.read_text(encoding="utf-8"))) for file in files if file.exists()]


def _save(section: Section, file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(asdict(section), indent=1, ensure_ascii=False), encoding="utf-8")
