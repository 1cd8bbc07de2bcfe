"""Text networks as ordered stages: the token embeddings first, then one stage per transformer layer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import nn
from transformers import (
    BertConfig,
    BertModel,
    DebertaV2Config,
    DebertaV2Model,
    DistilBertConfig,
    DistilBertModel,
    ElectraConfig,
    ElectraModel,
    GPT2Config,
    GPT2Model,
    RobertaConfig,
    RobertaModel,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from core.backbones.networks.text_configurations import text_configuration
from core.backbones.networks.text_stages import (
    CausalEmbeddingStage,
    CausalTransformerStage,
    EmbeddingStage,
    RelativePositions,
    RelativeTransformerStage,
    TransformerStage,
)
from core.backbones.records import BackboneRow, Configuration
from core.backbones.staged import NamedStages


def build_text_network(row: BackboneRow) -> Any:
    """The library's own encoder, without any head or pooler."""
    return build_encoder(row.family, text_configuration(row))


def build_encoder(family: str, configuration: Configuration) -> Any:
    """The encoder of a family in the sizes of a configuration."""
    kind = _FAMILIES[family]
    return kind.model(kind.configuration(**{**configuration, **kind.settings}), **kind.options)


def cut_text_network(row: BackboneRow, network: Any) -> NamedStages:
    """The network's stages in the order data passes them, sharing its tensors."""
    embeddings, layers = _FAMILIES[row.family].cut(network)
    return [("embeddings", embeddings), *((f"layer.{index}", layer) for index, layer in enumerate(layers))]


def width_of_text_network(network: Any) -> int:
    """Width of the hidden states, which is that of the pooled features."""
    return int(network.config.hidden_size)


_Cut = tuple[nn.Module, list[nn.Module]]
"""The stage of the embeddings, and those of the layers."""


def _cut_bert(network: Any) -> _Cut:
    return EmbeddingStage(network.embeddings), [TransformerStage(layer) for layer in network.encoder.layer]


def _cut_distilbert(network: Any) -> _Cut:
    return EmbeddingStage(network.embeddings), [TransformerStage(layer) for layer in network.transformer.layer]


def _cut_roberta(network: Any) -> _Cut:
    # RoBERTa counts positions from behind the id of its padding token
    embeddings = EmbeddingStage(network.embeddings, first_position=network.config.pad_token_id + 1)
    return embeddings, [TransformerStage(layer) for layer in network.encoder.layer]


def _cut_electra(network: Any) -> _Cut:
    # where embeddings are as wide as the layers, the library makes no projection
    embeddings = EmbeddingStage(network.embeddings, behind=getattr(network, "embeddings_project", None))
    return embeddings, [TransformerStage(layer) for layer in network.encoder.layer]


def _cut_deberta(network: Any) -> _Cut:
    relative = RelativePositions(network.encoder)
    embeddings = EmbeddingStage(network.embeddings, relative=relative)
    return embeddings, [RelativeTransformerStage(layer, relative) for layer in network.encoder.layer]


def _cut_gpt2(network: Any) -> _Cut:
    *others, last = network.h
    layers: list[nn.Module] = [CausalTransformerStage(layer) for layer in others]
    return CausalEmbeddingStage(network), [*layers, CausalTransformerStage(last, norm=network.ln_f)]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Family:
    """How the library makes the networks of a family, and how one becomes stages.

    Attributes:
        configuration: the library's class of configurations.
        model: the library's class of networks.
        settings: fields that every configuration gets.
        options: further arguments of `model`.
        cut: the library's network → its stages.
    """

    configuration: Callable[..., Any]
    model: Callable[..., Any]
    settings: dict[str, object]
    options: dict[str, object]
    cut: Callable[[Any], _Cut]


# Attention dropout is a function call inside the attention kernel and draws from torch's global generator, which
# other threads use too; it is off so that a seed determines a run. Dropout after attention and MLP stays.
_NO_DROPOUT: dict[str, object] = {"attention_probs_dropout_prob": 0.0}
_FUSED: dict[str, object] = {"attn_implementation": "sdpa"}
_NO_POOLER: dict[str, object] = {"add_pooling_layer": False}

_FAMILIES: dict[str, _Family] = {
    "bert": _Family(
        configuration=BertConfig, model=BertModel, settings=_NO_DROPOUT | _FUSED, options=_NO_POOLER, cut=_cut_bert
    ),
    "distilbert": _Family(
        configuration=DistilBertConfig,
        model=DistilBertModel,
        settings={"attention_dropout": 0.0} | _FUSED,
        options={},
        cut=_cut_distilbert,
    ),
    "roberta": _Family(
        configuration=RobertaConfig,
        model=RobertaModel,
        settings=_NO_DROPOUT | _FUSED,
        options=_NO_POOLER,
        cut=_cut_roberta,
    ),
    "xlm-roberta": _Family(
        configuration=XLMRobertaConfig,
        model=XLMRobertaModel,
        settings=_NO_DROPOUT | _FUSED,
        options=_NO_POOLER,
        cut=_cut_roberta,
    ),
    "electra": _Family(
        configuration=ElectraConfig, model=ElectraModel, settings=_NO_DROPOUT | _FUSED, options={}, cut=_cut_electra
    ),
    "deberta-v2": _Family(  # its attention adds positions to the scores, which no fused kernel does
        configuration=DebertaV2Config, model=DebertaV2Model, settings=_NO_DROPOUT, options={}, cut=_cut_deberta
    ),
    "gpt2": _Family(
        configuration=GPT2Config,
        model=GPT2Model,
        settings={"attn_pdrop": 0.0, "use_cache": False} | _FUSED,
        options={},
        cut=_cut_gpt2,
    ),
}
"""By the name that `config.json` calls `model_type`."""
