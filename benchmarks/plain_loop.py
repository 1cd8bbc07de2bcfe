"""A frozen backbone: ours against the usual training loop, which passes every image through it in every epoch.

Both use the same images, split, weights and processor threads, in one process. The loop's epochs cost the same each,
so a few are timed and the time of 25 (the usual number in tutorials) is their multiple.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from core.backbones.loaders import build_backbone
from core.datasets.records import Dataset
from core.datasets.samples import load_sample
from core.features.inputs import load_inputs
from core.features.sources import BatchSource
from core.training.classifier import Classifier
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.show_run import show_run
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

IMAGE_SIZE_PX = 96
TIMED_EPOCHS, ALL_EPOCHS = 2, 25


def main() -> None:
    """Print one table."""
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        dataset = load_sample("digits", store=workspace.datasets)
        ours_s, ours_accuracy = time_ours(workspace, dataset)
        loop_s, loop_accuracy = time_loop(workspace, dataset)
    print(f"{dataset.n_samples} images of {IMAGE_SIZE_PX} px, {torch.get_num_threads()} threads")
    print(f"ours, frozen pass and probe      {ours_s:8.1f} s   validation accuracy {ours_accuracy:.3f}")
    print(f"plain loop, {ALL_EPOCHS} epochs            {loop_s:8.1f} s   after {TIMED_EPOCHS}: {loop_accuracy:.3f}")
    print(f"ratio                            {loop_s / ours_s:8.1f} ×")


def time_ours(workspace: Workspace, dataset: Dataset) -> tuple[float, float]:
    """Seconds and validation accuracy of a run from the stored dataset to the report."""
    choices = RunChoices(
        dataset_id=dataset.id, strategy="feature-extraction", settings={"image_size_px": IMAGE_SIZE_PX}
    )
    spec = plan_run(workspace, choices).spec
    started = time.perf_counter()
    run_id = create_run(workspace, spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    elapsed_s = time.perf_counter() - started
    report = show_run(workspace, run_id).report
    val = report.split("val") if report else None
    if val is None:
        raise RuntimeError("the run ended without a report")
    return elapsed_s, val.accuracy.value


def time_loop(workspace: Workspace, dataset: Dataset) -> tuple[float, float]:
    """Seconds of all epochs, scaled from the timed ones, and validation accuracy after those."""
    backbone = build_backbone("efficientnet-lite0", pretrained=True)
    inputs = load_inputs(
        dataset,
        backbone.row,
        store=workspace.datasets,
        cache=workspace.cache,
        image_size_px=IMAGE_SIZE_PX,
        on_progress=ignore,
    )
    backbone.apply_freeze(backbone.stage_names)
    classifier = Classifier(backbone, dataset.n_classes).to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(classifier.head.parameters(), lr=1e-3)
    rng = np.random.default_rng(0)
    accuracy = 0.0
    started = time.perf_counter()
    for _ in range(TIMED_EPOCHS):
        accuracy = run_epoch(classifier, optimizer, inputs, dataset, rng)
    return (time.perf_counter() - started) / TIMED_EPOCHS * ALL_EPOCHS, accuracy


def ignore(done: int, of: int) -> None:
    """No progress is shown."""
    del done, of


def run_epoch(
    classifier: Classifier,
    optimizer: torch.optim.Optimizer,
    inputs: BatchSource,
    dataset: Dataset,
    rng: np.random.Generator,
) -> float:
    """One epoch with validation; returns validation accuracy."""
    rows = rng.permutation(dataset.rows("train"))
    classifier.train()
    for start in range(0, len(rows), 32):
        part = rows[start : start + 32]
        loss = functional.cross_entropy(classifier(inputs.batch(part).values), torch.from_numpy(dataset.labels[part]))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    classifier.eval()
    val_rows = dataset.rows("val")
    with torch.inference_mode():
        hits = sum(
            int(
                (
                    classifier(inputs.batch(val_rows[i : i + 64]).values).argmax(1).numpy()
                    == dataset.labels[val_rows[i : i + 64]]
                ).sum()
            )
            for i in range(0, len(val_rows), 64)
        )
    return hits / len(val_rows)


if __name__ == "__main__":
    main()
