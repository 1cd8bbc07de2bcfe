"""A classifier of texts as a folder that transformers loads with its own classes: no code of ours goes along."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import nn
from transformers import AutoModelForSequenceClassification, PreTrainedTokenizerFast

from core.arrays import FloatArray
from core.backbones.records import TextPreprocessing
from core.backbones.tokenizers import TokenizerFile
from core.errors import ConfigurationError
from core.exporting.averaging_layer import GAIN, SMALL, AveragingLayer, averaging_layer
from core.exporting.leaving import LeavingModel
from core.exporting.library_network import library_network

SHIFT, TANH_SCALE = 32.0, 2.0**-12
"""So far above 0 an activation gives what it takes; so near to 0 does the tangent."""

MAX_SPREAD = 10.0


def write_text_folder(model: LeavingModel, folder: Path) -> None:
    """`config.json`, `model.safetensors` and the tokenizer, as `pipeline("text-classification", folder)` reads them.

    The temperature is in the weights of the head.

    Args:
        model: of texts; `why_not_format` has nothing against it.
        folder: exists.

    Raises:
        ConfigurationError: there are more classes than such a network can tell apart.
    """
    classifier, settings = model.classifier, model.classifier.backbone.row.preprocessing
    assert isinstance(settings, TextPreprocessing)
    assert model.tokenizer is not None
    network = _build(model, adds_layer=settings.pooling == "mean")
    weight, bias = (
        values.detach().double().numpy() / model.temperature
        for values in (classifier.head.weight, classifier.head.bias)
    )
    with torch.no_grad():
        _WRITE[classifier.backbone.row.family](network, weight, bias, settings)
    network.eval().save_pretrained(folder)
    _save_tokenizer(model.tokenizer, settings, folder)


def _build(model: LeavingModel, *, adds_layer: bool) -> Any:
    """The library's classifier with the encoder's tensors; what stands behind the encoder is still random."""
    encoder = library_network(model.classifier.backbone)
    config = encoder.config
    config.num_hidden_layers += adds_layer
    config.problem_type = "single_label_classification"
    config.id2label = dict(enumerate(model.class_names))
    config.label2id = {name: label for label, name in enumerate(model.class_names)}
    config.pad_token_id = model.tokenizer.pad_id if model.tokenizer else None
    if hasattr(config, "pooler_hidden_act"):
        config.pooler_hidden_act = "linear"
    network = AutoModelForSequenceClassification.from_config(config, dtype=torch.float32)
    found = network.base_model.load_state_dict(encoder.state_dict(), strict=False)
    if found.unexpected_keys:
        raise RuntimeError(f"the library's classifier has no place for {found.unexpected_keys[0]}")
    return network


def _save_tokenizer(tokenizer: TokenizerFile, settings: TextPreprocessing, folder: Path) -> None:
    own = Tokenizer.from_str(_behind_prefix(tokenizer.json, settings.prefix))
    PreTrainedTokenizerFast(
        tokenizer_object=own,
        pad_token=own.id_to_token(tokenizer.pad_id),
        model_max_length=settings.max_tokens,
        padding_side="right",
        model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder)


def _behind_prefix(tokenizer: str, prefix: str) -> str:
    """The tokenizer with a step that puts the prefix before every text, before anything else."""
    if not prefix:
        return tokenizer
    values = json.loads(tokenizer)
    steps = [{"type": "Prepend", "prepend": prefix}]
    if values.get("normalizer"):
        steps.append(values["normalizer"])
    values["normalizer"] = {"type": "Sequence", "normalizers": steps}
    return json.dumps(values, ensure_ascii=False)


def _write_encoder(
    layers: Callable[[Any], Any],
    parts: _Parts,
    dense: Callable[[Any], nn.Linear],
    out: Callable[[Any], nn.Linear],
    activation: str,
) -> _Write:
    """What stands behind the layers of an encoder whose classifier reads the first token through one activation."""

    def write(network: Any, weight: FloatArray, bias: FloatArray, settings: TextPreprocessing) -> None:
        if settings.pooling == "mean":
            *_, last, added = layers(network.base_model)
            layer = _averaging(parts.norm(last), weight, bias, unit_length=settings.unit_length)
            _write_layer(parts, last, added, layer)
            weight, bias = layer.readout, layer.readout_bias
        _PASS_THROUGH[activation](dense(network), out(network), weight, bias)

    return write


def _averaging(norm: nn.LayerNorm, weight: FloatArray, bias: FloatArray, *, unit_length: bool) -> AveragingLayer:
    scale, shift = norm.weight.detach().double().numpy(), norm.bias.detach().double().numpy()
    layer = averaging_layer(scale=scale, shift=shift, weight=weight, bias=bias, unit_length=unit_length)
    if layer is None:
        raise ConfigurationError(
            f"transformers' own classifier of this kind holds up to {len(scale) - 2} classes; there are {len(bias)}.",
            'Take the format "onnx".',
        )
    return layer


def _write_layer(parts: _Parts, last: Any, added: Any, layer: AveragingLayer) -> None:
    for module in added.modules():
        if isinstance(module, nn.Linear):
            nn.init.zeros_(module.weight)
            nn.init.zeros_(module.bias)
        elif isinstance(module, nn.LayerNorm):
            nn.init.ones_(module.weight)
            nn.init.zeros_(module.bias)
    nn.init.constant_(parts.norm(last).weight, SMALL)
    nn.init.zeros_(parts.norm(last).bias)
    nn.init.eye_(parts.value(added).weight)
    parts.value(added).weight.mul_(GAIN)
    _set(parts.output(added), layer.output_weight, layer.output_bias)


def _through_tanh(dense: nn.Linear, out: nn.Linear, weight: FloatArray, bias: FloatArray) -> None:
    _set(dense, np.eye(dense.in_features) * TANH_SCALE, np.zeros(dense.out_features))
    _set(out, weight / TANH_SCALE, bias)


def _through_half_line(dense: nn.Linear, out: nn.Linear, weight: FloatArray, bias: FloatArray) -> None:
    """Through an activation that leaves large numbers as they are: ReLU, GELU."""
    spread = max(1.0, float(np.abs(weight).max()) / MAX_SPREAD)
    _set(dense, np.eye(dense.in_features) * spread, np.full(dense.out_features, SHIFT))
    _set(out, weight / spread, bias - SHIFT * weight.sum(axis=1) / spread)


def _as_it_is(dense: nn.Linear, out: nn.Linear, weight: FloatArray, bias: FloatArray) -> None:
    _set(dense, np.eye(dense.in_features), np.zeros(dense.out_features))
    _set(out, weight, bias)


_PASS_THROUGH = {"tanh": _through_tanh, "half-line": _through_half_line, "none": _as_it_is}


def _write_gpt2(network: Any, weight: FloatArray, bias: FloatArray, settings: TextPreprocessing) -> None:
    """Its scores have no bias: the last normalisation is shifted by what the head makes the bias of."""
    del settings
    network.score.weight.copy_(torch.from_numpy(weight))
    network.transformer.ln_f.bias.add_(torch.from_numpy(np.linalg.pinv(weight) @ bias))


def _set(layer: nn.Linear, weight: FloatArray, bias: FloatArray) -> None:
    layer.weight.copy_(torch.from_numpy(weight))
    layer.bias.copy_(torch.from_numpy(bias))


_Write = Callable[[Any, FloatArray, FloatArray, TextPreprocessing], None]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Parts:
    """Where the parts of a layer are.

    Attributes:
        value: the attention's value projection.
        output: its output projection.
        norm: the normalisation that the layer ends with.
    """

    value: Callable[[Any], nn.Linear]
    output: Callable[[Any], nn.Linear]
    norm: Callable[[Any], nn.LayerNorm]


_BERT_LAYER = _Parts(
    value=lambda layer: layer.attention.self.value,
    output=lambda layer: layer.attention.output.dense,
    norm=lambda layer: layer.output.LayerNorm,
)
_DEBERTA_LAYER = _Parts(
    value=lambda layer: layer.attention.self.value_proj, output=_BERT_LAYER.output, norm=_BERT_LAYER.norm
)
_DISTILBERT_LAYER = _Parts(
    value=lambda layer: layer.attention.v_lin,
    output=lambda layer: layer.attention.out_lin,
    norm=lambda layer: layer.output_layer_norm,
)


def _encoder_layers(encoder: Any) -> Any:
    return encoder.encoder.layer


def _head_dense(network: Any) -> Any:
    return network.classifier.dense


def _head_out(network: Any) -> Any:
    return network.classifier.out_proj


def _classifier(network: Any) -> Any:
    return network.classifier


_write_roberta = _write_encoder(_encoder_layers, _BERT_LAYER, _head_dense, _head_out, "tanh")

_WRITE: dict[str, _Write] = {
    "bert": _write_encoder(
        _encoder_layers, _BERT_LAYER, lambda network: network.bert.pooler.dense, _classifier, "tanh"
    ),
    "roberta": _write_roberta,
    "xlm-roberta": _write_roberta,
    "electra": _write_encoder(_encoder_layers, _BERT_LAYER, _head_dense, _head_out, "half-line"),
    "distilbert": _write_encoder(
        lambda encoder: encoder.transformer.layer,
        _DISTILBERT_LAYER,
        lambda network: network.pre_classifier,
        _classifier,
        "half-line",
    ),
    "deberta-v2": _write_encoder(
        _encoder_layers, _DEBERTA_LAYER, lambda network: network.pooler.dense, _classifier, "none"
    ),
    "gpt2": _write_gpt2,
}
"""What fills everything behind the encoder, by family."""
