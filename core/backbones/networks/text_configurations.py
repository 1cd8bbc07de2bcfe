"""The sizes of the catalogue's text networks, written out so that they are built, drawn and counted unfetched."""

from __future__ import annotations

from core.backbones.hub import hub_configuration, is_hub_id
from core.backbones.records import BackboneRow, Configuration

_MINILM_L12: Configuration = {
    "hidden_size": 384,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 1536,
}
_ROBERTA: Configuration = {"max_position_embeddings": 514, "type_vocab_size": 1, "layer_norm_eps": 1e-5}

_CONFIGURATIONS: dict[str, Configuration] = {
    "minilm-l6": {**_MINILM_L12, "num_hidden_layers": 6},
    "minilm-l12-multilingual": {**_MINILM_L12, "vocab_size": 250037},
    "bge-small": _MINILM_L12,
    "e5-small": _MINILM_L12,
    "bert-base": {},
    "distilbert": {},
    "roberta-base": {**_ROBERTA, "vocab_size": 50265},
    "xlm-roberta-base": {**_ROBERTA, "vocab_size": 250002},
    "electra-small": {},
    "deberta-v3-small": {
        "hidden_size": 768,
        "num_hidden_layers": 6,
        "num_attention_heads": 12,
        "intermediate_size": 3072,
        "relative_attention": True,
        "position_buckets": 256,
        "norm_rel_ebd": "layer_norm",
        "share_att_key": True,
        "pos_att_type": "p2c|c2p",
        "position_biased_input": False,
    },
    "gpt2": {},
}
"""By the row's id."""


def text_configuration(row: BackboneRow) -> Configuration:
    """The fields of the row's network."""
    own = row.base or row.id
    return hub_configuration(own) if is_hub_id(own) else _CONFIGURATIONS[own]
