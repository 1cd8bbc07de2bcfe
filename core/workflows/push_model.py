"""A finished run's model to a repository on the Hugging Face Hub; nothing goes there unless a person names it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.backbones.catalogue import get_backbone
from core.errors import ConfigurationError
from core.exporting.format_words import CARD_FILE
from core.exporting.formats import list_formats
from core.training.strategies import get_strategy
from core.workflows.show_run import RunView, require_one_network, require_readable
from core.workflows.workspace import Workspace

Progress = Callable[[str, int, int], None]

SAMPLES = "samples/*"
"""Inputs of the data, which go along with an archive but not to the Hub."""

_NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}")
_PREFERRED = ("transformers", "timm", "torchvision", "onnx")


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed:
    """What was sent.

    Attributes:
        repository: OWNER/NAME.
        url: where it can be looked at.
        format: id of the format.
        private: whether only its owner may see it.
        files: names of what was sent.
        megabytes: in all.
    """

    repository: str
    url: str
    format: str
    private: bool
    files: tuple[str, ...]
    megabytes: float


def push_model(
    workspace: Workspace,
    run_id: str,
    repository: str,
    *,
    format_id: str | None = None,
    private: bool = True,
    endpoint: str | None = None,
    on_progress: Progress = lambda *_: None,
) -> Pushed:
    """Write the model, check it, and send it with its card; samples of the data stay here.

    Args:
        workspace: where the run lies.
        run_id: a finished run.
        repository: OWNER/NAME; made where there is none.
        format_id: one of `core.exporting.formats`; None: what the Hub shows best.
        private: whether only its owner shall see it; then nothing is sent to a repository that others can see.
        endpoint: address of the Hub; None: as the environment says.
        on_progress: called with (step, done, of); may raise to end it before anything is sent.

    Raises:
        ConfigurationError: the name is none, nobody is logged in, others can see the repository though they shall
            not, or the Hub refused or could not be reached.
        UnknownChoiceError: there is no such run or format.
    """
    import huggingface_hub

    from core.workflows.export_model import exported_folder  # brings torch, for which no page waits

    _require_name(repository)
    token = huggingface_hub.get_token()
    if not token:
        raise ConfigurationError(
            "The Hugging Face Hub takes models from people it knows only, and nobody is logged in here.",
            "Run `hf auth login` on this machine, or put an access token that may write into HF_TOKEN.",
        )
    run = require_readable(workspace, run_id)
    require_one_network(run)
    with exported_folder(workspace, run_id, format_id or usual_format(run), on_progress=on_progress) as (place, check):
        _put_card_first(place)
        files = [file for file in sorted(place.rglob("*")) if file.is_file() and "samples" not in file.parts]
        on_progress(f"Sending to {repository}", 0, 0)
        api = huggingface_hub.HfApi(endpoint=endpoint, token=token)
        url, is_private = _send(api, repository, place, private, run_id)
        return Pushed(
            repository=repository,
            url=url,
            format=check.format,
            private=is_private,
            files=tuple(file.relative_to(place).as_posix() for file in files),
            megabytes=round(sum(file.stat().st_size for file in files) / 1e6, 2),
        )


def usual_format(run: RunView) -> str:
    """The format that the Hub shows best, of those that the model can take."""
    fitting = [kind.id for kind in list_formats(get_backbone(run.spec.model), get_strategy(run.spec.strategy).features)]
    return next(name for name in _PREFERRED if name in fitting)


def _require_name(repository: str) -> None:
    if not _NAME.fullmatch(repository) or ".." in repository or "--" in repository:
        raise ConfigurationError(
            f'A repository is named OWNER/NAME in letters, digits, ".", "-" and "_"; found "{repository}".',
            "Name your account and the model, such as anna/parcel-messages.",
        )


def _put_card_first(place: Path) -> None:
    """The Hub reads the head of README.md; the card has one, and how to use the files follows it."""
    card, use = place / CARD_FILE, place / "README.md"
    use.write_text(f"{card.read_text(encoding='utf-8')}\n{use.read_text(encoding='utf-8')}", encoding="utf-8")
    card.unlink()


def _send(api: object, repository: str, place: Path, private: bool, run_id: str) -> tuple[str, bool]:
    """Where the model is now, and whether only the owner can see it."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import HfHubHTTPError

    assert isinstance(api, HfApi)
    try:
        url = api.create_repo(repository, private=private, exist_ok=True)
        is_seen = api.model_info(repository).private is False
        if private and is_seen:  # it was there before, and stays what it is
            raise ConfigurationError(
                f"Everybody can see the repository {repository}, so nothing was sent.",
                "Name another one, or say that everybody may (`push --public`).",
            )
        api.upload_folder(
            repo_id=repository, folder_path=place, commit_message=f"Model of run {run_id}", ignore_patterns=[SAMPLES]
        )
    except HfHubHTTPError as error:
        said = getattr(error, "server_message", None) or str(error).splitlines()[0]
        raise ConfigurationError(
            f"The Hub did not take the model: {said}", "See whether the token may write to that repository."
        ) from error
    except (HTTPError, OSError) as error:
        raise ConfigurationError(
            "The Hugging Face Hub could not be reached, so no model was sent.", "Try again with a network."
        ) from error
    return str(url), not is_seen
