"""A visit: the signed cookie of somebody who entered, what it proves, and how it ends."""

from __future__ import annotations

import secrets
import threading

from itsdangerous import BadData, URLSafeTimedSerializer

from core.access.people import Person

COOKIE = "headstart_visit"
MAX_AGE_S = 12 * 3600
"""A school day; after that the pass phrase is asked for again."""

_SALT = "headstart-visit"
_MAX_COOKIE_CHARS = 1_000
_lock = threading.Lock()
_ended: set[str] = set()


def issue_visit(person: Person, secret: bytes) -> str:
    """What the browser keeps for a person."""
    return str(_serializer(secret).dumps([person.id, person.name, secrets.token_hex(16)]))


def read_visit(cookie: str, secret: bytes) -> Person | None:
    """Who holds this cookie; None where it is not ours, too old, or was ended."""
    found = _load(cookie, secret)
    if found is None or found[2] in _ended:
        return None
    return Person(id=found[0], name=found[1])


def end_visit(cookie: str, secret: bytes) -> None:
    """Nobody enters with this cookie any more, as long as this process lives; a restart forgets that."""
    if found := _load(cookie, secret):
        with _lock:
            _ended.add(found[2])


def _load(cookie: str, secret: bytes) -> tuple[str, str, str] | None:
    if len(cookie) > _MAX_COOKIE_CHARS:
        return None
    try:
        person_id, name, visit = _serializer(secret).loads(cookie, max_age=MAX_AGE_S)
    except (BadData, ValueError, TypeError):
        return None
    return str(person_id), str(name), str(visit)


def _serializer(secret: bytes) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret, salt=_SALT)
