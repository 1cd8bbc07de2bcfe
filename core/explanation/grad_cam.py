"""Grad-CAM: where in the image the features lie that the head reads a class from."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from captum.attr import LayerGradCam
from torch import Tensor
from torch.nn import functional

from core.arrays import FloatArray
from core.errors import ConfigurationError
from core.explanation.behind import BehindStage, activations_of
from core.explanation.grid import SpatialActivation, as_map
from core.explanation.heads import Head
from core.training.classifier import Classifier

JOINED_SIDE = 14
"""Side of the grid on which the maps of several stages are added up."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CamMaps:
    """Maps of one image, one per head.

    Attributes:
        scores: shape (n_heads, height, breadth); above 0 a place speaks for the class, below 0 against it.
        stages: names of the stages that were looked at.
    """

    scores: FloatArray
    stages: tuple[str, ...]


def grad_cam(
    classifier: Classifier, pixels: Tensor, label: int, heads: Sequence[Head], trained: Collection[str]
) -> CamMaps:
    """Weighs each channel of a stage by how much the class follows it on average (Selvaraju et al. 2017).

    Places that speak against the class are kept rather than cut off at 0. The stage is the last trained one that has
    places, or the last of all that has where none was trained, and of networks whose head reads the class token alone
    the one before, because nothing reads the others behind it. Where the head reads every stage, it is the sum of what
    it reads of each.

    Args:
        classifier: the model, in evaluation mode.
        pixels: one image as the first stage takes it.
        label: the class to explain.
        heads: heads to explain it under.
        trained: names of the stages that were trained.

    Raises:
        ConfigurationError: no stage has places.
    """
    activations = activations_of(classifier, pixels)
    spatial = {number: found for number, one in enumerate(activations) if (found := as_map(one)) is not None}
    names = classifier.backbone.stage_names
    if classifier.stage_widths and spatial:
        parts = [_maps(classifier, activations, number, spatial, label, heads, is_direct=True) for number in spatial]
        summed = torch.stack([_density(maps) for maps in parts]).sum(dim=0)
        return CamMaps(scores=_array(summed), stages=tuple(names[number] for number in spatial))
    for number in _in_order_of_choice(spatial, names, trained):
        maps = _maps(classifier, activations, number, spatial, label, heads)
        if maps.any():
            return CamMaps(scores=_array(maps), stages=(names[number],))
    raise ConfigurationError("No stage of this network keeps the places of an image.", "Use occlusion instead.")


def _in_order_of_choice(spatial: Collection[int], names: Sequence[str], trained: Collection[str]) -> Iterator[int]:
    """Numbers of stages, last trained first, then the others from the last on."""
    return iter(sorted(spatial, key=lambda number: (names[number] not in trained, -number)))


def _maps(
    classifier: Classifier,
    activations: Sequence[Tensor],
    number: int,
    spatial: dict[int, SpatialActivation],
    label: int,
    heads: Sequence[Head],
    *,
    is_direct: bool = False,
) -> Tensor:
    """Shape (n_heads, height, breadth)."""
    found = spatial[number]
    network = BehindStage(
        classifier,
        activations,
        number,
        head=heads[0],
        label=label,
        restore=found.restore,
        is_direct=is_direct,
    )
    cam, maps = LayerGradCam(network, network.tap), []
    for head in heads:
        network.head = head
        maps.append(cam.attribute(found.map.clone().requires_grad_())[0, 0].detach())
    return torch.stack(maps)


def _density(maps: Tensor) -> Tensor:
    """Maps on the common grid, so that the sum over it is the sum over the stage's own places."""
    n_places = maps.shape[1] * maps.shape[2]
    resized = functional.interpolate(maps[:, None].float(), (JOINED_SIDE, JOINED_SIDE), mode="area")[:, 0]
    return resized * (n_places / JOINED_SIDE**2)


def _array(maps: Tensor) -> FloatArray:
    return np.asarray(maps.float().cpu().numpy(), dtype=np.float32)
