"""Who sees pages, and whose: asked at the frame of every page."""

import pytest
from streamlit.runtime.context import ContextProxy
from streamlit.testing.v1 import AppTest

from core.access.people import People, Person
from core.access.policy import AccessPolicy
from core.access.provider import read_provider
from core.access.visits import COOKIE, issue_visit
from core.workflows.workspace import Workspace
from pages.components.entrance import inline_script_hashes
from tests.pages.conftest import APP, TIMEOUT_S, all_text, open_app

ISSUER = "https://id.example"
SECTION = {
    "server_metadata_url": f"{ISSUER}/.well-known/openid-configuration",
    "redirect_uri": "http://localhost/oauth2callback",
    "client_id": "x",
    "client_secret": "y",
}
PAGES = ("home", "data", "train", "results", "compare", "predict")


def open_with_provider(page: str = "home", **query: str) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S)
    app.secrets["auth"] = SECTION
    app.switch_page(f"pages/{page}.py")
    for name, value in query.items():
        app.query_params[name] = value
    return app.run()


@pytest.fixture
def ann(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> Person:
    """Somebody whom the provider let in: the browser brings the cookie, which the tests of pages have no place for."""
    people = People(workspace.root)
    person = people.enter_by_provider(ISSUER, "7", "Ann [x](http://evil.example)")
    key = AccessPolicy(way="openid", provider=read_provider(SECTION)).visit_key(people.secret())
    monkeypatch.setattr(ContextProxy, "cookies", {COOKIE: issue_visit(person, key)})
    return person


@pytest.mark.parametrize("page", PAGES)
def test_a_stranger_sees_the_way_in_and_nothing_of_any_page(monkeypatch, page) -> None:
    monkeypatch.setenv("HEADSTART_PASSPHRASE", "correct horse battery staple")
    app = open_app(page, run="x", dataset="y")
    assert [title.value for title in app.title] == ["Sign in"]
    assert not app.exception
    assert not app.sidebar.caption


def test_where_nobody_may_enter_every_page_says_only_why(monkeypatch) -> None:
    monkeypatch.setenv("HEADSTART_REQUIRE_SIGN_IN", "1")
    for page in PAGES:
        app = open_app(page)
        assert "nothing says who may enter" in app.error[0].value
        assert not app.title
        assert not app.exception


@pytest.mark.parametrize("page", PAGES)
def test_a_provider_is_asked_before_any_page(page) -> None:
    app = open_with_provider(page)
    assert [title.value for title in app.title] == ["Sign in"]
    assert not app.sidebar.caption


def test_whoever_the_provider_knows_works_in_a_workspace_of_their_own(ann: Person) -> None:
    app = open_with_provider()
    assert not app.exception
    assert app.title[0].value != "Sign in"
    assert ann.id in "".join(caption.value for caption in app.sidebar.caption)
    assert "[x](" not in all_text(app)


@pytest.mark.usefixtures("ann")
def test_whoever_was_let_in_by_another_list_has_to_sign_in_again(monkeypatch) -> None:
    monkeypatch.setenv("HEADSTART_PEOPLE", "@school.example")
    assert [title.value for title in open_with_provider().title] == ["Sign in"]


def test_another_persons_run_is_no_run(finished_run, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("ann")  # after the run, whose workspace is a copy
    app = open_with_provider("results", run=finished_run.run_id)
    assert not app.exception
    assert "There is no run named" in all_text(app)


def test_streamlits_own_page_has_scripts_to_allow() -> None:
    assert all(each.startswith("sha256-") for each in inline_script_hashes())
    assert inline_script_hashes()
