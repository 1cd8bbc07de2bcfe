import csv
import io

import numpy as np
import pytest

from core.evaluation.prediction_table import PredictionTable
from core.exporting.predictions import predictions_csv


def test_csv_holds_a_row_per_prediction_and_a_column_per_class():
    rows = _read(predictions_csv(_table(("a.jpg", "b.jpg")), ("ants", "bees"), None))
    assert rows[0] == [
        *("source", "split", "true class", "predicted class", "correct", "probability"),
        *("probability of ants", "probability of bees"),
    ]
    assert rows[1] == ["a.jpg", "val", "ants", "ants", "yes", "0.75", "0.75", "0.25"]
    assert rows[2] == ["b.jpg", "test", "bees", "ants", "no", "0.9", "0.9", "0.1"]


def test_csv_begins_with_the_mark_that_spreadsheets_know_utf_8_by():
    assert predictions_csv(_table(("ä", "b")), ("ants", "bees"), None).startswith(b"\xef\xbb\xbf")


def test_csv_keeps_quotes_line_breaks_and_commas_in_texts():
    text = 'she said "no",\nthen left'
    rows = _read(predictions_csv(_table(("1", "2")), ("ants", "bees"), (text, "plain")))
    assert rows[0][1] == "text"
    assert [row[1] for row in rows[1:]] == [text, "plain"]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_csv_never_lets_a_spreadsheet_run_what_a_person_typed(cell):
    rows = _read(predictions_csv(_table((cell, "b")), (cell, "bees"), (cell, "b")))
    assert [rows[1][at] for at in (0, 1, 3, 4)] == ["'" + cell] * 4
    assert not any(name.startswith(("=", "+", "-", "@", "\t", "\r", "\n")) for name in rows[0])


def test_csv_survives_half_a_surrogate_pair():
    rows = _read(predictions_csv(_table(("\ud800", "b")), ("ants", "bees"), None))
    assert rows[1][0] == "?"


def test_texts_of_another_length_are_refused():
    with pytest.raises(ValueError, match="found 1 for 2"):
        predictions_csv(_table(("a", "b")), ("ants", "bees"), ("one",))


def _read(data):
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def _table(sources):
    return PredictionTable(
        sample_ids=("0" * 40, "1" * 40),
        splits=np.array(["val", "test"]),
        labels=np.array([0, 1]),
        predictions=np.array([0, 0]),
        probs=np.array([[0.75, 0.25], [0.9, 0.1]], dtype=np.float32),
        sources=sources,
    )
