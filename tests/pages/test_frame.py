"""The frame: the way in, the error border, the line on privacy."""

import logging
import os
import time

import pytest
from streamlit.testing.v1 import AppTest

from core.workflows.inspect_dataset import keep_upload
from core.workflows.workspace import Workspace
from pages.components.frame import page_frame
from tests.pages.conftest import APP, all_text, open_app


def test_the_app_opens_on_home_without_an_error() -> None:
    app = open_app()
    assert not app.exception
    assert app.title[0].value == "Give your model a headstart"


def test_the_sidebar_says_where_the_data_lie(workspace) -> None:
    line = open_app().sidebar.caption[0].value
    assert "Everything stays on this machine" in line
    assert workspace.root.name in line


@pytest.mark.parametrize("page", ["home", "data", "train", "results", "predict"])
def test_a_page_opened_cold_goes_through_the_frame_and_keeps_its_address(page: str) -> None:
    app = AppTest.from_file(str(APP), default_timeout=30)
    app.switch_page(f"pages/{page}.py")
    app.query_params["dataset"] = "0123456789abcdef"
    app.run()
    assert not app.exception
    assert app.sidebar.caption, "the frame was not drawn"
    if page in ("data", "train"):
        assert "0123456789abcdef" in all_text(app) or app.query_params.get("dataset") == "0123456789abcdef"


def test_a_user_error_is_shown_with_its_remedy_and_without_markup() -> None:
    def script() -> None:
        from core.errors import DatasetError
        from pages.components.frame import page_frame

        with page_frame():
            raise DatasetError('The class "![x](http://evil.example/x.png)" is odd.', "Rename it.")

    app = AppTest.from_function(script).run()
    assert not app.exception
    assert "Rename it" in app.error[0].value
    assert "![x](" not in app.error[0].value


def test_a_fault_is_logged_and_shown_without_its_text(caplog: pytest.LogCaptureFixture) -> None:
    def script() -> None:
        from pages.components.frame import page_frame

        with page_frame():
            raise RuntimeError("secret /home/somebody/path")

    with caplog.at_level(logging.ERROR, logger="headstart.pages"):
        app = AppTest.from_function(script).run()
    assert not app.exception
    assert len(app.error) == 1
    assert "secret" not in app.error[0].value
    assert "secret /home/somebody/path" in caplog.text


def test_uploads_nobody_imported_go_after_a_day(workspace: Workspace) -> None:
    old = keep_upload(workspace, "old.zip", [b"x"])
    new = keep_upload(workspace, "new.zip", [b"x"])
    yesterday = time.time() - 25 * 3600
    os.utime(old.path, (yesterday, yesterday))
    open_app()
    assert not old.path.exists()
    assert new.path.exists()


def test_the_border_lets_what_is_no_error_pass() -> None:
    with pytest.raises(KeyboardInterrupt), page_frame():
        raise KeyboardInterrupt


def test_a_page_that_is_out_of_date_while_it_runs_still_comes_to_what_was_pressed() -> None:
    def page() -> None:
        import streamlit as st

        from pages.components.frame import run_page_again

        @st.fragment(run_every=60)
        def watch() -> None:
            run_page_again()

        watch()
        if st.button("Start"):
            st.success("Started")

    app = AppTest.from_function(page).run()
    app.button[0].click().run()
    assert [element.value for element in app.success] == ["Started"]
