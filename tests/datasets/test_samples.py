from pathlib import Path

import pytest
from PIL import Image

from core.datasets.samples import list_samples, load_sample
from core.datasets.store import DatasetStore
from core.errors import UnknownChoiceError


@pytest.mark.slow
def test_the_digits_are_dark_on_light_and_complete(tmp_path):
    store = DatasetStore(tmp_path)
    dataset = load_sample("digits", store=store)
    assert (dataset.n_samples, dataset.class_names) == (1797, tuple("0123456789"))
    assert min(dataset.split_sizes().values()) >= 250
    image = Image.open(store.image_path(dataset.sample_ids[0]))
    assert (image.mode, image.size, image.getpixel((0, 0))) == ("L", (8, 8), 255)


def test_the_messages_are_six_classes_of_texts(tmp_path):
    seen = []
    dataset = load_sample("messages", store=DatasetStore(tmp_path), on_progress=lambda *step: seen.append(step))
    assert dataset.modality == "text"
    assert dataset.n_classes == 6
    assert dataset.n_samples >= 360
    assert dataset.skipped == ()
    assert seen[-1] == (dataset.n_samples, dataset.n_samples)


def test_rows_have_distinct_ids_and_unknown_ones_are_refused(tmp_path):
    assert len({row.id for row in list_samples()}) == len(list_samples())
    with pytest.raises(UnknownChoiceError, match='Did you mean "digits"'):
        load_sample("digit", store=DatasetStore(Path(tmp_path)))
