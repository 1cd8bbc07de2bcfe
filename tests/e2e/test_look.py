"""Every page on a wide and a narrow screen, light and dark."""

import time

import pytest
from playwright.sync_api import expect

from tests.e2e.app import PAGES, App

GROUNDS = {"light": "rgb(255, 255, 255)", "dark": "rgb(16, 22, 31)"}
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 400, "height": 800}
PATIENCE_S = 15.0


@pytest.mark.parametrize("scheme", list(GROUNDS))
def test_every_page_follows_the_theme_and_fits_a_wide_and_a_narrow_screen(server, visitor, finished_run_id, scheme):
    page = visitor(server.url, color_scheme=scheme, viewport=WIDE).open_tab()
    app = App(page, server.url)
    for title in PAGES:
        page.set_viewport_size(WIDE)
        app.open("/" if title == "Home" else f"/{title.lower()}")
        expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=60_000)
        app.settle()
        expect(page.get_by_test_id("stApp")).to_have_css("background-color", GROUNDS[scheme])
        see_it_fits(app, title)
        page.set_viewport_size(NARROW)
        app.settle()
        see_it_fits(app, title)


def see_it_fits(app: App, title: str) -> None:
    """The page is as wide as the screen, once its charts have followed a new width."""
    until = time.monotonic() + PATIENCE_S
    while (found := overflow_px(app)) > 1 and time.monotonic() < until:
        app.page.wait_for_timeout(100)
    assert found <= 1, f"{title} is too wide for {app.page.viewport_size}"


def overflow_px(app: App) -> float:
    """How far the page reaches beyond the screen; what scrolls in Streamlit is its main part, not the document."""
    return app.page.evaluate(
        """() => {
            const main = document.querySelector('[data-testid="stMain"]');
            return Math.max(document.scrollingElement.scrollWidth - innerWidth, main.scrollWidth - main.clientWidth);
        }"""
    )
