"""Labels that are markup, paths, formulas, invisible or endless, on otherwise good samples."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

from tests.fuzz.archives import NAMES
from tests.fuzz.mutation import good_images, good_rows, zipped
from tests.fuzz.tables import CELLS

LABELS = (
    *CELLS,
    *(name.rpartition("/")[0] or name for name in NAMES),
    "# Heading",
    "**bold** :material/home:",
    "$$x$$",
    "{{ 7 * 7 }}",
    "%s%n",
    "z" * 10_000,
    "a",
    "A",
    "a\u0301",
    "\u00e1",
    "\u0430",
    "\u3164",
    "\u115f\u1160",
    "\ufe0f",
    "\u034f",
    "\U000e0041\U000e0042",
    "\u2800",
    "\ue000",
    "0",
    "0.0",
    "-0",
    "00",
    "1e5",
    "\u0661",
    "true",
    "None",
    "nan",
    "__class__",
    "constructor",
)


def in_table(rng: Random, folder: Path) -> Path:
    chosen = rng.sample(LABELS, rng.randint(2, 6))
    rows = [
        json.dumps({"text": f"{text} {n}", "label": chosen[n % len(chosen)]})
        for n, (text, _) in enumerate(good_rows(24))
    ]
    file = folder / "labels.jsonl"
    file.write_text("\n".join(rows))
    return file


def in_folders(rng: Random, folder: Path) -> Path:
    # An entry's name ends for Python at its first NUL, and cannot be empty.
    chosen = [name for name in rng.sample(LABELS, 4) if "\ud800" not in name and not name.startswith("\0")]
    images = iter(range(len(good_images())))
    members = [(f"{name[:30_000]}/{n}.png", good_images()[next(images)]) for name in chosen for n in range(2)]
    file = folder / "labels.zip"
    file.write_bytes(zipped(members))
    return file


def in_split_parts(rng: Random, folder: Path) -> Path:
    rows = [
        json.dumps({"text": f"{text} {n}", "label": rng.choice(LABELS[:20]), "split": rng.choice(("train", "test"))})
        for n, (text, _) in enumerate(good_rows(30))
    ]
    file = folder / "parts.jsonl"
    file.write_text("\n".join(rows))
    return file


MALICES = (in_table, in_folders, in_split_parts)
