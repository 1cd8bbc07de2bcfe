"""Inputs without labels are found wherever they lie, and what is none says why."""

import pytest

from core.datasets.entries import open_source
from core.datasets.records import Skipped
from core.datasets.unlabeled import read_unlabeled
from core.errors import DatasetError, UnknownChoiceError
from tests.datasets.pictures import picture, write_folder, write_zip


def read(source, modality, **options):
    with open_source(source) as listing:
        reading = read_unlabeled(listing, modality, **options)
        items = list(reading.items)
    assert len(items) <= reading.n_expected
    return items


def test_images_are_taken_from_any_folder_of_a_zip(tmp_path):
    members = {"a.png": picture(1), "deep/er/b.png": picture(2), "notes.csv": b"x,y\n1,2\n", "empty.jpg": b""}
    items = read(write_zip(tmp_path / "in.zip", members), "image")
    assert [(item.file, item.reason) for item in items if isinstance(item, Skipped)] == [
        ("empty.jpg", "the file is empty")
    ]
    assert [item.name for item in items if not isinstance(item, Skipped)] == ["a.png", "deep/er/b.png"]


@pytest.mark.parametrize(
    ("options", "texts"),
    [
        ({}, ["a long comment about parcels", "another rather long comment"]),
        ({"usual_column": "note"}, ["n1", "n2"]),
        ({"text_column": "id"}, ["1", "2"]),
    ],
)
def test_the_column_is_the_named_one_else_the_usual_one_else_the_one_most_like_texts(tmp_path, options, texts):
    table = tmp_path / "in.csv"
    table.write_text("id,note,words\n1,n1,a long comment about parcels\n2,n2,another rather long comment\n")
    assert [item.content for item in read(table, "text", **options)] == texts


def test_an_empty_cell_and_text_files_are_read_beside_each_other(tmp_path):
    folder = write_folder(tmp_path / "in", {"one.txt": b"hello there", "t.csv": b"id,text\n1,something\n2,\n"})
    items = read(folder, "text")
    assert {getattr(item, "content", None) for item in items} == {"hello there", "something", None}
    assert [item.file for item in items if isinstance(item, Skipped)] == ["t.csv row 3"]


def test_lines_of_a_text_file_alone_are_texts(tmp_path):
    lines = tmp_path / "in.txt"
    lines.write_text("where is my parcel\nmy money back please\n")
    assert [item.content for item in read(lines, "text")] == ["where is my parcel", "my money back please"]


@pytest.mark.parametrize("modality", ["image", "text"])
def test_a_source_without_inputs_of_the_kind_is_refused(tmp_path, modality):
    members = {"a.png": picture(1), "b.png": picture(2)} if modality == "text" else {"t.csv": b"id,text\n1,hello\n"}
    with pytest.raises(DatasetError, match=f"takes {modality}s"):
        read(write_folder(tmp_path / "in", members), modality)


def test_a_column_that_does_not_exist_names_the_nearest(tmp_path):
    table = tmp_path / "in.csv"
    table.write_text("id,words\n1,hello\n")
    with pytest.raises(UnknownChoiceError, match="words"):
        read(table, "text", text_column="word")


@pytest.mark.parametrize("modality", ["image", "text"])
def test_more_inputs_than_the_settings_allow_are_refused_before_any_is_read(tmp_path, monkeypatch, modality):
    monkeypatch.setenv("HEADSTART_MAX_SAMPLES", "10")
    ending, content = (".png", picture(1)) if modality == "image" else (".txt", b"hello there")
    folder = write_folder(tmp_path / "in", {f"{number}{ending}": content for number in range(11)})
    with pytest.raises(DatasetError, match="scored together may be 10 samples; here are 11") as told:
        read(folder, modality)
    assert "HEADSTART_MAX_SAMPLES" in told.value.remedy
