"""The report says what was measured, what was not, and what missed its aim."""

from dataclasses import asdict

from benchmarks.report import render_report, render_section
from benchmarks.sections import Column, Section


def section(**changes) -> Section:
    values = {
        "name": "frozen",
        "title": "Frozen backbone",
        "measured_at": "2026-01-02T03:04+00:00",
        "is_quick": False,
        "machine": {"processor": "Some CPU", "memory": "16 GB"},
        "versions": {"torch": "2.13.0"},
    }
    return Section(**{**values, **changes})


def measured() -> Section:
    one = section()
    table = one.table(
        "Two contestants",
        Column(key="who", title="Contestant"),
        Column(key="seconds", title="Seconds", form="{:.1f}"),
        Column(key="remark", title="Remark"),
    )
    table.add(who="ours", seconds=2.04)
    table.add(who="theirs", seconds=120.0)
    one.aim("theirs over ours", 58.8, 60, "{:.0f} ×")
    one.aim("memory, MB", 80, 100, "{:.0f}", at_least=False)
    one.notes.append("Same data.")
    return one


def test_numbers_are_written_as_their_column_says_and_empty_columns_are_left_out():
    text = render_section(measured())
    assert "| Contestant | Seconds |\n|---|---:|\n| ours | 2.0 |\n| theirs | 120.0 |" in text
    assert "Remark" not in text
    assert "- Same data." in text


def test_every_section_names_its_date_machine_and_versions():
    text = render_section(measured())
    assert "measured 2026-01-02T03:04+00:00" in text
    assert "processor Some CPU; memory 16 GB" in text
    assert "torch 2.13.0" in text


def test_an_aim_that_was_missed_stands_out_among_those_that_were_met():
    text = render_report([measured()])
    assert "| theirs over ours | ≥ 60 × | 59 × | **no** | `frozen` |" in text
    assert "| memory, MB | ≤ 100 | 80 | yes | `frozen` |" in text


def test_what_could_not_be_measured_says_why_and_has_no_table():
    text = render_report([section(lacks="Not measured: there is no browser here")])
    assert "**Not measured: there is no browser here**" in text
    assert "|" not in text


def test_a_quick_measurement_is_marked_as_worth_nothing():
    assert "the numbers mean nothing" in render_section(section(is_quick=True))
    assert "the numbers mean nothing" not in render_section(section())


def test_a_stored_section_reads_back_as_it_was():
    assert Section.from_json(asdict(measured())) == measured()
