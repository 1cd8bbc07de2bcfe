"""A server that people enter with accounts: to the provider and back, a workspace each, and out."""

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
from tests.openid_provider import OpenIdProvider

WAIT_MS = 240_000
ANN = {"sub": "7", "name": "Ann", "email": "ann@school.example", "email_verified": True}
BOB = {**ANN, "sub": "8", "name": "Bob"}  # the same address: it is not what tells people apart
EVE = {**ANN, "sub": "9", "name": "Eve", "email": "eve@home.example"}


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        yield provider


@pytest.fixture
def school_server(browser: Browser, provider: OpenIdProvider, tmp_path: Path) -> Iterator[Server]:
    secrets = tmp_path / "secrets.toml"
    server = Server(tmp_path, STREAMLIT_SECRETS_FILES=str(secrets), HEADSTART_PEOPLE="@school.example")
    lines = [f'{name} = "{value}"' for name, value in provider.section(server.url).items()]
    secrets.write_text("\n".join(["[auth]", *lines]), encoding="utf-8")
    server.start()
    yield server
    server.end()


def sign_in(tab: Page, address: str) -> None:
    tab.goto(address)
    tab.get_by_role("link", name="Sign in").click()


def see_rows(tab: Page) -> None:
    expect(tab.get_by_test_id("stMain").get_by_text("1,797", exact=True).first).to_be_visible(timeout=WAIT_MS)


def test_people_with_accounts_follow_a_link_work_apart_and_leave(
    school_server: Server, provider: OpenIdProvider, visitor: Callable[..., Visitor]
) -> None:
    url, people = school_server.url, People(school_server.workspace.root)
    ann = people.folder(people.enter_by_provider(provider.url, "7", ""))
    link = f"{url}/data?dataset={open_sample(Workspace(ann), 'digits').id}"

    provider.claims = ANN
    tab = visitor(url).open_tab()
    sign_in(tab, link)
    see_rows(tab)
    assert tab.url == link
    assert "/authorize" in provider.asked
    expect(tab.get_by_test_id("stSidebar").get_by_text("Ann", exact=False).first).to_be_visible(timeout=WAIT_MS)
    tab.reload()
    see_rows(tab)

    provider.claims = BOB
    other = visitor(url).open_tab()
    sign_in(other, link)
    expect(other.get_by_text("Where is your data?").first).to_be_visible(timeout=WAIT_MS)

    provider.claims = EVE
    stranger = visitor(url)
    stranger.harmless.append("status of 403")
    refused = stranger.open_tab()
    sign_in(refused, link)
    expect(refused.get_by_role("alert")).to_contain_text("eve@home.example may not enter here")
    refused.goto(link)
    expect(refused.get_by_role("heading", name="Sign in")).to_be_visible()

    with tab.context.expect_page() as opened:
        tab.get_by_role("link", name="Sign out").click()
    with_form = opened.value
    with_form.get_by_role("button", name="Sign out").click()
    expect(with_form.get_by_role("heading", name="Sign in")).to_be_visible(timeout=WAIT_MS)
    tab.goto(link)
    expect(tab.get_by_role("heading", name="Sign in")).to_be_visible(timeout=WAIT_MS)
    assert not re.search("Traceback", school_server.log.read_text())
