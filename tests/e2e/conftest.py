"""The whole app in a real browser: one server and one browser for this folder, a fresh profile for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.conftest import make_image_zip
from tests.e2e.app import App
from tests.e2e.browser import Visitor, launch, visit
from tests.e2e.files import N_PER_CLASS
from tests.e2e.server import Server

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.e2e)


# The scope is the folder, not the session: Playwright's event loop must be gone when the tests of other folders run.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def shared_server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    yield from _served(tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="package")
def pictures_id(shared_server: Server) -> str:
    """A small dataset of images on the shared server."""
    return shared_server.add_dataset("pets.zip", make_image_zip(n_per_class=N_PER_CLASS))


@pytest.fixture(scope="package")
def finished_run_id(shared_server: Server, pictures_id: str) -> str:
    """A finished run on these images."""
    return shared_server.train(pictures_id)


@pytest.fixture
def server(shared_server: Server) -> Iterator[Server]:
    """The shared server; what a test leaves training is stopped after it, and the log must hold no fault."""
    logged = len(shared_server.log.read_text())
    yield shared_server
    shared_server.stop_runs()
    assert "Traceback" not in shared_server.log.read_text()[logged:]


@pytest.fixture
def fresh_server(browser: Browser, tmp_path: Path) -> Iterator[Server]:
    """A server that has just started on an empty workspace."""
    yield from _served(tmp_path)


@pytest.fixture
def visitor(browser: Browser) -> Iterator[Callable[..., Visitor]]:
    """Opens profiles; each is looked over at the end of the test."""
    visitors: list[Visitor] = []

    def open_profile(url: str, **profile: object) -> Visitor:
        visitors.append(visit(browser, url, **profile))
        return visitors[-1]

    yield open_profile
    try:
        for each in visitors:
            each.check()
    finally:
        for each in visitors:
            each.context.close()


@pytest.fixture
def app(server: Server, visitor: Callable[..., Visitor]) -> App:
    """The dashboard in a new tab of a new profile."""
    return App(visitor(server.url).open_tab(), server.url)


def _served(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.end()
