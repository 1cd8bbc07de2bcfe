"""The door of the dashboard: every request passes it before anything is drawn, served or accepted."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.access.headers import security_headers
from core.access.hosts import is_host_allowed
from core.access.people import People
from core.access.policy import LOOPBACK_NAMES, AccessPolicy, is_loopback
from core.access.sign_in import SIGN_IN, SignIn
from core.access.visits import COOKIE, read_visit

HEALTH = "/_stcore/health"
_POLICY_VIOLATION = 1008


class Door:
    """ASGI middleware: asks for the right host, lets in whom the policy lets in, and puts the headers on each answer.

    Args:
        app: what lies behind it.
        policy: how people enter.
        people: those who have a workspace.
        hosts: names that the server may be asked for by; empty: any. Where everybody on this machine may enter,
            this machine's own names alone.
        inline_scripts: hashes of the scripts that stand in the page itself.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        policy: AccessPolicy,
        people: People,
        hosts: Iterable[str] = (),
        inline_scripts: Iterable[str] = (),
    ) -> None:
        self._app = app
        self._policy = policy
        self._people = people
        self._hosts = tuple(hosts) if policy.needs_sign_in else LOOPBACK_NAMES
        self._inline_scripts = tuple(inline_scripts)
        self._sign_in = SignIn(policy, people)
        self._visit_key = policy.visit_key(people.secret()) if policy.needs_sign_in else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, or one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        headed = _Headed(send, security_headers(connection.url.path, self._inline_scripts))
        refusal = await self._refusal(connection, scope, receive)
        if refusal is None:
            await self._app(scope, receive, headed)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
        else:
            await refusal(scope, receive, headed)

    async def _refusal(self, connection: HTTPConnection, scope: Scope, receive: Receive) -> Response | None:
        """What is answered instead; None where the request may pass."""
        if not is_host_allowed(connection.headers.get("host"), self._hosts):
            return PlainTextResponse("This server is not asked for by that name.", 400)
        if self._policy.way == "open" and not _is_from_here(scope):
            return PlainTextResponse("This server answers its own machine only. SECURITY.md says how to share it.", 403)
        if self._policy.way == "open":
            return None
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        if scope["type"] == "http" and path in self._sign_in.paths:
            return await self._sign_in.answer(Request(scope, receive), path)
        if path == HEALTH or read_visit(connection.cookies.get(COOKIE, ""), self._visit_key):
            return None
        return _way_in(connection, path)


class _Headed:
    """Sends an answer with our headers, whatever it says of them itself; on a stream that was left it sends nothing."""

    def __init__(self, send: Send, headers: dict[str, str]) -> None:
        self._send = send
        self._headers = headers

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        try:
            await self._send(message)
        except OSError:
            # A tab was closed in the middle of a message. The next `receive` says so; told here already, streamlit
            # takes what follows for a breach of its protocol, closes once more and logs a traceback.
            if message["type"] != "websocket.send":
                raise


def _is_from_here(scope: Scope) -> bool:
    """Whether both ends of the connection are this machine, whatever the settings say that the server listens to."""
    ends = [end[0] for end in (scope.get("server"), scope.get("client")) if end]
    return all(is_loopback(end) for end in ends)


def _way_in(connection: HTTPConnection, path: str) -> Response:
    if connection.scope["type"] == "http" and "text/html" in connection.headers.get("accept", ""):
        query = connection.scope["query_string"].decode("latin-1")
        wanted = path + (f"?{query}" if query else "")
        return RedirectResponse(f"{connection.scope.get('root_path', '')}{SIGN_IN}?to={quote(wanted, safe='')}", 303)
    return PlainTextResponse("Sign in first.", 401)
