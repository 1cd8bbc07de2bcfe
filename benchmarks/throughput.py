"""Images per second from files to features, beside what decoding and the network alone would allow."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.apart import apart
from benchmarks.frozen_features import fastest_engine, forward_pass, pooled_features
from benchmarks.memory import PeakMemory
from benchmarks.pictures import write_pictures
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.backbones.loaders import build_backbone
from core.datasets.decode import load_image, square_pixels
from core.datasets.records import Dataset
from core.datasets.store import DatasetStore, content_id
from core.features.cache import ArrayCache
from core.features.frozen_pass import FrozenPass
from core.features.sources import Batch

SIZES = (1_000, 4_000, 16_000, 64_000)
QUICK_SIZES = (300,)
N_DIFFERENT, N_DIFFERENT_QUICK = 2_000, 50
SIZE_PX = 224
DECODE_THREADS = 2
BATCH_SIZE = 32
ALONE_S, ALONE_QUICK_S = 4.0, 0.5
"""How long decoding and the network are each watched alone, before and after the whole."""

SPARE_BYTES = 2e9


@dataclass(frozen=True, kw_only=True, slots=True)
class Throughput:
    """What one size took; rates are images per second."""

    seconds: float
    decode_rate: float
    forward_rate: float
    peak_mb: float | None

    @property
    def limit(self) -> float:
        """The rate at which decoding and network, one after the other on the same cores, would be done."""
        return 1 / (1 / self.decode_rate + 1 / self.forward_rate)


class SharedFiles(DatasetStore):
    """A store in which many samples share few files, so that 64,000 images need no 7 GB."""

    def __init__(self, root: Path, files: list[Path], sample_ids: tuple[str, ...]) -> None:
        super().__init__(root)
        self._places = {sample_id: files[row % len(files)] for row, sample_id in enumerate(sample_ids)}

    def image_path(self, sample_id: str) -> Path:
        """The file that stands for a sample."""
        return self._places[sample_id]


def main() -> None:
    """Measure and store."""
    parser = build_parser(__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", help="how many images; default 1000 4000 16000 64000")
    options = parser.parse_args()
    with measuring("throughput", "Images end to end", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    sizes = options.sizes or (QUICK_SIZES if options.quick else SIZES)
    with tempfile.TemporaryDirectory() as folder:
        files = write_pictures(Path(folder), N_DIFFERENT_QUICK if options.quick else N_DIFFERENT)
        mean_kb = np.mean([file.stat().st_size for file in files]) / 1000
        table = _table(section, mean_kb)
        found = {}
        for n in sizes:
            if lacks := _lacking_space(n):
                table.add(n=n, remark=lacks)
                continue
            found[n] = apart(measure_size, n, files, ALONE_QUICK_S if options.quick else ALONE_S)
            _add(table, n, found[n])
    if found:
        _judge(section, found)
    section.notes += [
        f"{len(files):,} different pictures; larger sets hold them again under other names, so that no cache helps. "
        "The files are in the system's file cache: no disk is measured.",
        "The limit is 1 / (1 / decode + 1 / network), both measured alone in the same process before and after the "
        f"whole, decoding in {DECODE_THREADS} threads. The network's conversion, done once per machine, is not in it.",
        "Memory without mapped files, the peak while the whole ran.",
    ]


def measure_size(n: int, files: list[Path], alone_s: float) -> Throughput:
    """Measure one size in this process."""
    dataset = _dataset(n)
    backbone = build_backbone("efficientnet-lite0", pretrained=True)
    with tempfile.TemporaryDirectory() as folder:
        store = SharedFiles(Path(folder), files, dataset.sample_ids)
        cache = ArrayCache(Path(folder) / "cache")
        engine = fastest_engine(backbone, cache, size=SIZE_PX)
        network = forward_pass(backbone, engine, cache)
        alone = [_alone(files, network, alone_s)]
        with PeakMemory() as memory:
            started = time.perf_counter()
            pooled_features(dataset, backbone, engine, store=store, cache=cache, image_size_px=SIZE_PX)
            seconds = time.perf_counter() - started
        alone.append(_alone(files, network, alone_s))
    decode_rate, forward_rate = np.mean(alone, axis=0)
    return Throughput(
        seconds=seconds,
        decode_rate=float(decode_rate),
        forward_rate=float(forward_rate),
        peak_mb=memory.peak_mb,
    )


def _alone(files: list[Path], network: FrozenPass, watch_s: float) -> tuple[float, float]:
    """Images per second of decoding and of the network, each with nothing beside it."""
    batch = Batch(torch.randint(256, (BATCH_SIZE, SIZE_PX, SIZE_PX, 3), dtype=torch.uint8).permute(0, 3, 1, 2))
    network(batch)
    with ThreadPoolExecutor(DECODE_THREADS) as pool:
        chunks = [files[at : at + BATCH_SIZE] for at in range(0, len(files), BATCH_SIZE)]
        decode = _rate(lambda number: sum(pool.map(_decode, chunks[number % len(chunks)])), watch_s)
    return decode, _rate(lambda _: _pass(network, batch), watch_s)


def _rate(work: Callable[[int], int], watch_s: float) -> float:
    """Images per second; `work` gives back how many it did."""
    started = time.perf_counter()
    n_done = n_calls = 0
    while (elapsed_s := time.perf_counter() - started) < watch_s:
        n_done += work(n_calls)
        n_calls += 1
    return n_done / elapsed_s


def _decode(file: Path) -> int:
    square_pixels(load_image(file, min_side_px=SIZE_PX), SIZE_PX)
    return 1


def _pass(network: FrozenPass, batch: Batch) -> int:
    network(batch)
    return BATCH_SIZE


def _dataset(n: int) -> Dataset:
    return Dataset(
        id="0" * 16,
        name="generated",
        modality="image",
        class_names=("a", "b"),
        sample_ids=tuple(content_id(str(number).encode()) for number in range(n)),
        labels=np.arange(n) % 2,
        splits=np.full(n, "train"),
        sources=("",) * n,
        texts=(),
        skipped=(),
        findings=(),
        split_origin="given",
        columns=(),
        created_at="",
    )


def _lacking_space(n: int) -> str:
    """Why `n` images cannot be measured here; empty where they can."""
    needed = n * 3 * SIZE_PX**2 + SPARE_BYTES
    free = shutil.disk_usage(tempfile.gettempdir()).free
    return f"Not measured: needs {needed / 1e9:.0f} GB of temporary space" if free < needed else ""


def _table(section: Section, mean_kb: float) -> Table:
    return section.table(
        f"JPEG files of 500 × 375 pixels, {mean_kb:.0f} kB on average, at {SIZE_PX} px through EfficientNet-Lite0",
        Column(key="n", title="Images", form="{:,}"),
        Column(key="seconds", title="Seconds", form="{:.1f}"),
        Column(key="rate", title="Images/s", form="{:.0f}"),
        Column(key="decode", title="Decoding alone", form="{:.0f}"),
        Column(key="forward", title="Network alone", form="{:.0f}"),
        Column(key="limit", title="Limit", form="{:.0f}"),
        Column(key="share", title="Share of the limit", form="{:.0%}"),
        Column(key="peak", title="Peak memory, MB", form="{:.0f}"),
        Column(key="remark", title="Remark"),
    )


def _add(table: Table, n: int, found: Throughput) -> None:
    rate = n / found.seconds
    table.add(
        n=n,
        seconds=found.seconds,
        rate=rate,
        decode=found.decode_rate,
        forward=found.forward_rate,
        limit=found.limit,
        share=rate / found.limit,
        peak=found.peak_mb,
    )


def _judge(section: Section, found: dict[int, Throughput]) -> None:
    shares = [n / one.seconds / one.limit for n, one in found.items()]
    section.aim("Share of the physical limit, at worst", min(shares), 0.85, "{:.0%}")
    peaks = [one.peak_mb for one in found.values() if one.peak_mb is not None]
    if len(peaks) > 1:
        spread = (max(peaks) - min(peaks)) / 2
        section.aim("Peak memory from the fewest to the most images, ± MB", spread, 100, "{:.0f}", at_least=False)


if __name__ == "__main__":
    main()
