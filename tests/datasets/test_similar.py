import io

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from core.datasets.looks import read_look
from core.datasets.similar import group_similar_images, group_similar_texts, join_groups, members


def scene(seed, size=(160, 120)):
    """A picture of a few soft shapes; another seed is another scene."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)


def looks(tmp_path, *images, quality=90):
    found = []
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number}.jpg", quality=quality)
        found.append(read_look(tmp_path / f"{number}.jpg"))
    return found


def saved_anew(image):
    file = io.BytesIO()
    image.save(file, "JPEG", quality=40)
    return Image.open(file)


@pytest.mark.parametrize(
    "change",
    [saved_anew, lambda image: image.resize((80, 60)), lambda image: ImageEnhance.Brightness(image).enhance(1.1)],
    ids=["compressed", "smaller", "brighter"],
)
def test_an_image_saved_anew_is_a_near_duplicate_and_another_scene_is_not(tmp_path, change):
    groups = group_similar_images(looks(tmp_path, scene(1), scene(2), change(scene(1)), scene(3)))
    assert [rows.tolist() for rows in members(groups)] == [[0, 2]]


def test_images_too_small_or_plain_for_a_fingerprint_are_never_called_alike(tmp_path):
    tiny, plain = scene(1, (8, 8)), Image.new("RGB", (100, 100), (90, 90, 90))
    assert members(group_similar_images(looks(tmp_path, tiny, tiny.copy(), plain, plain.copy()))) == []


def test_pairs_are_found_across_blocks(tmp_path, monkeypatch):
    monkeypatch.setattr("core.datasets.similar.MAX_PAIRS_AT_ONCE", 2)
    groups = group_similar_images(looks(tmp_path, scene(1), scene(2), scene(3), scene(1)))
    assert [rows.tolist() for rows in members(groups)] == [[0, 3]]


@pytest.mark.parametrize(
    ("first", "second", "alike"),
    [
        ("Where is my card?", "where is MY card", True),
        ("How do I track the card you sent me?", "How do I track the card you sent to me?", True),
        (
            "I would like to dispute a transaction since I never made that payment, how is this done",
            "I would like to dispute a transction since I never made that payment, how is this done",
            True,
        ),
        ("The flight at 10 was late again today", "The flight at 12 was late again today", False),
        ("How long does it take for a card to arrive?", "How long does it take for a transfer to arrive?", False),
        ("?!", "!?", False),
    ],
)
def test_texts_are_alike_where_they_say_the_same(first, second, alike):
    groups = group_similar_texts([first, "Something else entirely", second])
    assert (groups[0] == groups[2]) == alike
    assert groups[1] not in (groups[0], groups[2])


def test_groups_join_where_they_share_a_row():
    joined = join_groups(["a", "a", "b", "c", "d"], np.array([0, 1, 1, 2, 3]))
    assert [rows.tolist() for rows in members(joined)] == [[0, 1, 2]]
