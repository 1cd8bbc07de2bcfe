"""Where words stand, and which tokens are theirs."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.backbones.tokenizers import token_spans, tokenize
from core.explanation.words import NO_WORD, find_words, leave_out, sum_per_word, words_of_tokens


def parts(text, **options):
    return [text[start:end] for start, end in find_words(text, **options)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("why was I charged?", ["why", "was", "I", "charged?"]),
        ("  two\n\nlines ", ["two", "lines"]),
        ("卡在哪里 ok", ["卡", "在", "哪", "里", "ok"]),
        (" \t", []),
    ],
)
def test_words_are_what_white_space_parts(text, words):
    assert parts(text) == words


@given(st.lists(st.sampled_from(["a", "bc", "<b>", "é"]), min_size=1, max_size=40), st.integers(1, 12))
def test_long_texts_have_at_most_so_many_words_and_lose_none(words, max_words):
    found = parts(" ".join(words), max_words=max_words)
    assert len(found) <= max_words
    assert " ".join(found) == " ".join(words)


def test_a_word_is_left_out_with_the_space_behind_it():
    text = "my card is lost"
    assert [leave_out(text, word) for word in find_words(text)] == [
        "card is lost",
        "my is lost",
        "my card lost",
        "my card is",
    ]


def test_the_tokens_of_a_real_tokenizer_belong_to_their_words():
    text = "unbelievably  good, thanks"
    words, spans = find_words(text), token_spans("minilm-l6", text)
    word_of = words_of_tokens(words, spans)
    assert len(word_of) == len(tokenize("minilm-l6", [text]).ids)
    assert word_of[0] == word_of[-1] == NO_WORD  # [CLS] and [SEP]
    inside = word_of[1:-1].tolist()
    assert sorted(inside) == inside
    assert set(inside) == {0, 1, 2}
    assert inside.count(1) == 2  # "good" and the comma


def test_a_token_that_begins_with_the_space_before_a_word_is_of_that_word():
    assert words_of_tokens(find_words("my card"), [(0, 2), (2, 7), (0, 0)]).tolist() == [0, 1, NO_WORD]


def test_scores_add_up_per_word_and_those_of_no_word_are_left_out():
    scores = np.array([[1.0, 2.0, 4.0, 8.0]])
    assert sum_per_word(scores, np.array([NO_WORD, 0, 2, 2]), 3).tolist() == [[2.0, 0.0, 12.0]]
