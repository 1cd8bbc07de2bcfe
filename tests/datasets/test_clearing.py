import threading

import pytest

from core.datasets.changes import LabelChanges, exclude
from core.datasets.clearing import clear, set_aside
from core.datasets.importing import import_dataset
from core.datasets.versions import make_version
from core.errors import DatasetError, UnknownChoiceError
from tests.datasets.pictures import picture, two_classes, write_folder


def files(store):
    kept = {"images", "thumbnails"}
    return {file.stem for kind in kept for file in (store.root / kind).glob("*/*")}


def forget_nothing(_sample_ids):
    pass


def test_a_dataset_goes_with_its_images(store, dataset):
    set_aside(store, dataset.id)
    assert store.list_cards() == ()
    with pytest.raises(UnknownChoiceError):
        store.load(dataset.id)
    assert clear(store, forget_nothing)
    assert files(store) == set()
    assert list((store.root / "datasets").iterdir()) == []


def test_an_image_that_another_version_holds_stays(store, dataset):
    gone = dataset.sample_ids[0]
    made = make_version(dataset, exclude(LabelChanges(), [gone]), version=2)
    store.save(made)
    set_aside(store, dataset.id)
    assert clear(store, forget_nothing)
    assert files(store) == set(made.sample_ids) == set(dataset.sample_ids) - {gone}
    assert store.load(made.id).parent == dataset.id


def test_an_import_that_is_under_way_loses_nothing_and_the_next_deletion_clears(store, dataset, tmp_path):
    other = write_folder(tmp_path / "more", two_classes(start=500))
    is_reading, may_go_on = threading.Event(), threading.Event()

    def wait(done, _of):
        if done == 2:
            is_reading.set()
            assert may_go_on.wait(20)

    imported = []
    thread = threading.Thread(
        target=lambda: imported.append(import_dataset(other, store=store, on_progress=wait)), daemon=True
    )
    thread.start()
    assert is_reading.wait(20)
    set_aside(store, dataset.id)
    assert not clear(store, forget_nothing)
    may_go_on.set()
    thread.join(20)
    assert set(imported[0].sample_ids) < files(store), "what was deleted still lies there, in no list"
    assert [card.id for card in store.list_cards()] == [imported[0].id]
    assert clear(store, forget_nothing)
    assert files(store) == set(imported[0].sample_ids)


def test_a_deletion_that_was_killed_is_done_again(store, dataset):
    set_aside(store, dataset.id)

    def die(sample_ids):
        assert sample_ids == frozenset(dataset.sample_ids)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clear(store, die)
    told = []
    assert clear(store, told.append)
    assert told == [frozenset(dataset.sample_ids)]
    assert files(store) == set()


def test_what_an_import_that_came_to_nothing_left_is_cleared_too(store, dataset, tmp_path):
    with pytest.raises(DatasetError):
        import_dataset(
            write_folder(tmp_path / "one", {"only/1.png": picture(77), "only/2.png": picture(78)}), store=store
        )
    assert len(files(store)) == dataset.n_samples + 2
    assert clear(store, forget_nothing)
    assert files(store) == set(dataset.sample_ids)


def test_a_version_of_data_that_were_deleted_meanwhile_is_refused(store, dataset):
    made = make_version(dataset, exclude(LabelChanges(), dataset.sample_ids[:1]), version=2)
    set_aside(store, dataset.id)
    clear(store, forget_nothing)
    with pytest.raises(DatasetError, match="not in this workspace"):
        store.save(made)
    assert store.list_cards() == ()
