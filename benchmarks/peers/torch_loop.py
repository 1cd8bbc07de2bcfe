"""The training loop of PyTorch's transfer-learning tutorial, which passes every image through the network every epoch.

https://docs.pytorch.org/tutorials/beginner/transfer_learning_tutorial.html
"""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset
from torchvision import transforms

from benchmarks.peers.networks import build_lite0, lite0_preprocessing
from benchmarks.peers.parts import Part, PeerResult

CROP_SHARE = 224 / 256
"""Images that are only read are resized so that the centre crop is this share of their shorter side."""


@dataclass(frozen=True, kw_only=True, slots=True)
class LoopSettings:
    """How the loop trains.

    Attributes:
        is_frozen: only the last layer trains.
        n_epochs: epochs that count.
        n_timed: epochs that are really run; with fewer, the time of one is multiplied.
        optimizer: "sgd" with momentum 0.9 and a tenth of the rate every 7 epochs, as in the tutorial, or "adamw".
        learning_rate: at the start.
        batch_size: images per step.
        image_size_px: side of the square input.
        is_augmented: random crops and flips, as in the tutorial.
        channels_last: the memory format that convolutions compute fastest on a processor; not in the tutorial.
    """

    is_frozen: bool
    n_epochs: int
    n_timed: int
    optimizer: str = "sgd"
    learning_rate: float = 8e-3
    batch_size: int = 32
    image_size_px: int = 224
    is_augmented: bool = True
    channels_last: bool = False


class Images(Dataset[tuple[Tensor, int]]):
    """Image files, decoded whenever they are asked for."""

    def __init__(self, part: Part[Path], transform: transforms.Compose) -> None:
        self._part = part
        self._transform = transform

    def __len__(self) -> int:
        return len(self._part.samples)

    def __getitem__(self, row: int) -> tuple[Tensor, int]:
        with Image.open(self._part.samples[row]) as image:
            return self._transform(image.convert("RGB")), int(self._part.labels[row])


def run_torch_loop(parts: dict[str, Part[Path]], n_classes: int, settings: LoopSettings) -> PeerResult:
    """Train and keep the best epoch; validation after every epoch, the test part once at the end.

    Args:
        parts: "train", "val" and perhaps "test".
        n_classes: width of the last layer.
        settings: how.
    """
    started = time.perf_counter()
    loop = _Loop(parts, n_classes, settings)
    loaded_s = time.perf_counter() - started
    epochs_s = tuple(loop.run())
    started = time.perf_counter()
    accuracy = loop.best_accuracy()
    tested_s = time.perf_counter() - started
    missing = settings.n_epochs - settings.n_timed
    return PeerResult(
        seconds=loaded_s + sum(epochs_s) + missing * sum(epochs_s) / len(epochs_s) + tested_s,
        accuracy=accuracy,
        epochs_s=epochs_s,
        n_scaled_from=settings.n_timed if missing else 0,
    )


def plain_transform(image_size_px: int) -> transforms.Compose:
    """A resize, the centre, and the numbers the weights expect."""
    side = round(image_size_px / CROP_SHARE)
    return transforms.Compose(
        [transforms.Resize(side), transforms.CenterCrop(image_size_px), transforms.ToTensor(), _normalise()]
    )


class _Loop:
    def __init__(self, parts: dict[str, Part[Path]], n_classes: int, settings: LoopSettings) -> None:
        self._settings = settings
        self._loaders = {name: self._loader(name, part) for name, part in parts.items()}
        network = build_lite0(0 if settings.is_frozen else n_classes)
        self._network = _with_fresh_head(network, n_classes) if settings.is_frozen else network
        self._memory_format = torch.channels_last if settings.channels_last else torch.contiguous_format
        self._network.to(memory_format=self._memory_format)
        self._optimizer, self._schedule = self._build_optimizer()
        self._best: tuple[float, dict[str, Any]] = (-1.0, {})

    def run(self) -> Iterator[float]:
        """Seconds of one epoch after the other."""
        for _ in range(self._settings.n_timed):
            started = time.perf_counter()
            self._train()
            accuracy = self._accuracy("val")
            if accuracy > self._best[0]:
                self._best = (accuracy, copy.deepcopy(self._network.state_dict()))
            yield time.perf_counter() - started

    def best_accuracy(self) -> dict[str, float]:
        """Of the best epoch, by part."""
        self._network.load_state_dict(self._best[1])
        found = {"val": self._best[0]}
        return found | {"test": self._accuracy("test")} if "test" in self._loaders else found

    def _train(self) -> None:
        self._network.train()
        for images, labels in self._loaders["train"]:
            self._optimizer.zero_grad()
            logits = self._network(images.to(memory_format=self._memory_format))
            nn.functional.cross_entropy(logits, labels).backward()
            self._optimizer.step()
        if self._schedule is not None:
            self._schedule.step()

    def _accuracy(self, name: str) -> float:
        self._network.eval()
        hits = 0
        with torch.no_grad():
            for images, labels in self._loaders[name]:
                answers = self._network(images.to(memory_format=self._memory_format)).argmax(1)
                hits += int((answers == labels).sum())
        return hits / len(self._loaders[name].dataset)  # type: ignore[arg-type]

    def _loader(self, name: str, part: Part[Path]) -> DataLoader[tuple[Tensor, int]]:
        size = self._settings.image_size_px
        is_augmented = name == "train" and self._settings.is_augmented
        return DataLoader(
            Images(part, _random_transform(size) if is_augmented else plain_transform(size)),
            batch_size=self._settings.batch_size,
            shuffle=name == "train",
            num_workers=os.cpu_count() or 1,
            persistent_workers=True,
        )

    def _build_optimizer(self) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.StepLR | None]:
        trainable = [parameter for parameter in self._network.parameters() if parameter.requires_grad]
        if self._settings.optimizer == "adamw":
            return torch.optim.AdamW(trainable, lr=self._settings.learning_rate), None
        optimizer = torch.optim.SGD(trainable, lr=self._settings.learning_rate, momentum=0.9)
        return optimizer, torch.optim.lr_scheduler.StepLR(optimizer, step_size=7, gamma=0.1)


def _with_fresh_head(network: Any, n_classes: int) -> nn.Module:
    network.requires_grad_(False)
    return nn.Sequential(network, nn.Linear(network.num_features, n_classes))


def _random_transform(image_size_px: int) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.RandomResizedCrop(image_size_px),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            _normalise(),
        ]
    )


def _normalise() -> transforms.Normalize:
    preprocessing = lite0_preprocessing()
    return transforms.Normalize(preprocessing.mean, preprocessing.std)
