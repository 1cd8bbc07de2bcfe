"""A stream of samples gathered: images stored, texts kept, and stopped where it is more than the settings allow."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from core.datasets.decode import ImageError
from core.datasets.looks import Look, read_look
from core.datasets.naming import RawSample
from core.datasets.records import Dataset, Modality, Skipped, SplitName
from core.datasets.store import DatasetStore, content_id
from core.errors import DatasetError
from core.settings import limit, limit_remedy, limit_words

N_THREADS = 2
N_WAITING = 8
"""Images read ahead of the decoders; bounds the memory whatever the size of the dataset."""

AT_LIMIT = {
    "samples": "Use a part of the data",
    "texts": "Use a part of the texts",
    "classes": "Choose a column with fewer different labels, or join small classes",
}

Progress = Callable[[int, int], None]


@dataclass(slots=True)
class Stored:
    """One sample after its content has been stored."""

    raw: RawSample
    sample_id: str
    text: str = ""
    look: Look | None = None


@dataclass(slots=True)
class Gathered:
    """All samples of an import so far, in the order of the files.

    One list per fact: a million records would cost twice the memory and the collector of garbage its time.
    """

    sample_ids: list[str] = field(default_factory=list)
    class_names: list[str] = field(default_factory=list)
    splits: list[SplitName | None] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    groups: list[str | None] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)

    def add(self, stored: Stored) -> None:
        """One more sample."""
        self.sample_ids.append(stored.sample_id)
        self.class_names.append(stored.raw.class_name)
        self.splits.append(stored.raw.split)
        self.sources.append(stored.raw.source)
        self.groups.append(stored.raw.group)
        if stored.look is None:
            self.texts.append(stored.text)
        else:
            self.looks.append(stored.look)

    def set_aside(self, rows: Iterable[int], why: Callable[[int], str]) -> None:
        """Moves rows to the skipped ones, each with its reason."""
        gone = set(rows)
        self.skipped += [Skipped(file=self.sources[row], reason=why(row)) for row in sorted(gone)]
        for name in ("sample_ids", "class_names", "splits", "sources", "texts", "groups", "looks"):
            setattr(self, name, [value for row, value in enumerate(getattr(self, name)) if row not in gone])


def gather(
    items: Iterable[RawSample | Skipped],
    store: DatasetStore,
    modality: Modality,
    report: Callable[[int], None],
    *,
    beside: Dataset | None = None,
) -> Gathered:
    """Everything a stream holds, images stored; whoever calls holds `DatasetStore.naming`.

    Args:
        items: the stream.
        store: where images go.
        modality: of the samples.
        report: told how many items are done.
        beside: the dataset that it is added to, which counts towards what one may have.

    Raises:
        DatasetError: that is more than the settings allow.
    """
    gathered = Gathered()
    amounts = _Amounts(beside)
    outcomes = _keep_images(items, store) if modality == "image" else map(_keep_text, items)
    for n_done, outcome in enumerate(outcomes, start=1):
        if isinstance(outcome, Stored):
            amounts.add(outcome)
            gathered.add(outcome)
        else:
            gathered.skipped.append(outcome)
        report(n_done)
    return gathered


def reporting(on_progress: Progress | None, n_expected: int) -> Callable[[int], None]:
    """Progress at most a few hundred times, however many samples there are."""
    step = max(1, n_expected // 200)

    def report(n_done: int) -> None:
        if on_progress is not None and (n_done % step == 0 or n_done == n_expected):
            on_progress(min(n_done, n_expected), n_expected)

    return report


class _Amounts:
    """What a dataset would have by now; stops the import where that is more than the settings allow."""

    def __init__(self, beside: Dataset | None) -> None:
        self._limits = {name: limit(name) for name in AT_LIMIT}
        self._n_samples = beside.n_samples if beside else 0
        self._n_chars = sum(map(len, beside.texts)) if beside else 0
        self._classes = set(beside.class_names if beside else ())

    def add(self, kept: Stored) -> None:
        """One more sample."""
        self._n_samples += 1
        self._n_chars += len(kept.text)
        self._classes.add(kept.raw.class_name)
        for name, found in (("samples", self._n_samples), ("texts", self._n_chars), ("classes", len(self._classes))):
            if found > self._limits[name]:
                raise DatasetError(
                    f"A dataset may have {limit_words(name)}; this one has more.", limit_remedy(name, AT_LIMIT[name])
                )


def _keep_text(item: RawSample | Skipped) -> Stored | Skipped:
    if isinstance(item, Skipped):
        return item
    text = str(item.content)
    return Stored(item, content_id(text.encode()), text)


def _keep_images(items: Iterable[RawSample | Skipped], store: DatasetStore) -> Iterator[Stored | Skipped]:
    """Decodes in threads, in order, with only a few images in memory at a time."""
    waiting: deque[Future[Stored | Skipped]] = deque()
    with ThreadPoolExecutor(N_THREADS, thread_name_prefix="decode") as pool:
        for item in items:
            waiting.append(pool.submit(_keep_image, item, store))
            if len(waiting) >= N_WAITING:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _keep_image(item: RawSample | Skipped, store: DatasetStore) -> Stored | Skipped:
    if isinstance(item, Skipped):
        return item
    if isinstance(item.content, str):
        raise TypeError("an image sample must hold bytes")
    try:
        sample_id = store.add_image(item.content)
    except ImageError as error:
        return Skipped(file=item.source, reason=error.reason)
    return Stored(item, sample_id, look=read_look(store.thumbnail_path(sample_id)))
