"""Kills the program at random moments and counts what was lost: `make chaos`, or `python -m tests.chaos`."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import random
import shutil
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before torch: equal numbers in every process, and cores for others
os.environ["TOKENIZERS_PARALLELISM"] = "false"

from tests.chaos import disks
from tests.chaos.children import import_everything
from tests.chaos.journeys import JOURNEYS, share_out
from tests.chaos.trials import Chaos, Outcome

N_FULL_DISKS = 5
DEFAULT_KILLS = 50

_known: list[Callable[[], Outcome]] = []
"""Of a worker."""


def main() -> int:
    """Returns 0 where nothing was lost, else 1."""
    options = _options()
    started = time.perf_counter()
    print("Importing, then going through everything undisturbed ...", flush=True)
    import_everything()
    folder = Path(tempfile.mkdtemp(prefix="headstart-chaos-"))
    chaos = Chaos(folder)
    chaos.go_undisturbed()
    for name, seconds in chaos.seconds.items():
        print(f"  {name}: {seconds:.1f} s")
    trials = _trials(chaos, options.n_kills, random.Random(options.seed))
    outcomes = []
    for outcome in _try_all(trials, options.n_jobs):
        outcomes.append(outcome)
        _tell(len(outcomes), outcome)
    _tell_all(outcomes, time.perf_counter() - started)
    if any(outcome.lost for outcome in outcomes):
        print(f"What was left of them lies in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--n-kills", type=int, default=DEFAULT_KILLS, metavar="N")
    parser.add_argument("--seed", type=int, default=0, help="of the moments; 0 by default")
    parser.add_argument("--n-jobs", type=int, default=2, metavar="N", help="trials at a time")
    return parser.parse_args()


def _try_all(trials: list[Callable[[], Outcome]], n_jobs: int) -> Iterator[Outcome]:
    """Outcomes as they come; each worker is a fork that knows the trials, so that only their numbers travel."""
    with multiprocessing.get_context("fork").Pool(n_jobs, _remember, [trials]) as pool:
        yield from pool.imap_unordered(_attempt, range(len(trials)))


def _remember(trials: list[Callable[[], Outcome]]) -> None:
    _known.extend(trials)


def _attempt(number: int) -> Outcome:
    try:
        return _known[number]()
    except Exception:  # noqa: BLE001 - a trial that cannot be judged has lost, and the others go on
        return Outcome(f"trial {number}", "not judged", 0.0, [traceback.format_exc()])


def _trials(chaos: Chaos, n_kills: int, rng: random.Random) -> list[Callable[[], Outcome]]:
    """In random order; the disks that are full or read-only stand among the kills."""
    trials = [*_kills(chaos, n_kills, rng)]
    if reason := disks.why_not():
        print(f"Not tried: a full disk and a read-only workspace; that {reason}.")
    else:
        trials += _disks(chaos, rng)
    rng.shuffle(trials)
    return trials


def _kills(chaos: Chaos, n_kills: int, rng: random.Random) -> Iterator[Callable[[], Outcome]]:
    """Moments spread evenly over the length of each command: one drawn from each of as many equal pieces."""
    counts = share_out(n_kills)
    for journey in JOURNEYS:
        n = counts[journey.name]
        for piece in range(n):
            at_s = chaos.seconds[journey.name] * (piece + rng.random()) / n
            yield lambda journey=journey, at_s=at_s: chaos.kill(journey, at_s)


def _disks(chaos: Chaos, rng: random.Random) -> Iterator[Callable[[], Outcome]]:
    images, texts = JOURNEYS[:2]
    for piece in range(N_FULL_DISKS):
        share = (piece + rng.random()) / N_FULL_DISKS
        yield lambda journey=(images, texts)[piece % 2], share=share: chaos.fill_disk(journey, share)
    late = chaos.seconds[images.name] * rng.uniform(0.3, 0.9)
    yield lambda: chaos.fill_disk(images, rng.uniform(0.5, 1.0), at_s=late)
    yield lambda: chaos.forbid_writing(images, None)
    yield lambda: chaos.forbid_writing(images, late)
    yield lambda: chaos.forbid_writing(texts, chaos.seconds[texts.name] * rng.uniform(0.3, 0.9))


def _tell(number: int, outcome: Outcome) -> None:
    moment = f" after {outcome.at_s:.2f} s" if outcome.at_s else ""
    verdict = "LOST" if outcome.lost else "nothing lost"
    print(f"{number:3}  {outcome.name}: {outcome.phase}{moment}: {verdict}", flush=True)
    for words in outcome.lost:
        print(f"       {words}", flush=True)


def _tell_all(outcomes: list[Outcome], seconds: float) -> None:
    counts = Counter((outcome.name, outcome.phase.partition(",")[0]) for outcome in outcomes)
    print("\nwhat was hit                             times")
    for (name, phase), n in sorted(counts.items()):
        print(f"  {name if name == phase else f'{name}: {phase}':38} {n:5}")
    n_lost = sum(bool(outcome.lost) for outcome in outcomes)
    print(f"{len(outcomes)} trials in {seconds:.0f} s, lost {n_lost}")


if __name__ == "__main__":
    sys.exit(main())
