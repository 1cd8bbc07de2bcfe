"""Who is at the screen: what the browser brings is asked for at every look at the workspace, never remembered."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
from functools import lru_cache
from pathlib import Path

import streamlit as st
from streamlit import config

from core.access.people import EntryError, People, Person
from core.access.policy import AccessPolicy, decide_policy
from core.access.provider import ProviderSettings, read_provider
from core.access.sign_in import SIGN_IN, SIGN_OUT
from core.access.visits import COOKIE, read_visit
from core.errors import UserError
from core.settings import limit, require_limits, workspace_dir
from pages.components.text import escape_markdown

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def access_policy() -> AccessPolicy:
    """How people enter this server; raises ConfigurationError where nobody may."""
    environ = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("HEADSTART_")))
    return _decided(st.get_option("server.address"), allowed_hosts(), _provider(), environ)


def follow_limits() -> None:
    """Streamlit refuses larger uploads itself, while they arrive; raises ConfigurationError where a limit is absurd."""
    require_limits()
    config.set_option("server.maxUploadSize", math.ceil(limit("upload") / 1024**2), "HEADSTART_MAX_UPLOAD_MB")


def allowed_hosts() -> tuple[str, ...]:
    """The names this server may be asked for by."""
    return tuple(st.get_option("server.allowedHosts") or ())


def current_person() -> Person | None:
    """Who is at the screen; None where everybody on this machine is the same one.

    Raises:
        EntryError: nobody is signed in, and somebody must be.
    """
    policy = access_policy()
    if policy.way == "open":
        return None
    person = read_visit(st.context.cookies.get(COOKIE, ""), policy.visit_key(_people().secret()))
    if person is None:
        raise EntryError("You are not signed in.", "Sign in first.")
    return person


def current_root() -> Path:
    """The workspace of whoever is at the screen."""
    person = current_person()
    return workspace_dir() if person is None else _people().folder(person)


def is_entered() -> bool:
    """Whether pages may be drawn."""
    try:
        current_person()
    except UserError:
        return False
    return True


def render_way_in() -> None:
    """Instead of a page: the way to sign in, or why there is none."""
    try:
        access_policy()
    except UserError as error:
        st.error(f"{escape_markdown(error.problem)}\n\n**What to do:** {escape_markdown(error.remedy)}")
        return
    st.title("Sign in")
    st.caption("Your visit has ended. Your work is kept, and what trains goes on.")
    st.link_button("Sign in", SIGN_IN, type="primary")


def render_person() -> None:
    """In the sidebar, where people sign in: as whom, and the way out."""
    person = current_person()
    if person is None:
        return
    st.caption(f":material/person: {escape_markdown(person.name)}")
    st.caption(f"[:material/logout: Sign out]({SIGN_OUT})")


def inline_script_hashes() -> tuple[str, ...]:
    """Hashes of the scripts that stand in Streamlit's own page, which may run though no others of their kind may."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


@lru_cache(maxsize=4)
def _decided(
    address: str | None, hosts: tuple[str, ...], provider: ProviderSettings | None, environ: tuple[tuple[str, str], ...]
) -> AccessPolicy:
    # Kept, because a pass phrase is hashed in it, which is slow on purpose.
    return decide_policy(address, hosts=hosts, provider=provider, environ=dict(environ))


def _provider() -> ProviderSettings | None:
    has_one = st.secrets.load_if_toml_exists() and "auth" in st.secrets
    return read_provider(st.secrets["auth"]) if has_one else None


def _people() -> People:
    return People(workspace_dir())
