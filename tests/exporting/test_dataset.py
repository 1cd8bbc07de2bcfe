import csv
import io
import json

import pytest

from core.exporting.dataset import class_folders, dataset_csv, dataset_jsonl
from tests.datasets.tables import three_classes

HOSTILE = ("=cmd()", "+1", "-1", "@sum", "\tx")


def rows_of(data):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_csv_holds_every_sample_with_label_split_and_mark():
    data = three_classes(hard=("cats1",))
    rows = rows_of(dataset_csv(data))
    assert len(rows) == 12
    assert rows[1] == {"text": "text cats1", "label": "cats", "split": "train", "hard": "yes", "source": "row cats1"}
    assert [row["split"] for row in rows[:4]] == ["train", "train", "val", "test"]


@pytest.mark.parametrize("cell", HOSTILE)
def test_no_cell_of_the_csv_is_run_by_a_spreadsheet(cell):
    texts = (cell, *three_classes().texts[1:])
    data = three_classes(texts=texts, class_names=(cell, "cows", "dogs"), sources=(cell,) * 12)
    for row in rows_of(dataset_csv(data))[:1]:
        assert {row["text"], row["label"], row["source"]} == {"'" + cell}


def test_json_lines_keep_texts_as_they_are():
    text = '=1+1 "quoted",\nsecond line ä'
    data = three_classes(texts=(text, *three_classes().texts[1:]))
    lines = [json.loads(line) for line in dataset_jsonl(data).splitlines()]
    assert (lines[0]["text"], lines[0]["label"], lines[0]["split"], lines[0]["hard"]) == (text, "cats", "train", False)
    assert len(lines) == 12


@pytest.mark.parametrize("name", ["../../etc", "a/b", "c:\\x", ".hidden", "con|in", "...", "x" * 300, " end. "])
def test_no_class_name_leads_out_of_its_folder(name):
    (folder,) = class_folders([name])
    assert not set(folder) & set('/\\:|<>"?*')
    assert folder == folder.strip(" .")
    assert 0 < len(folder) <= 80


def test_folders_stay_apart_where_names_become_alike():
    folders = class_folders(["a/b", "a|b", "A_b", "plain"])
    assert len({folder.casefold() for folder in folders}) == 4
    assert folders[-1] == "plain"
