"""A server that two people share: signing in, a workspace each, signing out."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.access.people import People
from core.workflows.inspect_dataset import open_sample
from core.workflows.workspace import Workspace
from tests.e2e.browser import Visitor
from tests.e2e.server import Server

PHRASE = "correct horse battery staple"
WAIT_MS = 240_000


@pytest.fixture
def class_server(browser: Browser, tmp_path: Path) -> Iterator[Server]:
    server = Server(tmp_path, HEADSTART_PASSPHRASE=PHRASE)
    server.start()
    yield server
    server.end()


def word_of(name: str) -> str:
    return f"word of {name}"


def sign_in(page: Page, name: str) -> None:
    page.get_by_label("Your name").fill(name)
    page.get_by_label("A word of your own").fill(word_of(name))
    page.get_by_label("Pass phrase of this server").fill(PHRASE)
    page.get_by_role("button", name="Sign in").click()


def test_two_people_work_apart_and_leave(class_server: Server, visitor: Callable[..., Visitor]) -> None:
    ann, bob = visitor(class_server.url), visitor(class_server.url)
    root = class_server.workspace.root
    person = People(root).enter_by_word("Ann", word_of("Ann"))
    dataset_id = open_sample(Workspace(People(root).folder(person)), "digits").id

    tab = ann.open_tab()
    tab.goto(f"{class_server.url}/data?dataset={dataset_id}")
    sign_in(tab, "Ann")
    expect(tab).to_have_url(re.compile(f"/data.dataset={dataset_id}$"), timeout=WAIT_MS)
    expect(tab.get_by_test_id("stMain").get_by_text("1,797", exact=True).first).to_be_visible(timeout=WAIT_MS)
    tab.reload()
    expect(tab.get_by_test_id("stMain").get_by_text("1,797", exact=True).first).to_be_visible(timeout=WAIT_MS)
    expect(tab.get_by_test_id("stSidebar").get_by_text("Ann", exact=False).first).to_be_visible(timeout=WAIT_MS)

    other = bob.open_tab()
    other.goto(f"{class_server.url}/data?dataset={dataset_id}")
    sign_in(other, "Bob")
    expect(other.get_by_text("Where is your data?").first).to_be_visible(timeout=WAIT_MS)

    assert len([path for path in (root / "people").iterdir() if path.is_dir()]) == 2
    assert not (root / "datasets").exists()

    tab.goto(f"{class_server.url}/sign-out")
    tab.get_by_role("button", name="Sign out").click()
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible(timeout=WAIT_MS)
    tab.goto(f"{class_server.url}/data?dataset={dataset_id}")
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible(timeout=WAIT_MS)
