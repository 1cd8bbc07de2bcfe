"""What a source holds: images, texts in folders or tables, told from its files and read as one stream of samples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from core.datasets.columns import ColumnChoice, choose_columns
from core.datasets.encoding import decode_text
from core.datasets.entries import Entry, Listing, UploadedFile, open_source
from core.datasets.image_metadata import is_card, is_metadata, place_images
from core.datasets.naming import RawSample
from core.datasets.readers.folders import Placed, place_entries
from core.datasets.records import Modality, Skipped
from core.datasets.tables import EMPTY_TEXT, clean_text, read_tables, require_columns, table_samples
from core.errors import DatasetError
from core.paths import is_file

MAX_FILE_BYTES = 512 * 1024**2
IMAGE_SUFFIXES = frozenset(
    [
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".png",
        ".bmp",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".heic",
        ".heif",
        ".avif",
        ".svg",
        ".ico",
        ".jp2",
        ".ppm",
        ".pgm",
    ]
)
TABLE_SUFFIXES = frozenset(
    [".csv", ".tsv", ".tab", ".json", ".jsonl", ".ndjson", ".parquet", ".pq", ".xlsx", ".xlsm", ".xls"]
)
TEXT_SUFFIXES = frozenset({".txt", ".text"})
_IMAGE_STARTS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")

Kind = str


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A source about to be read.

    Attributes:
        modality: what its samples are.
        columns: the text and the label column of a table; empty otherwise.
        n_expected: how many items the stream has at most, for progress.
        items: samples and what could not be used; read once, while the source is open.
    """

    modality: Modality
    columns: tuple[str, ...]
    n_expected: int
    items: Iterator[RawSample | Skipped]


def inspect_columns(
    source: Path | Sequence[UploadedFile], *, text_column: str | None = None, label_column: str | None = None
) -> ColumnChoice | None:
    """The columns of the (first) table in a source and the guess which to take; None where it holds no table."""
    with open_source(source) as listing:
        kinds = kinds_of(listing)
        if _choose_kind(kinds) != "table":
            return None
        tables, skipped = read_tables(kinds["table"])
        if not tables:
            raise _nothing_found(listing, skipped)
        return choose_columns(tables[0], text_column=text_column, label_column=label_column)


def read_source(
    listing: Listing,
    *,
    text_column: str | None = None,
    label_column: str | None = None,
    group_column: str | None = None,
) -> Reading:
    """The samples of a source, of whatever kind it holds.

    Raises:
        DatasetError: it holds neither class folders nor a table.
        UnknownChoiceError: a named column does not exist.
    """
    kinds = kinds_of(listing)
    kind = _choose_kind(kinds)
    if kind is None:
        raise _nothing_found(listing, [])
    others = [*listing.skipped, *_other_files(kinds, kind)]
    if kind != "table":
        if text_column or label_column or group_column:
            raise DatasetError(
                f'Columns belong to tables; "{listing.name}" holds {kind} files in folders.',
                "Leave the columns away, or choose a table.",
            )
        return _read_folders(kinds, kind, others)
    tables, skipped = read_tables(kinds["table"])
    if not tables:
        raise _nothing_found(listing, skipped)
    choice = choose_columns(tables[0], text_column=text_column, label_column=label_column, group_column=group_column)
    return Reading(
        modality="text",
        columns=(choice.text_column, choice.label_column),
        n_expected=sum(table.n_rows for table in tables),
        items=chain(others, skipped, table_samples(tables, choice)),
    )


def read_test_source(listing: Listing, like: Reading, *, what: str = "the test set", group_column: str = "") -> Reading:
    """The samples of a separate test set, which must be of the same kind and have the same columns.

    Args:
        listing: what holds them.
        like: the reading of the training data.
        what: they are, in words, where they are something else.
        group_column: see `read_further`.

    Raises:
        DatasetError: it holds no samples of that kind, or its columns have other names.
    """
    kinds = kinds_of(listing)
    wanted: tuple[Kind, ...] = ("image",) if like.modality == "image" else ("table", "text")
    kind = next((kind for kind in wanted if kinds[kind]), None)
    if kind is None:
        raise _of_another_kind(listing, like, what)
    others = [*listing.skipped, *_other_files(kinds, kind)]
    if kind != "table":
        return _read_folders(kinds, kind, others)
    # Columns that we named ourselves ("column 1") tell that the training table has no header.
    headerless = any(name.startswith("column ") for name in like.columns)
    tables, skipped = read_tables(kinds["table"], has_header=False if headerless else None)
    if not tables:
        raise _nothing_found(listing, skipped)
    if like.columns:
        choice = require_columns(tables[0], like.columns, group_column=group_column)
    else:
        choice = choose_columns(tables[0])
    return Reading(
        modality="text",
        columns=(choice.text_column, choice.label_column),
        n_expected=sum(table.n_rows for table in tables),
        items=chain(others, skipped, table_samples(tables, choice)),
    )


def read_further(
    listing: Listing,
    *,
    modality: Modality,
    columns: tuple[str, ...],
    class_name: str | None = None,
    group_column: str = "",
) -> Reading:
    """Samples to be added to a dataset that is there.

    Args:
        listing: what holds them.
        modality: of the dataset.
        columns: its text and label column, which a table must have, too.
        class_name: of all images in it, whatever folders they lie in; None where folders or a table say it.
        group_column: of a table, the one that says what stays together, taken where the table has it.

    Raises:
        DatasetError: it holds no such samples.
    """
    like = Reading(modality=modality, columns=columns, n_expected=0, items=iter(()))
    if class_name is None:
        return read_test_source(listing, like, what="what is added", group_column=group_column)
    kinds = kinds_of(listing)
    if modality != "image" or not kinds["image"]:
        raise _of_another_kind(listing, like, "what is added")
    placed = [Placed(entry=entry, class_name=class_name, split=None) for entry in kinds["image"]]
    others = [*listing.skipped, *_other_files(kinds, "image")]
    return replace(like, n_expected=len(placed), items=chain(others, _files(placed, as_text=False)))


def read_one_file(file: Path) -> bytes:
    """What a single file holds that a person named; raises DatasetError where it is missing or cannot be read."""
    if not is_file(file):
        raise DatasetError(f'There is no file "{file}".', "Correct its name; for a text itself, add --text.")
    data = Entry(name=file.name, size=0, open=lambda: file.open("rb")).read(MAX_FILE_BYTES)
    if isinstance(data, Skipped):
        raise DatasetError(f'"{file.name}" cannot be read: {data.reason}.', "Choose another file.")
    return data


def kinds_of(listing: Listing) -> dict[Kind, list[Entry]]:
    """The files of a source by what they may hold: "image", "text", "table" or "other"."""
    kinds: dict[Kind, list[Entry]] = {"image": [], "text": [], "table": [], "other": []}
    for entry in listing.entries:
        kinds[_kind(entry, alone=len(listing.entries) == 1)].append(entry)
    return kinds


def _kind(entry: Entry, *, alone: bool) -> Kind:
    """What a file may hold; names without a known ending are judged by their first bytes."""
    if entry.suffix in IMAGE_SUFFIXES:
        return "image"
    if entry.suffix in TABLE_SUFFIXES:
        return "table"
    if entry.suffix in TEXT_SUFFIXES:
        return "table" if alone else "text"
    start = entry.head()
    if start.startswith(_IMAGE_STARTS) or start[8:12] == b"WEBP":
        return "image"
    return "table" if start.startswith(b"PAR1") or (alone and start) else "other"


def _choose_kind(kinds: dict[Kind, list[Entry]]) -> Kind | None:
    """The first of images and texts that has two class folders, else tables, else whatever there is.

    Images beside which a table says what they are count as images, whatever folders they lie in.
    """
    if kinds["image"] and any(map(is_metadata, kinds["table"])):
        return "image"
    for kind in ("image", "text"):
        placed, _ = place_entries(kinds[kind])
        if len({item.class_name for item in placed}) > 1:
            return kind
    return next((kind for kind in ("table", "image", "text") if kinds[kind]), None)


def _other_files(kinds: dict[Kind, list[Entry]], kind: Kind) -> list[Skipped]:
    reason = {"image": "not an image", "text": "not a text file", "table": "not a table"}[kind]
    found = [entry for other in kinds if other != kind for entry in kinds[other]]
    belongs = [entry for entry in found if is_card(entry) or (kind == "image" and is_metadata(entry))]
    return [Skipped(file=entry.name, reason=reason) for entry in found if entry not in belongs]


def _read_folders(kinds: dict[Kind, list[Entry]], kind: Kind, others: list[Skipped]) -> Reading:
    if kind == "image":
        placed, outside = place_images(kinds["image"], filter(is_metadata, kinds["table"]))
    else:
        placed, outside = place_entries(kinds[kind])
    return Reading(
        modality="image" if kind == "image" else "text",
        columns=(),
        n_expected=len(placed),
        items=chain(others, outside, _files(placed, as_text=kind == "text")),
    )


def _files(placed: Sequence[Placed], *, as_text: bool) -> Iterator[RawSample | Skipped]:
    for item in placed:
        data = item.entry.read(MAX_FILE_BYTES)
        if isinstance(data, Skipped):
            yield data
            continue
        content = clean_text(decode_text(data)) if as_text else data
        if content:
            yield RawSample(
                content=content,
                class_name=item.class_name,
                split=item.split,
                source=item.entry.name,
                group=item.group,
            )
        else:
            yield Skipped(file=item.entry.name, reason=EMPTY_TEXT)


def _of_another_kind(listing: Listing, like: Reading, what: str) -> DatasetError:
    return DatasetError(
        f'{what.capitalize()} must hold {like.modality} samples like the data; "{listing.name}" holds none.',
        "Choose samples of the same kind.",
    )


def _nothing_found(listing: Listing, skipped: list[Skipped]) -> DatasetError:
    left_out = [*listing.skipped, *skipped]
    found = (
        f'"{left_out[0].file}": {left_out[0].reason}' if left_out else f"{len(listing.entries)} files of other kinds"
    )
    more = f", and {len(left_out) - 1} more" if len(left_out) > 1 else ""
    return DatasetError(
        f'A dataset needs class folders of images or texts, or a table; "{listing.name}" holds nothing that can be '
        f"read (found {found}{more}).",
        "Choose a folder or zip of class folders, or a CSV, TSV, JSON Lines, Parquet or Excel file.",
    )
