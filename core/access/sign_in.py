"""The page where people enter, by the pass phrase or the provider, and the one where they leave; without a script."""

from __future__ import annotations

import base64
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from anyio import to_thread
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from core.access.attempts import Attempts
from core.access.headers import form_headers
from core.access.people import MAX_NAME_CHARS, MIN_WORD_CHARS, EntryError, People, Person, may_enter
from core.access.phrases import MAX_PHRASE_CHARS, is_phrase
from core.access.policy import AccessPolicy
from core.access.provider import CALLBACK, WAY_COOKIE, Provider
from core.access.visits import COOKIE, end_visit, issue_visit, read_visit
from core.errors import UserError
from core.settings import PRODUCT

SIGN_IN = "/sign-in"
SIGN_OUT = "/sign-out"
TO_PROVIDER = "/sign-in/provider"
MAX_BODY_BYTES = 10_000
WINDOW_S = 300.0
FAILURES_PER_ADDRESS = 60
"""A whole class may sit behind one address, and each pupil may err twice."""

FAILURES_PER_NAME = 8

_TEMPLATES = Path(__file__).parent / "templates"


class SignIn:
    """Answers the two pages, and where there is a provider, the way to it and back.

    Args:
        policy: holds the hash of the pass phrase, or the provider.
        people: who has a workspace.
    """

    def __init__(self, policy: AccessPolicy, people: People) -> None:
        self._policy = policy
        self._people = people
        secret = people.secret() if policy.needs_sign_in else b""
        self._visit_key = policy.visit_key(secret)
        self._provider = Provider(policy.provider, secret) if policy.provider else None
        self.paths = (SIGN_IN, SIGN_OUT, *((TO_PROVIDER, CALLBACK) if self._provider else ()))
        self._by_address = Attempts(limit=FAILURES_PER_ADDRESS, window_s=WINDOW_S)
        self._by_name = Attempts(limit=FAILURES_PER_NAME, window_s=WINDOW_S)
        self._style = (_TEMPLATES / "form.css").read_text(encoding="utf-8")
        self._headers = form_headers(
            "sha256-" + base64.b64encode(hashlib.sha256(self._style.encode()).digest()).decode()
        )
        self._pages = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined)

    async def answer(self, request: Request, path: str) -> Response:
        """The form, or what follows from it."""
        if self._provider and path in (TO_PROVIDER, CALLBACK):
            return await self._by_provider(self._provider, path, request)
        if request.method == "POST" and not _is_from_our_page(request):
            return self._form(path, request, error="The form came from another page. Fill in this one.", status=403)
        if request.method == "POST":
            return await (self._enter(request) if path == SIGN_IN else self._leave(request))
        return self._form(path, request)

    async def _by_provider(self, provider: Provider, path: str, request: Request) -> Response:
        target = request.query_params.get("to", "") if path == TO_PROVIDER else provider.target_of(request)
        try:
            if path == TO_PROVIDER:
                return await provider.send_there(request, _safe_target(target))
            person = self._admit_account(await provider.receive(request))
        except EntryError as error:
            return self._form(SIGN_IN, request, to=target, error=str(error), status=403)
        answer = self._entered(request, person, target)
        answer.delete_cookie(WAY_COOKIE, httponly=True, samesite="lax")
        return answer

    def _admit_account(self, claims: Mapping[str, object]) -> Person:
        name = str(claims.get("name") or claims.get("email") or claims.get("sub") or "")
        if not may_enter(claims, self._policy.addresses):
            shown = str(claims.get("email") or name)[:MAX_NAME_CHARS]
            raise EntryError(f"{shown} may not enter here.", "Ask whoever runs this server, or take another account.")
        return self._people.enter_by_provider(str(claims["iss"]), str(claims["sub"]), name)

    async def _enter(self, request: Request) -> Response:
        if self._provider:
            return self._form(SIGN_IN, request)  # nobody enters by a form here
        form = await _form_of(request)
        name, word, phrase = (str(form.get(field, ""))[:MAX_PHRASE_CHARS] for field in ("name", "word", "phrase"))
        try:
            # In a thread: the hashes are slow on purpose, and others are being served.
            person = await to_thread.run_sync(self._admit, _address(request), name, word, phrase)
        except UserError as error:
            return self._form(SIGN_IN, request, name=name, error=str(error), status=403)
        return self._entered(request, person, str(form.get("to", "")))

    def _entered(self, request: Request, person: Person, target: str) -> Response:
        answer = RedirectResponse(_root(request) + _safe_target(target), 303, headers=self._headers)
        answer.set_cookie(
            COOKIE,
            issue_visit(person, self._visit_key),
            httponly=True,
            samesite="lax",
            secure=_is_encrypted(request),
            path=_root(request) or "/",
        )
        return answer

    def _admit(self, address: str, name: str, word: str, phrase: str) -> Person:
        known_as = name.strip().casefold()
        self._begin_attempt(address, known_as)
        if not is_phrase(phrase, self._policy.phrase_hash):
            raise EntryError("That is not the pass phrase.", "Ask whoever runs this server for it.")
        person = self._people.enter_by_word(name, word)
        self._by_address.take_back(address)
        self._by_name.forget(known_as)
        return person

    def _begin_attempt(self, address: str, known_as: str) -> None:
        wait_s = self._by_address.begin(address)
        if not wait_s and (wait_s := self._by_name.begin(known_as)):
            self._by_address.take_back(address)
        if wait_s:
            minutes = math.ceil(wait_s / 60)
            raise EntryError("Too many attempts failed.", f"Try again in {minutes} minute{'s' if minutes > 1 else ''}.")

    async def _leave(self, request: Request) -> Response:
        end_visit(request.cookies.get(COOKIE, ""), self._visit_key)
        answer = RedirectResponse(_root(request) + SIGN_IN, 303, headers=self._headers)
        answer.delete_cookie(COOKIE, path=_root(request) or "/", httponly=True, samesite="lax")
        return answer

    def _form(
        self, path: str, request: Request, *, to: str = "", name: str = "", error: str = "", status: int = 200
    ) -> Response:
        person = read_visit(request.cookies.get(COOKIE, ""), self._visit_key)
        page = self._pages.get_template("sign_in.html" if path == SIGN_IN else "sign_out.html").render(
            product=PRODUCT,
            style=Markup(self._style),  # noqa: S704 - our own file
            action=_root(request) + path,
            to_provider=_root(request) + TO_PROVIDER if self._provider else "",
            home=_root(request) + "/",
            to=_safe_target(to or request.query_params.get("to", "")),
            name=name,
            person=person.name if person else "",
            error=error,
            min_word_chars=MIN_WORD_CHARS,
            max_name_chars=MAX_NAME_CHARS,
        )
        return HTMLResponse(page, status, headers=self._headers)


def _is_from_our_page(request: Request) -> bool:
    """Whether the browser says that the form was sent from this server; those that say neither are no browsers."""
    if site := request.headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def _form_of(request: Request) -> FormData:
    length = request.headers.get("content-length", "")
    if not length.isdigit() or int(length) > MAX_BODY_BYTES:
        return FormData()
    return await request.form(max_files=0, max_fields=10)


def _safe_target(to: str) -> str:
    """A place on this server and on no other, whatever the address said."""
    is_ours = to.startswith("/") and not to.startswith(("//", "/\\")) and to.isprintable() and "\\" not in to
    return to if is_ours and not urlsplit(to).netloc and not to.startswith((SIGN_IN, SIGN_OUT)) else "/"


def _is_encrypted(request: Request) -> bool:
    """Believed of a proxy without asking for more: it can only make the cookie stricter."""
    return "https" in (request.url.scheme, request.headers.get("x-forwarded-proto", ""))


def _address(request: Request) -> str:
    return request.client.host if request.client else ""


def _root(request: Request) -> str:
    return str(request.scope.get("root_path", ""))
