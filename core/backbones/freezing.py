"""What a freeze plan means in stages and parameters, and the proof that it held."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from core.backbones.records import BackboneInfo, FeatureChoice, FreezeProof, ParameterCount, TensorChoice
from core.errors import UnknownChoiceError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from core.backbones.staged import StagedBackbone

HEAD = "head"
"""How the new last layer is called where it stands beside stages."""


def require_stages(stage_names: Sequence[str], names: Iterable[str]) -> None:
    """Raises UnknownChoiceError for the first of `names` that is no stage."""
    for name in names:
        if name not in stage_names:
            raise UnknownChoiceError("stage", name, stage_names)


def frozen_until(stage_names: Sequence[str], stage: str) -> tuple[str, ...]:
    """All stages from the input up to `stage`, this one included."""
    require_stages(stage_names, [stage])
    return tuple(stage_names[: stage_names.index(stage) + 1])


def cut_index(stage_names: Sequence[str], frozen: Collection[str]) -> int:
    """How many stages from the input on are frozen without a gap: what lies before the cut runs once per sample."""
    require_stages(stage_names, frozen)
    return next((index for index, name in enumerate(stage_names) if name not in frozen), len(stage_names))


def count_parameters(
    info: BackboneInfo,
    frozen: Collection[str],
    n_classes: int,
    *,
    tensors: TensorChoice = "all",
    features: FeatureChoice = "last-stage",
) -> ParameterCount:
    """Parameters of backbone and linear head together, and how many of them train.

    Args:
        info: the measured backbone.
        frozen: names of the frozen stages; the head always trains.
        n_classes: outputs of the head.
        tensors: what trains in the other stages.
        features: what the head reads.
    """
    require_stages(info.stage_names, frozen)
    head = (info.n_read(features) + 1) * n_classes
    trainable = sum(stage.n_trained(tensors) for stage in info.stages if stage.name not in frozen)
    return ParameterCount(total=info.n_parameters + head, trainable=trainable + head)


def hash_tensors(module: nn.Module, *, besides: Collection[str] = ()) -> dict[str, str]:
    """A digest per parameter and buffer but those named in `besides`; two digests agree if and only if all bits do."""
    return {name: _digest(tensor) for name, tensor in _tensors(module) if name not in besides}


def hash_frozen(
    backbone: StagedBackbone, frozen: Collection[str], moving: Mapping[str, Collection[str]] | None = None
) -> dict[str, str]:
    """Digests, under "stage/tensor", of all parameters and buffers that are to stay as they are.

    Args:
        backbone: its tensors are read where they lie.
        frozen: stages of which all tensors stay.
        moving: by the name of another stage, its tensors that may change; those beside them stay.
    """
    require_stages(backbone.stage_names, frozen)
    besides: dict[str, Collection[str]] = {**dict.fromkeys(frozen, ()), **(moving or {})}
    return {
        f"{stage}/{name}": digest
        for stage in backbone.stage_names
        if stage in besides
        for name, digest in hash_tensors(backbone.stage(stage), besides=besides[stage]).items()
    }


def copy_tensors(module: nn.Module, names: Collection[str] | None = None) -> dict[str, Tensor]:
    """Copies of all parameters on the CPU, or of those in `names`: the start that `movement` measures from."""
    return {
        name: parameter.detach().cpu().clone()
        for name, parameter in module.named_parameters()
        if names is None or name in names
    }


def movement(start: Mapping[str, Tensor], module: nn.Module) -> float:
    """How far the parameters in `start` have moved in `module`: norm of the difference over norm of the start.

    Returns:
        0 where nothing moved, and 1 where the start was all zeros and the end is not.
    """
    change, length = 0.0, 0.0
    parameters = dict(module.named_parameters())
    for name, before in start.items():
        change += float((parameters[name].detach().cpu() - before).double().square().sum())
        length += float(before.double().square().sum())
    if length == 0:
        return float(change > 0)
    return float((change / length) ** 0.5)


def prove_freeze(
    before: Mapping[str, str], after: Mapping[str, str], moved: Sequence[tuple[str, float]]
) -> FreezeProof:
    """The proof from two sets of digests (see `hash_frozen`) and the movement of what trained.

    A tensor that appeared or vanished counts as changed.
    """
    names = before.keys() | after.keys()
    n_changed = sum(before.get(name) != after.get(name) for name in names)
    return FreezeProof(n_tensors=len(names), n_changed=n_changed, movement=tuple(moved))


def weights_digest(backbone: StagedBackbone) -> str:
    """32 hex digits over the names and contents of all tensors; for cache keys. Hashes the whole network each time."""
    whole = hashlib.blake2b(digest_size=16)
    for name, tensor in _tensors(backbone):
        whole.update(f"{name} {_digest(tensor)}\n".encode())
    return whole.hexdigest()


def _tensors(module: nn.Module) -> Iterable[tuple[str, Tensor]]:
    yield from module.named_parameters()
    yield from module.named_buffers()


def _digest(tensor: Tensor) -> str:
    """Over type, shape and bytes, wherever the tensor lies and however it is strided."""
    import torch  # only here, so that counting and cutting need no torch

    values = tensor.detach().cpu().contiguous()
    digest = hashlib.blake2b(f"{values.dtype} {tuple(values.shape)}".encode(), digest_size=16)
    digest.update(values.reshape(-1).view(torch.uint8).numpy().data)
    return digest.hexdigest()
