"""Short texts in 77 classes: a fitted head against the usual fine-tuning of the same encoder."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.data import require_data
from benchmarks.ours import OurRequest, import_data, run_ours
from benchmarks.peers.hf_trainer import N_EPOCHS, run_trainer
from benchmarks.peers.parts import text_parts
from benchmarks.peers.samplewise import run_samplewise_texts
from benchmarks.sections import Column, Section, build_parser, measuring

QUICK_SAMPLES = 200


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("banking77", "Short texts in 77 classes, frozen encoder", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    train, test = (require_data(options.data, f"banking77/{name}.csv") for name in ("train", "test"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_data(root, train, test=test)
        sizes = dataset.split_sizes()
        table = section.table(
            f"{sizes['train']:,} training and {sizes['test']:,} test texts, all-MiniLM-L6-v2",
            Column(key="who", title="Contestant"),
            Column(key="seconds", title="Seconds", form="{:.1f}"),
            Column(key="ratio", title="× ours, first on this machine", form="{:.1f}"),
            Column(key="accuracy", title="Test accuracy", form="{:.4f}"),
        )
        request = OurRequest(root=root, dataset_id=dataset.id, strategy="feature-extraction")
        ours = apart(run_ours, request)

        def add(who: str, seconds: float, accuracy: float) -> float:
            table.add(who=who, seconds=seconds, ratio=seconds / ours.seconds, accuracy=accuracy)
            return seconds / ours.seconds

        add("Ours, first on this machine", ours.seconds, ours.accuracy["test"])
        again = apart(run_ours, request)
        add("Ours, second", again.seconds, again.accuracy["test"])
        parts = text_parts(dataset)
        if options.quick:
            parts = {name: part.first(QUICK_SAMPLES) for name, part in parts.items()}
        trainer = apart(run_trainer, parts, dataset.n_classes, n_epochs=1 if options.quick else N_EPOCHS)
        ratio = add(f"Trainer at AutoTrain's defaults, {N_EPOCHS} epochs", trainer.seconds, trainer.accuracy["test"])
        section.aim("Trainer over ours, first on this machine", ratio, 30, "{:.0f} ×")
        gain = ours.accuracy["test"] - trainer.accuracy["test"]
        section.aim("Test accuracy, ours minus the Trainer's", gain, 0, "{:+.4f}")
        one_by_one = apart(run_samplewise_texts, parts)
        add("scikit-learn on features, one by one", one_by_one.seconds, one_by_one.accuracy["test"])
    section.notes += [
        f"All learn from the same {sizes['train']:,} texts; ours puts {sizes['val']:,} more aside for validation, "
        "which the others do not look at. Seconds include answering the test texts.",
        "AutoTrain pads to 128 tokens; here each batch is padded to its longest text, which is several times faster.",
    ]


if __name__ == "__main__":
    main()
