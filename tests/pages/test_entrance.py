"""Who sees pages, and whose: asked at the frame of every page."""

import pytest
from streamlit.testing.v1 import AppTest

from core.access.people import People
from core.workflows.workspace import Workspace
from pages.components.entrance import inline_script_hashes
from tests.pages.conftest import APP, TIMEOUT_S, all_text, open_app

ACCOUNT = {"is_logged_in": True, "iss": "https://id.example", "sub": "7", "name": "Ann [x](http://evil.example)"}
PAGES = ("home", "data", "train", "results", "compare", "predict")


def open_with_provider(page: str = "home", **claims: object) -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S)
    app.secrets["auth"] = {"client_id": "x"}
    for name, value in claims.items():
        app.user[name] = value
    app.switch_page(f"pages/{page}.py")
    return app.run()


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
    assert [button.label for button in app.button] == ["Sign in"]


def test_whoever_the_provider_knows_works_in_a_workspace_of_their_own(workspace: Workspace) -> None:
    app = open_with_provider(**ACCOUNT)
    assert not app.exception
    assert app.title[0].value != "Sign in"
    people = People(workspace.root)
    person = people.enter_by_provider(str(ACCOUNT["iss"]), str(ACCOUNT["sub"]), "")
    assert person.id in "".join(caption.value for caption in app.sidebar.caption)
    assert "[x](" not in all_text(app)


def test_whoever_is_not_named_may_not_enter(monkeypatch) -> None:
    monkeypatch.setenv("HEADSTART_PEOPLE", "@school.example")
    app = open_with_provider(**ACCOUNT, email="eve@home.example", email_verified=True)
    assert "may not enter" in app.error[0].value
    assert "[x](" not in app.error[0].value
    app = open_with_provider(**ACCOUNT, email="ann@school.example", email_verified=True)
    assert not app.error


def test_another_persons_run_is_no_run(finished_run) -> None:
    app = open_with_provider(**ACCOUNT)
    app.switch_page("pages/results.py")
    app.query_params["run"] = finished_run.run_id
    app.run()
    assert not app.exception
    assert "There is no run named" in all_text(app)


def test_streamlits_own_page_has_scripts_to_allow() -> None:
    assert all(each.startswith("sha256-") for each in inline_script_hashes())
    assert inline_script_hashes()
