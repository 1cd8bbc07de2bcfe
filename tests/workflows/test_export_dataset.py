"""What is taken along and brought back is the same data."""

import json
import zipfile

import pytest
from huggingface_hub import DatasetCard

from core.errors import ConfigurationError, OutOfResourcesError
from core.workflows.camera_frames import keep_frames, start_with_frames
from core.workflows.export_dataset import dataset_bytes, export_dataset, export_size_bytes
from core.workflows.inspect_dataset import GroupRule, inspect_dataset
from core.workflows.workspace import Workspace
from tests.datasets.pictures import picture


def contents(dataset):
    return sorted(
        (key, dataset.class_names[label], split)
        for key, label, split in zip(dataset.sample_ids, dataset.labels, dataset.splits.tolist(), strict=True)
    )


@pytest.mark.parametrize(
    ("modality", "ending"), [("image", ".zip"), ("text", ".csv"), ("text", ".jsonl"), ("text", ".zip")]
)
def test_an_export_is_read_back_with_its_labels_and_splits(workspace, images, texts, tmp_path, modality, ending):
    dataset = images if modality == "image" else texts
    file = tmp_path / f"data{ending}"
    export_dataset(workspace, dataset.id, file)
    again = inspect_dataset(Workspace(tmp_path / "other"), file)
    assert contents(again) == contents(dataset)
    assert again.skipped == ()


GROUPED = GroupRule(by="groups", column="group")


def grouped(dataset):
    return sorted(zip(dataset.sample_ids, dataset.groups, strict=True))


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".zip"])
def test_groups_of_texts_come_back(tmp_path, ending):
    workspace = Workspace(tmp_path / "own")
    rows = [f"text {n} of {n % 10},{'ab'[n % 2]},p{n % 10}" for n in range(60)]
    (tmp_path / "said.csv").write_text("\n".join(["text,label,person", *rows]))
    data = inspect_dataset(workspace, tmp_path / "said.csv", group_rule=GroupRule(by="groups", column="person"))
    export_dataset(workspace, data.id, tmp_path / f"out{ending}")
    again = inspect_dataset(Workspace(tmp_path / "other"), tmp_path / f"out{ending}", group_rule=GROUPED)
    assert contents(again) == contents(data)
    assert grouped(again) == grouped(data)
    assert again.skipped == ()


def test_groups_and_class_names_that_no_folder_could_have_come_back(tmp_path):
    workspace = Workspace(tmp_path / "own")
    taken = [
        frame
        for start, name in ((0, "up/../down"), (500, "<b>?"))
        for press in range(3)
        for frame in keep_frames(workspace, name, [picture(start + 10 * press + n) for n in range(4)])
    ]
    data = start_with_frames(workspace, taken, name="--- *Thumbs*")
    export_dataset(workspace, data.id, tmp_path / "out.zip")
    again = inspect_dataset(Workspace(tmp_path / "other"), tmp_path / "out.zip")
    assert contents(again) == contents(data)
    assert grouped(again) == grouped(data)
    assert again.skipped == ()
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        names = archive.namelist()
        card = archive.read("README.md").decode()
    assert "train/metadata.jsonl" in names
    assert not [name for name in names if ".." in name.split("/")]
    assert card.startswith("---\ntask_categories:\n- image-classification\n---\n\n# ")
    assert "\\<b\\>?" in card


def test_a_zip_of_texts_names_its_files_as_the_hub_reads_them(workspace, texts, tmp_path):
    export_dataset(workspace, texts.id, tmp_path / "out.zip")
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        head = DatasetCard(archive.read("README.md").decode()).data.to_dict()
        lines = archive.read("data/validation.jsonl").decode().splitlines()
    assert {one["split"]: one["path"] for one in head["configs"][0]["data_files"]} == {
        "train": "data/train.jsonl",
        "validation": "data/validation.jsonl",
        **({"test": "data/test.jsonl"} if len(texts.rows("test")) else {}),
    }
    assert len(lines) == len(texts.rows("val"))
    assert json.loads(lines[0]).keys() == {"text", "label", "hard", "source"}


def test_a_download_holds_the_same_bytes_and_its_size_is_told_before(workspace, images, tmp_path):
    file = tmp_path / "data.zip"
    done = []
    export_dataset(workspace, images.id, file, on_progress=lambda *progress: done.append(progress))
    assert len(dataset_bytes(workspace, images.id, ".zip")) == file.stat().st_size
    assert 0 < export_size_bytes(workspace, images) <= file.stat().st_size
    assert done[-1] == (48, 48)


def test_a_form_that_such_data_do_not_have_is_refused_with_those_they_have(workspace, images, tmp_path):
    with pytest.raises(ConfigurationError, match=r"exported as \.zip; found \"\.csv\""):
        export_dataset(workspace, images.id, tmp_path / "data.csv")


def test_a_place_that_cannot_be_written_to_is_said(workspace, texts, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutOfResourcesError, match="could not be written"):
        export_dataset(workspace, texts.id, tmp_path / "file" / "data.csv")
