"""The people of a shared server: each has a folder that nobody can guess, and where no provider vouches, a word."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from core.access.phrases import hash_phrase, is_phrase
from core.atomic import changing, replace_bytes, replace_file
from core.errors import ConfigurationError, UserError
from core.settings import PEOPLE_FOLDER

MAX_PEOPLE = 500
MAX_NAME_CHARS = 60
MIN_WORD_CHARS = 6
SECRET_BYTES = 32

_KEY_FILE = ".secret"
_PERSON_FILE = "person.json"
_lock = threading.Lock()


class EntryError(UserError):
    """Somebody may not enter, or not like this."""

    code = "entry"


@dataclass(frozen=True, kw_only=True, slots=True)
class Person:
    """Somebody who has entered.

    Attributes:
        id: 32 hexadecimal digits, the same at every visit; made with the server's secret, so nobody else can.
        name: as they wrote it, for display to themselves.
    """

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class People:
    """Those who have a workspace on this server, below `root/people`.

    Attributes:
        root: the workspace of the server.
    """

    root: Path

    def enter_by_word(self, name: str, word: str) -> Person:
        """Who enters by a pass phrase: a name that is new is theirs from now on, with the word they chose for it.

        Raises:
            EntryError: the name is no name, the word is too short for a new name or not the one of a known one, or
                the server has all the people it takes.
        """
        shown = " ".join(unicodedata.normalize("NFKC", name).split())
        if not 0 < len(shown) <= MAX_NAME_CHARS or not shown.isprintable():
            raise EntryError(f"A name has 1 to {MAX_NAME_CHARS} characters.", "Write the name you are called by.")
        person = Person(id=self._id("word", shown.casefold()), name=shown)
        with _lock:
            known = self._read(person.id)
            if known is None:
                self._admit(person, word)
            elif not is_phrase(word, known["word"]):
                raise EntryError(
                    "Somebody of this name is known here, and the word of their own is another one.",
                    "Write the word you chose at your first visit, or take another name.",
                )
        return person

    def enter_by_provider(self, issuer: str, subject: str, name: str) -> Person:
        """Who enters through OpenID Connect: one person for each subject of each issuer, whatever they are called."""
        return Person(id=self._id("openid", issuer, subject), name=name[:MAX_NAME_CHARS])

    def folder(self, person: Person) -> Path:
        """The workspace of a person."""
        return self.root / PEOPLE_FOLDER / person.id

    def secret(self) -> bytes:
        """What names folders and signs visits; made at the first call and kept in the workspace.

        Raises:
            ConfigurationError: the file that keeps it is damaged.
        """
        path = self.root / PEOPLE_FOLDER / _KEY_FILE
        if not path.is_file():
            _make_secret(path)
        found = path.read_bytes()
        if len(found) != SECRET_BYTES:  # whoever knew what is left of it could make visits of anybody
            raise ConfigurationError(
                f'The secret of this server has {SECRET_BYTES} bytes; "{path}" has {len(found)}.',
                "Bring the file back from a backup: it names the folders of all people, so a new one would lose them.",
            )
        return found

    def _id(self, *parts: str) -> str:
        return hmac.new(self.secret(), json.dumps(parts).encode(), hashlib.sha256).hexdigest()[:32]

    def _admit(self, person: Person, word: str) -> None:
        if len(word) < MIN_WORD_CHARS:
            raise EntryError(
                f"You are new here, and a word of your own has at least {MIN_WORD_CHARS} characters.",
                "Choose a longer one; it keeps your work yours.",
            )
        if sum(1 for _ in (self.root / PEOPLE_FOLDER).glob(f"*/{_PERSON_FILE}")) >= MAX_PEOPLE:
            raise EntryError(f"This server has {MAX_PEOPLE} people already.", "Ask whoever runs it.")
        facts = json.dumps({"name": person.name, "word": hash_phrase(word)})
        replace_bytes(self.folder(person) / _PERSON_FILE, facts.encode())

    def _read(self, person_id: str) -> dict[str, str] | None:
        path = self.root / PEOPLE_FOLDER / person_id / _PERSON_FILE
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def may_enter(account: Mapping[str, object], addresses: Iterable[str]) -> bool:
    """Whether an account that a provider vouches for is one of those named.

    Args:
        account: what the provider says of it, the claims of OpenID Connect.
        addresses: e-mail addresses and domains such as "@school.example", in lower case; none: every account.
    """
    wanted = tuple(addresses)
    if not account.get("iss") or not account.get("sub"):
        return False
    if not wanted:
        return True
    address = str(account.get("email") or "").casefold()
    # An address that the provider did not check is whatever somebody typed there.
    is_known = account.get("email_verified") is True and address.count("@") == 1
    return is_known and (address in wanted or "@" + address.partition("@")[2] in wanted)


def _make_secret(path: Path) -> None:
    """On the disk before anybody uses it; where two processes begin at once, the first one's is that of both."""
    with changing(path):
        if not path.is_file():
            replace_file(path, _write_secret)


def _write_secret(path: Path) -> None:
    """For the eyes of this user only, from the first byte on."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SECRET_BYTES))
