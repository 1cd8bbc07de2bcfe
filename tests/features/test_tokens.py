"""Token ids that are kept: the same as those just split, and only what is new is split."""

import numpy as np
import pytest

from core.backbones.catalogue import get_backbone
from core.features.cache import ArrayCache
from core.features.inputs import text_inputs
from core.features.shelf import NAMES
from core.features.tokens import read_tokens, tokens_key

MINILM = get_backbone("minilm-l6")
TEXTS = ("a parcel", "", "where is my refund, please?", "word " * 300)


@pytest.fixture
def cache(tmp_path):
    return ArrayCache(tmp_path / "cache")


def read(cache, texts=TEXTS):
    return read_tokens(MINILM, [f"name of {text}" for text in texts], texts, cache)


def kept(cache):
    """How many texts each entry holds, the first one first."""
    return [len(cache.require(key)[NAMES]) for key in cache.keys(tokens_key(MINILM))]


@pytest.mark.parametrize("which", ["just split", "kept"])
def test_batches_are_those_of_texts_that_belong_to_no_dataset(which, cache):
    if which == "kept":
        read(cache)
    source, alone = read(cache), text_inputs(MINILM, TEXTS)
    np.testing.assert_array_equal(source.lengths, alone.lengths)
    for rows in ([0, 1, 2, 3], [3, 0], [1]):
        found, expected = source.batch(np.array(rows)), alone.batch(np.array(rows))
        assert found.values.equal(expected.values)
        assert found.mask.equal(expected.mask)


def test_only_texts_that_were_never_seen_are_split(cache):
    read(cache)
    read(cache)
    assert kept(cache) == [4]
    more = read(cache, (*TEXTS[2:], "one more", *TEXTS[:2]))
    assert sorted(kept(cache)) == [1, 4]
    expected = text_inputs(MINILM, (*TEXTS[2:], "one more", *TEXTS[:2]))
    assert more.batch(np.arange(5)).values.equal(expected.batch(np.arange(5)).values)


def test_texts_for_another_backbone_are_split_anew():
    assert tokens_key(MINILM) != tokens_key(get_backbone("bge-small"))
