"""Decides how people enter: freely on this machine, by a pass phrase, through OpenID Connect, or not at all."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.access.phrases import MIN_PHRASE_CHARS, hash_phrase, is_phrase_hash, require_phrase
from core.access.provider import ProviderSettings
from core.errors import ConfigurationError

Way = Literal["open", "phrase", "openid"]

PHRASE_VARIABLE = "HEADSTART_PASSPHRASE"
PHRASE_HASH_VARIABLE = "HEADSTART_PASSPHRASE_HASH"
REQUIRE_VARIABLE = "HEADSTART_REQUIRE_SIGN_IN"
PEOPLE_VARIABLE = "HEADSTART_PEOPLE"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")

_OFF = ("", "0", "false", "no")


@dataclass(frozen=True, kw_only=True, slots=True)
class AccessPolicy:
    """How people enter one server.

    Attributes:
        way: "open", everybody on this machine and nobody else; "phrase", who knows the pass phrase; "openid", whom
            the provider of OpenID Connect knows.
        phrase_hash: what the pass phrase must fit, of `hash_phrase`; empty for the other ways.
        addresses: e-mail addresses and domains ("@school.example") that may enter through the provider; empty:
            everybody whom it knows.
        provider: of OpenID Connect; None for the other ways.
    """

    way: Way
    phrase_hash: str = ""
    addresses: tuple[str, ...] = ()
    provider: ProviderSettings | None = None

    @property
    def needs_sign_in(self) -> bool:
        """Whether people are told apart."""
        return self.way != "open"

    def visit_key(self, secret: bytes) -> bytes:
        """What signs visits: whoever entered another way, or was named then and is not now, has to sign in again."""
        issuer = self.provider.server_metadata_url if self.provider else ""
        return hmac.digest(secret, json.dumps([self.way, issuer, self.addresses]).encode(), hashlib.sha256)


def decide_policy(
    address: str | None, *, hosts: Iterable[str], provider: ProviderSettings | None, environ: Mapping[str, str]
) -> AccessPolicy:
    """The way in for a server.

    Args:
        address: what it is bound to; None or empty: all interfaces.
        hosts: names it may be asked for by; one that is not this machine's own means that others shall reach it.
        provider: of OpenID Connect; None where none is configured.
        environ: the environment, which may hold a pass phrase.

    Raises:
        ConfigurationError: others could reach it and nothing says who may enter, or two things do, or the pass
            phrase is too short or too long.
    """
    phrase_hash = _phrase_hash(environ)
    if provider and phrase_hash:
        raise ConfigurationError(
            "People enter by a pass phrase or through OpenID Connect; both are configured.",
            f"Remove {PHRASE_VARIABLE} or the section [auth] of .streamlit/secrets.toml.",
        )
    if provider:
        return AccessPolicy(way="openid", addresses=_addresses(environ), provider=provider)
    if phrase_hash:
        return AccessPolicy(way="phrase", phrase_hash=phrase_hash)
    if reason := _why_others_reach_it(address, hosts, environ):
        raise ConfigurationError(
            f"{reason}, and nothing says who may enter.",
            f"Set {PHRASE_VARIABLE} to a phrase of at least {MIN_PHRASE_CHARS} characters, or configure OpenID Connect "
            "(SECURITY.md says how), or bind it to 127.0.0.1.",
        )
    return AccessPolicy(way="open")


def is_loopback(address: str) -> bool:
    """Whether an address can be reached from this machine only."""
    if address.lower() == "localhost":
        return True
    try:
        parsed = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(parsed, "ipv4_mapped", None)
    return bool((mapped or parsed).is_loopback)


def _phrase_hash(environ: Mapping[str, str]) -> str:
    phrase, given_hash = environ.get(PHRASE_VARIABLE, ""), environ.get(PHRASE_HASH_VARIABLE, "")
    if given_hash and not is_phrase_hash(given_hash):
        raise ConfigurationError(
            f"{PHRASE_HASH_VARIABLE} is none that Headstart wrote.", "Make one with: python -m core hash-phrase"
        )
    if phrase:
        require_phrase(phrase)
    return given_hash or (hash_phrase(phrase) if phrase else "")


def _addresses(environ: Mapping[str, str]) -> tuple[str, ...]:
    named = environ.get(PEOPLE_VARIABLE, "").split(",")
    return tuple(address.strip().casefold() for address in named if address.strip())


def _why_others_reach_it(address: str | None, hosts: Iterable[str], environ: Mapping[str, str]) -> str:
    if environ.get(REQUIRE_VARIABLE, "").strip().lower() not in _OFF:
        return f"{REQUIRE_VARIABLE} asks for sign-in"
    if not address or not is_loopback(address):
        return f"The server would listen to {address or 'all interfaces'}, where others can reach it"
    if others := [host for host in hosts if host.strip("[]") not in LOOPBACK_NAMES]:
        return f"The server may be asked for as {others[0]}, so others shall reach it"
    return ""
