"""Fine-tuning the last stages on what the frozen ones left in the cache, against fine-tuning everything."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.data import require_data
from benchmarks.ours import OurRequest, OurRun, import_data, run_ours, stage_names
from benchmarks.peers.parts import Part, PeerResult, image_parts
from benchmarks.peers.torch_loop import LoopSettings, run_torch_loop
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.backbones.freezing import cut_index, frozen_until
from core.backbones.loaders import build_backbone
from core.datasets.records import Dataset
from core.features.engine import choose_engine
from core.features.timing import time_backbone
from core.training.suggest import SMALL_IMAGE_TARGET_PX
from core.workflows.workspace import Workspace

N_EPOCHS, N_QUICK_EPOCHS = 10, 2
N_PLAIN_EPOCHS = 3
"""Epochs of the plain loop; the time of the others is scaled from them."""

LAST_FROZEN = "blocks.4"
"""The last stages are those after the last but one halving of the resolution."""

FULL_RATE = 3e-4
"""What ours suggests for fine-tuning; AdamW at this rate suits the plain loop as well."""

QUICK_SAMPLES = 64


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("sign_digits", "Photographs, last stages trained", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    archive = require_data(options.data, "sign-digits.zip")
    n_epochs = N_QUICK_EPOCHS if options.quick else N_EPOCHS
    size_px = 32 if options.quick else SMALL_IMAGE_TARGET_PX
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_data(root, archive)
        table = _table(section, dataset, n_epochs, size_px)
        settings = {"epochs": n_epochs, "patience": 0, "image_size_px": size_px}
        names = stage_names(root, dataset.id)
        frozen = frozen_until(names, LAST_FROZEN)
        partly, fully = (
            apart(run_ours, OurRequest(root=root, dataset_id=dataset.id, settings=settings, **chosen))
            for chosen in (
                {"strategy": "head-then-fine-tune", "frozen_stages": frozen},
                {"strategy": "full-fine-tuning"},
            )
        )
        _add_ours(table, "Ours, last stages", partly)
        _add_ours(table, "Ours, everything", fully)
        frozen_share = apart(measure_frozen_share, names, partly.frozen_stages, size_px)
        parts = image_parts(dataset, Workspace(root).datasets)
        if options.quick:
            parts = {name: part.first(QUICK_SAMPLES) for name, part in parts.items()}
        plain = _run_plain(parts, dataset.n_classes, n_epochs, size_px)
        _add_peer(table, f"Plain PyTorch loop, everything, after {len(plain.epochs_s)} epochs", plain)
    _judge(section, partly, fully, frozen_share)
    section.notes += [
        f"Frozen: {', '.join(partly.frozen_stages)}: measured, they are {frozen_share:.1%} of a forward "
        "pass. The epoch is the median of those after the first, its validation included. No early stopping.",
        "The plain loop decodes in every epoch; the same images, size, batches of 32, AdamW and rate, no augmentation. "
        "Its seconds are scaled to all epochs, its accuracy is that after those it ran.",
    ]


def measure_frozen_share(names: tuple[str, ...], frozen: tuple[str, ...], size_px: int) -> float:
    """Share of a forward pass, in the precision of training, that lies in frozen stages; in [0, 1]."""
    engine = choose_engine("image", "auto")
    timing = time_backbone(build_backbone("efficientnet-lite0", pretrained=False), engine, size=size_px)
    seconds = [stage.forward_s for stage in timing.stages]
    return sum(seconds[: cut_index(names, frozen)]) / sum(seconds)


def _judge(section: Section, partly: OurRun, fully: OurRun, frozen_share: float) -> None:
    epoch_share = partly.later_epoch_s / fully.later_epoch_s / (1 - frozen_share)
    section.aim("Epoch after the first over (1 − f) of a full one", epoch_share, 1.15, "{:.2f}", at_least=False)
    section.aim("Whole run, everything over last stages", fully.seconds / partly.seconds, 4, "{:.1f} ×")
    for split in ("val", "test"):
        gain = partly.accuracy[split] - fully.accuracy[split]
        section.aim(f"Accuracy ({split}), last stages minus everything", gain, 0, "{:+.3f}")


def _table(section: Section, dataset: Dataset, n_epochs: int, size_px: int) -> Table:
    n_train = dataset.split_sizes()["train"]
    return section.table(
        f"{n_train:,} training images at {size_px} px, {n_epochs} epochs, EfficientNet-Lite0",
        Column(key="who", title="Contestant"),
        Column(key="seconds", title="Seconds", form="{:.1f}"),
        Column(key="epoch_s", title="Seconds per epoch", form="{:.2f}"),
        Column(key="val", title="Validation accuracy", form="{:.3f}"),
        Column(key="test", title="Test accuracy", form="{:.3f}"),
    )


def _add_ours(table: Table, who: str, run: OurRun) -> None:
    table.add(who=who, seconds=run.seconds, epoch_s=run.later_epoch_s, **run.accuracy)


def _add_peer(table: Table, who: str, result: PeerResult) -> None:
    later = result.epochs_s[1:] or result.epochs_s
    table.add(who=who, seconds=result.seconds, epoch_s=sorted(later)[len(later) // 2], **result.accuracy)


def _run_plain(parts: dict[str, Part[Path]], n_classes: int, n_epochs: int, size_px: int) -> PeerResult:
    settings = LoopSettings(
        is_frozen=False,
        n_epochs=n_epochs,
        n_timed=min(n_epochs, N_PLAIN_EPOCHS),
        optimizer="adamw",
        learning_rate=FULL_RATE,
        image_size_px=size_px,
        is_augmented=False,
    )
    return apart(run_torch_loop, parts, n_classes, settings)


if __name__ == "__main__":
    main()
