"""A provider of OpenID Connect for tests: it asks nothing, and signs whatever the test says of whoever comes."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID = "headstart"
CLIENT_SECRET = "known to the provider and to the server"


class OpenIdProvider:
    """A server on this machine, for as long as the block lasts.

    Attributes:
        claims: what it says of whoever comes next, beside who it is and for whom; what stands here goes before that.
        key: what it signs with; the public half of the first one is what it shows.
        asked: the addresses it was asked for, as paths.
    """

    def __init__(self) -> None:
        self.claims: dict[str, object] = {"sub": "1"}
        self.key = RSAKey.generate_key(2048, parameters={"kid": "first"})
        self.asked: list[str] = []
        self._shown = {"keys": [self.key.as_dict(private=False)]}
        self._codes: dict[str, dict[str, str]] = {}
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def section(self, home: str) -> dict[str, str]:
        """The section [auth] of a server at `home`."""
        return {
            "server_metadata_url": f"{self.url}/.well-known/openid-configuration",
            "redirect_uri": f"{home}/oauth2callback",
            "client_id": CLIENT_ID,
            "client_secret": CLIENT_SECRET,
        }

    def describe(self) -> dict[str, object]:
        """What a client reads first."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256"],
        }

    def authorize(self, asked: dict[str, str]) -> str:
        """Where the browser goes next: at once back, with a code."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe()
        self._codes[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchange(self, asked: dict[str, str], authorization: str) -> dict[str, object]:
        """The token for a code, which is good once and for who began the way."""
        begun = self._codes.pop(asked["code"])
        assert authorization == "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        assert asked["redirect_uri"] == begun["redirect_uri"]
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == begun["code_challenge"]
        now = int(time.time())
        claims = {
            "iss": self.url,
            "aud": CLIENT_ID,
            "iat": now,
            "exp": now + 60,
            "nonce": begun["nonce"],
            **self.claims,
        }
        token = jwt.encode({"alg": "RS256", "kid": "first"}, claims, self.key)
        return {"access_token": "opens nothing", "token_type": "Bearer", "id_token": token}

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                address = urlsplit(self.path)
                provider.asked.append(address.path)
                if address.path == "/authorize":
                    self.send_response(302)
                    self.send_header("location", provider.authorize(_fields(address.query)))
                    self.end_headers()
                else:
                    self._answer(provider._shown if address.path == "/keys" else provider.describe())

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                self._answer(provider.exchange(_fields(body), self.headers["authorization"]))

            def log_message(self, *_: object) -> None:
                """Nothing; a test that fails shows what the dashboard's server says."""

            def _answer(self, content: dict[str, object]) -> None:
                body = json.dumps(content).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

        return Handler


def _fields(query: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(query).items()}
