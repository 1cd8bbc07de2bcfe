"""Text networks as ordered stages: the token embeddings first, then one stage per transformer layer."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import BertConfig, BertModel, DistilBertConfig, DistilBertModel, RobertaConfig, RobertaModel

from core.backbones.records import BackboneRow
from core.backbones.staged import NamedStages

# Attention dropout is a function call inside the attention kernel and draws from torch's global generator, which
# other threads use too; it is off so that a seed determines a run. Dropout after attention and MLP stays.
_BERT = {"attention_probs_dropout_prob": 0.0, "attn_implementation": "sdpa"}
_DISTILBERT = {"attention_dropout": 0.0, "attn_implementation": "sdpa"}

_CONFIGURATIONS = {
    "sentence-transformers/all-MiniLM-L6-v2": BertConfig(
        hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536, **_BERT
    ),
    "bert-base-uncased": BertConfig(**_BERT),
    "distilbert-base-uncased": DistilBertConfig(**_DISTILBERT),
    "FacebookAI/roberta-base": RobertaConfig(
        vocab_size=50265, max_position_embeddings=514, type_vocab_size=1, layer_norm_eps=1e-5, **_BERT
    ),
}
"""By the row's reference; written out so that a network can be built, drawn and counted without a download."""


def build_text_network(row: BackboneRow) -> Any:
    """The library's own encoder, without any head or pooler."""
    configuration = _CONFIGURATIONS[row.reference]
    if row.family == "distilbert":
        return DistilBertModel(configuration)
    encoder = RobertaModel if row.family == "roberta" else BertModel
    return encoder(configuration, add_pooling_layer=False)


def cut_text_network(row: BackboneRow, network: Any) -> NamedStages:
    """The network's stages in the order data passes them, sharing its tensors."""
    # RoBERTa counts positions from behind the id of its padding token
    first_position = network.config.pad_token_id + 1 if row.family == "roberta" else 0
    layers = network.transformer.layer if row.family == "distilbert" else network.encoder.layer
    embeddings = EmbeddingStage(network.embeddings, first_position=first_position)
    return [
        ("embeddings", embeddings),
        *((f"layer.{index}", TransformerStage(layer)) for index, layer in enumerate(layers)),
    ]


def width_of_text_network(network: Any) -> int:
    """Width of the hidden states, which is that of the pooled features."""
    return int(network.config.hidden_size)


class EmbeddingStage(nn.Module):
    """Token ids (n, n_tokens) → hidden states (n, n_tokens, width), of the first sentence type, positions in order."""

    def __init__(self, embeddings: Any, *, first_position: int) -> None:
        super().__init__()
        self.embeddings = embeddings
        self.first_position = first_position
        for name in ("position_ids", "token_type_ids"):
            # constants that are computed below instead, so that no tensor exists which the weights file does not hold
            embeddings._buffers.pop(name, None)

    def forward(self, token_ids: Tensor, mask: Tensor | None = None) -> Tensor:  # noqa: ARG002 - every text stage is handed the mask
        """The sum of the embeddings, normalised; padding is on the right, so that positions need no mask."""
        n_tokens = token_ids.shape[1]
        positions = torch.arange(n_tokens, device=token_ids.device).unsqueeze(0) + self.first_position
        if hasattr(self.embeddings, "token_type_embeddings"):
            types = torch.zeros_like(token_ids)
            return self.embeddings(token_ids, position_ids=positions, token_type_ids=types)  # type: ignore[no-any-return]
        return self.embeddings(token_ids, position_ids=positions)  # type: ignore[no-any-return]


class TransformerStage(nn.Module):
    """Hidden states → hidden states, both (n, n_tokens, width)."""

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, hidden: Tensor, mask: Tensor | None = None) -> Tensor:
        """One layer; tokens outside `mask` (n, n_tokens) are not attended to."""
        attended = None if mask is None else mask.bool()[:, None, None, :]
        return self.layer(hidden, attended)  # type: ignore[no-any-return]
