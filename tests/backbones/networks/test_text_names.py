"""Tensor names of published files, written down as their publishers have them, with numbers made up."""

import pytest
import torch

from core.backbones.networks.text import build_encoder
from core.backbones.networks.text_names import rename_text_tensors
from tests.backbones.networks.test_text import NETWORKS

_BERT_LAYER = [
    f"{module}.{kind}"
    for module in (
        "attention.self.query",
        "attention.self.key",
        "attention.self.value",
        "attention.output.dense",
        "attention.output.LayerNorm",
        "intermediate.dense",
        "output.dense",
        "output.LayerNorm",
    )
    for kind in ("weight", "bias")
]
_BERT = [
    "embeddings.word_embeddings.weight",
    "embeddings.position_embeddings.weight",
    "embeddings.token_type_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "embeddings.LayerNorm.bias",
    *(f"encoder.layer.{layer}.{name}" for layer in (0, 1) for name in _BERT_LAYER),
]
_ELECTRA = [*_BERT, "embeddings_project.weight", "embeddings_project.bias"]
_DISTILBERT = [
    "embeddings.word_embeddings.weight",
    "embeddings.position_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "embeddings.LayerNorm.bias",
    *(
        f"transformer.layer.{layer}.{module}.{kind}"
        for layer in (0, 1)
        for module in (
            "attention.q_lin",
            "attention.k_lin",
            "attention.v_lin",
            "attention.out_lin",
            "sa_layer_norm",
            "ffn.lin1",
            "ffn.lin2",
            "output_layer_norm",
        )
        for kind in ("weight", "bias")
    ),
]
_DEBERTA = [
    "embeddings.word_embeddings.weight",
    "embeddings.LayerNorm.weight",
    "embeddings.LayerNorm.bias",
    *(
        f"encoder.layer.{layer}.{name}".replace("query", "query_proj")
        .replace("self.key", "self.key_proj")
        .replace("self.value", "self.value_proj")
        for layer in (0, 1)
        for name in _BERT_LAYER
    ),
    "encoder.rel_embeddings.weight",
    "encoder.LayerNorm.weight",
    "encoder.LayerNorm.bias",
]
_GPT2 = [
    "wte.weight",
    "wpe.weight",
    *(
        f"h.{layer}.{module}.{kind}"
        for layer in (0, 1)
        for module in ("ln_1", "attn.c_attn", "attn.c_proj", "ln_2", "mlp.c_fc", "mlp.c_proj")
        for kind in ("weight", "bias")
    ),
    "ln_f.weight",
    "ln_f.bias",
]


def _behind(prefix, names):
    return [f"{prefix}.{name}" for name in names]


_OLD_NORMS = [
    name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta") for name in _BERT
]
_BERT_HEADS = [
    "cls.predictions.bias",
    "cls.predictions.transform.dense.weight",
    "cls.predictions.transform.LayerNorm.gamma",
    "cls.seq_relationship.weight",
]
_ROBERTA_HEADS = ["lm_head.bias", "lm_head.dense.weight", "lm_head.layer_norm.weight", "lm_head.decoder.weight"]

PUBLISHED = {
    "google-bert/bert-base-uncased": ("bert", [*_behind("bert", [*_OLD_NORMS, "pooler.dense.weight"]), *_BERT_HEADS]),
    "BAAI/bge-small-en-v1.5": ("bert", [*_BERT, "embeddings.position_ids", "pooler.dense.weight"]),
    "distilbert/distilbert-base-uncased": (
        "distilbert",
        [
            *_behind("distilbert", _DISTILBERT),
            "vocab_transform.weight",
            "vocab_layer_norm.weight",
            "vocab_projector.bias",
        ],
    ),
    "a distilbert of sentence-transformers": ("distilbert", _DISTILBERT),
    "FacebookAI/roberta-base": (
        "roberta",
        [*_behind("roberta", [*_BERT, "embeddings.position_ids", "pooler.dense.bias"]), *_ROBERTA_HEADS],
    ),
    "FacebookAI/xlm-roberta-base": (
        "xlm-roberta",
        [*_behind("roberta", [*_BERT, "pooler.dense.weight"]), *_ROBERTA_HEADS],
    ),
    "google/electra-small-discriminator": (
        "electra",
        [
            *_behind("electra", [*_ELECTRA, "embeddings.position_ids"]),
            "discriminator_predictions.dense.weight",
            "discriminator_predictions.dense_prediction.bias",
        ],
    ),
    "microsoft/deberta-v3-small": (
        "deberta v3",
        [
            *_behind("deberta", [*_DEBERTA, "embeddings.position_embeddings.weight"]),
            "mask_predictions.LayerNorm.weight",
            "mask_predictions.classifier.weight",
            "lm_predictions.lm_head.LayerNorm.weight",
        ],
    ),
    "openai-community/gpt2": ("gpt2", [*_GPT2, "h.0.attn.bias", "h.1.attn.bias"]),
    "distilbert/distilgpt2": (
        "gpt2",
        [*_behind("transformer", [*_GPT2, "h.0.attn.bias", "h.0.attn.masked_bias"]), "lm_head.weight"],
    ),
}


@pytest.mark.parametrize("publisher", PUBLISHED)
def test_a_published_file_gives_every_tensor_of_the_encoder_its_own_value(publisher):
    network_name, names = PUBLISHED[publisher]
    network = build_encoder(*NETWORKS[network_name])
    published = {name: torch.tensor(float(number)) for number, name in enumerate(names)}
    renamed = rename_text_tensors(network, published)
    assert renamed.keys() == network.state_dict().keys()
    for name, value in renamed.items():
        source = names[int(value)]
        ending = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta")
        assert source.endswith((name, ending))
        assert "predictions" not in source


def test_nothing_is_made_up_for_a_tensor_that_a_file_lacks():
    network = build_encoder(*NETWORKS["bert"])
    renamed = rename_text_tensors(network, {"bert.embeddings.LayerNorm.beta": torch.zeros(1)})
    assert set(renamed) == {"embeddings.LayerNorm.bias"}
