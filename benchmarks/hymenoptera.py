"""Few photographs under a frozen backbone: a fitted head against loops that pass every image in every epoch."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.data import require_data
from benchmarks.ours import OurRequest, OurRun, forget_machine, forget_passes, import_data, run_ours
from benchmarks.peers.fastai_learner import run_fastai
from benchmarks.peers.parts import Part, PeerResult, image_parts
from benchmarks.peers.samplewise import run_samplewise_images
from benchmarks.peers.torch_loop import LoopSettings, run_torch_loop
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.datasets.records import Dataset
from core.workflows.workspace import Workspace

N_REPEATS = 3
"""Ours takes seconds, in which other work on the machine shows; the median of so many counts."""

N_EPOCHS, N_QUICK_EPOCHS = 25, 1
N_TIMED, N_TIMED_ASIDE = 10, 3
"""Epochs that are really run, in the loop an aim is about and in the others; the time of all is scaled from them."""

FASTAI_EPOCHS = 4
QUICK_SAMPLES = 64


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("hymenoptera", "Few photographs, frozen backbone", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    archive = require_data(options.data, "hymenoptera.zip")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_data(root, archive)
        table = _table(section, dataset)
        ours = _measure_ours(table, root, dataset, 1 if options.quick else N_REPEATS)
        parts = image_parts(dataset, Workspace(root).datasets)
        if options.quick:
            parts = {name: part.first(QUICK_SAMPLES) for name, part in parts.items()}
        _measure_peers(section, table, parts, dataset.n_classes, ours, is_quick=options.quick)
    section.notes += [
        "Everybody reads the same files with the same split (that of the zip) and answers the same validation samples. "
        "Seconds run from the stored files to the last answer; imports are not counted.",
        "Ours, first on this machine: the engines are tried and the network is converted as well, which the dashboard "
        "does once, before anybody presses start. First on these data: decoding and the pass are in it. Second: the "
        "same once more. Each run in a new process.",
        f"Ours passes images at the {ours.image_size_px} px that it suggests for them, the others at the 224 px that "
        "the tutorial and fastai use.",
        "The tutorial trains in batches of 4; batches of 32 are faster, and the rate grows with them from 0.001 to "
        "0.008, so that it learns as much. Its accuracy is that of its best epoch.",
    ]


def _table(section: Section, dataset: Dataset) -> Table:
    sizes = dataset.split_sizes()
    return section.table(
        f"{sizes['train']} training and {sizes['val']} validation images, EfficientNet-Lite0",
        Column(key="who", title="Contestant"),
        Column(key="seconds", title="Seconds", form="{:.1f}"),
        Column(key="ratio", title="× ours, first on these data", form="{:.1f}"),
        Column(key="accuracy", title="Validation accuracy", form="{:.3f}"),
        Column(key="remark", title="Remark"),
    )


def _measure_ours(table: Table, root: Path, dataset: Dataset, n_repeats: int) -> OurRun:
    """The usual first run on the data; all three kinds are added to the table."""
    request = OurRequest(root=root, dataset_id=dataset.id, strategy="feature-extraction")
    runs: dict[str, list[OurRun]] = {"first on this machine": [], "first on these data": [], "second": []}
    for _ in range(n_repeats):
        for which, forget in zip(runs, (forget_machine, forget_passes, None), strict=True):
            if forget:
                forget(root)
            runs[which].append(apart(run_ours, request))
    usual = {which: sorted(found, key=lambda run: run.seconds)[len(found) // 2] for which, found in runs.items()}
    basis = usual["first on these data"]
    for which, run in usual.items():
        parts = ", ".join(f"{name} {part_s:.1f}" for name, part_s in run.parts.items())
        table.add(
            who=f"Ours, {which}",
            seconds=run.seconds,
            ratio=run.seconds / basis.seconds,
            accuracy=run.accuracy["val"],
            remark=f"median of {n_repeats}; {parts}",
        )
    return basis


def _measure_peers(
    section: Section, table: Table, parts: dict[str, Part[Path]], n_classes: int, ours: OurRun, *, is_quick: bool
) -> None:
    n_timed = N_QUICK_EPOCHS if is_quick else N_TIMED

    def add(who: str, result: PeerResult) -> float:
        remark = f"scaled from {result.n_scaled_from} epochs" if result.n_scaled_from else ""
        ratio = result.seconds / ours.seconds
        table.add(who=who, seconds=result.seconds, ratio=ratio, accuracy=result.accuracy["val"], remark=remark)
        return ratio

    def loop(n_timed: int = n_timed, **settings: bool) -> PeerResult:
        chosen = LoopSettings(n_epochs=N_EPOCHS, n_timed=n_timed, **settings)
        return apart(run_torch_loop, parts, n_classes, chosen)

    frozen = loop(is_frozen=True)
    ratio = add(f"PyTorch tutorial, frozen, {N_EPOCHS} epochs", frozen)
    section.aim("PyTorch tutorial loop, frozen, over ours, first on these data", ratio, 60, "{:.0f} ×")
    section.aim(
        "Validation accuracy, ours minus that loop's", ours.accuracy["val"] - frozen.accuracy["val"], 0, "{:+.3f}"
    )
    add("The same, channels last", loop(min(n_timed, N_TIMED_ASIDE), is_frozen=True, channels_last=True))
    add(f"PyTorch tutorial, fine-tuned, {N_EPOCHS} epochs", loop(min(n_timed, N_TIMED_ASIDE), is_frozen=False))
    fastai = apart(run_fastai, parts, n_epochs=1 if is_quick else FASTAI_EPOCHS)
    ratio = add(f"fastai, fine_tune({FASTAI_EPOCHS})", fastai)
    section.aim("fastai over ours, first on these data", ratio, 40, "{:.0f} ×")
    section.aim("Validation accuracy, ours minus fastai's", ours.accuracy["val"] - fastai.accuracy["val"], 0, "{:+.3f}")
    add("scikit-learn on features, one by one", apart(run_samplewise_images, parts))


if __name__ == "__main__":
    main()
