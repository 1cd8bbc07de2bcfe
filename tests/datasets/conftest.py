"""A store of its own for each test, and two classes of pictures in it."""

import pytest

from core.datasets.importing import import_dataset
from core.datasets.store import DatasetStore
from tests.datasets.pictures import two_classes, write_folder


@pytest.fixture
def store(tmp_path):
    return DatasetStore(tmp_path / "workspace")


@pytest.fixture
def dataset(store, tmp_path):
    return import_dataset(write_folder(tmp_path / "pets", two_classes()), store=store)
