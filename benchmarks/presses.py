"""From a press in a real browser to a page that stands still and shows what was asked for, in seconds."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from benchmarks.data import NotMeasurable

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync")
WAIT_MS = 60_000
QUIET_MS = 300
"""A page that computes nothing and has not changed for so long stands still: one press may change it in steps."""

WATCH = """() => {
    const app = document.querySelector('[data-testid="stApp"]');
    window.presses = {app, pressed: null, changed: 0};
    new MutationObserver(() => { window.presses.changed = performance.now(); }).observe(
        app, {subtree: true, childList: true, characterData: true, attributeFilter: ['data-test-script-state']});
    document.addEventListener('pointerdown', () => { window.presses.pressed = performance.now(); }, true);
}"""
FORGET = "() => { window.presses.pressed = null; }"
FINISHED = """([selector, words, quiet]) => {
    const {app, pressed, changed} = window.presses;
    const shows = [...document.querySelectorAll(selector)].some(part => part.innerText.includes(words));
    const stands = app.getAttribute('data-test-script-state') === 'notRunning' && performance.now() - changed > quiet;
    return pressed !== null && changed > pressed && shows && stands ? changed - pressed : null;
}"""
"""Milliseconds from the press to the last change; null as long as more may come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Press:
    """Something to press.

    Attributes:
        click: presses it.
        selector: the part of the page that tells when it was answered.
        words: what that part then holds.
    """

    click: Callable[[], None]
    selector: str
    words: str


@contextmanager
def open_browser() -> Iterator[Browser]:
    """The system's own Chromium; raises NotMeasurable where it or Playwright is missing."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise NotMeasurable(f"there is no browser here (none of {', '.join(BROWSERS)})")
    if importlib.util.find_spec("playwright") is None:
        raise NotMeasurable("Playwright is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(ARGUMENTS))
        yield browser
        browser.close()


def time_presses(page: Page, presses: Sequence[Press], n: int) -> list[float]:
    """Press one after the other in turn, `n` times in all; seconds of each until the page stands still.

    Args:
        page: a tab that shows a page of the dashboard that stands still.
        presses: each changes the page, and each can be done again after the last one.
        n: how many presses are timed.
    """
    page.evaluate(WATCH)
    return [_time_press(page, presses[number % len(presses)]) for number in range(n)]


def _time_press(page: Page, press: Press) -> float:
    page.evaluate(FORGET)
    press.click()
    asked = [press.selector, press.words, QUIET_MS]
    elapsed_ms = page.wait_for_function(FINISHED, arg=asked, timeout=WAIT_MS, polling=QUIET_MS / 6)
    return elapsed_ms.json_value() / 1000
