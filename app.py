"""Headstart's dashboard as a server: the door, and `dashboard.py` behind it. Start it with `streamlit run app.py`."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from anyio import to_thread
from starlette.middleware import Middleware

from core.access.door import Door
from core.access.people import People
from core.errors import UserError
from core.jobs.anchor import shut_down
from core.settings import workspace_dir
from pages.components.entrance import access_policy, allowed_hosts, follow_limits, inline_script_hashes

people = People(workspace_dir())
try:
    policy = access_policy()
    follow_limits()
    if policy.needs_sign_in:
        people.secret()
except UserError as error:
    sys.exit(f"Not started. {error}")


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Runs note where they stand here: the server ends by its signal and so never comes to the program's last line."""
    yield
    await to_thread.run_sync(shut_down)


app = st.App(
    Path(__file__).with_name("dashboard.py"),
    lifespan=lifespan,
    middleware=[
        Middleware(
            Door,
            policy=policy,
            people=people,
            hosts=allowed_hosts(),
            inline_scripts=inline_script_hashes(),
        )
    ],
)
