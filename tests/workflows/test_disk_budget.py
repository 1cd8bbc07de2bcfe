"""A workspace takes as much disk as it may, and says what takes it."""

import os
from contextlib import nullcontext

import pytest

from core.datasets.entries import UploadedFile
from core.errors import OutOfResourcesError
from core.workflows.add_samples import add_files, add_lines
from core.workflows.disk_budget import measure_parts, require_room, size_bytes
from core.workflows.inspect_dataset import inspect_dataset, keep_upload
from core.workflows.pack import pack
from core.workflows.unpack import unpack
from core.workflows.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    for name, n_bytes in (("images/ab/1", 600_000), ("cache/key/x.npy", 300_000), ("people/other/images/2", 9_000_000)):
        file = tmp_path / "work" / name
        file.parent.mkdir(parents=True)
        file.write_bytes(bytes(n_bytes))
    return Workspace(tmp_path / "work")


def test_parts_are_measured_without_those_of_other_people(workspace):
    assert measure_parts(workspace) == {"images": 600_000, "cache": 300_000}


def test_a_full_workspace_says_what_takes_the_space_and_how_to_free_it(workspace, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_WORKSPACE_GB", "0.001")
    require_room(workspace)
    with pytest.raises(
        OutOfResourcesError, match=r"may take 0.001 GB; this one takes 0.9 MB \(images 0.6 MB, cache"
    ) as told:
        require_room(workspace, 200_000)
    assert "Delete datasets and runs" in told.value.remedy
    assert "HEADSTART_MAX_WORKSPACE_GB" in told.value.remedy


def test_nothing_is_imported_or_uploaded_into_a_full_workspace(workspace, tmp_path, monkeypatch, text_table):
    monkeypatch.setenv("HEADSTART_MAX_WORKSPACE_GB", "0.001")
    (workspace.root / "images" / "more").write_bytes(bytes(200_000))
    table = tmp_path / "reviews.csv"
    table.write_bytes(text_table)
    with pytest.raises(OutOfResourcesError, match="HEADSTART_MAX_WORKSPACE_GB"):
        inspect_dataset(workspace, table)
    with pytest.raises(OutOfResourcesError, match="HEADSTART_MAX_WORKSPACE_GB"):
        keep_upload(workspace, "a.csv", [b"x"])
    assert workspace.datasets.list_cards() == ()


def test_nothing_is_added_to_data_in_a_full_workspace(workspace, tmp_path, monkeypatch, text_table):
    table = tmp_path / "reviews.csv"
    table.write_bytes(text_table)
    dataset = inspect_dataset(workspace, table)
    packed = tmp_path / "all.headstart"
    pack(workspace, None, packed, with_samples=True)
    monkeypatch.setenv("HEADSTART_MAX_WORKSPACE_GB", "0.001")
    (workspace.root / "images" / "more").write_bytes(bytes(200_000))
    with pytest.raises(OutOfResourcesError, match="HEADSTART_MAX_WORKSPACE_GB"):
        add_lines(workspace, dataset.id, "one more", class_name=dataset.class_names[0])
    with pytest.raises(OutOfResourcesError, match="HEADSTART_MAX_WORKSPACE_GB"):
        add_files(workspace, dataset.id, table)
    with pytest.raises(OutOfResourcesError, match="HEADSTART_MAX_WORKSPACE_GB"):
        unpack(workspace, packed)
    assert [card.id for card in workspace.datasets.list_cards()] == [dataset.id]


def test_an_upload_beyond_its_limit_leaves_nothing(workspace, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_UPLOAD_MB", "1")
    first = keep_upload(workspace, "a.csv", [bytes(700_000)])
    with pytest.raises(OutOfResourcesError, match="An upload may have 1 MB, all its files together"):
        keep_upload(workspace, "b.csv", [bytes(200_000)] * 2, beside=[first])
    assert [file.name for file in workspace.uploads_dir.iterdir()] == [first.path.name]
    assert keep_upload(workspace, "b.csv", [bytes(200_000)], beside=[first]).path.exists()


def test_sizes_follow_no_links_and_count_what_is_gone_as_nothing(tmp_path):
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "loop").symlink_to(tmp_path)
    assert size_bytes(tmp_path / "a") == 10
    assert 10 < size_bytes(tmp_path) < 1_000
    assert size_bytes([UploadedFile(name="x", path=tmp_path / "gone")]) == 0


def test_a_file_that_vanishes_while_it_is_measured_hides_none_of_the_others(tmp_path, monkeypatch):
    for name in "abcd":
        (tmp_path / name).write_bytes(bytes(10))
    list_folder = os.scandir

    def list_and_lose_one(folder):
        found = list(list_folder(folder))
        (tmp_path / "a").unlink(missing_ok=True)
        return nullcontext(sorted(found, key=lambda item: item.name))

    monkeypatch.setattr(os, "scandir", list_and_lose_one)
    assert size_bytes(tmp_path) == 30
