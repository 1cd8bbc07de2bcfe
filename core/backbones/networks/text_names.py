"""The names that tensors of text networks have in published files, and those they have here."""

from __future__ import annotations

import re
from typing import Any

from torch import Tensor


def rename_text_tensors(network: Any, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of `tensors` that `network` has, under the names it gives them.

    Files of whole language models put a prefix before the names of the encoder ("bert.", "transformer.") and hold
    heads, poolers and constants besides, which are left out.

    Args:
        network: the library's own encoder.
        tensors: by their published names.
    """
    prefix = f"{network.base_model_prefix}."
    wanted = network.state_dict().keys()
    renamed = {_present_name(name.removeprefix(prefix)): tensor for name, tensor in tensors.items()}
    return {name: tensor for name, tensor in renamed.items() if name in wanted}


def _present_name(name: str) -> str:
    """With the names that the parts of a LayerNorm have had since 2019."""
    return re.sub(r"LayerNorm\.(gamma|beta)$", lambda found: _LAYER_NORM[found[0]], name)


_LAYER_NORM = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}
