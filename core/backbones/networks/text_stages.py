"""What the stages of text networks compute; one tensor passes each border, and padding on the right changes nothing."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers.models.deberta_v2.modeling_deberta_v2 import build_relative_position


class EmbeddingStage(nn.Module):
    """Token ids (n, n_tokens) → hidden states (n, n_tokens, width), of the first sentence type, positions in order.

    Args:
        embeddings: the library's embeddings.
        first_position: number of the first token's position.
        behind: a projection that follows them (ELECTRA), if any.
        relative: embeddings of relative positions (DeBERTa), if any; this stage owns them, the layers read them.
    """

    def __init__(
        self,
        embeddings: Any,
        *,
        first_position: int = 0,
        behind: nn.Module | None = None,
        relative: RelativePositions | None = None,
    ) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.first_position = first_position
        self.behind = behind or nn.Identity()
        self.relative = relative
        for name in ("position_ids", "token_type_ids"):
            # constants that are computed below instead, so that no tensor exists which the weights file does not hold
            embeddings._buffers.pop(name, None)

    def forward(self, token_ids: Tensor, mask: Tensor | None = None) -> Tensor:  # noqa: ARG002 - every text stage is handed the mask
        """The sum of the embeddings, normalised; padding is on the right, so that positions need no mask."""
        positions = _count_positions(token_ids) + self.first_position
        if hasattr(self.embeddings, "token_type_embeddings"):
            types = torch.zeros_like(token_ids)
            hidden = self.embeddings(token_ids, position_ids=positions, token_type_ids=types)
        else:
            hidden = self.embeddings(token_ids, position_ids=positions)
        return self.behind(hidden)  # type: ignore[no-any-return]


class TransformerStage(nn.Module):
    """Hidden states → hidden states, both (n, n_tokens, width)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, hidden: Tensor, mask: Tensor | None = None) -> Tensor:
        """One layer; tokens outside `mask` (n, n_tokens) are not attended to."""
        attended = None if mask is None else mask.bool()[:, None, None, :]
        return self.layer(hidden, attended)  # type: ignore[no-any-return]


class RelativePositions(nn.Module):
    """DeBERTa's embeddings of the distance between two tokens, which every layer reads.

    They are inputs that do not depend on the text, so they belong to the stage of the embeddings: frozen, hashed and
    counted with it. Whatever is cached behind the embeddings was computed while these were frozen, and stays valid.

    Args:
        encoder: the library's encoder, whose tensors are shared.
    """

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.embeddings = encoder.rel_embeddings
        self.norm = encoder.LayerNorm if "layer_norm" in encoder.norm_rel_ebd else nn.Identity()
        self.n_buckets: int = encoder.position_buckets
        self.max_distance: int = encoder.max_relative_positions

    def forward(self, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """The number of each pair's distance, (1, n_tokens, n_tokens), and the embeddings of all distances."""
        distances = build_relative_position(hidden, hidden, self.n_buckets, self.max_distance)
        return distances, self.norm(self.embeddings.weight)


class RelativeTransformerStage(nn.Module):
    """As `TransformerStage`, for a layer whose attention looks at distances.

    Args:
        layer: the library's layer.
        relative: what belongs to the stage of the embeddings.
    """

    def __init__(self, layer: nn.Module, relative: RelativePositions) -> None:
        super().__init__()
        self.layer = layer
        self._borrowed = (
            relative,
        )  # in a tuple torch does not see it: a stage owns, freezes and moves its own tensors

    def forward(self, hidden: Tensor, mask: Tensor | None = None) -> Tensor:
        """One layer; tokens outside `mask` (n, n_tokens) are not attended to."""
        if mask is None:
            mask = torch.ones(hidden.shape[:2], dtype=torch.bool, device=hidden.device)
        distances, embeddings = self._borrowed[0](hidden)
        attended = mask.bool()[:, None, None, :]
        return self.layer(hidden, attended, relative_pos=distances, rel_embeddings=embeddings)[0]  # type: ignore[no-any-return]


class CausalEmbeddingStage(nn.Module):
    """GPT-2's token ids (n, n_tokens) → hidden states (n, n_tokens, width): words and positions."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.words = network.wte
        self.positions = network.wpe
        self.dropout = network.drop

    def forward(self, token_ids: Tensor, mask: Tensor | None = None) -> Tensor:  # noqa: ARG002 - every text stage is handed the mask
        """The sum of both embeddings."""
        return self.dropout(self.words(token_ids) + self.positions(_count_positions(token_ids)))  # type: ignore[no-any-return]


class CausalTransformerStage(nn.Module):
    """Hidden states → hidden states, both (n, n_tokens, width); each token attends to itself and those before it.

    Args:
        layer: the library's layer.
        norm: the network's last normalisation, for the last layer.
    """

    def __init__(self, layer: nn.Module, *, norm: nn.Module | None = None) -> None:
        super().__init__()
        self.layer = layer
        self.norm = norm or nn.Identity()

    def forward(self, hidden: Tensor, mask: Tensor | None = None) -> Tensor:  # noqa: ARG002 - every text stage is handed the mask
        """One layer; padding lies behind all valid tokens, so that the causal mask, the layer's default, hides it."""
        return self.norm(self.layer(hidden))  # type: ignore[no-any-return]


def _count_positions(token_ids: Tensor) -> Tensor:
    return torch.arange(token_ids.shape[1], device=token_ids.device).unsqueeze(0)
