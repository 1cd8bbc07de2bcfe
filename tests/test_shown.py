"""Names that a terminal or page would obey are shown as marks, and survive in JSON."""

import json

import pytest

from core.errors import UserError
from core.shown import escaped_json, shown_name, shown_text

OBEYED = ("\x1b[2J", "a\nb", "\u202egnp.exe", "\x00", "\x85", "\udcff", "\u2028")


@pytest.mark.parametrize("name", OBEYED)
def test_what_a_terminal_would_obey_is_a_mark(name):
    shown = shown_name(name)
    assert "\ufffd" in shown
    assert shown.isprintable()
    assert UserError(f'There is no "{name}".', name).problem == f'There is no "{shown}".'


def test_lines_of_a_text_stay_lines_and_letters_of_all_scripts_stay():
    assert shown_text("a\n\tb\x1b") == "a\n\tb\ufffd"
    assert shown_name("شَدّة דגש 日本 👩‍💻 é") == "شَدّة דגש 日本 👩‍💻 é"


@pytest.mark.parametrize("name", OBEYED)
def test_json_with_such_names_can_be_printed_and_means_the_same(name):
    line = escaped_json(json.dumps({"input": name}, ensure_ascii=False))
    assert line.isprintable()
    assert json.loads(line) == {"input": name}


def test_a_message_with_an_endless_name_stays_a_message():
    assert len(UserError("x" * 1_000_000 + " is no number.", "Correct it.").problem) < 2_000
