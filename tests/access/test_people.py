"""People, their folders and their visits."""

import json
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from core.access.attempts import Attempts
from core.access.people import EntryError, People, may_enter
from core.access.visits import end_visit, issue_visit, read_visit
from core.errors import ConfigurationError

WORD = "own-word"


def test_a_name_is_claimed_at_the_first_visit_and_opened_by_its_word_after_that(tmp_path):
    people = People(tmp_path)
    ann = people.enter_by_word("Ann  Lee", WORD)
    assert people.enter_by_word(" ann lee", WORD).id == ann.id
    with pytest.raises(EntryError, match="another one"):
        people.enter_by_word("Ann Lee", "wrong-word")


def test_two_people_have_two_folders_that_nobody_can_guess(tmp_path):
    first, second = People(tmp_path / "a"), People(tmp_path / "b")
    ann, bob = first.enter_by_word("Ann", WORD), first.enter_by_word("Bob", WORD)
    assert first.folder(ann) != first.folder(bob)
    assert second.enter_by_word("Ann", WORD).id != ann.id, "the id does not depend on the server's secret"
    assert len(ann.id) == 32


def test_the_word_is_kept_as_a_hash_and_the_secret_for_one_user_only(tmp_path):
    people = People(tmp_path)
    folder = people.folder(people.enter_by_word("Ann", WORD))
    assert WORD not in (folder / "person.json").read_text()
    assert json.loads((folder / "person.json").read_text())["name"] == "Ann"
    assert stat.S_IMODE((tmp_path / "people" / ".secret").stat().st_mode) == 0o600
    kept = {".secret", ".secret.lock", folder.name}
    assert {path.name for path in (tmp_path / "people").iterdir()} == kept
    assert [path.name for path in folder.iterdir()] == ["person.json"]


@pytest.mark.parametrize("left", [b"", b"half of it"])
def test_no_visit_is_signed_with_what_is_left_of_a_damaged_secret(tmp_path, left):
    people = People(tmp_path)
    people.secret()
    (tmp_path / "people" / ".secret").write_bytes(left)
    with pytest.raises(ConfigurationError, match="has 32 bytes"):
        people.secret()
    with pytest.raises(ConfigurationError):
        people.enter_by_word("Ann", WORD)


def test_servers_that_begin_at_once_have_one_secret(tmp_path):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: People(tmp_path).secret(), range(8)))) == 1


@pytest.mark.parametrize("name", ["", "   ", "x" * 61, "a\u0007b", "a\u202eb"])
def test_what_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(EntryError):
        People(tmp_path).enter_by_word(name, WORD)


def test_a_name_that_is_a_path_becomes_none(tmp_path):
    person = People(tmp_path).enter_by_word("../../etc", WORD)
    assert (tmp_path / "people" / person.id).is_dir()


def test_a_new_word_must_not_be_too_short(tmp_path):
    with pytest.raises(EntryError, match="at least 6"):
        People(tmp_path).enter_by_word("Ann", "short")


def test_a_server_takes_a_bounded_number_of_people(tmp_path, monkeypatch):
    monkeypatch.setattr("core.access.people.MAX_PEOPLE", 1)
    people = People(tmp_path)
    people.enter_by_word("Ann", WORD)
    with pytest.raises(EntryError, match="1 people"):
        people.enter_by_word("Bob", WORD)
    people.enter_by_word("Ann", WORD)


def test_an_account_is_one_person_whatever_it_is_called(tmp_path):
    people = People(tmp_path)
    ann = people.enter_by_provider("https://id.example", "7", "Ann")
    assert people.enter_by_provider("https://id.example", "7", "Ann Lee").id == ann.id
    assert people.enter_by_provider("https://other.example", "7", "Ann").id != ann.id
    assert people.enter_by_word("7", WORD).id != ann.id


@pytest.mark.parametrize(
    ("claims", "is_in"),
    [
        ({"email": "Ann@School.example", "email_verified": True}, True),
        ({"email": "bob@home.example", "email_verified": True}, True),
        ({"email": "eve@home.example", "email_verified": True}, False),
        ({"email": "ann@school.example", "email_verified": False}, False),
        ({"email": "ann@school.example"}, False),
        ({"email": "x@evil.example@school.example", "email_verified": True}, False),
        ({}, False),
    ],
)
def test_only_checked_addresses_of_those_named_may_enter(claims, is_in):
    account = {"iss": "https://id.example", "sub": "7", **claims}
    assert may_enter(account, ("@school.example", "bob@home.example")) == is_in
    assert may_enter(account, ())
    assert not may_enter({"email": "bob@home.example", "email_verified": True}, ())


def test_a_visit_is_read_back_only_with_the_secret_it_was_signed_with(tmp_path):
    people = People(tmp_path)
    ann = people.enter_by_word("Ann", WORD)
    cookie = issue_visit(ann, people.secret())
    assert read_visit(cookie, people.secret()) == ann
    assert read_visit(cookie, b"x" * 32) is None
    for damaged in ("", cookie[:-1], cookie.replace(".", "", 1), "a" * 5000, "é"):
        assert read_visit(damaged, people.secret()) is None


def test_a_visit_ends_when_its_person_leaves_and_no_other_with_it(tmp_path):
    people = People(tmp_path)
    ann = people.enter_by_word("Ann", WORD)
    first, second = (issue_visit(ann, people.secret()) for _ in range(2))
    end_visit(first, people.secret())
    assert read_visit(first, people.secret()) is None
    assert read_visit(second, people.secret()) == ann


def test_a_visit_does_not_outlast_a_school_day(tmp_path, monkeypatch):
    people = People(tmp_path)
    cookie = issue_visit(people.enter_by_word("Ann", WORD), people.secret())
    monkeypatch.setattr("core.access.visits.MAX_AGE_S", -1)
    assert read_visit(cookie, people.secret()) is None


def test_attempts_lock_a_key_for_a_while_and_no_other():
    now = [0.0]
    attempts = Attempts(limit=2, window_s=60, clock=lambda: now[0])
    assert attempts.begin("a") == 0
    now[0] = 10
    assert attempts.begin("a") == 0
    assert attempts.begin("a") == 50
    assert attempts.begin("b") == 0
    now[0] = 60
    assert attempts.begin("a") == 0
    assert attempts.begin("a") == 10
    attempts.take_back("a")
    assert attempts.begin("a") == 0
    attempts.forget("a")
    assert [attempts.begin("a") for _ in range(3)] == [0, 0, 60]


def test_the_memory_of_attempts_is_bounded(monkeypatch):
    monkeypatch.setattr("core.access.attempts._MAX_KEYS", 3)
    attempts = Attempts(limit=1, window_s=60)
    for key in "abcde":
        attempts.begin(key)
    assert [key for key in "edc" if attempts.begin(key)] == ["e", "d", "c"]
    assert not attempts.begin("a")
