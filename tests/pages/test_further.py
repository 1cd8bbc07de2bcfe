"""Beside an answer: shifted inputs as a lesson, and other runs on the same input."""

import shutil
from dataclasses import replace

from tests.pages.conftest import Trained, all_text
from tests.pages.hostile import NAMES, rename_classes
from tests.pages.test_why import predicted_image, predicted_text


def opened(app, key: str):
    app.session_state[key] = True
    app.run()
    assert not app.exception
    return app


def second_run(trained: Trained) -> None:
    """The same run as if it had been made years before, so that it has a name and a place in lists of its own."""
    folder = trained.workspace.runs.get(trained.run_id).path
    shutil.copytree(folder, folder.with_name(f"2020{folder.name[4:]}"))
    other = trained.workspace.runs.get(f"2020{trained.run_id[4:]}")
    other.write_status(replace(other.read_status(), created_at="2020-01-01T00:00:00+00:00"))


def test_nothing_is_shifted_before_the_panel_is_opened(finished_run: Trained) -> None:
    app = predicted_image(finished_run)
    assert "As it is" not in all_text(app)


def test_a_shifted_image_shows_what_becomes_of_the_answer(finished_run: Trained) -> None:
    app = opened(predicted_image(finished_run), "shifts")
    words = all_text(app)
    assert "As it is" in words
    assert all(f"**{title}**" in words for title in ("Darker", "Blurred", "Turned", "Compressed"))
    assert "→" in words
    assert "change the answer" in words or "leave the answer at" in words or "None of these" in words


def test_a_stronger_shift_is_asked_anew(finished_run: Trained) -> None:
    app = opened(predicted_image(finished_run), "shifts")
    before = all_text(app)
    app.select_slider(key="shift-strength").set_value(1.0).run()
    assert not app.exception
    assert all_text(app) != before


def test_a_shifted_text_is_shown_as_it_was_read(finished_text_run: Trained) -> None:
    app = opened(predicted_text(finished_text_run, "I love it, and would buy it again"), "shifts")
    assert "I LOVE IT" in all_text(app) or "LOVE" in all_text(app)
    assert "**Typing errors**" in all_text(app)


def test_an_answer_to_a_text_stays_while_the_panels_are_used(finished_text_run: Trained) -> None:
    app = predicted_text(finished_text_run, "I love it and would buy it again")
    app.run()
    assert app.metric[0].value == "good"


def test_without_another_run_that_is_said(finished_run: Trained) -> None:
    app = opened(predicted_image(finished_run), "beside")
    assert "There is no other finished run" in all_text(app)


def test_another_run_answers_beside_and_agreement_is_said(finished_run: Trained) -> None:
    second_run(finished_run)
    app = opened(predicted_image(finished_run), "beside")
    assert "All 2 say **cats**" in all_text(app)
    assert len(app.get("plotly_chart")) == 3


def test_hostile_class_names_are_not_markup(finished_text_run: Trained) -> None:
    rename_classes(finished_text_run)
    second_run(finished_text_run)
    app = opened(opened(predicted_text(finished_text_run, "I love it"), "shifts"), "beside")
    assert all(name not in all_text(app) for name in NAMES)
