"""Images per second when a file of inputs is scored, beside the feature pass that training makes of the same images."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import pandas as pd

from benchmarks.apart import apart
from benchmarks.data import require_data
from benchmarks.frozen_features import pooled_features
from benchmarks.ours import import_data
from benchmarks.pictures import write_pictures
from benchmarks.sections import Column, Section, build_parser, measuring
from core.backbones.loaders import build_backbone
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore
from core.exporting.scores import LABEL, PROBLEM
from core.features.cache import ArrayCache
from core.features.engine import engine_like
from core.workflows.loaded_model import AnswerPrecision
from core.workflows.plan_run import RunChoices, plan_run
from core.workflows.score_inputs import score_path
from core.workflows.train_run import create_run, execute_run
from core.workflows.workspace import Workspace

MODEL, SIZE_PX = "efficientnet-lite0", 224
N_ROUNDS, N_PER_ROUND = 5, 2_000
N_QUICK_ROUNDS, N_QUICK_PER_ROUND = 2, 80
N_WARM = 64
AIM = 0.9


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """Seconds for the same images.

    Attributes:
        n: how many.
        pass_s: the pass as trainings do it, in the precision that this machine computes fastest.
        exact_pass_s: the same in float32, in which models answer.
        scoring_s: from the call to the finished files, in float32.
        quick_scoring_s: the same in the precision that this machine computes fastest.
    """

    n: int
    pass_s: float
    exact_pass_s: float
    scoring_s: float
    quick_scoring_s: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Rounding:
    """What becomes of answers that are computed in the precision that this machine computes fastest.

    Attributes:
        n: inputs that were scored both ways.
        n_changed: those that get another class.
        difference: the largest difference of a probability.
        usual: the difference that 99 of 100 inputs stay below.
    """

    n: int
    n_changed: int
    difference: float
    usual: float


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("scoring", "Scoring a file of inputs", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    n_rounds, n = (N_QUICK_ROUNDS, N_QUICK_PER_ROUND) if options.quick else (N_ROUNDS, N_PER_ROUND)
    with tempfile.TemporaryDirectory() as folder:
        rounds, rounding = apart(
            measure_rounds, Path(folder), require_data(options.data, "sign-digits.zip"), n_rounds, n
        )
    table = section.table(
        f"JPEG files of 500 × 375 pixels at {SIZE_PX} px through EfficientNet-Lite0, images per second",
        Column(key="round", title="Round"),
        Column(key="n", title="Images", form="{:,}"),
        Column(key="passed", title="Feature pass of training", form="{:.0f}"),
        Column(key="exact", title="The same pass in float32", form="{:.0f}"),
        Column(key="scored", title="Scoring", form="{:.0f}"),
        Column(key="quick", title="Scoring with --fastest", form="{:.0f}"),
    )
    for number, one in enumerate(rounds, start=1):
        seconds = {
            "passed": one.pass_s,
            "exact": one.exact_pass_s,
            "scored": one.scoring_s,
            "quick": one.quick_scoring_s,
        }
        rates = {key: one.n / value for key, value in seconds.items()}
        table.add(round=str(number), n=one.n, **rates)
    for what, shares in (
        ("Scoring over the feature pass of training", [one.pass_s / one.scoring_s for one in rounds]),
        ("Scoring over that pass in float32", [one.exact_pass_s / one.scoring_s for one in rounds]),
        ("Scoring with --fastest over the feature pass", [one.pass_s / one.quick_scoring_s for one in rounds]),
    ):
        section.aim(f"{what}, images/s, median of {len(rounds)} rounds", median(shares), AIM, "{:.2f}")
    section.notes.append(
        f"{n_rounds * n:,} different pictures, {n:,} in each round, which passes and scoring take in turn, each "
        "with nothing of them in its cache: what else the machine does meets all. Scoring counts from the call to the "
        "finished CSV and Parquet, with probabilities, the distance to the training data and a part on disk for every "
        "256 images; the pass to its features on disk. All networks are loaded and converted before. A model answers "
        "in float32, so that it answers alike wherever it runs; where the processor computes bfloat16 faster, a "
        "training passes its samples in that, and so does scoring with --fastest."
    )
    section.table(
        "Scoring with --fastest beside float32: all photographs of sign-digits, from which the model learned",
        Column(key="n", title="Images", form="{:,}"),
        Column(key="n_changed", title="Another class"),
        Column(key="difference", title="Largest difference of a probability", form="{:.3f}"),
        Column(key="usual", title="That of 99 in 100 is below", form="{:.3f}"),
    ).add(**asdict(rounding))


def measure_rounds(folder: Path, photographs: Path, n_rounds: int, n: int) -> tuple[list[Round], Rounding]:
    """All rounds in this process, then what rounding does to the answers."""
    workspace = Workspace(folder / "workspace")
    run_id = _train(workspace, photographs)
    pictures = folder / "pictures"
    pictures.mkdir()
    files = write_pictures(pictures, N_WARM + n_rounds * n)
    _measure_one(workspace, run_id, folder, files[:N_WARM])  # loads and converts
    starts = range(N_WARM, len(files), n)
    rounds = [_measure_one(workspace, run_id, folder, files[at : at + n]) for at in starts]
    return rounds, _measure_rounding(workspace, run_id, photographs, folder)


def _train(workspace: Workspace, photographs: Path) -> str:
    dataset = import_data(workspace.root, photographs)
    choices = RunChoices(
        dataset_id=dataset.id,
        model=MODEL,
        strategy="feature-extraction",
        settings={"image_size_px": SIZE_PX},
    )
    run_id = create_run(workspace, plan_run(workspace, choices).spec)
    execute_run(workspace.root, run_id, should_stop=lambda: None)
    return run_id


def _measure_one(workspace: Workspace, run_id: str, folder: Path, files: list[Path]) -> Round:
    """The pass, then the scoring, of images that neither has seen."""
    source = folder / "round"
    for number, file in enumerate(files):
        place = source / ("a" if number % 2 else "b") / file.name
        place.parent.mkdir(parents=True, exist_ok=True)
        file.rename(place)
    dataset, out = import_data(workspace.root, source), folder / "scores.parquet"
    try:
        return Round(
            n=dataset.n_samples,
            pass_s=_time_pass(workspace, run_id, dataset, folder / "cache", "auto"),
            exact_pass_s=_time_pass(workspace, run_id, dataset, folder / "cache", "float32"),
            scoring_s=_time_scoring(workspace, run_id, source, out, "float32"),
            quick_scoring_s=_time_scoring(workspace, run_id, source, out, "fastest"),
        )
    finally:
        shutil.rmtree(source)


def _measure_rounding(workspace: Workspace, run_id: str, source: Path, folder: Path) -> Rounding:
    tables = []
    for precision in ("float32", "fastest"):
        score_path(workspace, run_id, source, folder / "scores.parquet", precision=precision)
        tables.append(pd.read_parquet(folder / "scores.parquet"))
    exact, rounded = tables
    probs = list(exact.columns[exact.columns.get_loc(PROBLEM) + 1 :])  # those of the classes come last
    differences = (exact[probs] - rounded[probs]).abs().max(axis=1)
    return Rounding(
        n=len(exact),
        n_changed=int((exact[LABEL] != rounded[LABEL]).sum()),
        difference=float(differences.max()),
        usual=float(differences.quantile(0.99)),
    )


def _time_pass(workspace: Workspace, run_id: str, dataset: Dataset, place: Path, precision: str) -> float:
    details = workspace.runs.get(run_id).read_details()
    engine = engine_like("image", precision, backend=details["engine"].get("backend", "torch"))
    backbone = build_backbone(MODEL, pretrained=True)
    cache = ArrayCache(place)
    store = DatasetStore(workspace.datasets.root)
    started = time.perf_counter()
    pooled_features(dataset, backbone, engine, store=store, cache=cache, image_size_px=SIZE_PX)
    seconds = time.perf_counter() - started
    for entry in place.iterdir():  # what was passed; the converted network stays
        if not list(entry.glob("*.xml")):
            shutil.rmtree(entry, ignore_errors=True)
    return seconds


def _time_scoring(workspace: Workspace, run_id: str, source: Path, out: Path, precision: AnswerPrecision) -> float:
    started = time.perf_counter()
    score_path(workspace, run_id, source, out, precision=precision)
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
