"""Networks beyond the rows of the catalogue: named by a person, or made of a person's own file of weights."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from pathlib import Path

from core.backbones.catalogue import TIMM_PREFIX, backbone_title, get_backbone, list_backbones
from core.backbones.hub import HUB_PREFIX
from core.backbones.measuring import describe_backbone
from core.backbones.own_rows import OWN_PREFIX, list_own_weights, remove_own_weights
from core.backbones.own_weights import add_own_weights, match_rows, match_weights
from core.backbones.records import BackboneInfo, OwnWeights, WeightsFit
from core.backbones.weights import fetch_row, require_weights
from core.backbones.weights_files import read_weights_file
from core.datasets.records import Modality
from core.errors import ConfigurationError, UserError
from core.paths import is_file
from core.runs.folder import RunFolder
from core.workflows.workspace import Workspace

__all__ = [
    "OwnNetwork",
    "add_network",
    "backbone_title",
    "choose_fit",
    "fetch_network",
    "inspect_weights",
    "is_from_outside",
    "list_networks",
    "remove_network",
    "require_network",
    "resolve_name",
]

MAX_NAME_CHARS = 200
N_RUNS_NAMED = 3

_ADDRESS = re.compile(r"(?:https?://)?(?:www\.)?(?:huggingface\.co|hf\.co)/([^/?#]+/[^/?#]+).*", re.IGNORECASE)

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnNetwork:
    """A file of weights that was taken in, and what hangs on it.

    Attributes:
        weights: what is known of the file.
        title: how people write its name; holds what the person called the file.
        run_ids: runs that need it, newest first.
    """

    weights: OwnWeights
    title: str
    run_ids: tuple[str, ...]


def resolve_name(name: str, modality: Modality) -> BackboneInfo:
    """The network that a person named just now, staged and measured; takes some seconds the first time.

    What describes a network on Hugging Face, some KB, is fetched where it is not on this machine; weights never are.

    Args:
        name: of timm ("resnet26d", with or without the tag of its weights) for images, OWNER/NAME on Hugging Face for
            texts; with or without the prefix of an id, or as an address copied from there.
        modality: what the network shall take.

    Raises:
        UnknownChoiceError: no network has this name; says the nearest.
        ConfigurationError: the name is malformed, or the network takes something else or cannot be cut into stages.
        MissingWeightsError: its description is not on this machine and could not be fetched.
    """
    row = fetch_row(_id_named(name, modality))
    if row.modality != modality:
        raise ConfigurationError(
            f"The data are {modality}s; {row.title} takes {row.modality}s.",
            "Name a network of timm." if modality == "image" else "Name a network for texts on Hugging Face.",
        )
    return describe_backbone(row.id)


def fetch_network(model: str) -> None:
    """For an id that a person typed: what describes its network is fetched; raises what `resolve_name` does."""
    fetch_row(model)


def require_network(model: str) -> None:
    """Raises UserError where an id that was chosen before means nothing any more, because its files are gone."""
    row = get_backbone(model)
    if row.base is not None:
        require_weights(row)


def is_from_outside(model: str) -> bool:
    """Whether this is the id of a network that a person named, rather than of a row or of a person's own file."""
    return model.startswith((TIMM_PREFIX, HUB_PREFIX))


def inspect_weights(
    file: Path, modality: Modality | None = None, *, also: tuple[str, ...] = ()
) -> tuple[WeightsFit, ...]:
    """The networks that a file of weights fits best, at most three, the best first; takes some seconds.

    Args:
        file: .safetensors, or what torch.save writes; nothing in it is executed.
        modality: only networks that take "image" or "text".
        also: ids of networks to try besides the rows of the catalogue.

    Raises:
        ConfigurationError: the file cannot be read, or fits none of them anywhere.
    """
    fits = match_rows(read_weights_file(_require_file(file)), modality, also=also)
    if not fits:
        kind = f" for {modality}s" if modality else ""
        raise ConfigurationError(
            f"None of the file's tensors has the name and shape of one in the networks{kind} known here.",
            "Save the state_dict of one of these networks, under the names that its library gives the tensors.",
        )
    return fits


def choose_fit(file: Path, model: str | None) -> WeightsFit:
    """How a file fits the network that was named, or the only one that it fits best and completely.

    Raises:
        UnknownChoiceError: there is no such network.
        ConfigurationError: the file cannot be read, or fits none completely or several alike; names them.
    """
    if model is not None:
        fetch_network(model)
        return match_weights(read_weights_file(_require_file(file)), model)
    fits = inspect_weights(file)
    complete = [fit for fit in fits if fit.is_complete]
    if not complete:
        raise ConfigurationError(
            f"The file fits no network completely; the nearest are {', '.join(map(_counted, fits))}.",
            "Choose the file of a whole network, or name another network with --model.",
        )
    best = [fit for fit in complete if len(fit.unexpected) == len(complete[0].unexpected)]
    if len(best) > 1:
        raise ConfigurationError(
            f"The file fits several networks alike: {', '.join(fit.base for fit in best)}.",
            f"Say which it was saved from, for example --model {best[0].base}.",
        )
    return best[0]


def add_network(file: Path, *, file_name: str, base: str) -> OwnWeights:
    """Take a file of weights in, as weights for the network `base`; see `add_own_weights`."""
    return add_own_weights(_require_file(file), file_name=file_name, backbone_id=base)


def list_networks(workspace: Workspace, modality: Modality) -> tuple[OwnNetwork, ...]:
    """The files that were taken in for networks of a modality; reads what every run was trained with."""
    using: dict[str, list[str]] = {}
    for folder in workspace.runs.list_runs():
        using.setdefault(_model_of(folder), []).append(folder.id)
    return tuple(
        OwnNetwork(weights=own, title=backbone_title(own.id), run_ids=tuple(using.get(own.id, ())))
        for own in list_own_weights()
        if _takes(own, modality)
    )


def remove_network(workspace: Workspace, own_id: str) -> None:
    """Delete a file that was taken in from the workspace.

    Raises:
        UnknownChoiceError: there is none of this id.
        ConfigurationError: runs need it; says which.
    """
    runs = [folder.id for folder in workspace.runs.list_runs() if _model_of(folder) == own_id]
    if runs:
        named = ", ".join(runs[:N_RUNS_NAMED])
        more = f" and {len(runs) - N_RUNS_NAMED} more" if len(runs) > N_RUNS_NAMED else ""
        raise ConfigurationError(
            f"Runs need these weights to predict and to go on: {named}{more}.",
            "Keep them as long as you keep these runs.",
        )
    remove_own_weights(own_id)


def _id_named(name: str, modality: Modality) -> str:
    """The id that a person means who typed this where a network of a modality was asked for."""
    typed = name.strip()
    if not typed or len(typed) > MAX_NAME_CHARS or not typed.isprintable():
        raise ConfigurationError(
            f"A name has 1 to {MAX_NAME_CHARS} letters, digits and signs, on one line.",
            "Copy it from the page of the network.",
        )
    if found := _ADDRESS.fullmatch(typed):
        typed = found[1]
    if typed.startswith((TIMM_PREFIX, HUB_PREFIX, OWN_PREFIX)):
        return typed
    # what torchvision calls a network means another one in timm
    known = [row for row in list_backbones(modality) if row.source != "torchvision"]
    rows = {name: row.id for row in known for name in (row.reference, row.id)}
    short = typed.removeprefix("timm/") if modality == "image" else typed
    if short in rows:
        return rows[short]
    return (TIMM_PREFIX if modality == "image" else HUB_PREFIX) + short


def _require_file(file: Path) -> Path:
    if not is_file(file):
        raise ConfigurationError(f'There is no file "{file}".', "Correct its name.")
    return file


def _counted(fit: WeightsFit) -> str:
    return f"{fit.base} ({fit.n_fitted} of {fit.n_needed} tensors)"


def _takes(own: OwnWeights, modality: Modality) -> bool:
    """False as well where its network is not known any more, so that one file does not hide the others."""
    try:
        return get_backbone(own.base).modality == modality
    except UserError:
        _logger.warning("The network of %s is not known", own.id, exc_info=True)
        return False


def _model_of(folder: RunFolder) -> str:
    return folder.read_spec().model
