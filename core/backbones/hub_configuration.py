"""What of a published `config.json` is used, and within which bounds; whatever it holds besides is left out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.backbones.records import Configuration

MAX_MILLIONS = 1_000
"""Parameters in millions; what is larger does not train on the machines this program is for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sizes:
    """What a configuration amounts to.

    Attributes:
        n_parameters: about how many parameters the network has.
        n_positions: how many tokens it can take.
    """

    n_parameters: int
    n_positions: int


def check_configuration(found: object) -> tuple[str, Configuration]:
    """The family of a `config.json`, and the fields that a network is built from; raises ValueError with the reason."""
    if not isinstance(found, dict):
        raise ValueError("its config.json is no object")
    family = found.get("model_type")
    if not isinstance(family, str) or family not in _FAMILIES:
        raise ValueError(f"it is of the kind {_shown(family)}")
    kind = _FAMILIES[family]
    for name, accepted in kind.conditions.items():
        if found.get(name) not in accepted:
            raise ValueError(f"{name} is {_shown(found.get(name))}")
    given = {name: value for name, value in found.items() if name in kind.fields and value is not None}
    for name, value in given.items():
        if not kind.fields[name](value):
            raise ValueError(f"{name} is {_shown(value)}")
    for name in (kind.vocabulary, kind.width, kind.layers, kind.heads):
        if name not in given:
            raise ValueError(f"its config.json does not say {name}")
    if given[kind.width] % given[kind.heads]:
        raise ValueError(f"{kind.width} {given[kind.width]} is no multiple of {kind.heads} {given[kind.heads]}")
    return family, given


def read_sizes(family: str, configuration: Configuration) -> Sizes:
    """The sizes of a checked configuration."""
    kind = _FAMILIES[family]
    width = _number(configuration, kind.width)
    inner = _number(configuration, kind.inner, default=4 * width)
    n_positions = _number(configuration, kind.positions, default=512)
    embedded = _number(configuration, "embedding_size", default=width)
    n_embeddings = (_number(configuration, kind.vocabulary) + n_positions) * embedded
    n_layers = _number(configuration, kind.layers)
    # RoBERTa counts positions from behind the id of its padding token, and leaves the others unused
    unused = _number(configuration, "pad_token_id", default=1) + 1 if "pad_token_id" in kind.fields else 0
    return Sizes(
        n_parameters=n_embeddings + n_layers * (4 * width**2 + 2 * width * inner), n_positions=n_positions - unused
    )


def _number(configuration: Configuration, name: str, *, default: int = 0) -> int:
    value = configuration.get(name, default)
    return value if isinstance(value, int) else default


def _shown(value: object) -> str:
    return "not given" if value is None else f'"{str(value)[:40]}"'


_Check = Callable[[object], bool]


def _whole(low: int, high: int) -> _Check:
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _real(low: float, high: float) -> _Check:
    return lambda value: isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high


def _one_of(*accepted: object) -> _Check:
    return lambda value: value in accepted


def _flag(value: object) -> bool:
    return isinstance(value, bool)


def _directions(value: object) -> bool:
    """Which of a token's content and position DeBERTa's attention compares, as a list or written "p2c|c2p"."""
    names = value.split("|") if isinstance(value, str) else value
    return isinstance(names, list) and set(map(str, names)) <= {"p2c", "c2p"}


_VOCABULARY, _POSITIONS = _whole(128, 2_000_000), _whole(16, 32768)
_WIDTH, _INNER = _whole(8, 8192), _whole(8, 65536)
_LAYERS, _HEADS, _TYPES = _whole(1, 96), _whole(1, 128), _whole(0, 16)
_SHARE, _EPSILON = _real(0, 0.9), _real(1e-15, 0.1)
_ACTIVATION = _one_of("gelu", "gelu_new", "gelu_fast", "gelu_python", "gelu_pytorch_tanh", "relu", "silu", "swish")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Family:
    """How a family's `config.json` reads.

    Attributes:
        vocabulary: the name of the field with the number of token ids; likewise the next five.
        fields: all fields that are used, and what their values must fulfil.
        conditions: further fields, and the values for which the stages are right; None where a field may be absent.
    """

    vocabulary: str = "vocab_size"
    width: str = "hidden_size"
    layers: str = "num_hidden_layers"
    heads: str = "num_attention_heads"
    inner: str = "intermediate_size"
    positions: str = "max_position_embeddings"
    fields: dict[str, _Check]
    conditions: dict[str, tuple[object, ...]]


_BERT_FIELDS: dict[str, _Check] = {
    "vocab_size": _VOCABULARY,
    "hidden_size": _WIDTH,
    "num_hidden_layers": _LAYERS,
    "num_attention_heads": _HEADS,
    "intermediate_size": _INNER,
    "max_position_embeddings": _POSITIONS,
    "type_vocab_size": _TYPES,
    "hidden_act": _ACTIVATION,
    "hidden_dropout_prob": _SHARE,
    "layer_norm_eps": _EPSILON,
}
_ENCODER: dict[str, tuple[object, ...]] = {"is_decoder": (None, False), "add_cross_attention": (None, False)}
_ABSOLUTE: dict[str, tuple[object, ...]] = {"position_embedding_type": (None, "absolute")}

_BERT = _Family(fields=_BERT_FIELDS, conditions=_ENCODER | _ABSOLUTE)
_ROBERTA = _Family(fields=_BERT_FIELDS | {"pad_token_id": _whole(0, 8)}, conditions=_ENCODER | _ABSOLUTE)
_ELECTRA = _Family(fields=_BERT_FIELDS | {"embedding_size": _WIDTH}, conditions=_ENCODER | _ABSOLUTE)
_DISTILBERT = _Family(
    width="dim",
    layers="n_layers",
    heads="n_heads",
    inner="hidden_dim",
    fields={
        "vocab_size": _VOCABULARY,
        "dim": _WIDTH,
        "n_layers": _LAYERS,
        "n_heads": _HEADS,
        "hidden_dim": _INNER,
        "max_position_embeddings": _POSITIONS,
        "activation": _ACTIVATION,
        "dropout": _SHARE,
    },
    conditions={},
)
_DEBERTA = _Family(
    fields=_BERT_FIELDS
    | {
        "embedding_size": _WIDTH,
        "relative_attention": _flag,
        "position_buckets": _whole(-1, 4096),
        "max_relative_positions": _whole(-1, 4096),
        "norm_rel_ebd": _one_of("none", "layer_norm"),
        "share_att_key": _flag,
        "pos_att_type": _directions,
        "position_biased_input": _flag,
    },
    # without relative positions, or with a convolution behind the first layer, the stages would be others
    conditions={"relative_attention": (True,), "conv_kernel_size": (None, 0), "attention_head_size": (None,)},
)
_GPT2 = _Family(
    width="n_embd",
    layers="n_layer",
    heads="n_head",
    inner="n_inner",
    positions="n_positions",
    fields={
        "vocab_size": _VOCABULARY,
        "n_embd": _WIDTH,
        "n_layer": _LAYERS,
        "n_head": _HEADS,
        "n_inner": _INNER,
        "n_positions": _POSITIONS,
        "activation_function": _ACTIVATION,
        "resid_pdrop": _SHARE,
        "embd_pdrop": _SHARE,
        "layer_norm_epsilon": _EPSILON,
        "scale_attn_weights": _flag,
        "scale_attn_by_inverse_layer_idx": _flag,
    },
    conditions={"add_cross_attention": (None, False)},
)

_FAMILIES: dict[str, _Family] = {
    "bert": _BERT,
    "distilbert": _DISTILBERT,
    "roberta": _ROBERTA,
    "xlm-roberta": _ROBERTA,
    "electra": _ELECTRA,
    "deberta-v2": _DEBERTA,
    "gpt2": _GPT2,
}
"""By what `config.json` calls `model_type`."""

FAMILIES = tuple(_FAMILIES)
