"""Parts of a result are joined without losing a row, and no cell is a formula."""

import csv

import pyarrow.parquet as pq
import pytest

from core.exporting.scores import Scored, count_scores, join_as_csv, join_as_parquet, save_part

CLASSES = ("good", "=bad")
ROWS = (
    Scored(name="t.csv row 2", text="=1+1", label="=bad", probability=0.75, probs=(0.25, 0.75), declined=True),
    Scored(name="t.csv row 3", problem="it has no text"),
    Scored(name="t.csv row 4", text="fine", label="good", probability=1.0, probs=(1.0, 0.0)),
)


@pytest.fixture
def parts(tmp_path):
    files = [tmp_path / "0.parquet", tmp_path / "1.parquet"]
    save_part(ROWS[:2], CLASSES, files[0], with_text=True)
    save_part(ROWS[2:], CLASSES, files[1], with_text=True)
    return files


def test_parquet_keeps_every_row_in_order_with_missing_values_where_there_is_no_answer(parts, tmp_path):
    join_as_parquet(parts, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet").to_pydict()
    assert table["input"] == [row.name for row in ROWS]
    assert table["predicted class"] == ["=bad", None, "good"]
    assert table["probability of =bad"] == [0.75, None, 0.0]
    assert table["problem"] == [None, "it has no text", None]


def test_csv_opens_in_a_spreadsheet_without_running_anything(parts, tmp_path):
    join_as_csv(parts, tmp_path / "all.csv")
    with (tmp_path / "all.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    assert header[:4] == ["input", "text", "predicted class", "probability"]
    assert header[4:7] == ["not sure enough", "unlike the training data", "problem"]
    assert header[7:] == ["probability of good", "probability of =bad"]
    assert [row[1] for row in rows] == ["'=1+1", "", "fine"]
    assert rows[0][2] == "'=bad"
    assert rows[0][4:6] == ["yes", ""]
    assert rows[1][3:7] == ["", "", "", "it has no text"]


def test_answers_and_what_could_not_be_read_are_counted_apart(parts):
    assert count_scores(parts) == (2, 1)
