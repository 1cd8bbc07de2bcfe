"""The facts of a run that never was: classes with names that would do harm as markup, pictures, a history."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from core.backbones.records import FreezeProof
from core.datasets.records import Finding
from core.evaluation.baselines import score_baseline
from core.evaluation.calibration import judge_calibration
from core.evaluation.records import Baseline
from core.evaluation.report import build_report, build_split_report
from core.exporting.records import ClassCounts, DataFacts, Example, ModelFacts, RunFacts, RunPurpose, StageFacts
from core.training.events import EpochDone, PhaseStarted, StateChosen
from core.training.temperature import Temperature

HOSTILE = (
    '<script>fetch("http://evil.example")</script>',
    "![x](http://evil.example/x.png)",
    "\"' onload=alert(1) | **b**",
)


def run_facts(class_names=HOSTILE, *, n_per_class=20, modality="image", **changes):
    """A run on `n_per_class` test samples of each class, a tenth of them wrong; any field may be changed."""
    values = {
        "run_id": "20260102-030405-abcd",
        "created_at": "2026-01-02T03:04:05+00:00",
        "made_at": "2026-01-03T03:04:05+00:00",
        "purpose": RunPurpose(),
        "data": _data(class_names, n_per_class, modality),
        "model": _model(),
        "report": _report(class_names, n_per_class),
        "proof": FreezeProof(n_tensors=12, n_changed=0, movement=(("blocks.1", 0.02), ("head", 1.0))),
        "events": history(),
        "chosen": StateChosen(
            phase=1, kept="trained", reason="hits", accuracy_gain=0.02, accuracy_error=0.01, loss_gain=0.1,
            loss_error=0.05, n=30,
        ),
        "settings": (("Epochs", "3"), ("Seed", "7")),
        "reason": "few samples",
        "engine": "torch float32 on cpu",
        "seconds": (("load", 0.5), ("total", 12.25)),
        "versions": (("torch", "2.13.0"),),
        "right": (example(class_names[0], class_names[0], modality),),
        "wrong": (example(class_names[0], class_names[1], modality),),
    }  # fmt: skip
    return RunFacts(**{**values, **changes})


def history():
    """Two rounds of a solver, then three epochs."""
    started = [
        PhaseStarted(phase=phase, name=name, n_epochs=3, trainable_stages=())
        for phase, name in enumerate(("Fit the head", "Fine-tune <b>"))
    ]
    epochs = [
        EpochDone(
            phase=int(epoch > 2), epoch=epoch, train_loss=1 / epoch, train_macro_f1=0.9, val_loss=1.2 / epoch,
            val_macro_f1=0.8, val_accuracy=0.8, learning_rate=0.0 if epoch <= 2 else 1e-4, is_best=True, elapsed_s=1.0,
        )
        for epoch in range(1, 6)
    ]  # fmt: skip
    return (started[0], *epochs[:2], started[1], *epochs[2:])


def example(true_class, predicted_class, modality="image", probability=0.91):
    """One sample of a report."""
    is_image = modality == "image"
    text = "" if is_image else f"a text about {true_class}"
    jpeg = small_jpeg() if is_image else None
    return Example(
        source="a.jpg", text=text, jpeg=jpeg, true_class=true_class, predicted_class=predicted_class,
        probability=probability,
    )  # fmt: skip


def small_jpeg(side_px=160):
    """A noisy picture, as large as a thumbnail gets."""
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (side_px, side_px, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(file, "JPEG", quality=85)
    return file.getvalue()


def without_extras(facts):
    """The same facts with a report from before calibration, baselines and intervals of classes."""
    rows = tuple(
        replace(row, precision_interval=None, recall_interval=None, f1_interval=None)
        for row in facts.report.splits[0].classes
    )
    part = replace(facts.report.splits[0], calibration=None, baselines=(), classes=rows)
    return replace(facts, report=replace(facts.report, splits=(part,), temperature=None), proof=None, chosen=None)


def _data(class_names, n_per_class, modality):
    counts = tuple(ClassCounts(class_name=name, train=30, val=0, test=n_per_class) for name in class_names)
    return DataFacts(
        name="beasts & <birds>",
        dataset_id="0123456789abcdef",
        modality=modality,
        classes=counts,
        split_origin="drawn",
        columns=(),
        imported_at="2026-01-01T00:00:00+00:00",
        n_skipped=2,
        findings=(Finding(code="x", severity="warning", message="Two copies of <b>.", n=2),),
    )


def _model():
    stages = (("stem", 900, False, None), ("blocks.1", 250_000, True, 0.02))
    return ModelFacts(
        title="EfficientNet-Lite0",
        model="efficientnet-lite0",
        licence="Apache-2.0",
        published_as="",
        stages=tuple(
            StageFacts(name=name, n_parameters=n, trains=trains, moved=moved) for name, n, trains, moved in stages
        ),
        n_total=251_000,
        n_trained=250_100,
        strategy="Head, then fine-tune",
        strategy_sentence="First the head.",
        tensors="all",
        is_pretrained=True,
    )


def _report(class_names, n_per_class):
    n_classes = len(class_names)
    labels = np.tile(np.arange(n_classes), n_per_class)
    answers = np.where(np.arange(len(labels)) % 10 == 0, (labels + 1) % n_classes, labels)
    probs = np.full((len(labels), n_classes), 0.1 / (n_classes - 1))
    probs[np.arange(len(labels)), answers] = 0.9
    part = build_split_report(
        "test",
        probs,
        labels,
        class_names,
        train_labels=labels,
        calibration=judge_calibration(probs, probs, labels, how="held-out"),
        baselines=[
            score_baseline("probe", labels, np.roll(answers, 1), n_train=9, seconds=0.0),
            Baseline(name="nearest-neighbours", why="it would take more than a second"),
        ],
    )
    return build_report(class_names, [part], temperature=Temperature(value=1.2, n=30))
