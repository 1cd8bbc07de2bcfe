"""What an epoch costs at every freeze depth, and how well the estimate knew it before the start."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.data import NotMeasurable, require_data
from benchmarks.ours import OurRequest, OurRun, import_data, run_ours, stage_names
from benchmarks.sections import Column, Section, Table, build_parser, measuring

SOURCES = (
    ("EfficientNet-Lite0 on sign-digits", ("sign-digits.zip",)),
    ("all-MiniLM-L6-v2 on BANKING77", ("banking77/train.csv", "banking77/test.csv")),
)
N_EPOCHS, N_QUICK_EPOCHS = 2, 2
EVERY = 3
"""Of the depths every third one is measured, from training everything on."""

LONG_S = 20.0
"""Shorter runs are not judged: in them a second of anything is a large share."""

TOLERANCE = 0.3


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("depth", "Epoch cost and estimate against freeze depth", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    runs: list[OurRun] = []
    for title, files in SOURCES:
        try:
            paths = [require_data(options.data, name) for name in files]
        except NotMeasurable as reason:
            section.notes.append(f"{title}: not measured, {reason}.")
            continue
        runs += _measure_depths(section, title, paths, is_quick=options.quick)
    if not runs:
        raise NotMeasurable("none of its datasets is here")
    errors = [abs(run.estimated_s / run.seconds - 1) for run in runs if run.estimated_s and run.seconds > LONG_S]
    if errors:
        what = f"Error of the estimate, at worst of {len(errors)} whole runs over {LONG_S:.0f} s"
        section.aim(what, max(errors), TOLERANCE, "{:.0%}", at_least=False)
    section.notes += [
        "Head, then fine-tune, without early stopping. The stages from the named one on train; those before it run "
        "once per sample. An epoch is the median of those after the first, its validation included.",
        "The estimate is asked for before each run, as the Train page asks: it knows what lies in the cache by then.",
    ]


def _measure_depths(section: Section, title: str, paths: list[Path], *, is_quick: bool) -> list[OurRun]:
    table = _table(section, title)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        dataset = import_data(root, paths[0], test=paths[1] if len(paths) > 1 else None)
        names = stage_names(root, dataset.id)
        settings = {"epochs": N_QUICK_EPOCHS if is_quick else N_EPOCHS, "patience": 0}
        depths = range(len(names) - 1, len(names)) if is_quick else range(0, len(names), EVERY)
        runs = []
        for n_frozen in depths:
            request = OurRequest(
                root=root,
                dataset_id=dataset.id,
                strategy="head-then-fine-tune",
                settings=settings,
                frozen_stages=names[:n_frozen],
                is_estimated=True,
            )
            runs.append(apart(run_ours, request))
            _add(table, names[n_frozen], runs[-1])
    return runs


def _table(section: Section, title: str) -> Table:
    return section.table(
        title,
        Column(key="first", title="Trains from"),
        Column(key="epoch_s", title="Epoch, s", form="{:.2f}"),
        Column(key="epoch_estimate", title="estimated", form="{:.2f}"),
        Column(key="epoch_ratio", title="estimate / real", form="{:.2f}"),
        Column(key="seconds", title="Whole run, s", form="{:.1f}"),
        Column(key="estimate", title="estimated", form="{:.1f}"),
        Column(key="ratio", title="estimate / real", form="{:.2f}"),
    )


def _add(table: Table, first: str, run: OurRun) -> None:
    if run.estimated_s is None or run.estimated_epoch_s is None:
        raise ValueError("a run of this section needs an estimate")
    table.add(
        first=first,
        epoch_s=run.later_epoch_s,
        epoch_estimate=run.estimated_epoch_s,
        epoch_ratio=run.estimated_epoch_s / run.later_epoch_s,
        seconds=run.seconds,
        estimate=run.estimated_s,
        ratio=run.estimated_s / run.seconds,
    )


if __name__ == "__main__":
    main()
