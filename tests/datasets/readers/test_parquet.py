import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from core.datasets.readers.parquet import read_parquet
from core.errors import DatasetError


def parquet(table):
    file = io.BytesIO()
    pq.write_table(table, file)
    return file.getvalue()


def test_typed_columns_become_texts_and_nested_ones_are_left_out():
    table = pa.table({"text": ["a", None], "label": [1.0, 2.0], "vector": [[1.0], [2.0]], "ok": [True, False]})
    found = read_parquet(parquet(table), "t.parquet")
    assert found.columns == ("text", "label", "ok")
    assert found.cells == (["a", None], ["1", "2"], ["True", "False"])


def test_numbered_classes_get_the_names_kept_in_the_metadata():
    features = {"info": {"features": {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}
    table = pa.table({"text": ["a", "b", "c"], "label": [1, 0, -1]})
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    assert read_parquet(parquet(table), "t.parquet").column("label") == ["pos", "neg", None]


def test_a_damaged_file_is_refused():
    with pytest.raises(DatasetError, match="damaged"):
        read_parquet(b"PAR1 and nothing else", "t.parquet")
