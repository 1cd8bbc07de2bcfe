"""Who is at the screen: what the browser brings is asked for at every look at the workspace, never remembered."""

from __future__ import annotations

import base64
import hashlib
import math
import os
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import streamlit as st
from streamlit import config

from core.access.people import EntryError, People, Person, may_enter
from core.access.policy import AccessPolicy, decide_policy
from core.access.sign_in import SIGN_IN, SIGN_OUT
from core.access.visits import COOKIE, read_visit
from core.errors import UserError
from core.settings import PRODUCT, limit, require_limits, workspace_dir
from pages.components.text import escape_markdown

_INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


def access_policy() -> AccessPolicy:
    """How people enter this server; raises ConfigurationError where nobody may."""
    environ = tuple(sorted((name, value) for name, value in os.environ.items() if name.startswith("HEADSTART_")))
    return _decided(st.get_option("server.address"), allowed_hosts(), _has_openid(), environ)


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
    person = _by_phrase() if policy.way == "phrase" else _by_provider(policy)
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
        policy = access_policy()
    except UserError as error:
        st.error(f"{escape_markdown(error.problem)}\n\n**What to do:** {escape_markdown(error.remedy)}")
        return
    st.title("Sign in")
    if policy.way == "phrase":
        st.caption("Your visit has ended. Your work is kept, and what trains goes on.")
        st.link_button("Sign in", SIGN_IN, type="primary")
    elif _account().get("is_logged_in"):
        st.error(f"{escape_markdown(_shown_name())} may not enter here. Ask whoever runs this server.")
        st.button("Sign out", on_click=st.logout)
    else:
        st.caption(f"{PRODUCT} keeps your data, runs and models apart from those of the others.")
        st.button("Sign in", on_click=st.login, type="primary")


def render_person() -> None:
    """In the sidebar, where people sign in: as whom, and the way out."""
    person = current_person()
    if person is None:
        return
    st.caption(f":material/person: {escape_markdown(person.name)}")
    if access_policy().way == "openid":
        st.button("Sign out", on_click=st.logout, type="tertiary", icon=":material/logout:")
    else:
        st.caption(f"[:material/logout: Sign out]({SIGN_OUT})")


def inline_script_hashes() -> tuple[str, ...]:
    """Hashes of the scripts that stand in Streamlit's own page, which may run though no others of their kind may."""
    page = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    digests = (hashlib.sha256(script.encode()).digest() for script in _INLINE_SCRIPT.findall(page))
    return tuple(f"sha256-{base64.b64encode(digest).decode()}" for digest in digests)


@lru_cache(maxsize=4)
def _decided(
    address: str | None, hosts: tuple[str, ...], has_openid: bool, environ: tuple[tuple[str, str], ...]
) -> AccessPolicy:
    # Kept, because a pass phrase is hashed in it, which is slow on purpose.
    return decide_policy(address, hosts=hosts, has_openid=has_openid, environ=dict(environ))


def _has_openid() -> bool:
    return bool(st.secrets.load_if_toml_exists() and "auth" in st.secrets)


def _people() -> People:
    return People(workspace_dir())


def _by_phrase() -> Person | None:
    return read_visit(st.context.cookies.get(COOKIE, ""), _people().secret())


def _by_provider(policy: AccessPolicy) -> Person | None:
    account = _account()
    if not account.get("is_logged_in") or not may_enter(account, policy.addresses):
        return None
    return _people().enter_by_provider(str(account["iss"]), str(account["sub"]), _shown_name())


def _account() -> Mapping[str, object]:
    return MappingProxyType(dict(st.user.to_dict()))


def _shown_name() -> str:
    account = _account()
    return str(account.get("name") or account.get("email") or account.get("sub") or "")
