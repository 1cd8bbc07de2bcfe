"""The way to a provider of OpenID Connect and back; Authlib checks what the provider vouches for."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeTimedSerializer
from starlette.requests import Request
from starlette.responses import Response

from core.access.people import EntryError
from core.errors import ConfigurationError

CALLBACK = "/oauth2callback"
WAY_COOKIE = "headstart_way"
MAX_WAY_S = 600
"""Enough for a password and a second factor; after that the way begins anew."""

_NAME = "provider"
_SECTION = "The section [auth] of .streamlit/secrets.toml"
_REQUIREMENTS = ("authlib", "joserfc")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class ProviderSettings:
    """Where the provider is, and as whom this server speaks with it.

    Attributes:
        server_metadata_url: the provider's description of itself.
        redirect_uri: this server's address as people type it, ending in `/oauth2callback`.
        client_id: the name under which the provider knows this server.
        client_secret: proves that it is this server.
    """

    server_metadata_url: str
    redirect_uri: str
    client_id: str
    client_secret: str = field(repr=False)

    @property
    def home(self) -> str:
        """The address people open; the way back leads there, so it must begin there."""
        return self.redirect_uri.removesuffix(CALLBACK) + "/"


def read_provider(section: Mapping[str, object]) -> ProviderSettings:
    """The provider that the section [auth] describes.

    Raises:
        ConfigurationError: something is missing in it, or the packages that speak with a provider are.
    """
    names = ("server_metadata_url", "redirect_uri", "client_id", "client_secret")
    given = {name: str(section.get(name) or "") for name in names}
    if missing := [name for name in names if not given[name]]:
        raise ConfigurationError(f"{_SECTION} has no {', '.join(missing)}.", "SECURITY.md says what belongs there.")
    address = urlsplit(given["redirect_uri"])
    if address.scheme not in ("http", "https") or not address.hostname or not address.path.endswith(CALLBACK):
        raise ConfigurationError(
            f"{_SECTION} has a redirect_uri that leads nowhere: {given['redirect_uri']}",
            f"Write the whole address of this server, ending in {CALLBACK}.",
        )
    if absent := [name for name in _REQUIREMENTS if importlib.util.find_spec(name) is None]:
        raise ConfigurationError(
            f"OpenID Connect needs packages that are not installed: {', '.join(absent)}.",
            "Install them with: python -m pip install -r requirements-openid.txt",
        )
    return ProviderSettings(**given)


class Provider:
    """Leads people to the provider, and says who came back.

    Args:
        settings: of the provider.
        secret: signs what the browser keeps on the way.
    """

    def __init__(self, settings: ProviderSettings, secret: bytes) -> None:
        from authlib.integrations.starlette_client import OAuth  # an optional requirement

        self._settings = settings
        self._serializer = URLSafeTimedSerializer(secret, salt="headstart-way")
        self._client = OAuth().register(
            _NAME,
            client_id=settings.client_id,
            client_secret=settings.client_secret,
            server_metadata_url=settings.server_metadata_url,
            # One computer of a class has many accounts, so the provider shall ask which one.
            authorize_params={"prompt": "select_account"},
            client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256"},
        )

    async def send_there(self, request: Request, target: str) -> Response:
        """To the provider; `target` is where the way back shall end.

        Raises:
            EntryError: the provider cannot be reached.
        """
        request.scope["session"] = {}
        try:
            answer: Response = await self._client.authorize_redirect(request, self._settings.redirect_uri)
        except _faults() as error:
            _log.warning("The provider of OpenID Connect gave no way in: %s", _named(error))
            raise EntryError("The provider of the accounts does not answer.", "Try again in a minute.") from error
        answer.set_cookie(
            WAY_COOKIE,
            str(self._serializer.dumps([request.session, target])),
            max_age=MAX_WAY_S,
            httponly=True,
            samesite="lax",
            secure=self._settings.redirect_uri.startswith("https:"),
        )
        return answer

    def target_of(self, request: Request) -> str:
        """Where whoever comes back wanted to go; empty where they began no way."""
        try:
            return self._read_way(request)[1]
        except EntryError:
            return ""

    async def receive(self, request: Request) -> Mapping[str, Any]:
        """Who came back, as the claims that the provider signed.

        Raises:
            EntryError: nobody did, or not on the way that began in this browser.
        """
        request.scope["session"] = self._read_way(request)[0]
        try:
            metadata = await self._client.load_server_metadata()
            issued = {"iss": metadata["issuer"], "aud": self._settings.client_id}
            options = {name: {"essential": True, "values": [value]} for name, value in issued.items()}
            token = await self._client.authorize_access_token(request, claims_options=options)
            claims: Mapping[str, Any] = token["userinfo"]
            return claims
        except _faults() as error:
            _log.warning("Somebody came back from the provider of OpenID Connect without proof: %s", _named(error))
            raise EntryError(
                "The provider of the accounts let nobody in.", "Begin again, and finish in the same window."
            ) from error

    def _read_way(self, request: Request) -> tuple[dict[str, Any], str]:
        try:
            session, target = self._serializer.loads(request.cookies.get(WAY_COOKIE, ""), max_age=MAX_WAY_S)
        except BadData as error:
            raise EntryError(
                "This way in did not begin in this browser, or more than ten minutes ago.",
                f"Begin again at {self._settings.home}",
            ) from error
        return session, target


def _named(error: Exception) -> str:
    """In one line, whatever the address of the way back said."""
    return ascii(f"{type(error).__name__}: {error}")


def _faults() -> tuple[type[Exception], ...]:
    """What a provider, the network, or a forged answer may make of the conversation."""
    from authlib.common.errors import AuthlibBaseError
    from httpx2 import HTTPError, InvalidURL
    from joserfc.errors import JoseError

    # The last three: an answer that is no JSON, lacks a field or has a wrong one.
    return AuthlibBaseError, JoseError, HTTPError, InvalidURL, RuntimeError, ValueError, LookupError, TypeError
