"""The command `serve`: a finished run's model behind HTTP."""

from __future__ import annotations

import argparse
import os
import sys

from core.commands.parsing import Answer, Commands, workspace_of
from core.errors import ConfigurationError

TOKEN_VARIABLE = "HEADSTART_SERVE_TOKEN"  # noqa: S105 - the name of a variable, no secret
LOCAL_HOSTS = ("127.0.0.1", "::1", "localhost")
MIN_TOKEN_CHARS = 16


def add_to(commands: Commands) -> None:
    """`serve`."""
    serve = commands.add("serve", _serve, lambda answer: f"Served {answer['run']}.", "answer over HTTP until Ctrl+C")
    serve.add_argument("run", metavar="RUN")
    serve.add_argument("--host", default=LOCAL_HOSTS[0], help="default: this machine only")
    serve.add_argument("--port", type=int, default=8000)


def _serve(options: argparse.Namespace) -> Answer:
    try:
        import uvicorn

        from core.serving.service import build_service
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"Serving needs the package {error.name}.", "Install it: pip install -r requirements-serve.txt"
        ) from error
    from core.serving.answering import Answering

    token = require_token(options.host, os.environ.get(TOKEN_VARIABLE))
    answering = Answering(workspace_of(options), options.run)
    answering.warm_up()
    print(f"http://{options.host}:{options.port}/predict", file=sys.stderr, flush=True)  # noqa: T201 - where it listens
    uvicorn.run(
        build_service(answering, token=token),
        host=options.host,
        port=options.port,
        log_level="warning",
        server_header=False,
    )
    return {"run": options.run}


def require_token(host: str, token: str | None) -> str | None:
    """The token clients must send; None for none.

    Raises:
        ConfigurationError: others could reach the service and none is set, or it is too short to be one.
    """
    if token is not None and len(token) < MIN_TOKEN_CHARS:
        raise ConfigurationError(
            f"{TOKEN_VARIABLE} has {len(token)} characters; {MIN_TOKEN_CHARS} are needed.", "Set a longer random one."
        )
    if token is None and host not in LOCAL_HOSTS:
        raise ConfigurationError(
            f"On {host} others could use the model, and no token is set.",
            f"Set {TOKEN_VARIABLE} to a secret, or leave --host away.",
        )
    return token
