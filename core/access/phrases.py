"""Keeps pass phrases as hashes that are slow to guess, and compares them in constant time."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
import unicodedata

from core.errors import ConfigurationError

MIN_PHRASE_CHARS = 12
MAX_PHRASE_CHARS = 200
"""What is typed is read so far; a longer phrase would fit nothing."""

_N, _R, _P = 2**14, 8, 1
"""What OWASP names beside 16 MB of memory for each guess; about 50 ms on a laptop's core."""

_PREFIX = "scrypt"


def require_phrase(phrase: str) -> None:
    """Raises ConfigurationError where a pass phrase is so short that it can be guessed, or longer than is read."""
    if not MIN_PHRASE_CHARS <= len(phrase) <= MAX_PHRASE_CHARS:
        raise ConfigurationError(
            f"A pass phrase has {MIN_PHRASE_CHARS} to {MAX_PHRASE_CHARS} characters; this one has {len(phrase)}.",
            "Take four words that do not belong together.",
        )


def hash_phrase(phrase: str) -> str:
    """`scrypt$SALT$KEY` in base64; another salt, hence another text, each time."""
    salt = secrets.token_bytes(16)
    return "$".join((_PREFIX, _text(salt), _text(_key(phrase, salt))))


def is_phrase(phrase: str, phrase_hash: str) -> bool:
    """Whether `phrase` is the one that was hashed; takes as long for a wrong one as for the right one."""
    salt, key = _parts(phrase_hash)
    return hmac.compare_digest(_key(phrase[:MAX_PHRASE_CHARS], salt), key)


def is_phrase_hash(text: str) -> bool:
    """Whether `hash_phrase` may have written it."""
    try:
        _parts(text)
    except ValueError:
        return False
    return True


def _key(phrase: str, salt: bytes) -> bytes:
    # The same letters may be typed as one sign or as a letter and an accent; keyboards differ.
    typed = unicodedata.normalize("NFKC", phrase).encode("utf-8", errors="replace")
    return hashlib.scrypt(typed, salt=salt, n=_N, r=_R, p=_P, dklen=32)


def _parts(phrase_hash: str) -> tuple[bytes, bytes]:
    prefix, _, rest = phrase_hash.partition("$")
    salt, _, key = rest.partition("$")
    try:
        parts = base64.b64decode(salt, validate=True), base64.b64decode(key, validate=True)
    except binascii.Error as error:
        raise ValueError("not a hash of a phrase") from error
    if prefix != _PREFIX or len(parts[0]) != 16 or len(parts[1]) != 32:
        raise ValueError("not a hash of a phrase")
    return parts


def _text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")
