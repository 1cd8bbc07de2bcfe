"""The bundled customer messages keep what their README promises."""

import csv
import itertools
import re
from collections import Counter
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "assets" / "samples"
CLASSES = {"account", "billing", "delivery", "feedback", "product question", "returns"}


@pytest.fixture(scope="module")
def rows() -> list[dict[str, str]]:
    with (SAMPLES / "customer_messages.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def tokens(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[a-z0-9]+", text.lower()))


def test_table_has_a_text_and_a_category_in_every_row(rows):
    for row in rows:
        assert set(row) == {"text", "category"}
        assert row["text"].strip() == row["text"] != ""


def test_six_classes_have_at_least_seventy_messages_each(rows):
    counts = Counter(row["category"] for row in rows)
    assert set(counts) == CLASSES
    assert min(counts.values()) >= 70


def test_messages_are_between_four_and_forty_words(rows):
    lengths = [len(row["text"].split()) for row in rows]
    assert min(lengths) >= 4
    assert max(lengths) <= 40
    assert len(set(lengths)) > 20, "lengths vary"


def test_no_two_messages_are_the_same_words(rows):
    counts = Counter(tokens(row["text"]) for row in rows)
    assert [" ".join(words) for words, n in counts.items() if n > 1] == []


def test_no_two_messages_share_more_than_four_fifths_of_their_words(rows):
    bags = [set(tokens(row["text"])) for row in rows]
    near = [(a, b) for a, b in itertools.combinations(bags, 2) if len(a & b) > 0.8 * len(a | b)]
    assert near == []


def test_messages_hold_no_address_link_or_long_number(rows):
    personal = re.compile(r"@|https?:|www\.|\d{6,}")
    assert [row["text"] for row in rows if personal.search(row["text"])] == []


def test_no_opening_is_a_template(rows):
    openings = Counter(tokens(row["text"])[:4] for row in rows)
    assert max(openings.values()) <= 5


def test_file_is_plain_ascii_with_unix_line_ends():
    content = (SAMPLES / "customer_messages.csv").read_bytes()
    assert content.isascii()
    assert b"\r" not in content


def test_readme_states_the_counts_and_the_licence(rows):
    readme = (SAMPLES / "README.md").read_text(encoding="utf-8")
    assert f"{len(rows)} short customer messages" in readme
    assert "CC0" in readme
    for name in CLASSES:
        assert f"`{name}`" in readme
