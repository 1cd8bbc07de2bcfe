"""Takes in a person's own file of weights: read without running anything in it, matched with a row, kept by content."""

from __future__ import annotations

import hashlib
import pickle
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.hub import own_folder
from core.backbones.loaders import rename_published
from core.backbones.networks.families import build_network, source_head_names
from core.backbones.own_rows import OWN_PREFIX, write_own_weights
from core.backbones.records import BackboneRow, OwnWeights, WeightsFit
from core.backbones.weights import WEIGHTS_FILE
from core.errors import ConfigurationError

N_SHOWN = 3

_PREFIXES = ("module.", "_orig_mod.", "base_model.", "model.", "backbone.", "encoder.", "network.", "net.")
"""What training programs put before the names of a network's tensors, one around the other."""

_WRAPPERS = ("state_dict", "model_state_dict", "model", "net", "network", "ema", "weights")
"""Under which of its names a checkpoint may keep the tensors."""

_TORCH_BEGINNINGS = (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04")
"""Of a zip, which torch writes since 2020, and of a pickle, which it wrote before."""

_COUNTER = "num_batches_tracked"


def read_weights_file(file: Path) -> dict[str, Tensor]:
    """The named tensors of a file; what else a checkpoint holds (optimiser, epoch) is left out.

    Args:
        file: safetensors, or a file of `torch.save`; told apart by their content, whatever they are called.

    Raises:
        ConfigurationError: the file is neither, is damaged, or holds something that would have to be executed.
    """
    try:
        found = _load(file)
    except pickle.UnpicklingError as error:
        raise ConfigurationError(
            "A file of weights may hold nothing but tensors, because anything else would have to be executed to be "
            "read; this one holds other Python objects.",
            "Save the state_dict alone, best as .safetensors.",
        ) from error
    except (OSError, EOFError, ValueError, RuntimeError, safetensors.SafetensorError) as error:
        raise ConfigurationError(
            "The file is neither .safetensors nor what torch.save writes, or it is damaged.",
            "Save the network's state_dict again, best as .safetensors.",
        ) from error
    tensors = _tensors_in(found)
    if not tensors:
        raise ConfigurationError(
            "The file holds no named tensors.", f"Save the network's state_dict, as it is or under {_WRAPPERS[0]}."
        )
    return tensors


def match_weights(tensors: Mapping[str, Tensor], backbone_id: str) -> WeightsFit:
    """What of a file fits the network of a row, by name and shape."""
    return _Match(get_backbone(backbone_id), tensors).fit


def match_rows(tensors: Mapping[str, Tensor]) -> tuple[WeightsFit, ...]:
    """The rows of the catalogue that a file fits best, at most three; takes some seconds.

    Several may fit: sentence encoders of one size differ only in their words and in how tokens become a vector.
    """
    fits = [match_weights(tensors, row.id) for row in list_backbones()]
    ranked = sorted(fits, key=lambda fit: (not fit.is_complete, -fit.n_fitted / max(1, fit.n_needed)))
    return tuple(fit for fit in ranked[:N_SHOWN] if fit.n_fitted)


def add_own_weights(file: Path, *, file_name: str, backbone_id: str) -> OwnWeights:
    """Keeps the fitting tensors of a file in the workspace; the same file for the same row gives the same id.

    Args:
        file: see `read_weights_file`; not needed any more afterwards.
        file_name: what the person calls it; only ever shown.
        backbone_id: row whose network it is for.

    Returns:
        What was taken in; its `id` can be used wherever that of a backbone can.

    Raises:
        ConfigurationError: the file cannot be read, or lacks tensors that the row's stages need.
        UnknownChoiceError: no row has this id.
    """
    row = get_backbone(backbone_id)
    if row.base is not None:
        raise ConfigurationError(
            "A file of weights is matched with a network of the catalogue, not with another file.",
            f'Choose "{row.base}".',
        )
    match = _Match(row, read_weights_file(file))
    _require_complete(match.fit, row)
    own = OwnWeights(
        id=OWN_PREFIX + _content_hash(file, row),
        base=row.id,
        file_name="".join(letter for letter in file_name if letter.isprintable())[:200] or "a file",
        size_mb=max(1, round(sum(tensor.nbytes for tensor in match.tensors.values()) / 1e6)),
        n_fitted=match.fit.n_fitted,
        n_left_out=len(match.fit.unexpected),
    )
    _keep(own, match.tensors)
    return own


def _load(file: Path) -> object:
    with file.open("rb") as content:  # torch is given no name, because it would believe the ending of one
        if content.read(2) not in _TORCH_BEGINNINGS:
            return safetensors.torch.load_file(file)
        content.seek(0)
        return torch.load(content, map_location="cpu", weights_only=True)


def _tensors_in(found: object) -> dict[str, Tensor]:
    """The named tensors of what was loaded, or of the first of its wrappers that holds some."""
    if not isinstance(found, dict):
        return {}
    tensors = {name: one for name, one in found.items() if isinstance(name, str) and isinstance(one, Tensor)}
    inner = (_tensors_in(found[name]) for name in _WRAPPERS if isinstance(found.get(name), dict))
    return tensors or next((one for one in inner if one), {})


class _Match:
    """A file's tensors beside those of a row's network.

    Attributes:
        fit: the report.
        tensors: those that fit, in float32, under the network's names.
    """

    def __init__(self, row: BackboneRow, given: Mapping[str, Tensor]) -> None:
        network = build_network(row)
        wanted = network.state_dict()
        head = source_head_names(row)
        found = dict(_by_own_names(row, network, wanted, given))
        fitting = {name: tensor for name, (_, tensor) in found.items() if _fits(tensor, wanted[name])}
        needed = [name for name in wanted if name not in head]
        lacking = [name for name in needed if name not in found and not name.endswith(_COUNTER)]
        wrong = [name for name in needed if name in found and name not in fitting]
        used = {found[name][0] for name in (*fitting, *wrong)}
        self.tensors = {name: _in_float32(tensor) for name, tensor in fitting.items()}
        for name in needed:  # files of old versions of torch lack these, and nothing depends on them
            if name not in found and name.endswith(_COUNTER):
                self.tensors[name] = torch.zeros((), dtype=torch.int64)
        self.fit = WeightsFit(
            base=row.id,
            n_needed=len(needed),
            n_fitted=sum(name in fitting for name in needed),
            missing=tuple(lacking),
            wrong_shape=tuple(f"{name}: {_shape(found[name][1])} for {_shape(wanted[name])}" for name in wrong),
            unexpected=tuple(name for name in given if name not in used),
        )


def _by_own_names(
    row: BackboneRow, network: torch.nn.Module, wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]
) -> Iterator[tuple[str, tuple[str, Tensor]]]:
    """Each tensor that the network knows: its name there, the name in the file, the tensor; prefixes are peeled off."""
    taken: set[str] = set()
    left = {name: (name, tensor) for name, tensor in given.items()}
    while left:
        original = {id(tensor): name for name, tensor in left.values()}
        for name, tensor in rename_published(row, network, {name: one for name, (_, one) in left.items()}).items():
            if name in wanted and name not in taken:
                taken.add(name)
                yield name, (original.pop(id(tensor)), tensor)
        rest = set(original.values())
        left = {
            name.removeprefix(prefix): (source, tensor)
            for name, (source, tensor) in left.items()
            if source in rest and (prefix := next((one for one in _PREFIXES if name.startswith(one)), None))
        }


def _fits(tensor: Tensor, wanted: Tensor) -> bool:
    is_plain = tensor.layout == torch.strided and not tensor.is_complex() and not tensor.is_quantized
    return is_plain and tensor.shape == wanted.shape and tensor.is_floating_point() == wanted.is_floating_point()


def _in_float32(tensor: Tensor) -> Tensor:
    return (tensor.float() if tensor.is_floating_point() else tensor).contiguous().clone()


def _shape(tensor: Tensor) -> str:
    return " x ".join(str(side) for side in tensor.shape) or "one number"


def _require_complete(fit: WeightsFit, row: BackboneRow) -> None:
    if fit.is_complete:
        return
    faults = [
        *(f"{one} has the wrong shape" for one in fit.wrong_shape),
        *(f"{name} is missing" for name in fit.missing),
    ]
    raise ConfigurationError(
        f"A file of weights must hold every tensor of the network's stages: {fit.n_fitted} of {fit.n_needed} fit "
        f"{row.title}. {len(fit.missing)} are missing, {len(fit.wrong_shape)} have another shape, "
        f"{len(fit.unexpected)} are unknown to it: {'; '.join(faults[:N_SHOWN])}.",
        "Choose the network that the file was saved from.",
    )


def _content_hash(file: Path, row: BackboneRow) -> str:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return hashlib.sha256(f"{row.id} {digest}".encode()).hexdigest()[:8]


def _keep(own: OwnWeights, tensors: dict[str, Tensor]) -> None:
    """Written beside the target and renamed, so that what is there is whole."""
    if not all(bool(torch.isfinite(tensor).all()) for tensor in tensors.values()):
        raise ConfigurationError(
            "Weights must be finite numbers; some in this file are infinite or not numbers at all.",
            "Take a checkpoint from before that training diverged.",
        )
    target = own_folder(own.id)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=target.parent, prefix=".draft-"))
    try:
        safetensors.torch.save_file(tensors, draft / WEIGHTS_FILE)
        write_own_weights(own, draft)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
