"""The door: who passes, what is answered to the others, and the headers of everything."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from core.access.door import Door
from core.access.hosts import is_host_allowed
from core.access.people import People
from core.access.phrases import hash_phrase
from core.access.policy import AccessPolicy
from core.access.visits import COOKIE, read_visit

PHRASE = "correct horse battery staple"
FILLED = {"name": "Ann", "word": "own-word", "phrase": PHRASE, "to": "/results?run=7"}
HERE = ("127.0.0.1", 50_000)


async def behind(request):
    return PlainTextResponse("behind the door")


async def stream(socket):
    await socket.accept()
    await socket.send_text("behind the door")
    await socket.close()


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


@pytest.fixture
def visit(people):
    def build(way="phrase", client=HERE, hosts=(), url="http://localhost"):
        policy = AccessPolicy(way=way, phrase_hash=hash_phrase(PHRASE) if way == "phrase" else "")
        app = Starlette(routes=[WebSocketRoute("/_stcore/stream", stream), Route("/{path:path}", behind)])
        door = Door(app, policy=policy, people=people, hosts=hosts, inline_scripts=("sha256-x",))
        return TestClient(door, base_url=url, client=client, follow_redirects=False)

    return build


def test_on_this_machine_the_door_is_open(visit):
    assert visit("open").get("/train").text == "behind the door"


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", ""])
def test_an_open_server_is_asked_for_by_this_machines_names_alone(visit, host):
    assert visit("open").get("/", headers={"host": host}).status_code == 400


def test_an_open_server_answers_nobody_from_elsewhere_whatever_it_is_bound_to(visit):
    answer = visit("open", client=("192.168.1.9", 50_000)).get("/")
    assert answer.status_code == 403
    assert "behind" not in answer.text


@pytest.mark.parametrize("path", ["/", "/train?run=1", "/media/a.png", "/_stcore/host-config", "/app/static/x"])
def test_a_stranger_gets_nothing_but_the_form(visit, path):
    client = visit()
    assert client.get(path).status_code == 401
    page = client.get(path, headers={"accept": "text/html"})
    assert page.status_code == 303
    assert page.headers["location"].startswith("/sign-in?to=%2F")
    assert client.post(path).status_code == 401
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream"):
        pass
    assert client.get("/_stcore/health").status_code == 200


def test_the_form_lets_in_and_leads_to_the_page_that_was_asked_for(visit, people):
    client = visit()
    answer = client.post("/sign-in", data=FILLED)
    assert (answer.status_code, answer.headers["location"]) == (303, "/results?run=7")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "secure" not in cookie
    key = AccessPolicy(way="phrase").visit_key(people.secret())
    assert read_visit(client.cookies[COOKIE], key).name == "Ann"
    assert client.get("/train").text == "behind the door"
    with client.websocket_connect("ws://localhost/_stcore/stream") as socket:
        assert socket.receive_text() == "behind the door"


def test_the_cookie_stays_on_encrypted_connections_where_there_are_such(visit):
    answer = visit().post("/sign-in", data=FILLED, headers={"x-forwarded-proto": "https"})
    assert "secure" in answer.headers["set-cookie"].lower()


def test_whoever_leaves_has_to_sign_in_again_even_with_the_old_cookie(visit):
    client = visit()
    client.post("/sign-in", data=FILLED)
    kept = client.cookies[COOKIE]
    assert "Ann" in client.get("/sign-out").text
    assert client.post("/sign-out").headers["location"] == "/sign-in"
    assert client.get("/", headers={"cookie": f"{COOKIE}={kept}"}).status_code == 401


@pytest.mark.parametrize("changes", [{"phrase": "wrong"}, {"phrase": ""}, {"name": ""}, {"word": "short"}])
def test_what_does_not_fit_is_refused_and_says_why(visit, changes):
    client = visit()
    answer = client.post("/sign-in", data={**FILLED, **changes})
    assert answer.status_code == 403
    assert 'role="alert"' in answer.text
    assert COOKIE not in client.cookies
    assert PHRASE not in answer.text


def test_what_was_typed_is_never_markup(visit):
    answer = visit().post("/sign-in?to=/%22%3E%3Cscript%3E", data={**FILLED, "name": '"><script>', "phrase": "wrong"})
    assert "<script>" not in answer.text


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "\\\\evil", "/a\r\nx: y", "", "/sign-out"]
)
def test_nobody_is_led_to_another_server(visit, to):
    assert visit().post("/sign-in", data={**FILLED, "to": to}).headers["location"] == "/"


@pytest.mark.parametrize(
    "headers", [{"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}, {"origin": "null"}]
)
def test_a_form_on_a_foreign_page_signs_nobody_in(visit, headers):
    client = visit()
    assert client.post("/sign-in", data=FILLED, headers=headers).status_code == 403
    assert COOKIE not in client.cookies


def test_guessing_is_stopped(visit, monkeypatch):
    monkeypatch.setattr("core.access.sign_in.FAILURES_PER_NAME", 2)
    client = visit()
    for _ in range(2):
        client.post("/sign-in", data={**FILLED, "phrase": "wrong"})
    refused = client.post("/sign-in", data=FILLED)
    assert refused.status_code == 403
    assert "Try again in 5 minutes" in refused.text
    assert client.post("/sign-in", data={**FILLED, "name": "Bob"}).status_code == 303


def test_guesses_that_come_all_at_once_are_stopped_as_well(visit, monkeypatch):
    monkeypatch.setattr("core.access.sign_in.FAILURES_PER_NAME", 2)
    with visit() as client, ThreadPoolExecutor(8) as pool:
        guesses = [pool.submit(client.post, "/sign-in", data={**FILLED, "phrase": "wrong"}) for _ in range(8)]
        told = [guess.result().text for guess in guesses]
    assert sum("not the pass phrase" in text for text in told) == 2


def test_a_body_that_is_too_large_is_not_read(visit):
    assert visit().post("/sign-in", data={**FILLED, "word": "x" * 20_000}).status_code == 403


def test_a_tab_that_is_closed_while_the_server_sends_ends_the_stream_quietly(people):
    ends = []

    async def talk(socket):
        await socket.accept()
        await socket.send_bytes(b"to nobody")
        with pytest.raises(WebSocketDisconnect) as left:
            await socket.receive_bytes()
        ends.append(left.value.code)

    heard = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect", "code": 1001}])

    async def receive():
        return next(heard)

    async def send(message):
        if message["type"] == "websocket.send":
            raise OSError("the client left")

    app = Starlette(routes=[WebSocketRoute("/_stcore/stream", talk)])
    door = Door(app, policy=AccessPolicy(way="open"), people=people)
    headers = [(b"host", b"localhost")]
    scope = {"type": "websocket", "path": "/_stcore/stream", "query_string": b"", "headers": headers, "scheme": "ws"}
    asyncio.run(door(scope, receive, send))
    assert ends == [1001]


def test_a_shared_server_is_asked_for_by_its_own_names(visit):
    client = visit(hosts=("class.example",), url="http://class.example:8501")
    assert client.get("/sign-in").status_code == 200
    assert client.get("/sign-in", headers={"host": "evil.example"}).status_code == 400


@pytest.mark.parametrize("path", ["/", "/sign-in", "/media/a.html", "/nothing"])
def test_every_answer_has_the_headers(visit, path):
    headers = visit().get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert "camera=(self)" in headers["permissions-policy"]
    policy = headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "object-src 'none'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert "http" not in policy, "something may be fetched from elsewhere"
    assert headers["referrer-policy"] in ("no-referrer", "same-origin")


def test_nothing_runs_in_a_file_that_is_opened_by_itself(visit):
    policy = visit("open").get("/media/a.html").headers["content-security-policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy


@pytest.mark.parametrize(
    ("host", "allowed", "is_in"),
    [
        ("a.example:8501", ("a.example",), True),
        ("A.Example.", ("a.example",), True),
        ("[::1]:8501", ("::1",), True),
        ("b.a.example", ("*.a.example",), True),
        ("xa.example", ("*.a.example",), False),
        ("a.example@evil.example", ("a.example",), False),
        ("[", ("a.example",), False),
        (None, ("a.example",), False),
        ("anything", (), True),
        ("anything", ("*",), True),
    ],
)
def test_names_of_hosts(host, allowed, is_in):
    assert is_host_allowed(host, allowed) == is_in
