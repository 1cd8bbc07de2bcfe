import json

from core.datasets.importing import import_dataset
from core.datasets.store import DatasetStore
from tests.datasets.pictures import picture, write_folder


def lines(rows):
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def test_images_in_no_class_folder_are_read_by_the_table_beside_them(tmp_path):
    members = {
        f"{split}/{n}.png": picture(100 * at + n) for at, split in enumerate(("train", "test")) for n in range(6)
    }
    for split in ("train", "test"):
        rows = [{"file_name": f"{n}.png", "label": "ab"[n % 2], "group": f"g{n // 2}"} for n in range(6)]
        members[f"{split}/metadata.jsonl"] = lines(rows)
    data = import_dataset(write_folder(tmp_path / "hub", members), store=DatasetStore(tmp_path / "own"))
    assert data.modality == "image"
    assert data.class_counts() == {"a": 6, "b": 6}
    assert data.class_counts("test") == {"a": 3, "b": 3}
    assert set(data.groups) == {"g0", "g1", "g2"}
    assert data.skipped == ()


def test_a_table_that_names_files_elsewhere_or_nothing_of_use_changes_nothing(tmp_path):
    members = {f"{name}/{n}.png": picture(10 * at + n) for at, name in enumerate(("cats", "dogs")) for n in range(3)}
    members["metadata.jsonl"] = lines([{"file_name": "../../etc/passwd", "label": "x"}, {"file_name": None}])
    members["cats/metadata.csv"] = b"name,kind\n0.png,x\n"
    data = import_dataset(write_folder(tmp_path / "pets", members), store=DatasetStore(tmp_path / "own"))
    assert data.class_counts() == {"cats": 3, "dogs": 3}
    assert data.groups == ()
