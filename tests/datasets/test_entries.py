import zipfile

import pytest

from core.datasets.entries import UploadedFile, open_source
from core.datasets.records import Skipped
from core.errors import DatasetError
from tests.datasets.pictures import write_folder, write_zip


def names(source):
    with open_source(source) as listing:
        return [entry.name for entry in listing.entries]


def reasons(source):
    with open_source(source) as listing:
        return {item.file: item.reason for item in listing.skipped}


def test_a_folder_a_zip_and_uploads_list_the_same_entries(tmp_path):
    members = {"root/b/2.txt": b"two", "root/a/1.txt": b"one"}
    folder = write_folder(tmp_path / "folder", members)
    archive = write_zip(tmp_path / "data.zip", members)
    uploads = []
    for number, (name, data) in enumerate(members.items()):
        (tmp_path / f"{number}").write_bytes(data)
        uploads.append(UploadedFile(name=name, path=tmp_path / f"{number}"))
    assert names(folder) == names(archive) == names(uploads) == ["root/a/1.txt", "root/b/2.txt"]
    with open_source(archive) as listing:
        assert [entry.read(100) for entry in listing.entries] == [b"one", b"two"]
        assert listing.name == "data"


def test_what_systems_leave_behind_is_not_even_mentioned(tmp_path):
    junk = {".DS_Store": b"x", "a/.hidden": b"x", "__MACOSX/a/1.txt": b"x", "Thumbs.db": b"x", "a/desktop.ini": b"x"}
    source = write_zip(tmp_path / "data.zip", {**junk, "a/1.txt": b"x"})
    assert names(source) == ["a/1.txt"]
    assert reasons(source) == {}


def test_links_are_not_followed(tmp_path):
    folder = write_folder(tmp_path / "data", {"a/1.txt": b"x"})
    (folder / "loop").symlink_to(folder)
    (folder / "a" / "passwd").symlink_to("/etc/passwd")
    link = zipfile.ZipInfo("a/link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    assert names(folder) == ["a/1.txt"]
    assert set(reasons(folder)) == {"loop", "a/passwd"}
    assert "links" in reasons(tmp_path / "data.zip")["a/link.txt"]


def test_a_bomb_is_skipped_and_a_plain_bitmap_is_not(tmp_path):
    source = write_zip(tmp_path / "data.zip", {"bomb.txt": b"0" * 5_000_000, "plain.bmp": b"0" * 30_000})
    assert names(source) == ["plain.bmp"]
    assert "grows" in reasons(source)["bomb.txt"]


def test_an_archive_inside_is_skipped(tmp_path):
    source = write_zip(tmp_path / "data.zip", {"more.ZIP": b"PK", "a/1.txt": b"x"})
    assert "archive" in reasons(source)["more.ZIP"]


def test_an_encrypted_member_is_skipped(tmp_path):
    source = write_zip(tmp_path / "data.zip", {"a/1.txt": b"x"})
    data = bytearray(source.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    data[6] |= 1
    source.write_bytes(data)
    assert "password" in reasons(source)["a/1.txt"]


def test_a_damaged_member_is_skipped_when_read(tmp_path):
    source = write_zip(tmp_path / "data.zip", {"a/1.txt": b"some words to compress" * 20})
    data = bytearray(source.read_bytes())
    data[45:55] = b"\xff" * 10
    source.write_bytes(data)
    with open_source(source) as listing:
        found = listing.entries[0].read(10_000)
    assert isinstance(found, Skipped)
    assert "damaged" in found.reason


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("HEADSTART_MAX_ARCHIVE_FILES", "1")
    source = write_zip(tmp_path / "data.zip", {"1.txt": b"x", "2.txt": b"x"})
    with pytest.raises(DatasetError, match="claims 2 files"):
        names(source)


def test_names_that_point_elsewhere_are_only_names(tmp_path):
    source = write_zip(tmp_path / "data.zip", {"../../etc/1.txt": b"x", "/abs/2.txt": b"x", "a\\3.txt": b"x"})
    assert names(source) == ["a/3.txt", "abs/2.txt", "etc/1.txt"]


def test_names_in_utf_8_without_the_flag_are_read(tmp_path):
    with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
        archive.writestr("caf/1.txt", b"x")
    data = (tmp_path / "data.zip").read_bytes().replace(b"caf/1.txt", "é/11.txt".encode())
    (tmp_path / "data.zip").write_bytes(data)
    assert names(tmp_path / "data.zip") == ["é/11.txt"]


def test_several_uploaded_zips_stand_for_folders(tmp_path):
    uploads = [
        UploadedFile(name=f"{name}.zip", path=write_zip(tmp_path / f"{number}", {"1.txt": b"x"}))
        for number, name in enumerate(("dogs", "cats"))
    ]
    assert names(uploads) == ["cats/1.txt", "dogs/1.txt"]


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [("data.zip", b"no zip", "damaged"), ("data.tar.gz", b"x", "must be zip")],
)
def test_archives_that_cannot_be_read_are_refused(tmp_path, name, data, message):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DatasetError, match=message):
        names(tmp_path / name)


def test_nothing_there_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="no file or folder"):
        names(tmp_path / "absent")
    with pytest.raises(DatasetError, match="holds none"):
        names(tmp_path)
    with pytest.raises(DatasetError, match="holds none"):
        names([])
