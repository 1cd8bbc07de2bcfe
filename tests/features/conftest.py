"""Small datasets in a store of their own."""

import pytest

from core.datasets.importing import import_dataset
from core.datasets.store import DatasetStore
from tests.datasets.pictures import two_classes, write_folder


@pytest.fixture
def store(tmp_path):
    return DatasetStore(tmp_path / "workspace")


@pytest.fixture
def make_dataset(store, tmp_path):
    """Imports n pictures of two classes."""

    def make(n: int = 4):
        return import_dataset(write_folder(tmp_path / f"pictures-{n}", two_classes(n)), store=store)

    return make
