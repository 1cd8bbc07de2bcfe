"""Times as people say them."""

from datetime import UTC, datetime, timedelta

import pytest

from pages.components.time_words import about_words, age_words, duration_words, short_moment_words

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "words"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=13), "13 days ago"),
    ],
)
def test_an_age_is_said_in_the_largest_unit_that_is_full(ago: timedelta, words: str) -> None:
    assert age_words((NOW - ago).isoformat(), NOW) == words


def test_an_old_time_is_a_date() -> None:
    assert "Feb 2026" in age_words((NOW - timedelta(days=20)).isoformat(), NOW)


@pytest.mark.parametrize(
    ("ago", "words"),
    [(timedelta(), "today "), (timedelta(days=9), " Feb, "), (timedelta(days=90), " Dec 2025")],
)
def test_a_moment_is_said_as_exactly_as_a_list_needs_it(ago: timedelta, words: str) -> None:
    assert words in short_moment_words((NOW - ago).isoformat(), NOW)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "under 1 s"),
        (4.4, "about 4 s"),
        (43, "about 45 s"),
        (92, "about 90 s"),
        (95, "about 1.5 min"),
        (312, "about 5 min"),
        (800, "about 13 min"),
        (3 * 3600 + 100, "about 3 h"),
    ],
)
def test_an_expected_time_is_no_finer_than_it_can_be_foretold(seconds: float, words: str) -> None:
    assert about_words(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.02, "under 0.1 s"), (0.06, "0.1 s"), (9.96, "10 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_a_duration_never_claims_to_be_nothing(seconds: float, words: str) -> None:
    assert duration_words(seconds) == words
