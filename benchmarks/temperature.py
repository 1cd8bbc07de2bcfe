"""Whether scaling by a temperature helps samples it was not fitted on: drawn anew from few validation samples."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize_scalar

from benchmarks.apart import apart
from benchmarks.data import NotMeasurable, require_data
from benchmarks.ours import OurRequest, import_data, run_ours
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.arrays import FloatArray, IntArray
from core.evaluation.calibration import expected_calibration_error
from core.training.temperature import BOUNDS, NEVER_FITTED, fit_temperature, sample_losses, scaled_probs
from core.workflows.show_run import read_predictions, show_run
from core.workflows.workspace import Workspace

N_DRAWS, N_QUICK_DRAWS = 200, 5
SIZES = (30, 50, 76, 150, 300, 1_000)
HALF = 2
"""Where there is no test split, at most one half of the validation samples is fitted on and the others are asked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """A model to be trained: its data, files of them, the strategy, and settings other than suggested."""

    title: str
    files: tuple[str, ...]
    strategy: str
    settings: Mapping[str, int]


SMALL = {"image_size_px": 96}
SOURCES = (
    Source(title="hymenoptera, head", files=("hymenoptera.zip",), strategy="feature-extraction", settings={}),
    Source(title="sign-digits, head", files=("sign-digits.zip",), strategy="feature-extraction", settings=SMALL),
    Source(
        title="BANKING77, head",
        files=("banking77/train.csv", "banking77/test.csv"),
        strategy="feature-extraction",
        settings={},
    ),
    Source(
        title="sign-digits, fine-tuned",
        files=("sign-digits.zip",),
        strategy="head-then-fine-tune",
        settings={**SMALL, "epochs": 4},
    ),
)
QUICK = SOURCES[:1]


@dataclass(frozen=True, kw_only=True, slots=True)
class Answers:
    """Logits of shape (n, n_classes) and labels of shape (n,)."""

    logits: FloatArray
    labels: IntArray

    def at(self, rows: IntArray) -> Answers:
        """Those of some rows."""
        return Answers(logits=self.logits[rows], labels=self.labels[rows])

    def loss(self, temperature: float) -> float:
        """Mean log loss, nats."""
        return float(sample_losses(self.logits, self.labels, temperature).mean())

    def error(self, temperature: float) -> float:
        """Calibration error."""
        return expected_calibration_error(scaled_probs(self.logits, temperature), self.labels)


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("temperature", "Does scaling help samples it was not fitted on?", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    n_draws = N_QUICK_DRAWS if options.quick else N_DRAWS
    table = _table(section, f"Means over {n_draws} draws of the samples that are fitted on")
    worst: list[float] = []
    for source in QUICK if options.quick else SOURCES:
        try:
            paths = [require_data(options.data, name) for name in source.files]
        except NotMeasurable as reason:
            section.notes.append(f"{source.title}: not measured, {reason}.")
            continue
        val, test = apart(train_and_answer, source, paths)
        most = len(val.labels) if test else len(val.labels) // HALF
        worst += [_add(table, source.title, n, val, test, n_draws) for n in SIZES if n <= most]
    if not worst:
        raise NotMeasurable("none of its datasets is here")
    section.aim("Largest mean rise of the log loss by scaling, nats", max(worst), 0.01, "{:.3f}", at_least=False)
    section.notes += [
        "Plain: the temperature under which the fitted samples are likeliest. Ours: 1 is likeliest before any sample.",
        "Asked are the test samples; for hymenoptera, which has none, the validation samples that were not fitted on.",
    ]


def train_and_answer(source: Source, paths: list[Path]) -> tuple[Answers, Answers | None]:
    """Train in this process; what the model answers to validation and test samples, the latter where there are any."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_data(root, paths[0], test=paths[1] if len(paths) > 1 else None)
        run_ours(OurRequest(root=root, dataset_id=dataset.id, strategy=source.strategy, settings=source.settings))
        workspace = Workspace(root)
        run_id = workspace.runs.list_runs()[0].id
        report = show_run(workspace, run_id).report
        temperature = (report.temperature if report else None) or NEVER_FITTED
        table = read_predictions(workspace, run_id)
        # Stored are scaled probabilities; up to a number per sample, which no softmax sees, these are the logits.
        logits = np.log(np.maximum(table.probs.astype(np.float64), 1e-30)) * temperature.value
        every = Answers(logits=logits, labels=table.labels)
        test = table.rows("test")
        return every.at(table.rows("val")), every.at(test) if len(test) else None


def _add(table: Table, title: str, n: int, val: Answers, test: Answers | None, n_draws: int) -> float:
    """A row; returns by how much the log loss rose with ours, on average."""
    rng = np.random.default_rng(n)
    found = []
    for _ in range(n_draws):
        drawn = rng.permutation(len(val.labels))
        fitted, asked = val.at(drawn[:n]), test or val.at(drawn[n:])
        plain, ours = likeliest(fitted), fit_temperature(fitted.logits, fitted.labels).value
        found.append(
            (
                asked.loss(plain) - asked.loss(1.0),
                asked.loss(ours) - asked.loss(1.0),
                asked.error(1.0),
                asked.error(plain),
                asked.error(ours),
            )
        )
    names = ("plain_rise", "our_rise", "unscaled_error", "plain_error", "our_error")
    means = dict(zip(names, np.mean(found, axis=0).tolist(), strict=True))
    table.add(model=title, n=n, **means)
    return means["our_rise"]


def likeliest(answers: Answers) -> float:
    """The temperature of least log loss, 1 where every sample is right (Guo et al. 2017)."""
    if (answers.logits.argmax(axis=1) == answers.labels).all():
        return 1.0
    found = minimize_scalar(
        lambda logarithm: answers.loss(float(np.exp(logarithm))), bounds=np.log(BOUNDS), method="bounded"
    )
    return float(np.exp(found.x))


def _table(section: Section, title: str) -> Table:
    return section.table(
        title,
        Column(key="model", title="Model"),
        Column(key="n", title="Fitted on"),
        Column(key="plain_rise", title="Log loss, plain − unscaled", form="{:+.4f}"),
        Column(key="our_rise", title="ours − unscaled", form="{:+.4f}"),
        Column(key="unscaled_error", title="Calibration error, unscaled", form="{:.4f}"),
        Column(key="plain_error", title="plain", form="{:.4f}"),
        Column(key="our_error", title="ours", form="{:.4f}"),
    )


if __name__ == "__main__":
    main()
