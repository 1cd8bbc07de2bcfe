"""The first thing a server is asked for is a link somebody sent, not its front page."""

import pytest

from tests.e2e.app import App


@pytest.mark.parametrize(
    ("address", "title", "words"),
    [
        ("/results?run=UNKNOWN", "Results", "UNKNOWN"),
        ("/train", "Train", "No data yet"),
        ("/compare?runs=UNKNOWN", "Compare", "No run yet"),
    ],
)
def test_a_link_opens_its_page_inside_the_frame_on_a_server_that_has_just_started(
    fresh_server, visitor, address, title, words
):
    app = App(visitor(fresh_server.url).open_tab(), fresh_server.url)
    app.open(address)
    app.see_title(title)
    app.see(words)
    assert app.page.get_by_text("Page not found").count() == 0
    assert app.page.evaluate("location.pathname + location.search") == address


def test_a_link_for_visitors_opens_without_the_frame_that_leads_elsewhere(fresh_server, visitor):
    app = App(visitor(fresh_server.url).open_tab(), fresh_server.url)
    app.page.goto(f"{fresh_server.url}/demo?run=UNKNOWN")
    app.see_title("Nothing to show here")
    app.see("names no model")
    assert app.page.get_by_test_id("stSidebarNav").count() == 0
