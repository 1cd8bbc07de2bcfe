"""What a run keeps of its frozen stages: views of images, and the deepest border whose activations fit on the disk."""

from __future__ import annotations

from collections.abc import Sequence

from core.backbones.freezing import cut_index
from core.backbones.measuring import count_outputs
from core.datasets.records import Dataset
from core.features.cache import ArrayCache
from core.features.room import deepest_affordable
from core.features.views import Views
from core.training.spec import TrainingSpec


def views_of(dataset: Dataset, spec: TrainingSpec) -> Views:
    """The views that a run learns from; texts have one."""
    if dataset.modality == "text":
        return Views()
    return Views(n=spec.n_views, mirrored=spec.mirroring == "on")


def affordable_cut(cache: ArrayCache, spec: TrainingSpec, stage_names: Sequence[str], n_units: int) -> int:
    """The border that is cached: the cut of the freeze plan, or a shallower one where that takes too much disk.

    Args:
        cache: whose room counts.
        spec: decides the cut and the size of images.
        stage_names: of the backbone, in network order.
        n_units: images, or tokens of all texts.
    """
    cut = cut_index(stage_names, spec.frozen_stages)
    if cut in (0, len(stage_names)):  # the samples themselves, or pooled features: neither takes what activations do
        return cut
    return deepest_affordable(cut, count_outputs(spec.model, spec.image_size_px), n_units, cache.room_bytes)
