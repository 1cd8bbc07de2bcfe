"""A run, or the whole workspace, as one file that can be opened elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from core.atomic import replace_file
from core.backbones.catalogue import get_backbone
from core.backbones.hub import own_folder
from core.backbones.own_rows import OWN_FILES, find_own_weights, list_own_weights
from core.datasets.records import Dataset
from core.errors import ConfigurationError, writing_for_person
from core.exporting.packed_file import PackedContent, Progress, write_packed
from core.runs.folder import RunFolder
from core.runs.records import LIVE_STATES, READABLE_STATES, utc_now
from core.workflows.package_versions import package_versions
from core.workflows.show_run import read_combination
from core.workflows.stored_checks import check_file
from core.workflows.workspace import Workspace


@dataclass(frozen=True, kw_only=True, slots=True)
class Packed:
    """What a packed file holds.

    Attributes:
        runs: ids of the runs, those that others were put together from included.
        datasets: ids of the dataset versions whose samples are in it.
        weights: ids of weights of the person's own.
        left_out: ids of runs that were waiting or under way.
        n_bytes: how large its content is; the file is hardly larger.
        privacy: what of the data is in it, one sentence.
    """

    runs: tuple[str, ...]
    datasets: tuple[str, ...]
    weights: tuple[str, ...]
    left_out: tuple[str, ...]
    n_bytes: int
    privacy: str


def plan_pack(workspace: Workspace, run_id: str | None, *, with_samples: bool) -> Packed:
    """What the file would hold; nothing is written. Arguments and errors as `pack`."""
    return _Plan(workspace, run_id, with_samples=with_samples).packed


def pack(
    workspace: Workspace,
    run_id: str | None,
    file: Path,
    *,
    with_samples: bool,
    on_progress: Progress = lambda *_: None,
) -> Packed:
    """Write a run, or with None all runs and datasets, into one file, which appears whole or not at all.

    A run brings along the runs that it was put together from and the weights of the person's own that it began with;
    pretrained weights with a name are found again by their name. Features, thumbnails and measured times are not in
    it, because they are computed anew.

    Args:
        workspace: where it lies.
        run_id: the run; None for the whole workspace.
        file: to write.
        with_samples: whether the data go with it; without them a run can be read and predicts, but shows no samples
            and cannot go on training.
        on_progress: told (step, files done, files in all); may raise to end it.

    Raises:
        UnknownChoiceError: there is no such run.
        ConfigurationError: the run is waiting or under way, or there is nothing to pack.
        OutOfResourcesError: the file could not be written.
    """
    plan = _Plan(workspace, run_id, with_samples=with_samples)
    found = plan.packed
    content = PackedContent(
        kind="workspace" if run_id is None else "run",
        created_at=utc_now(),
        runs=found.runs,
        datasets=found.datasets,
        weights=found.weights,
        versions=package_versions(),
    )
    with writing_for_person(file):
        replace_file(file, lambda path: write_packed(path, plan.sources, content, on_progress=on_progress))
    return found


def pack_bytes(workspace: Workspace, run_id: str | None, *, with_samples: bool) -> bytes:
    """The same for a download; see `Packed.n_bytes` before asking for much."""
    with workspace.draft() as folder:
        file = folder / "packed.zip"
        pack(workspace, run_id, file, with_samples=with_samples)
        return file.read_bytes()


class _Plan:
    """Which files go into it, under which names: those they have below the root of a workspace."""

    def __init__(self, workspace: Workspace, run_id: str | None, *, with_samples: bool) -> None:
        self._workspace = workspace
        runs, left_out = self._all_runs() if run_id is None else (self._with_members(run_id), ())
        datasets = self._datasets(runs, everything=run_id is None) if with_samples else ()
        weights = self._weights(runs, everything=run_id is None)
        if not runs and not datasets:
            raise ConfigurationError("There is nothing to pack yet: no run and no dataset.", "Train a run first.")
        self.sources: dict[str, Path] = dict(self._named(runs, datasets, weights))
        self.packed = Packed(
            runs=tuple(folder.id for folder in runs),
            datasets=tuple(dataset.id for dataset in datasets),
            weights=weights,
            left_out=left_out,
            n_bytes=sum(path.stat().st_size for path in self.sources.values()),
            privacy=_privacy(datasets),
        )

    def _all_runs(self) -> tuple[tuple[RunFolder, ...], tuple[str, ...]]:
        folders = self._workspace.runs.list_runs()
        live = {folder.id for folder in folders if folder.read_status().state in LIVE_STATES}
        return tuple(folder for folder in folders if folder.id not in live), tuple(sorted(live))

    def _with_members(self, run_id: str) -> tuple[RunFolder, ...]:
        folder = self._workspace.runs.get(run_id)
        if folder.read_status().state in LIVE_STATES:
            raise ConfigurationError(f"Run {run_id} waits or is under way.", "Pack it when it is done, or stop it.")
        combination = read_combination(folder)
        members = [one for member in (combination.run_ids if combination else ()) for one in self._with_members(member)]
        return tuple({one.id: one for one in (*members, folder)}.values())

    def _datasets(self, runs: Iterable[RunFolder], *, everything: bool) -> tuple[Dataset, ...]:
        store = self._workspace.datasets
        of_runs = dict.fromkeys(folder.read_spec().dataset_id for folder in runs)
        wanted = [card.id for card in store.list_cards()] if everything else [one for one in of_runs if store.has(one)]
        return tuple(store.load(dataset_id) for dataset_id in wanted)

    def _weights(self, runs: Iterable[RunFolder], *, everything: bool) -> tuple[str, ...]:
        if everything:
            return tuple(own.id for own in list_own_weights())
        models = dict.fromkeys(folder.read_spec().model for folder in runs)
        return tuple(model for model in models if find_own_weights(model))

    def _named(
        self, runs: Iterable[RunFolder], datasets: Iterable[Dataset], weights: Iterable[str]
    ) -> Iterator[tuple[str, Path]]:
        for own_id in weights:
            folder = own_folder(get_backbone(own_id).id)
            yield from (
                (f"weights/{folder.name}/{name}", folder / name) for name in OWN_FILES if (folder / name).exists()
            )
        for dataset in datasets:
            yield from self._dataset_files(dataset)
        for run in runs:
            is_done = run.read_status().state in READABLE_STATES[:1]  # a finished run has nothing to go on with
            files = run.lasting_files()
            yield from (
                (f"runs/{run.id}/{name}", path)
                for name, path in files.items()
                if not (is_done and path == run.checkpoint_path)
            )

    def _dataset_files(self, dataset: Dataset) -> Iterator[tuple[str, Path]]:
        store = self._workspace.datasets
        yield from ((f"datasets/{dataset.id}/{path.name}", path) for path in store.files_of(dataset.id))
        if dataset.modality == "image":
            for sample_id in dict.fromkeys(dataset.sample_ids):
                yield f"images/{sample_id[:2]}/{sample_id}", store.image_path(sample_id)
        checked = check_file(self._workspace, dataset.id)
        if checked.is_file():
            yield f"checks/{checked.name}", checked


def _privacy(datasets: Iterable[Dataset]) -> str:
    kinds = sorted({f"{dataset.modality}s" for dataset in datasets})
    if not kinds:
        return "No image and no text is in it, but the names of classes and files, and what the model answered to each."
    n_samples = sum(dataset.n_samples for dataset in datasets)
    return f"All {n_samples:,} {' and '.join(kinds)} of the data are in it: hand it only to who may see them."
