import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.datasets.readers.json_rows import read_json

ROWS = [{"text": "a\nb", "label": 1}, {"text": "c", "label": 2.0, "note": None}]


@pytest.mark.parametrize(
    "data",
    [
        "\n".join(map(json.dumps, ROWS)) + "\n\n",
        json.dumps(ROWS),
        json.dumps({"version": 1, "data": ROWS}, indent=2),
    ],
)
def test_lines_arrays_and_wrapped_arrays_are_read_alike(data):
    table = read_json(data.encode(), "t.jsonl")
    assert table.columns[:2] == ("text", "label")
    assert table.cells[:2] == (["a\nb", "c"], ["1", "2"])


def test_lines_that_are_no_objects_are_listed():
    table = read_json(b'{"text": "a", "label": "x"}\nbroken {\n[1]\n', "t.jsonl")
    assert table.n_rows == 1
    assert [item.file for item in table.skipped] == ["t.jsonl row 2", "t.jsonl row 3"]


def test_deep_nesting_is_no_crash():
    assert read_json(b"[" * 100_000, "t.json").n_rows == 0


@given(st.lists(st.fixed_dictionaries({"text": st.text(), "label": st.text()}), min_size=1))
def test_whatever_is_written_is_read(rows):
    data = "\n".join(json.dumps(row) for row in rows).encode()
    table = read_json(data, "t.jsonl")
    assert table.column("text") == [row["text"] for row in rows]
    assert table.column("label") == [row["label"] for row in rows]
