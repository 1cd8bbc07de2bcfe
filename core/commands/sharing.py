"""The command `hash-phrase`: what a shared server may know of its pass phrase."""

from __future__ import annotations

import argparse
import getpass
import sys

from core.access.phrases import hash_phrase, require_phrase
from core.commands.parsing import Answer, Commands


def add_to(commands: Commands) -> None:
    """`hash-phrase`."""
    commands.add("hash-phrase", _hash, lambda answer: str(answer["hash"]), "hash a pass phrase; it is asked for")


def _hash(_: argparse.Namespace) -> Answer:
    phrase = getpass.getpass("Pass phrase: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")
    require_phrase(phrase)
    return {"hash": hash_phrase(phrase)}
