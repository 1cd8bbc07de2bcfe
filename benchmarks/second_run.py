"""What the second run on the same data still computes: nothing that the first one has left in the cache."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.apart import apart
from benchmarks.data import NotMeasurable, require_data
from benchmarks.ours import OurRequest, OurRun, forget_passes, import_data, run_ours
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.datasets.records import Dataset

SOURCES = (
    ("hymenoptera", "hymenoptera.zip", None),
    ("sign-digits", "sign-digits.zip", None),
    ("BANKING77", "banking77/train.csv", "banking77/test.csv"),
)
"""What a dataset is called, its file, and the file of its test part."""


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("second_run", "The second run on the same data", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    table = section.table(
        "Feature extraction, each run in a process of its own",
        Column(key="data", title="Data"),
        Column(key="run", title="Run"),
        Column(key="load", title="Load, s", form="{:.2f}"),
        Column(key="features", title="Features, s", form="{:.2f}"),
        Column(key="total", title="Whole run, s", form="{:.2f}"),
        Column(key="share", title="Features, second / first on these data", form="{:.1%}"),
    )
    shares = [
        _measure_one(table, name, options, source, test) for name, source, test in SOURCES[: 1 if options.quick else 3]
    ]
    measured = [share for share in shares if share is not None]
    if not measured:
        raise NotMeasurable("none of its datasets is here")
    section.aim(
        "Feature time of the second run over the first on these data, at worst",
        max(measured),
        0.05,
        "{:.1%}",
        at_least=False,
    )
    section.notes.append("Parts and whole as the run itself counts them; decoding belongs to the features.")


def _measure_one(table: Table, name: str, options: argparse.Namespace, source: str, test: str | None) -> float | None:
    """The share of the first run on the data that is left the second time; None where the dataset is not here."""
    try:
        files = [require_data(options.data, file) for file in (source, test) if file]
    except NotMeasurable as reason:
        table.add(data=name, run=f"Not measured: {reason}")
        return None
    with imported(*files) as (root, dataset):
        request = OurRequest(root=root, dataset_id=dataset.id, strategy="feature-extraction")
        on_machine = apart(run_ours, request)
        forget_passes(root)
        on_data, second = apart(run_ours, request), apart(run_ours, request)
    share = second.parts["features"] / on_data.parts["features"]
    _add(table, name, "first on this machine", on_machine, None)
    _add(table, name, "first on these data", on_data, None)
    _add(table, name, "second", second, share)
    return share


@contextmanager
def imported(source: Path, test: Path | None = None) -> Iterator[tuple[Path, Dataset]]:
    """A workspace that lasts as long as the block, with one dataset."""
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder), import_data(Path(folder), source, test=test)


def _add(table: Table, data: str, run: str, done: OurRun, share: float | None) -> None:
    parts = done.parts
    table.add(data=data, run=run, load=parts["load"], features=parts["features"], total=parts["total"], share=share)


if __name__ == "__main__":
    main()
