"""Requests per second and waiting times of the HTTP service, beside the rate of its engine alone."""

from __future__ import annotations

import argparse
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import cycle, islice
from multiprocessing import get_context
from pathlib import Path
from statistics import median, quantiles

from benchmarks.data import require_data
from benchmarks.http_load import HOST, Load, load_service
from benchmarks.ours import OurRequest, import_data, run_ours
from benchmarks.sections import Column, Section, Table, build_parser, measuring
from core.features.inputs import text_inputs
from core.training.inference import classify
from core.workflows.inspect_dataset import open_sample
from core.workflows.loaded_model import LoadedModel
from core.workflows.predict import require_model
from core.workflows.workspace import Workspace

CLIENTS = (1, 8, 32)
N_ROUNDS, WATCH_S = 5, 8.0
N_QUICK_ROUNDS, QUICK_WATCH_S = 1, 2.0
RAW_BATCH = 32
START_S = 900.0
AIM = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Round:
    """What was measured one after the other, so that what else the machine does meets all of it.

    Attributes:
        raw_rate: texts per second of the engine in a process of its own, while the service waits.
        loads: by number of clients.
    """

    raw_rate: float
    loads: dict[int, Load]


def main() -> None:
    """Measure and store."""
    options = build_parser(__doc__).parse_args()
    with measuring("service", "A model behind HTTP", is_quick=options.quick) as section:
        measure(section, options)


def measure(section: Section, options: argparse.Namespace) -> None:
    """Fill the section."""
    n_rounds, watch_s = (N_QUICK_ROUNDS, QUICK_WATCH_S) if options.quick else (N_ROUNDS, WATCH_S)
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace(Path(folder))
        run_id, texts = _prepare(workspace, options)
        rounds = measure_rounds(workspace, run_id, texts, n_rounds, watch_s)
    table = section.table(
        f"One text per request; median of {n_rounds} rounds of {watch_s:.0f} s each",
        Column(key="clients", title="Clients"),
        Column(key="rate", title="Requests/s", form="{:.0f}"),
        Column(key="share", title="Over the engine alone", form="{:.2f}"),
        *(Column(key=f"p{at}", title=f"p{at}, ms", form="{:.0f}") for at in (50, 95, 99)),
        Column(key="client", title="The clients' own share of a core", form="{:.0%}"),
    )
    for n in CLIENTS:
        _add(table, n, rounds)
    raw = median(one.raw_rate for one in rounds)
    section.aim(
        f"Requests/s with {CLIENTS[-1]} clients over the engine's texts/s",
        median(one.loads[CLIENTS[-1]].rate / one.raw_rate for one in rounds),
        AIM,
        "{:.2f}",
    )
    section.notes += [
        f"The engine alone answers {raw:.0f} texts/s: the same texts in batches of {RAW_BATCH}, split into tokens, "
        "through the network and its head, in a process that does nothing else.",
        "The service is `python -m core serve`; its answers hold the probability of every class and the distance to "
        "the training data, which the engine alone does not compute. The clients are one process of plain sockets on "
        "the same cores, so what they compute is taken from the service.",
    ]


def measure_rounds(
    workspace: Workspace, run_id: str, texts: Sequence[str], n_rounds: int, watch_s: float
) -> list[Round]:
    """Engine and service in turn."""
    fresh = get_context("spawn")
    with (
        ProcessPoolExecutor(1, mp_context=fresh) as engine,
        ProcessPoolExecutor(1, mp_context=fresh) as clients,
        served(workspace, run_id) as port,
    ):
        raw = partial(engine.submit, raw_rate, workspace, run_id, list(texts))
        raw(watch_s / 4).result()  # loads
        return [
            Round(
                raw_rate=raw(watch_s).result(),
                loads={n: clients.submit(load_service, port, list(texts), n, watch_s).result() for n in CLIENTS},
            )
            for _ in range(n_rounds)
        ]


@contextmanager
def served(workspace: Workspace, run_id: str) -> Iterator[int]:
    """The service in a process of its own; gives its port."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "core", "serve", run_id, "--port", str(port), "--workspace", str(workspace.root)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(30)


def raw_rate(workspace: Workspace, run_id: str, texts: Sequence[str], watch_s: float) -> float:
    """Texts per second of the network with its tokeniser and head, and nothing around it."""
    _, model = require_model(workspace, run_id, "text")
    endless, n, started = cycle(texts), 0, time.perf_counter()
    while (seconds := time.perf_counter() - started) < watch_s:
        _pass(model, list(islice(endless, RAW_BATCH)))
        n += RAW_BATCH
    return n / seconds


def _pass(model: LoadedModel, texts: Sequence[str]) -> None:
    inputs = text_inputs(model.classifier.backbone.row, texts)
    classify(model.classifier, inputs, model.frozen_pass, cut=model.cut, engine=model.engine)


def _prepare(workspace: Workspace, options: argparse.Namespace) -> tuple[str, tuple[str, ...]]:
    """A run on short texts, and texts that it did not learn from."""
    if options.quick:
        dataset = open_sample(workspace, "messages")
    else:
        train, test = (require_data(options.data, f"banking77/{part}.csv") for part in ("train", "test"))
        dataset = import_data(workspace.root, train, test=test)
    run_ours(OurRequest(root=workspace.root, dataset_id=dataset.id, strategy="feature-extraction"))
    split = "val" if options.quick else "test"
    return workspace.runs.list_runs()[0].id, tuple(dataset.texts[row] for row in dataset.rows(split))


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.perf_counter() + START_S
    while time.perf_counter() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"http://{HOST}:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the service did not start")


def _add(table: Table, n_clients: int, rounds: Sequence[Round]) -> None:
    loads = [one.loads[n_clients] for one in rounds]
    waits = [quantiles(load.latencies_s, n=100, method="inclusive") for load in loads]
    table.add(
        clients=n_clients,
        rate=median(load.rate for load in loads),
        share=median(one.loads[n_clients].rate / one.raw_rate for one in rounds),
        **{f"p{at}": 1000 * median(found[at - 1] for found in waits) for at in (50, 95, 99)},
        client=median(load.client_cpu_s / load.seconds for load in loads),
    )


if __name__ == "__main__":
    main()
