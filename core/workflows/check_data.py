"""Look at every sample of a dataset and compare each with all others; make the versions that mend what that shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import numpy as np

from core.arrays import IntArray
from core.backbones.catalogue import DEFAULT_BACKBONES, get_backbone
from core.backbones.records import TextPreprocessing
from core.datasets.changes import LabelChanges, rename_class
from core.datasets.checks import names_alike
from core.datasets.decode import image_size
from core.datasets.deep_checks import Evidence, find_deeply
from core.datasets.grouping import GroupRule
from core.datasets.looks import Look, read_look
from core.datasets.records import Dataset, Finding
from core.datasets.reshaping import drop_copies, keep_rows
from core.datasets.reshaping import redraw_split as draw_anew
from core.datasets.similar import group_similar_images, group_similar_texts, join_groups, plain_text
from core.datasets.split import Shares
from core.datasets.versions import make_version as apply_changes
from core.errors import ConfigurationError, MissingWeightsError
from core.settings import DEFAULT_SEED
from core.workflows.dataset_versions import next_version, store_version
from core.workflows.stored_checks import DataCheck, load_check, save_check
from core.workflows.workspace import Workspace

__all__ = ["DataCheck", "GroupRule", "Shares", "apply_remedy", "check_data", "load_check", "redraw_split"]

Progress = Callable[[str, int, int], None]

N_THREADS = 2
BATCH = 128
WORDS_PER_TOKEN = 0.75
"""Of English; where no tokenizer is on this machine, words are counted instead."""


def check_data(workspace: Workspace, dataset: Dataset, *, on_progress: Progress = lambda *_: None) -> DataCheck:
    """Find near duplicates and odd samples; what was found is kept in the workspace.

    Args:
        workspace: where the images lie.
        dataset: as stored in the workspace.
        on_progress: called with (step, done, of); may raise to end it.
    """
    started = time.perf_counter()
    evidence = _look_at_images if dataset.modality == "image" else _read_texts
    found = evidence(workspace, dataset, on_progress)
    on_progress("Putting it together", 0, 0)
    check = DataCheck(
        dataset_id=dataset.id,
        findings=find_deeply(found),
        copies=tuple(found.copies.tolist()),
        seconds=time.perf_counter() - started,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
    save_check(workspace, check)
    return check


def apply_remedy(workspace: Workspace, dataset_id: str, finding: Finding) -> Dataset:
    """Store a new version with what a finding's button does; the same press again gives the version that is there.

    Raises:
        ConfigurationError: nothing can be done about this finding by a button.
        DatasetError: what would be left could not be learned from; nothing changes.
    """
    dataset = workspace.datasets.load(dataset_id)
    version = next_version(workspace, dataset_id)
    if finding.remedy == "drop-copies":
        exact = join_groups(dataset.sample_ids)
        return store_version(workspace, drop_copies(dataset, exact, what="exact copies", version=version))
    if finding.remedy == "drop-near-copies":
        copies = copies_of(workspace, dataset)
        return store_version(workspace, drop_copies(dataset, copies, what="copies and near copies", version=version))
    if finding.remedy == "drop-plain":
        gone = set(finding.rows)
        rows = [row for row in range(dataset.n_samples) if row not in gone]
        changes = f"{len(gone):,} blank or dark images left out"
        return store_version(workspace, keep_rows(dataset, rows, changes=changes, version=version))
    if finding.remedy == "merge-names":
        return store_version(workspace, apply_changes(dataset, _merge_names(dataset), version=version))
    if finding.remedy == "redraw-split":
        return redraw_split(workspace, dataset_id, rule=GroupRule(), shares=usual_shares(dataset))
    raise ConfigurationError("This finding has no button that mends it.", "Look at the samples and decide yourself.")


def redraw_split(
    workspace: Workspace, dataset_id: str, *, rule: GroupRule, shares: Shares, seed: int = DEFAULT_SEED
) -> Dataset:
    """Store a new version whose split is drawn anew; near copies stay on one side.

    Args:
        workspace: where the dataset lies.
        dataset_id: the version to begin with.
        rule: what else stays on one side.
        shares: of validation and test.
        seed: same seed, same split.

    Raises:
        DatasetError: what should stay together is not known or cannot be dealt out, or the split would be the same.
    """
    dataset = workspace.datasets.load(dataset_id)
    made = draw_anew(
        dataset,
        copies_of(workspace, dataset),
        rule=rule,
        shares=shares,
        seed=seed,
        version=next_version(workspace, dataset_id),
    )
    return store_version(workspace, made)


def usual_shares(dataset: Dataset) -> Shares:
    """The usual shares; no test part where the dataset has none."""
    return Shares() if len(dataset.rows("test")) else Shares(test=0)


def _look_at_images(workspace: Workspace, dataset: Dataset, on_progress: Progress) -> Evidence:
    looks = read_looks(workspace, dataset, on_progress)
    of = partial(on_progress, "Comparing the images")
    copies = join_groups(dataset.sample_ids, group_similar_images(looks, on_progress=of))
    sizes = [image_size(workspace.datasets.image_path(sample_id)) for sample_id in dataset.sample_ids]
    return Evidence(dataset=dataset, copies=copies, looks=looks, sizes=sizes)


def read_looks(workspace: Workspace, dataset: Dataset, on_progress: Progress = lambda *_: None) -> list[Look]:
    """The look of every image, in order."""
    paths = [workspace.datasets.thumbnail_path(sample_id) for sample_id in dataset.sample_ids]
    looks: list[Look] = []
    with ThreadPoolExecutor(N_THREADS, thread_name_prefix="look") as pool:
        for start in range(0, len(paths), BATCH):
            on_progress("Looking at the images", start, len(paths))
            looks += pool.map(read_look, paths[start : start + BATCH])
    return looks


def _read_texts(workspace: Workspace, dataset: Dataset, on_progress: Progress) -> Evidence:  # noqa: ARG001 - as for images
    of = partial(on_progress, "Comparing the texts")
    copies = join_groups(dataset.sample_ids, group_similar_texts(dataset.texts, on_progress=of))
    on_progress("Counting their tokens", 0, 0)
    cut, reads = _cut_texts(dataset.texts)
    return Evidence(dataset=dataset, copies=copies, cut=cut, reads=reads)


def _cut_texts(texts: Sequence[str]) -> tuple[list[int], str]:
    """Rows of texts that the network of the installation cuts, and how far it reads."""
    from core.backbones.tokenizers import tokenize

    row = get_backbone(DEFAULT_BACKBONES["text"])
    if not isinstance(row.preprocessing, TextPreprocessing):
        raise TypeError("the default backbone for texts must read texts")
    limit = row.preprocessing.max_tokens
    try:
        lengths = np.diff(tokenize(row.id, texts).offsets)
    except MissingWeightsError:
        n_words = round(limit * WORDS_PER_TOKEN)
        cut = [place for place, text in enumerate(texts) if len(text.split()) > n_words]
        return cut, f"the first {n_words} words or so that networks read ({limit} tokens)"
    return np.flatnonzero(lengths >= limit).tolist(), f"the {limit} tokens that {row.title} reads"


def copies_of(workspace: Workspace, dataset: Dataset) -> IntArray:
    """Near copies as the last check found them, else what can be told at once."""
    check = load_check(workspace, dataset.id)
    if check is not None:
        return np.array(check.copies, dtype=np.int64)
    if dataset.modality == "image":
        return join_groups(dataset.sample_ids, group_similar_images(read_looks(workspace, dataset)))
    return join_groups(dataset.sample_ids, [plain_text(text) for text in dataset.texts])


def _merge_names(dataset: Dataset) -> LabelChanges:
    """Each group of names that are alike becomes its largest class."""
    changes, counts = LabelChanges(), dataset.class_counts()
    for names in names_alike(dataset.class_names):
        kept = max(names, key=lambda name: counts[name])
        for name in names:
            if name != kept:
                changes = rename_class(changes, name, kept)
    return changes
