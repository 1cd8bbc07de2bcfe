"""Commands for what goes on, here or elsewhere: `export-code`, `pack`, `unpack` and `start-from`."""

from __future__ import annotations

import argparse
from pathlib import Path

from core.commands.exporting import require_place
from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar


def add_to(commands: Commands) -> None:
    """`export-code`, `pack`, `unpack` and `start-from`."""
    code = commands.add("export-code", _export_code, _describe_code, "write a run as ordinary code, to be read and run")
    code.add_argument("run", metavar="RUN")
    code.add_argument("out", metavar="OUT", type=Path, help=".py for a script, .ipynb for a notebook")
    pack = commands.add("pack", _pack, _describe_pack, "write a run, or all runs and data, into one file")
    pack.add_argument("out", metavar="OUT.zip", type=Path)
    pack.add_argument("--run", metavar="RUN", help="this run; default: the whole workspace")
    pack.add_argument("--no-samples", action="store_true", help="leave images and texts out")
    unpack = commands.add("unpack", _unpack, _describe_unpack, "check a packed file and take it into the workspace")
    unpack.add_argument("file", metavar="FILE", type=Path)
    begin = commands.add("start-from", _start_from, _describe_start, "keep a run's network as a backbone to begin with")
    begin.add_argument("run", metavar="RUN")


def _export_code(options: argparse.Namespace) -> Answer:
    from core.workflows.export_code import export_code

    facts = export_code(workspace_of(options), options.run, options.out)
    return {
        "file": str(options.out),
        "run": facts.run_id,
        "dataset": facts.dataset_id,
        "needs": [name for name in (facts.data_file, facts.network.weights_file) if name],
        "packages": list(facts.packages),
    }


def _describe_code(answer: Answer) -> str:
    data, *weights = answer["needs"]
    beside = [f"python -m core export-data {answer['dataset']} {data}", *(f"the weights as {name}" for name in weights)]
    return f"{answer['file']}. It needs beside it: {'; '.join(beside)}."


def _pack(options: argparse.Namespace) -> Answer:
    from core.workflows.pack import pack

    out = require_place(options.out, ".zip")
    bar = ProgressBar()
    packed = pack(workspace_of(options), options.run, out, with_samples=not options.no_samples, on_progress=bar.draw)
    bar.close()
    return {
        "file": str(out),
        "megabytes": round(out.stat().st_size / 1e6, 2),
        "runs": list(packed.runs),
        "datasets": list(packed.datasets),
        "weights": list(packed.weights),
        "left_out": list(packed.left_out),
        "privacy": packed.privacy,
    }


def _describe_pack(answer: Answer) -> str:
    counts = f"{len(answer['runs'])} runs, {len(answer['datasets'])} datasets"
    late = f" Waiting or under way, and so left out: {', '.join(answer['left_out'])}." if answer["left_out"] else ""
    return f"{answer['file']}, {answer['megabytes']} MB: {counts}. {answer['privacy']}{late}"


def _unpack(options: argparse.Namespace) -> Answer:
    from core.workflows.unpack import unpack

    bar = ProgressBar()
    found = unpack(workspace_of(options), options.file, on_progress=bar.draw)
    bar.close()
    return {
        "kind": found.kind,
        "runs": [{"run": run.id, "packed_as": run.packed_id, "outcome": run.outcome} for run in found.runs],
        "datasets": list(found.datasets),
        "weights": list(found.weights),
    }


def _describe_unpack(answer: Answer) -> str:
    lines = [f"{run['run']}: {run['outcome']}" for run in answer["runs"]]
    return "\n".join([*lines, f"{len(answer['datasets'])} datasets, {len(answer['weights'])} weights of your own."])


def _start_from(options: argparse.Namespace) -> Answer:
    from core.workflows.start_from_run import start_from_run

    own = start_from_run(workspace_of(options), options.run)
    return {"id": own.id, "base": own.base, "run": own.run_id}


def _describe_start(answer: Answer) -> str:
    return f"{answer['id']}: {answer['base']} as run {answer['run']} left it. Train with --model {answer['id']}."
