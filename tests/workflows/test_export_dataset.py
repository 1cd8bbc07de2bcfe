"""What is taken along and brought back is the same data."""

import pytest

from core.errors import ConfigurationError, OutOfResourcesError
from core.workflows.export_dataset import dataset_bytes, export_dataset, export_size_bytes
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.workspace import Workspace


def contents(dataset):
    return sorted(
        (key, dataset.class_names[label], split)
        for key, label, split in zip(dataset.sample_ids, dataset.labels, dataset.splits.tolist(), strict=True)
    )


@pytest.mark.parametrize(("modality", "ending"), [("image", ".zip"), ("text", ".csv"), ("text", ".jsonl")])
def test_an_export_is_read_back_with_its_labels_and_splits(workspace, images, texts, tmp_path, modality, ending):
    dataset = images if modality == "image" else texts
    file = tmp_path / f"data{ending}"
    export_dataset(workspace, dataset.id, file)
    again = inspect_dataset(Workspace(tmp_path / "other"), file)
    assert contents(again) == contents(dataset)
    assert again.skipped == ()


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
