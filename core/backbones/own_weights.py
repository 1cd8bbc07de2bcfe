"""Takes in a person's own file of weights: matched with a row by names and shapes, kept by content."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import safetensors.torch
import torch
from torch import Tensor

from core.backbones.catalogue import get_backbone, list_backbones
from core.backbones.hub import WEIGHTS_FILE, own_folder
from core.backbones.loaders import rename_published
from core.backbones.networks.families import build_network, source_head_names, stage_network
from core.backbones.own_rows import OWN_PREFIX, write_own_weights
from core.backbones.records import BackboneRow, OwnWeights, WeightsFit
from core.backbones.staged import StagedBackbone
from core.backbones.weights_files import read_weights_file
from core.datasets.records import Modality
from core.errors import ConfigurationError

N_SHOWN = 3

_PREFIXES = ("module.", "_orig_mod.", "base_model.", "model.", "backbone.", "encoder.", "network.", "net.")
"""What training programs put before the names of a network's tensors, one around the other."""

_MAX_PREFIXES = 8

_COUNTER = "num_batches_tracked"

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
"""Narrower ones mean something only together with scales that other tensors hold."""


def match_weights(tensors: Mapping[str, Tensor], backbone_id: str) -> WeightsFit:
    """What of a file fits the network of a row, by name and shape."""
    return _Match(get_backbone(backbone_id), tensors).fit


def match_rows(
    tensors: Mapping[str, Tensor], modality: Modality | None = None, *, also: Collection[str] = ()
) -> tuple[WeightsFit, ...]:
    """The rows that a file fits best, at most three, the best first; takes some seconds.

    Several may fit: sentence encoders of one size differ only in their words and in how tokens become a vector, and
    a deep network holds all that its shallow sister has. Whichever leaves less of the file over is the better.

    Args:
        tensors: of the file.
        modality: only rows for "image" or "text".
        also: ids to try besides the rows of the catalogue.
    """
    fits = [match_weights(tensors, row_id) for row_id in (*(row.id for row in list_backbones(modality)), *also)]
    return tuple(fit for fit in sorted(fits, key=_how_far)[:N_SHOWN] if fit.n_fitted)


def _how_far(fit: WeightsFit) -> tuple[bool, int, float]:
    """The smaller, the better a file fits."""
    left_over = len(fit.unexpected) if fit.is_complete else 0
    return not fit.is_complete, left_over, -fit.n_fitted / max(1, fit.n_needed)


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
    tensors = match.tensors()
    own = OwnWeights(
        id=OWN_PREFIX + _content_hash(file, row),
        base=row.id,
        file_name="".join(letter for letter in file_name if letter.isprintable())[:200] or "a file",
        size_mb=max(1, round(sum(tensor.nbytes for tensor in tensors.values()) / 1e6)),
        n_fitted=match.fit.n_fitted,
        n_left_out=len(match.fit.unexpected),
    )
    _keep(own, tensors)
    return own


def keep_trained_weights(
    backbone: StagedBackbone, *, run_id: str, digest: str, name: str, learned: Collection[str]
) -> OwnWeights:
    """Keeps the stages of a network as a run left them, as a backbone to begin with; the same run gives the same id.

    Args:
        backbone: with the run's tensors.
        run_id: the run.
        digest: names the content of its model.
        name: what people read behind the name of the network.
        learned: ids of the samples that it was trained on, and those that were known to what it began with.
    """
    row = backbone.row
    base = get_backbone(row.base or row.id)
    tensors = _by_library_names(base, backbone)
    own = OwnWeights(
        id=OWN_PREFIX + hashlib.sha256(f"{base.id} {run_id} {digest}".encode()).hexdigest()[:8],
        base=base.id,
        file_name="".join(letter for letter in name if letter.isprintable())[:200],
        size_mb=max(1, round(sum(tensor.nbytes for tensor in tensors.values()) / 1e6)),
        n_fitted=len(tensors),
        n_left_out=0,
        run_id=run_id,
    )
    _keep(own, tensors, learned)
    return own


def _by_library_names(row: BackboneRow, backbone: StagedBackbone) -> dict[str, Tensor]:
    """The tensors of stages under the names that the library gives them in its own network."""
    network = build_network(row).to("meta")
    names = {id(tensor): name for name, tensor in network.state_dict(keep_vars=True).items()}
    places = stage_network(row, network).state_dict(keep_vars=True)
    values = backbone.state_dict()
    return {names[id(tensor)]: _in_float32(values[place]) for place, tensor in places.items()}


class _Match:
    """A file's tensors beside those of a row's network.

    Attributes:
        fit: the report.
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
        self._fitting = fitting
        # files of old versions of torch lack these, and nothing depends on them
        self._counters = [name for name in needed if name not in found and name.endswith(_COUNTER)]
        self.fit = WeightsFit(
            base=row.id,
            n_needed=len(needed),
            n_fitted=sum(name in fitting for name in needed),
            missing=tuple(lacking),
            wrong_shape=tuple(f"{name}: {_shape(found[name][1])} for {_shape(wanted[name])}" for name in wrong),
            unexpected=tuple(name for name in given if name not in used),
        )

    def tensors(self) -> dict[str, Tensor]:
        """Those that fit, in float32 and in memory of their own, under the network's names."""
        zeros = {name: torch.zeros((), dtype=torch.int64) for name in self._counters}
        return {name: _in_float32(tensor) for name, tensor in self._fitting.items()} | zeros


def _by_own_names(
    row: BackboneRow, network: torch.nn.Module, wanted: Mapping[str, Tensor], given: Mapping[str, Tensor]
) -> Iterator[tuple[str, tuple[str, Tensor]]]:
    """Each tensor that the network knows: its name there, the name in the file, the tensor; prefixes are peeled off."""
    taken: set[str] = set()
    left = {name: (name, tensor) for name, tensor in given.items()}
    for _ in range(_MAX_PREFIXES):
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
        if not left:
            return


def _fits(tensor: Tensor, wanted: Tensor) -> bool:
    is_right_kind = tensor.dtype in _FLOATS if wanted.is_floating_point() else not tensor.is_floating_point()
    return is_right_kind and tensor.shape == wanted.shape


def _in_float32(tensor: Tensor) -> Tensor:
    numbers = tensor.detach()
    return (numbers.float() if numbers.is_floating_point() else numbers).contiguous().clone()


def _shape(tensor: Tensor) -> str:
    kind = f" of {tensor.dtype}" if tensor.is_floating_point() and tensor.dtype not in _FLOATS else ""
    return (" x ".join(str(side) for side in tensor.shape) or "one number") + kind


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


def _keep(own: OwnWeights, tensors: dict[str, Tensor], learned: Collection[str] = ()) -> None:
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
        write_own_weights(own, draft, learned)
        shutil.rmtree(target, ignore_errors=True)
        draft.rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
