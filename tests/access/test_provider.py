"""The way through a provider of OpenID Connect: who comes in by it, where it ends, and what is no proof."""

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import httpx2
import pytest
from joserfc.jwk import RSAKey
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.access.door import Door
from core.access.people import People
from core.access.policy import AccessPolicy
from core.access.provider import WAY_COOKIE, read_provider
from core.access.visits import COOKIE, read_visit
from core.errors import ConfigurationError
from tests.openid_provider import OpenIdProvider

HOME = "http://localhost"
ANN = {"sub": "7", "name": "Ann", "email": "ann@school.example", "email_verified": True}


async def behind(request):
    return PlainTextResponse("behind the door")


async def stream(socket):
    await socket.accept()


@pytest.fixture
def provider() -> Iterator[OpenIdProvider]:
    with OpenIdProvider() as provider:
        provider.claims = ANN
        yield provider


@pytest.fixture
def visit(provider, tmp_path) -> Callable[..., TestClient]:
    def build(addresses=(), **section):
        settings = read_provider({**provider.section(HOME), **section})
        policy = AccessPolicy(way="openid", provider=settings, addresses=addresses)
        app = Starlette(
            routes=[WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", behind, methods=["GET", "PUT"])]
        )
        return TestClient(Door(app, policy=policy, people=People(tmp_path)), base_url=HOME, follow_redirects=False)

    return build


def go_to_provider(client: TestClient, to: str = "/") -> str:
    """The address at which the provider sends the browser back."""
    there = client.get("/sign-in/provider", params={"to": to})
    assert there.status_code == 302
    back = httpx2.get(there.headers["location"]).headers["location"]
    assert back.startswith(f"{HOME}/oauth2callback?")
    return back


@pytest.mark.parametrize("path", ["/", "/data?dataset=1", "/media/a.png", "/_stcore/host-config", "/auth/login"])
def test_a_stranger_gets_nothing_but_the_way_in(visit, path):
    client = visit()
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"accept": "text/html"}).headers["location"].startswith("/sign-in?to=%2F")
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass


def test_a_stranger_uploads_nothing(visit):
    assert visit().put("/_stcore/upload_file/session/file", files={"file": b"x"}).status_code == 401


def test_the_way_in_shows_a_link_to_the_provider_and_no_form(visit):
    page = visit().get("/sign-in?to=/data%3Fdataset%3D1").text
    assert 'href="/sign-in/provider?to=/data%3Fdataset%3D1"' in page
    assert "<form" not in page


def test_nobody_enters_by_the_form_of_the_pass_phrase(visit):
    client = visit()
    client.post("/sign-in", data={"name": "Ann", "word": "own-word", "phrase": ""})
    assert COOKIE not in client.cookies


def test_whoever_comes_back_lands_on_the_page_that_was_asked_for(visit):
    client = visit()
    answer = client.get(go_to_provider(client, "/data?dataset=1"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/data?dataset=1")
    assert WAY_COOKIE not in client.cookies
    assert client.get("/data").text == "behind the door"
    client.post("/sign-out")
    assert client.get("/data").status_code == 401


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_nobody_is_led_to_another_server(visit, to):
    client = visit()
    assert client.get(go_to_provider(client, to)).headers["location"] == "/"


def test_a_person_is_who_the_provider_says_by_its_own_number_whatever_the_address(visit, provider, tmp_path):
    policy = AccessPolicy(way="openid", provider=read_provider(provider.section(HOME)))
    key = policy.visit_key(People(tmp_path).secret())
    ids = []
    for claims in (ANN, {**ANN, "name": "Ann Lee", "email": "lee@school.example"}, {**ANN, "sub": "8"}):
        provider.claims = claims
        client = visit()
        client.get(go_to_provider(client))
        ids.append(read_visit(client.cookies[COOKIE], key).id)
    assert ids[0] == ids[1]
    assert ids[0] != ids[2], "an e-mail address alone opened somebody's workspace"


@pytest.mark.parametrize(
    "claims", [{"email": "eve@home.example"}, {"email_verified": False}, {"email_verified": "true"}, {"email": None}]
)
def test_whoever_is_not_named_or_not_verified_is_refused_and_told_so(visit, provider, claims):
    provider.claims = {**ANN, **claims}
    client = visit(addresses=("@school.example",))
    refused = client.get(go_to_provider(client, "/data"))
    assert refused.status_code == 403
    assert "may not enter here" in refused.text
    assert 'href="/sign-in/provider?to=/data"' in refused.text, "the page that was asked for is forgotten"
    assert COOKIE not in client.cookies


@pytest.mark.parametrize(
    "claims",
    [{"iss": "https://evil.example"}, {"aud": "another"}, {"nonce": "another"}, {"exp": 1}, {"sub": ""}],
    ids=lambda claims: next(iter(claims)),
)
def test_a_token_for_somebody_else_is_no_proof(visit, provider, claims):
    provider.claims = {**ANN, **claims}
    client = visit()
    assert client.get(go_to_provider(client)).status_code == 403
    assert COOKIE not in client.cookies


def test_a_token_that_another_key_signed_is_no_proof(visit, provider):
    provider.key = RSAKey.generate_key(2048, parameters={"kid": "first"})
    client = visit()
    assert "let nobody in" in client.get(go_to_provider(client)).text
    assert COOKIE not in client.cookies


def test_a_way_that_began_in_another_browser_ends_at_the_door(visit):
    begun, other = visit(), visit()
    back = go_to_provider(begun)
    assert "did not begin in this browser" in other.get(back).text
    go_to_provider(other)
    assert other.get(back).status_code == 403
    assert COOKIE not in other.cookies


def test_a_code_is_good_once(visit):
    client = visit()
    back = go_to_provider(client)
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 403


def test_what_the_provider_refuses_is_said_calmly_and_kept_out_of_the_page(visit, caplog):
    client = visit()
    go_to_provider(client)
    answer = client.get("/oauth2callback?error=access_denied%0Aforged&error_description=%3Cscript%3E")
    assert answer.status_code == 403
    assert "<script>" not in answer.text
    assert "\nforged" not in caplog.text


def test_a_provider_that_does_not_answer_is_named(visit):
    client = visit(server_metadata_url="http://127.0.0.1:9/.well-known/openid-configuration")
    answer = client.get("/sign-in/provider")
    assert answer.status_code == 403
    assert "does not answer" in answer.text


def test_whoever_was_named_and_is_not_any_more_has_to_sign_in_again(visit):
    client, narrowed = visit(), visit(addresses=("bob@home.example",))
    client.get(go_to_provider(client))
    narrowed.cookies = client.cookies
    assert client.get("/").status_code == 200
    assert narrowed.get("/").status_code == 401


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"client_id": ""}, "client_id"),
        ({"redirect_uri": "class.example/oauth2callback"}, "leads nowhere"),
        ({"redirect_uri": "https://class.example/"}, "leads nowhere"),
    ],
)
def test_a_section_that_leads_nowhere_is_refused_at_the_start(provider, changes, words):
    with pytest.raises(ConfigurationError, match=words):
        read_provider({**provider.section(HOME), **changes})


def test_the_secret_is_in_no_message(provider):
    settings = read_provider(provider.section(HOME))
    assert settings.client_secret not in repr(settings)
    assert urlsplit(settings.home).path == "/"
