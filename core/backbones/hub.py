"""Rows for Hugging Face ids that a person types, `hf:OWNER/NAME`, made from the files that describe the network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from core.backbones.hub_configuration import FAMILIES, MAX_MILLIONS, check_configuration, read_sizes
from core.backbones.records import BackboneRow, Configuration, Pooling, TextPreprocessing
from core.errors import ConfigurationError, MissingWeightsError
from core.settings import workspace_dir

HUB_PREFIX = "hf:"
WEIGHTS_FILE = "model.safetensors"
CONFIGURATION_FILE = "config.json"
DESCRIPTION_FILES = ("modules.json", "1_Pooling/config.json", CONFIGURATION_FILE)
"""What a row is made from; only the last must exist, and is fetched last, so that with it everything is here."""

_OPTIONAL_FILES = " and ".join(DESCRIPTION_FILES[:-1])

MAX_DESCRIPTION_BYTES = 1_000_000
_MAX_TOKENS = 128
_REFERENCE = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


def is_hub_id(backbone_id: str) -> bool:
    """Whether this is the id of a network on Hugging Face rather than of a row in the catalogue."""
    return backbone_id.startswith(HUB_PREFIX)


def build_hub_row(backbone_id: str) -> BackboneRow:
    """The row of a network whose description is on this machine; nothing is fetched and no code of others runs.

    Raises:
        ConfigurationError: the id is malformed, or the network is none that can be cut into stages here.
        MissingWeightsError: its description is not on this machine.
    """
    reference = hub_reference(backbone_id)
    family, configuration = _read_configuration(backbone_id)
    sizes = read_sizes(family, configuration)
    pooling, unit_length = _read_pooling(backbone_id, "last" if family == "gpt2" else "mean")
    return BackboneRow(
        id=backbone_id,
        title=reference,
        modality="text",
        family=family,
        source="transformers",
        reference=reference,
        licence=f"as its publisher states at huggingface.co/{reference}",
        download_mb=round(4 * sizes.n_parameters / 1e6),
        preprocessing=TextPreprocessing(
            max_tokens=min(_MAX_TOKENS, sizes.n_positions), pooling=pooling, unit_length=unit_length
        ),
        probe_friendly=_is_sentence_encoder(backbone_id),
        advice="Chosen by its name: read its publisher's page for languages, licence and what it was trained on.",
    )


def hub_configuration(backbone_id: str) -> Configuration:
    """The fields of the network's `config.json` that its stages are built from; raises what `build_hub_row` does."""
    return _read_configuration(backbone_id)[1]


def hub_reference(backbone_id: str) -> str:
    """OWNER/NAME out of `hf:OWNER/NAME`; raises ConfigurationError for anything else."""
    reference = backbone_id.removeprefix(HUB_PREFIX)
    if not is_hub_id(backbone_id) or not _REFERENCE.fullmatch(reference) or "--" in reference or ".." in reference:
        raise ConfigurationError(
            f'A network on Hugging Face is named hf:OWNER/NAME; found "{backbone_id[:60]}".',
            "Copy the name from the head of its page, for example hf:BAAI/bge-small-en-v1.5.",
        )
    return reference


def own_folder(backbone_id: str) -> Path:
    """Where a person may put the files of a row, and downloads go; hub names hold no "--" themselves."""
    return workspace_dir() / "weights" / backbone_id.replace(":", "--").replace("/", "--")


def hub_file_candidates(backbone_id: str, reference: str, file_name: str) -> list[Path]:
    """Where a file from Hugging Face may lie: the folder of its own, then the cache of Hugging Face's libraries."""
    import huggingface_hub

    cached = huggingface_hub.try_to_load_from_cache(reference, file_name)
    return [own_folder(backbone_id) / file_name, *([Path(cached)] if isinstance(cached, str) else [])]


def _read_configuration(backbone_id: str) -> tuple[str, Configuration]:
    reference = hub_reference(backbone_id)
    try:
        family, configuration = check_configuration(_read_json(backbone_id, CONFIGURATION_FILE))
    except ValueError as error:
        raise ConfigurationError(
            f"{reference} cannot be cut into stages here: {error}.",
            f"Choose a network for texts of one of these kinds: {', '.join(FAMILIES)}.",
        ) from error
    millions = read_sizes(family, configuration).n_parameters / 1e6
    if millions > MAX_MILLIONS:
        raise ConfigurationError(
            f"A network may have {MAX_MILLIONS:,} million parameters; {reference} has {millions:,.0f} million.",
            "Choose a smaller network.",
        )
    return family, configuration


def _read_json(backbone_id: str, file_name: str) -> Any:
    """The content of a description file; {} where a file that need not exist does not."""
    reference = hub_reference(backbone_id)
    candidates = hub_file_candidates(backbone_id, reference, file_name)
    file = next((path for path in candidates if path.is_file()), None)
    if file is None:
        if file_name != CONFIGURATION_FILE:
            return {}
        raise MissingWeightsError(
            f"The description of {reference} is not on this machine, and nothing is downloaded unasked.",
            f"Put its config.json, and those of {_OPTIONAL_FILES} it has, into {own_folder(backbone_id)}.",
        )
    try:
        if file.stat().st_size > MAX_DESCRIPTION_BYTES:
            raise ValueError(f"it is larger than {MAX_DESCRIPTION_BYTES} bytes")
        return json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise ConfigurationError(
            f"The file {file} is no description of a network ({error}).",
            f"Fetch it again from huggingface.co/{reference}.",
        ) from error


def _read_pooling(backbone_id: str, usual: Pooling) -> tuple[Pooling, bool]:
    """How the network was trained to become one vector, and whether of length 1; `usual` where nothing says so."""
    if not _is_sentence_encoder(backbone_id):
        return usual, False
    described = _read_json(backbone_id, "1_Pooling/config.json")
    mode = described.get("pooling_mode") if isinstance(described, dict) else None
    if mode is None and isinstance(described, dict):
        modes = [name for name, is_on in described.items() if name.startswith("pooling_mode_") and is_on is True]
        mode = modes[0] if len(modes) == 1 else modes
    if not isinstance(mode, str) or mode not in _POOLINGS:
        raise ConfigurationError(
            f"{hub_reference(backbone_id)} pools its tokens in a way that is not known here ({str(mode)[:80]}).",
            "Choose a network that takes their mean, the first or the last.",
        )
    return _POOLINGS[mode], "Normalize" in _module_kinds(backbone_id)


def _is_sentence_encoder(backbone_id: str) -> bool:
    return "Pooling" in _module_kinds(backbone_id)


def _module_kinds(backbone_id: str) -> list[str]:
    """What a sentence encoder consists of ("Transformer", "Pooling", "Normalize"): read as names, not imported."""
    modules = _read_json(backbone_id, "modules.json")
    entries = modules if isinstance(modules, list) else []
    return [str(entry.get("type")).rpartition(".")[2] for entry in entries if isinstance(entry, dict)]


_POOLINGS: dict[str, Pooling] = {
    "mean": "mean",
    "cls": "first",
    "lasttoken": "last",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_cls_token": "first",
    "pooling_mode_lasttoken": "last",
}
