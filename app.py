"""Headstart's dashboard as a server: the door, and `dashboard.py` behind it. Start it with `streamlit run app.py`."""

import signal
import sys
import threading
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from core.access.door import Door
from core.access.people import People
from core.errors import UserError
from core.settings import workspace_dir
from pages.components.entrance import access_policy, allowed_hosts, follow_limits, inline_script_hashes

try:
    policy = access_policy()
    follow_limits()
except UserError as error:
    sys.exit(f"Not started. {error}")


# Once it has closed its connections, the server sends itself the signal again, and dies of it unless that ends the
# program as its last line would: only then do runs have the time to note where they stand.
def end(*_: object) -> None:
    """Leave as at the last line; a library whose import or thread hangs on the way out is not waited for."""
    if hasattr(signal, "alarm"):
        signal.alarm(15)  # seconds; runs need a few of them, then the system ends the process
    sys.exit(0)


if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGTERM, end)

app = st.App(
    Path(__file__).with_name("dashboard.py"),
    middleware=[
        Middleware(
            Door,
            policy=policy,
            people=People(workspace_dir()),
            hosts=allowed_hosts(),
            inline_scripts=inline_script_hashes(),
        )
    ],
)
