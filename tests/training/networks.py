"""Networks of a few hundred parameters behind the same front as the real ones, and data for them."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from core.backbones.networks.text import build_encoder, cut_text_network
from core.backbones.records import BackboneRow, ImagePreprocessing, TextPreprocessing
from core.backbones.staged import StagedBackbone
from core.datasets.records import Modality
from core.features.sources import DenseSource, RaggedSource

WIDTH = 8
_SIZES = {"vocab_size": 50, "hidden_size": WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
_BERT = {**_SIZES, "intermediate_size": 16, "max_position_embeddings": 16}
SMALLEST = {
    "bert": _BERT,
    "electra": {**_BERT, "embedding_size": WIDTH},
    "roberta": {**_BERT, "max_position_embeddings": 20},
    "xlm-roberta": {**_BERT, "max_position_embeddings": 20},
    "deberta-v2": {**_BERT, "relative_attention": True, "pos_att_type": ["c2p", "p2c"], "share_att_key": True},
    "distilbert": {
        "vocab_size": 50,
        "dim": WIDTH,
        "n_layers": 2,
        "n_heads": 2,
        "hidden_dim": 16,
        "max_position_embeddings": 16,
    },
    "gpt2": {"vocab_size": 50, "n_embd": WIDTH, "n_layer": 2, "n_head": 2, "n_positions": 16},
}
"""Configurations of the library's text networks, by family."""


def tiny_images(seed: int = 0) -> StagedBackbone:
    """Three convolutional stages with BatchNorm, for inputs (n, 3, size, size)."""
    return _seeded(_row("image"), [("stem", _block(3)), ("middle", _block(WIDTH)), ("last", _block(WIDTH))], seed)


def tiny_texts(seed: int = 0) -> StagedBackbone:
    """Embeddings and two stages with dropout, for token ids below 50."""
    return _seeded(_row("text"), [("embeddings", Embed()), ("layer.0", Mix()), ("layer.1", Mix())], seed)


def tiny_transformer(family: str = "bert", seed: int = 0) -> StagedBackbone:
    """A text network of the library with two layers, for token ids below 50."""
    encoder = build_encoder(family, SMALLEST[family]).eval()
    row = replace(_row("text"), family=family)
    return _seeded(row, cut_text_network(row, encoder), seed)


def image_samples(n: int = 60, n_classes: int = 3, size: int = 6, seed: int = 0) -> tuple[DenseSource, np.ndarray]:
    """Noise that is a little brighter in one colour per class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    values = rng.normal(size=(n, 3, size, size)).astype(np.float32)
    values[np.arange(n), labels % 3] += 0.5
    return DenseSource(values), labels


def text_samples(n: int = 60, n_classes: int = 3, seed: int = 0) -> tuple[RaggedSource, np.ndarray]:
    """Token ids of different lengths, some of them more frequent in one class."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % n_classes
    texts = [rng.integers(0, 50, rng.integers(2, 12)) for _ in range(n)]
    for text, label in zip(texts, labels, strict=True):
        text[: len(text) // 2] = label
    return RaggedSource.end_to_end(np.concatenate(texts).astype(np.int32), np.cumsum([0, *map(len, texts)])), labels


class Embed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Embedding(50, WIDTH)
        self.drop = nn.Dropout(0.1)

    def forward(self, ids, mask=None):
        return self.drop(self.table(ids))


class Mix(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(WIDTH, WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.drop = nn.Dropout(0.2)

    def forward(self, values, mask=None):
        weights = torch.ones(values.shape[:2]) if mask is None else mask.float()
        mean = (values * weights.unsqueeze(-1)).sum(1, keepdim=True) / weights.sum(1)[:, None, None]
        return self.norm(values + self.drop(torch.tanh(self.line(values + mean))))


def _block(n_in: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(n_in, WIDTH, 3, padding=1, bias=False), nn.BatchNorm2d(WIDTH), nn.ReLU())


def _seeded(row: BackboneRow, stages: list[tuple[str, nn.Module]], seed: int) -> StagedBackbone:
    backbone = StagedBackbone(row, stages, WIDTH)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, parameter in backbone.named_parameters():
            if parameter.ndim > 1:
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * 0.3)
            elif name.endswith("bias"):
                parameter.zero_()
    return backbone.eval()


def _row(modality: Modality) -> BackboneRow:
    image = ImagePreprocessing(size_px=32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    return BackboneRow(
        id=f"tiny-{modality}",
        title="Tiny",
        modality=modality,
        family="tiny",
        source="bundled",
        reference="tiny",
        licence="none",
        download_mb=0,
        preprocessing=image if modality == "image" else TextPreprocessing(max_tokens=16),
        probe_friendly=True,
        advice="For tests.",
    )
