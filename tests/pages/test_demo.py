"""The demo: one run alone on a page, with an honest foot and no way to anywhere else."""

import re

import pytest
from streamlit.testing.v1 import AppTest

from pages.components.show_to_others import demo_address
from tests.pages.conftest import APP, Trained, all_text, open_app
from tests.pages.hostile import NAMES, rename_classes
from tests.pages.test_predict import a_picture


def test_it_says_what_the_model_does_and_how_often_it_is_right(finished_run: Trained) -> None:
    app = open_app("demo", run=finished_run.run_id)
    assert not app.exception
    assert "says which of these it takes it for: **cats** or **dogs**" in all_text(app)
    assert re.search(r"Right for .*\(95% interval .*\) of \d+ (test|validation) samples", all_text(app))


def test_nothing_else_is_on_it(finished_run: Trained) -> None:
    app = open_app("demo", run=finished_run.run_id)
    assert not app.sidebar.caption
    assert not app.button
    assert not app.selectbox


def test_an_image_is_answered(finished_run: Trained) -> None:
    app = open_app("demo", run=finished_run.run_id)
    app.file_uploader(key=f"image-{finished_run.run_id}").upload("new.png", a_picture("dogs")).run()
    assert app.metric[0].value == "dogs"
    assert "Why?" not in [expander.label for expander in app.expander]


def test_a_text_is_answered(finished_text_run: Trained) -> None:
    app = open_app("demo", run=finished_text_run.run_id)
    app.text_input(key=f"text-{finished_text_run.run_id}").set_value("I love it and would buy it again")
    app.form_submit_button[0].click().run()
    assert app.metric[0].value == "good"


@pytest.mark.parametrize("run_id", ["nope", "../x", ""])
def test_an_address_that_names_no_model_tells_nothing_of_others(finished_run: Trained, run_id: str) -> None:
    app = open_app("demo", run=run_id)
    assert not app.exception
    assert app.title[0].value == "Nothing to show here"
    assert finished_run.run_id not in all_text(app)


def test_a_run_that_still_trains_is_not_shown(running_run: Trained) -> None:
    assert open_app("demo", run=running_run.run_id).title[0].value == "Nothing to show here"


def test_opened_cold_it_comes_back_with_its_run(finished_run: Trained) -> None:
    app = AppTest.from_file(str(APP), default_timeout=60)
    app.switch_page("pages/demo.py")
    app.query_params["run"] = finished_run.run_id
    app.run()
    assert not app.exception
    assert "**cats** or **dogs**" in all_text(app)


def test_hostile_class_names_are_not_markup(finished_text_run: Trained) -> None:
    rename_classes(finished_text_run)
    app = open_app("demo", run=finished_text_run.run_id)
    assert all(name not in all_text(app) for name in NAMES)


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("http://localhost:8501/predict", "http://localhost:8501/demo?run=a1"),
        ("https://example.org/tools/results?run=b2", "https://example.org/tools/demo?run=a1"),
        ("http://localhost:8501/", "http://localhost:8501/demo?run=a1"),
    ],
)
def test_the_link_stands_beside_the_page_it_is_asked_on(url: str, address: str) -> None:
    assert demo_address(url, "a1") == address
