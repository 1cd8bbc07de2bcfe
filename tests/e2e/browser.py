"""The system's Chromium, and tabs that note everything a page must not do."""

import os
import re
import shutil
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, ConsoleMessage, Dialog, Page, Route, expect

NAMES = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    "--no-sandbox",  # continuous integration runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WAIT_MS = 60_000
PROBE = re.compile(r"404 .*/[a-z]+/_stcore/(health|host-config)")
"""Streamlit asks below the page's own address first whether the server lies there; the 404 is its answer."""

FAULT = "it is not your fault"
"""What the border of a page says where the program is wrong."""


def launch(chromium: BrowserType, *more: str) -> Browser:
    """The browser, with more arguments; skips where the machine has none, which continuous integration must not do."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end(f"no browser: none of {', '.join(NAMES)} is on PATH; install Chromium to test the whole app")
    return chromium.launch(executable_path=path, args=[*ARGUMENTS, *more])


@dataclass
class Visitor:
    """A person's browser: one profile whose tabs may talk to one address and to nothing else.

    Attributes:
        complaints: what a page did that it must not do.
        harmless: parts of console errors that a test expects.
    """

    context: BrowserContext
    url: str
    complaints: list[str] = field(default_factory=list)
    harmless: list[str] = field(default_factory=list)

    def open_tab(self) -> Page:
        """A new tab under watch."""
        page = self.context.new_page()
        page.set_default_timeout(WAIT_MS)
        page.on("console", self._note_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error in the page: {error}"))
        page.on("dialog", self._note_dialog)
        return page

    def check(self) -> None:
        """Fails where a page did what it must not do, or shows a fault of the program."""
        for page in self.context.pages:
            expect(page.get_by_test_id("stException")).to_have_count(0)
            expect(page.get_by_text(FAULT)).to_have_count(0)
        unexpected = [text for text in self.complaints if not self._is_harmless(text)]
        assert not unexpected, "\n".join(unexpected)

    def _is_harmless(self, text: str) -> bool:
        return PROBE.search(text) is not None or any(part in text for part in self.harmless)

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"console: {message.text} ({message.location.get('url', '')})")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def visit(browser: Browser, url: str, **profile: object) -> Visitor:
    """A fresh profile that reaches `url` alone; any other request is refused and noted.

    Args:
        browser: the browser.
        url: where the server is.
        profile: what Playwright's `new_context` takes, for example `color_scheme`.
    """
    visitor = Visitor(context=browser.new_context(**profile), url=url)

    def refuse(route: Route) -> None:
        visitor.complaints.append(f"request to {route.request.url}")
        route.abort()

    visitor.context.route(re.compile(rf"^(?!{re.escape(url)}/|data:|blob:)"), refuse)
    return visitor
