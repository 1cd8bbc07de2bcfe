"""A measurement is kept whatever happens to it, and never replaced by less."""

import json

import pytest

from benchmarks import sections
from benchmarks.data import VARIABLE, NotMeasurable, require_data
from benchmarks.sections import Column, load_sections, measuring


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(sections, "FOLDER", tmp_path)
    return tmp_path


def measure(lacks: Exception | None = None, *, is_quick: bool = False) -> None:
    with measuring("probe", "The solver", is_quick=is_quick) as section:
        section.table("Seconds", Column(key="seconds", title="Seconds")).add(seconds=1.0)
        if lacks:
            raise lacks


def test_a_section_that_fails_keeps_what_was_measured_before_and_says_that_it_is_not_whole():
    with pytest.raises(ZeroDivisionError):
        measure(ZeroDivisionError())
    (stored,) = load_sections(is_quick=False)
    assert stored.tables[0].rows == [{"seconds": 1.0}]
    assert "Ended early" in stored.lacks


def test_a_section_that_cannot_be_measured_says_why():
    measure(NotMeasurable("no data"))
    assert [one.lacks for one in load_sections(is_quick=False)] == ["Not measured: no data"]


def test_what_cannot_be_measured_now_does_not_replace_what_could_be_before():
    measure()
    measure(NotMeasurable("no data"))
    assert [one.lacks for one in load_sections(is_quick=False)] == [""]


def test_quick_measurements_lie_apart(folder):
    measure(is_quick=True)
    assert load_sections(is_quick=False) == []
    assert json.loads((folder / "quick" / "probe.json").read_text())["is_quick"]


def test_a_cell_that_no_column_has_is_refused():
    with measuring("probe", "The solver", is_quick=True) as section, pytest.raises(KeyError, match="minutes"):
        section.table("Seconds", Column(key="seconds", title="Seconds")).add(minutes=1.0)


def test_data_are_looked_for_in_the_named_folder_or_that_of_the_environment(tmp_path, monkeypatch):
    (tmp_path / "pets.zip").touch()
    monkeypatch.delenv(VARIABLE, raising=False)
    with pytest.raises(NotMeasurable, match="BENCH_DATA"):
        require_data(None, "pets.zip")
    assert require_data(tmp_path, "pets.zip") == (tmp_path / "pets.zip").resolve()
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    assert require_data(None, "pets.zip") == (tmp_path / "pets.zip").resolve()
    with pytest.raises(NotMeasurable, match=r"holds no cars\.zip"):
        require_data(None, "cars.zip")
