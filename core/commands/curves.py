"""The command about learning curves."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from core.commands.parsing import Answer, Commands, workspace_of
from core.commands.progress_bar import ProgressBar


def add_to(commands: Commands) -> None:
    """`learning-curve`."""
    parser = commands.add("learning-curve", _measure, describe_curve, "say whether more data would help a finished run")
    parser.add_argument("run", metavar="RUN")


def _measure(options: argparse.Namespace) -> Answer:
    from core.workflows.measure_learning_curve import curve_in_words, measure_learning_curve

    bar = ProgressBar()
    curve = measure_learning_curve(workspace_of(options), options.run, on_progress=bar.draw)
    bar.close()
    foretold = curve.foretold
    return {
        "run": options.run,
        "split": "val",
        "n_val": curve.n_val,
        "n_train": curve.n_train,
        "points": [
            {"n_train": one.n_train, "score": one.score, "scores": list(one.scores), "train_score": one.train_score}
            for one in curve.points
        ],
        "gain_by_doubling": asdict(curve.gain),
        "foretold": asdict(foretold) | {"came_true": foretold.came_true} if foretold else None,
        "verdict": curve.verdict,
        "better_run": curve.better_run,
        "words": list(curve_in_words(curve)),
        "seconds": round(curve.seconds, 3),
    }


def describe_curve(answer: Answer) -> str:
    """A line per size, then what that says."""
    lines = [
        f"{one['n_train']:8,} samples  accuracy {one['score']:.3f}  (on those learned from {one['train_score']:.3f}, "
        f"{len(one['scores'])} drawn)"
        for one in answer["points"]
    ]
    about = f"A head on frozen features, scored on {answer['n_val']:,} validation samples; {answer['seconds']:.1f} s"
    return "\n".join([about, *lines, *answer["words"]])
