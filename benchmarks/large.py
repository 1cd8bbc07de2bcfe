"""Large data: how fast they come in, what memory that takes, and how quickly pages open on them."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from streamlit import config
from streamlit.testing.v1 import AppTest

from benchmarks.apart import apart
from benchmarks.many_samples import write_picture_folder, write_picture_zip, write_texts
from benchmarks.memory import PeakMemory, anonymous_mb
from benchmarks.scripts import APP, TIMEOUT_S
from benchmarks.sections import Column, Section, build_parser, measuring
from core.workflows.inspect_dataset import inspect_dataset
from core.workflows.warm_up import start_warm_up
from core.workflows.workspace import Workspace

SIZES = {"images": (10_000, 100_000), "texts": (100_000, 1_000_000)}
QUICK_SIZES = {"images": (100, 300), "texts": (1_000, 5_000)}
N_RERUNS = 5
PAGE_S = 0.3
TEXTS_PER_S = 50_000
PAGES = ("data", "train", "predict")


@dataclass(frozen=True, kw_only=True, slots=True)
class Imported:
    """What one import took; `before_mb` is what the process held before it began."""

    seconds: float
    cpu_s: float
    before_mb: float
    peak_mb: float
    table_bytes: int


def main() -> None:
    """Measure and store."""
    parser = build_parser(__doc__)
    for kind, sizes in SIZES.items():
        parser.add_argument(f"--{kind}", type=int, nargs="+", help=f"how many {kind}; default {sizes}")
    options = parser.parse_args()
    with measuring("large", "Large data", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    usual = QUICK_SIZES if options.quick else SIZES
    imports = section.table(
        "Import into a new workspace, in a process of its own",
        Column(key="what", title="Data"),
        Column(key="n", title="Samples", form="{:,}"),
        Column(key="seconds", title="Seconds", form="{:.1f}"),
        Column(key="rate", title="Samples/s", form="{:,.0f}"),
        Column(key="cpu", title="CPU seconds", form="{:.1f}"),
        Column(key="peak", title="Peak memory, MB", form="{:.0f}"),
        Column(key="state", title="of it per sample, bytes", form="{:.0f}"),
        Column(key="table", title="Table on disk per sample, bytes", form="{:.0f}"),
    )
    pages = section.table(
        "Seconds of the server's script",
        Column(key="what", title="Data"),
        Column(key="n", title="Samples", form="{:,}"),
        Column(key="page", title="Page"),
        Column(key="first", title="Opened first in this server", form="{:.2f}"),
        Column(key="later", title=f"Later, median of {N_RERUNS}", form="{:.2f}"),
        Column(key="cpu", title="of it CPU", form="{:.2f}"),
    )
    with tempfile.TemporaryDirectory() as folder:
        for what, n, source in _sources(Path(folder), options, usual):
            root = Path(folder) / f"workspace-{what}-{n}"
            found = apart(time_import, root, source)
            imports.add(
                what=what,
                n=n,
                seconds=found.seconds,
                rate=n / found.seconds,
                cpu=found.cpu_s,
                peak=found.peak_mb,
                state=(found.peak_mb - found.before_mb) * 1e6 / n,
                table=found.table_bytes / n,
            )
            if what == "texts, CSV" and n == max(options.texts or usual["texts"]):
                section.aim("Texts imported, per CPU second", n / found.cpu_s, TEXTS_PER_S, "{:,.0f}")
            times = apart(time_pages, root)
            for page, (first, later, cpu) in times.items():
                pages.add(what=what, n=n, page=page, first=first, later=later, cpu=cpu)
            slowest = max(cpu for _, _, cpu in times.values())
            section.aim(f"Slowest page on {n:,} {what}, CPU s", slowest, PAGE_S, "{:.2f}", at_least=False)
    section.notes += [
        "Pictures of 96 × 96 pixels, one in 100 another one saved anew; texts of eight words, all different. The files "
        "are in the system's file cache.",
        "Memory without mapped files; per sample is what the peak lies above the process before the import, by the "
        "number of samples, so that what an import needs anyway weighs less the more there are.",
        "Opened first: the dataset is read, and what the first page of a server needs is imported.",
    ]


def time_import(root: Path, source: Path) -> Imported:
    """Import in this process."""
    workspace, before_mb = Workspace(root), anonymous_mb() or 0.0
    with PeakMemory() as memory:
        started, cpu_started = time.perf_counter(), time.process_time()
        dataset = inspect_dataset(workspace, source)
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu_started
    table = root / "datasets" / dataset.id / "samples.parquet"
    return Imported(
        seconds=seconds,
        cpu_s=cpu_s,
        before_mb=before_mb,
        peak_mb=memory.peak_mb or 0.0,
        table_bytes=table.stat().st_size,
    )


def time_pages(root: Path) -> dict[str, tuple[float, float, float]]:
    """Seconds of each page on the newest dataset: opened first, later, and what of that the processor worked."""
    os.environ["HEADSTART_WORKSPACE"] = str(root)
    config.set_option("runner.enforceSerializableSessionState", False)
    dataset_id = Workspace(root).datasets.list_cards()[0].id
    app = AppTest.from_file(str(APP), default_timeout=TIMEOUT_S).run()
    start_warm_up().join()
    times = {}
    for page in PAGES:
        app.switch_page(f"pages/{page}.py")
        app.query_params["dataset"] = dataset_id
        first, _ = _timed(app.run)
        later = sorted(_timed(app.run) for _ in range(N_RERUNS))
        times[page] = (first, later[N_RERUNS // 2][0], min(cpu for _, cpu in later))
        if app.exception:
            raise RuntimeError(f"the page failed: {app.exception}")
    return times


def _sources(
    folder: Path, options: argparse.Namespace, usual: dict[str, tuple[int, ...]]
) -> Iterator[tuple[str, int, Path]]:
    """What is imported, made as it is needed."""
    images = sorted(options.images or usual["images"])
    for n in images:
        write_picture_zip(folder / f"{n}.zip", n)
        yield "images, zip", n, folder / f"{n}.zip"
    write_picture_folder(folder / "pictures", images[0])
    yield "images, folder", images[0], folder / "pictures"
    for n in sorted(options.texts or usual["texts"]):
        write_texts(folder / f"{n}.csv", n)
        yield "texts, CSV", n, folder / f"{n}.csv"


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    started, cpu_started = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - started, time.process_time() - cpu_started


if __name__ == "__main__":
    main()
