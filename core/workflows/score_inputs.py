"""Many inputs through a finished run's model: kept part by part, so that what was answered is never asked again."""

from __future__ import annotations

import hashlib
import secrets
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from core.atomic import replace_file
from core.datasets.decode import ImageError
from core.datasets.entries import UploadedFile, open_source
from core.datasets.records import Skipped
from core.datasets.unlabeled import Unlabeled, read_unlabeled
from core.errors import ConfigurationError, UnknownChoiceError, UserError
from core.exporting.scores import Scored, count_scores, join_as_csv, join_as_parquet, save_part
from core.features.engine import choose_engine
from core.features.pixels import THREADS, decode_square
from core.paths import files_below, is_folder
from core.workflows.loaded_model import AnswerPrecision
from core.workflows.predict import Prediction, answer_pixels, answer_texts
from core.workflows.show_run import RunView, require_readable
from core.workflows.stored_scorings import (
    RESULTS,
    Scoring,
    delete_scoring,
    has_scoring,
    inputs_folder,
    list_scorings,
    load_scoring,
    new_scoring,
    part_file,
    read_scores,
    result_file,
    save_scoring,
)
from core.workflows.workspace import Workspace

__all__ = [
    "create_scoring",
    "delete_scoring",
    "execute_scoring",
    "faster_precision",
    "list_scorings",
    "read_scores",
    "score_path",
    "scored",
]

Progress = Callable[[str, int, int], None]

CHUNK = 256
"""Inputs that are answered together: what an interruption loses at most."""


def create_scoring(
    workspace: Workspace,
    run_id: str,
    files: Sequence[UploadedFile],
    *,
    text_column: str | None = None,
    precision: AnswerPrecision = "float32",
) -> Scoring:
    """Take uploaded files over; they are kept with the scoring until it is deleted.

    Raises:
        ConfigurationError: there is no file, or the run has no model yet.
        UnknownChoiceError: there is no such run.
    """
    require_readable(workspace, run_id)
    if not files:
        raise ConfigurationError("There is nothing to score.", "Choose a file first.")
    scoring_id = secrets.token_hex(8)
    inputs = inputs_folder(workspace, scoring_id)
    inputs.mkdir(parents=True)
    kept = []
    for number, file in enumerate(files):
        place = inputs / str(number)
        shutil.move(file.path, place)
        kept.append((file.name, str(place)))
    return save_scoring(workspace, new_scoring(scoring_id, run_id, kept, text_column, precision))


def score_path(
    workspace: Workspace,
    run_id: str,
    source: Path,
    out: Path,
    *,
    text_column: str | None = None,
    precision: AnswerPrecision = "float32",
    on_progress: Progress = lambda *_: None,
) -> Scoring:
    """Score a file or folder into a CSV or Parquet file; interrupted, the same call goes on where it was.

    Raises:
        ConfigurationError: the ending of `out` is neither, or the run has no model yet.
        DatasetError: there is no input of the run's kind.
        UnknownChoiceError: there is no such run or column.
    """
    kind = next((kind for kind in RESULTS if out.suffix.lower() == f".{kind}"), None)
    if kind is None or not is_folder(out.parent):
        raise ConfigurationError(
            f'Scores are written as CSV or Parquet into a folder that exists; found "{out}".',
            "Name a file that ends in .csv or .parquet.",
        )
    require_readable(workspace, run_id)
    scoring_id = _id_of(workspace, run_id, source, text_column, precision)
    if not has_scoring(workspace, scoring_id):
        sources = [(source.name, str(source.resolve()))]
        save_scoring(workspace, new_scoring(scoring_id, run_id, sources, text_column, precision))
    try:
        done = execute_scoring(workspace, scoring_id, on_progress=on_progress)
    except UserError:  # it would fail again, so there is nothing to go on with
        delete_scoring(workspace, scoring_id)
        raise
    replace_file(out, _copy_of(result_file(workspace, scoring_id, kind)))
    delete_scoring(workspace, scoring_id)
    return done


def execute_scoring(workspace: Workspace, scoring_id: str, *, on_progress: Progress = lambda *_: None) -> Scoring:
    """Answer what is not answered yet, then join the parts.

    Args:
        workspace: where run and scoring lie.
        scoring_id: of `create_scoring`.
        on_progress: called with (step, done, of); may raise to end it, which loses one chunk at most.

    Raises:
        UnknownChoiceError: there is no such scoring, run or column.
        ConfigurationError: the run has no model any more.
        DatasetError: there is no input of the run's kind.
    """
    scoring = load_scoring(workspace, scoring_id)
    run = require_readable(workspace, scoring.run_id)
    try:
        return _execute(workspace, scoring, run, on_progress)
    finally:
        if not has_scoring(workspace, scoring_id):  # deleted meanwhile, and what was written since must go, too
            delete_scoring(workspace, scoring_id)


def faster_precision(run: RunView) -> str | None:
    """What this machine answers for a run in if it may, faster than in float32; None where nothing is faster."""
    fastest = choose_engine(run.modality or "image", run.spec.precision).frozen
    return None if fastest == "float32" else fastest


def scored(name: str, text: str, answer: Prediction) -> Scored:
    """An answer as a row of the result."""
    probs = tuple(prob for _, prob in answer.probabilities)
    return Scored(
        name=name,
        text=text,
        label=answer.label,
        probability=answer.probability,
        probs=probs,
        declined=answer.rejected,
        unlike=None if answer.further_than is None else answer.is_unlike,
    )


def _execute(workspace: Workspace, scoring: Scoring, run: RunView, on_progress: Progress) -> Scoring:
    started = time.perf_counter()
    parts = _answer_all(workspace, scoring, run, on_progress)
    on_progress("Joining", 0, 0)
    replace_file(result_file(workspace, scoring.id, "parquet"), partial(join_as_parquet, parts))
    replace_file(result_file(workspace, scoring.id, "csv"), partial(join_as_csv, parts))
    n_scored, n_skipped = count_scores(parts)
    took = time.perf_counter() - started
    load_scoring(workspace, scoring.id)  # not to be saved again where somebody has just deleted it
    return save_scoring(workspace, replace(scoring, n_scored=n_scored, n_skipped=n_skipped, seconds=took))


def _answer_all(workspace: Workspace, scoring: Scoring, run: RunView, on_progress: Progress) -> list[Path]:
    """The parts, in order; those that are there already are not made again."""
    usual = _usual_column(workspace, run)
    place = partial(part_file, workspace, scoring.id)
    parts: list[Path] = []
    with open_source(_source(scoring)) as listing, ThreadPoolExecutor(THREADS) as pool:
        reading = read_unlabeled(listing, run.modality or "image", text_column=scoring.text_column, usual_column=usual)
        for number, ready in enumerate(_ahead(reading.items, pool, run.spec.image_size_px, place)):
            parts.append(place(number))
            on_progress("Scoring", min(number * CHUNK, reading.n_expected), reading.n_expected)
            if ready is not None:
                rows = _answer(workspace, run, [future.result() for future in ready], scoring.precision)
                replace_file(parts[-1], _writer(rows, run))
    return parts


Ready = Unlabeled | Skipped | tuple[str, NDArray[np.uint8]]
"""A text, why there is no input, or an image's name and pixels."""


def _ahead(
    items: Iterable[Unlabeled | Skipped], pool: ThreadPoolExecutor, size_px: int, place: Callable[[int], Path]
) -> Iterator[list[Future[Ready]] | None]:
    """Chunks whose images are being decoded while the one before is answered; None for one that is on disk."""
    rest = iter(items)
    waiting: deque[list[Future[Ready]] | None] = deque()
    for number in count():
        chunk = list(islice(rest, CHUNK))
        if chunk:
            is_there = place(number).is_file()
            waiting.append(None if is_there else [pool.submit(_decoded, item, size_px) for item in chunk])
        if waiting and (len(waiting) > 1 or not chunk):
            yield waiting.popleft()
        elif not chunk:
            return


def _decoded(item: Unlabeled | Skipped, size_px: int) -> Ready:
    if isinstance(item, Skipped) or isinstance(item.content, str):
        return item
    try:
        return item.name, decode_square(item.content, size_px)
    except ImageError as error:
        return Skipped(file=item.name, reason=error.reason)


def _answer(workspace: Workspace, run: RunView, items: Sequence[Ready], precision: AnswerPrecision) -> list[Scored]:
    images = [item for item in items if isinstance(item, tuple)]
    texts = [item for item in items if isinstance(item, Unlabeled)]
    answers: dict[str, Iterator[Prediction]] = {"image": iter(()), "text": iter(())}
    if images:
        names, pixels = [name for name, _ in images], np.stack([square for _, square in images])
        answers["image"] = iter(answer_pixels(workspace, run, names, pixels, precision=precision))
    if texts:
        contents = [str(item.content) for item in texts]
        answers["text"] = iter(answer_texts(workspace, run, contents, precision=precision))
    return [_row(item, answers) for item in items]


def _row(item: Ready, answers: dict[str, Iterator[Prediction]]) -> Scored:
    if isinstance(item, Skipped):
        return Scored(name=item.file, problem=item.reason)
    if isinstance(item, tuple):
        return scored(item[0], "", next(answers["image"]))
    return scored(item.name, str(item.content), next(answers["text"]))


def _writer(rows: Sequence[Scored], run: RunView) -> Callable[[Path], None]:
    return lambda file: save_part(rows, run.class_names, file, with_text=run.modality == "text")


def _copy_of(source: Path) -> Callable[[Path], None]:
    def copy(file: Path) -> None:
        shutil.copyfile(source, file)

    return copy


def _usual_column(workspace: Workspace, run: RunView) -> str | None:
    try:
        columns = workspace.datasets.load(run.spec.dataset_id).columns
    except UnknownChoiceError:  # the data may be gone, the model is not
        return None
    return columns[0] if columns else None


def _source(scoring: Scoring) -> Path | list[UploadedFile]:
    """What was handed over; a single path of the command line's is read as it is."""
    (name, path), *others = scoring.sources
    if not others and Path(path).name == name:
        return Path(path)
    return [UploadedFile(name=name, path=Path(path)) for name, path in scoring.sources]


def _id_of(workspace: Workspace, run_id: str, source: Path, text_column: str | None, precision: AnswerPrecision) -> str:
    """The same for the same question: equal model, equal files."""
    model = workspace.runs.get(run_id).model_path.stat().st_mtime_ns
    found = [(str(source), source.stat())] if source.is_file() else sorted(files_below(source))
    stats = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in found]
    return hashlib.sha256(repr((run_id, model, text_column, precision, stats)).encode()).hexdigest()[:16]
