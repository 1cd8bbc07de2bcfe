"""Lines and images answered while somebody waits: as each would be alone, and as a file."""

import pytest

from core.errors import DatasetError
from core.workflows import answer_many
from core.workflows.answer_many import answer_images, answer_lines, images_csv, lines_csv
from core.workflows.predict import predict_images, predict_texts
from tests.workflows.conftest import picture

PASTED = "where is my parcel\n\n  i want my money back  \n=cmd()\n"


def test_every_line_is_a_text_and_empty_ones_are_passed_over(workspace, finished):
    answers = answer_lines(workspace, finished["text"].id, PASTED)
    assert [one.input for one in answers] == ["where is my parcel", "i want my money back", "=cmd()"]
    (alone,) = predict_texts(workspace, finished["text"].id, ["i want my money back"])
    assert answers[1].label == alone.label


def test_lines_leave_as_a_file_in_which_no_formula_runs(workspace, finished):
    answers = answer_lines(workspace, finished["text"].id, PASTED)
    rows = lines_csv(workspace, finished["text"].id, answers).decode("utf-8-sig").splitlines()
    assert rows[0].startswith("input,text,predicted class,probability")
    assert rows[1].startswith("line 1,where is my parcel,")
    assert rows[3].startswith("line 3,'=cmd(),")


def test_an_image_that_cannot_be_read_does_not_stop_the_others(workspace, finished):
    given = [("a.png", picture("red", 1)), ("b.png", b"nothing"), ("c.png", picture("green", 2))]
    answers = answer_images(workspace, finished["image"].id, given)
    (alone,) = predict_images(workspace, finished["image"].id, given[2:])
    assert [bool(one.problem) for one in answers] == [False, True, False]
    assert answers[2].prediction is not None
    assert answers[2].prediction.label == alone.label
    assert answers[0].picture.startswith(b"\xff\xd8")
    rows = images_csv(workspace, finished["image"].id, answers).decode("utf-8-sig").splitlines()
    assert "not an image" in rows[2]


def test_nothing_but_broken_images_is_answered_with_why(workspace, finished):
    assert [one.prediction for one in answer_images(workspace, finished["image"].id, [("b", b"x")])] == [None]


def test_too_many_are_sent_to_where_they_are_answered_behind_the_page(workspace, finished, monkeypatch):
    monkeypatch.setattr(answer_many, "MAX_LINES", 2)
    with pytest.raises(DatasetError, match="Many at once"):
        answer_lines(workspace, finished["text"].id, PASTED)
    with pytest.raises(DatasetError, match="no text"):
        answer_lines(workspace, finished["text"].id, " \n ")
