"""From stored sections to one Markdown page: aims first, then every section with its tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.sections import Aim, Cell, Column, Section, Table, load_sections

RESULTS = Path(__file__).parent / "RESULTS.md"
INTRODUCTION = """# How fast it is, and whether its numbers hold

Written by `make bench` from what was measured on one machine, all contestants of a section in one go: same data, split,
pretrained weights and number of threads. Read the ratios; the seconds are this machine's. What is compared, and how, is
in [README.md](README.md)."""


def write_report(*, is_quick: bool) -> str:
    """The page; stored as RESULTS.md unless the measurements were quick ones."""
    text = render_report(load_sections(is_quick=is_quick))
    if not is_quick:
        RESULTS.write_text(text, encoding="utf-8")
    return text


def render_report(sections: Sequence[Section]) -> str:
    """The page as Markdown."""
    aims = [(section, aim) for section in sections for aim in section.aims]
    parts = [INTRODUCTION, *([_render_aims(aims)] if aims else []), *(render_section(one) for one in sections)]
    return "\n\n".join(parts) + "\n"


def render_section(section: Section) -> str:
    """One section as Markdown."""
    hint = " (quick: shows that it works, the numbers mean nothing)" if section.is_quick else ""
    parts = [
        f"## {section.title}{hint}",
        f"Section `{section.name}`, measured {section.measured_at}",
        *([f"**{section.lacks}**"] if section.lacks else []),
        *(_render_table(table) for table in section.tables if table.rows),
        *(["\n".join(f"- {note}" for note in section.notes)] if section.notes else []),
        f"Machine: {_listed(section.machine)}  \nVersions: {_listed(section.versions)}",
    ]
    return "\n\n".join(parts)


def _render_aims(aims: Iterable[tuple[Section, Aim]]) -> str:
    rows = [
        f"| {aim.what} | {'≥' if aim.at_least else '≤'} {aim.form.format(aim.bound)} | {aim.form.format(aim.found)} "
        f"| {'yes' if aim.is_met else '**no**'} | `{section.name}` |"
        for section, aim in aims
    ]
    return "\n".join(["| what | aim | measured | met | section |", "|---|---|---|---|---|", *rows])


def _render_table(table: Table) -> str:
    columns = [column for column in table.columns if any(row.get(column.key) is not None for row in table.rows)]
    heading = "| " + " | ".join(column.title for column in columns) + " |"
    rule = "|" + "|".join("---:" if _is_numeric(table, column) else "---" for column in columns) + "|"
    rows = ["| " + " | ".join(_write(row.get(column.key), column) for column in columns) + " |" for row in table.rows]
    return "\n".join([f"**{table.title}**", "", heading, rule, *rows])


def _is_numeric(table: Table, column: Column) -> bool:
    return any(isinstance(row.get(column.key), int | float) for row in table.rows)


def _write(cell: Cell, column: Column) -> str:
    if cell is None:
        return ""
    return cell if isinstance(cell, str) else column.form.format(cell)


def _listed(facts: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in facts.items())


if __name__ == "__main__":
    print(write_report(is_quick=False))
