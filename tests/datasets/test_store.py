import dataclasses
import json
import threading
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from core.datasets.changes import LabelChanges, mark
from core.datasets.decode import ImageError
from core.datasets.store import DatasetStore
from core.datasets.versions import make_version
from core.errors import DatasetError, UnknownChoiceError
from tests.datasets.pictures import picture


def test_an_image_is_kept_as_it_is_beside_a_small_one(store):
    data = picture(1, size=(400, 300))
    sample_id = store.add_image(data)
    assert len(sample_id) == 40
    assert store.image_path(sample_id).read_bytes() == data
    assert store.image_path(sample_id).parent.name == sample_id[:2]
    assert Image.open(store.thumbnail_path(sample_id)).size == (160, 120)
    assert store.add_image(data) == sample_id


def test_nothing_is_kept_of_a_damaged_image(store):
    with pytest.raises(ImageError):
        store.add_image(picture(1)[:60])
    assert not store.root.exists()


def test_a_dataset_comes_back_equal(store, dataset):
    loaded = store.load(dataset.id)
    for field in dataclasses.fields(dataset):
        left, right = getattr(loaded, field.name), getattr(dataset, field.name)
        assert np.array_equal(left, right) if isinstance(left, np.ndarray) else left == right
    assert loaded.splits.dtype.kind == "U"


def test_saving_again_keeps_one_dataset_and_takes_the_new_name(store, dataset):
    store.save(dataclasses.replace(dataset, name="other"))
    assert [card.name for card in store.list_cards()] == ["other"]


def test_cards_are_listed_newest_first_and_unfinished_folders_are_not(store, dataset):
    later = dataclasses.replace(dataset, id="f" * 16, created_at="9999", name="later")
    store.save(later)
    (store.root / "datasets" / ("e" * 16)).mkdir()
    cards = store.list_cards()
    assert [card.id for card in cards] == [later.id, dataset.id]
    assert (cards[1].n_samples, cards[1].n_classes, cards[1].modality) == (8, 2, "image")


def test_an_empty_workspace_has_no_cards(store):
    assert store.list_cards() == ()


@pytest.mark.parametrize("bad", ["", "..", "../../etc/passwd", "0" * 16, "0" * 15, "g" * 16, "0" * 16 + "\n"])
def test_an_unknown_dataset_is_refused_before_any_path_is_touched(store, bad):
    with pytest.raises(UnknownChoiceError, match="no dataset named"):
        store.load(bad)


@pytest.mark.parametrize("bad", ["", "../" * 13 + "x", "0" * 40, "A" * 40, "0" * 41])
def test_an_unknown_image_is_refused(store, bad):
    with pytest.raises(DatasetError):
        store.image_path(bad)
    with pytest.raises(DatasetError):
        store.thumbnail_path(bad)


def test_no_temporary_file_is_left(store, dataset):
    assert not [file for file in store.root.rglob("*") if file.name.startswith(".")]


def test_a_version_comes_back_with_its_parent_and_its_marks(store, dataset):
    marked = mark(LabelChanges(), dataset.sample_ids[:2], is_hard=True)
    made = make_version(dataset, marked, version=2)
    store.save(made)
    loaded = store.load(made.id)
    assert (loaded.parent, loaded.version, loaded.changes, loaded.hard) == (
        dataset.id,
        2,
        "2 marked as hard",
        made.hard,
    )
    (card,) = [card for card in store.list_cards() if card.id == made.id]
    assert (card.parent, card.version, card.changes) == (dataset.id, 2, "2 marked as hard")


def test_a_dataset_from_before_there_were_versions_opens_as_a_first_one(store, dataset):
    file = store.root / "datasets" / dataset.id / "dataset.json"
    card = json.loads(file.read_text())
    file.write_text(json.dumps({key: card[key] for key in card if key not in ("hard", "parent", "version", "changes")}))
    loaded = store.load(dataset.id)
    assert (loaded.hard, loaded.parent, loaded.version, loaded.changes) == ((), "", 1, "")
    assert store.list_cards()[0].version == 1


def test_a_workspace_that_cannot_be_a_folder_is_an_error_with_a_remedy(tmp_path):
    (tmp_path / "file").write_text("no folder")
    for root in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DatasetError, match="cannot be one"), DatasetStore(root).naming():
            pass


def test_a_dataset_that_is_deleted_while_it_is_read_is_there_or_not(store, dataset):
    folder, aside = store.root / "datasets" / dataset.id, store.root / "datasets" / ".deleted-1"
    over = threading.Event()

    def delete_again_and_again():
        while not over.is_set():
            folder.rename(aside)
            aside.rename(folder)

    deleting = threading.Thread(target=delete_again_and_again)
    deleting.start()
    try:
        for _ in range(300):
            store.list_cards()
            with suppress(UnknownChoiceError):
                store.load(dataset.id)
    finally:
        over.set()
        deleting.join()
