"""What only shows when every sample is looked at and compared; a check makes of the evidence a finding or none.

The light checks of `checks.py` need the table alone and are made at every import.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations, pairwise

import numpy as np

from core.arrays import IntArray
from core.datasets.checks import HARMLESS_LEAK_SHARE, NAMES_SHOWN, things, worst_first
from core.datasets.grouping import number_of
from core.datasets.looks import MIN_SIDE_PX, PLAIN_CONTRAST, Look
from core.datasets.records import MAX_ROWS, Dataset, Finding, Remedy, Severity
from core.datasets.similar import members, plain_text

DARK, BRIGHT = 0.08, 0.97
"""Mean grey values beyond these leave next to nothing to see; a night photograph has 0.15."""
BLURRED = 0.1
"""Sharpness below this: of 2,460 photographs of insects and hands none lies below 0.22; softened by a Gaussian of 2
pixels, which a person sees at once in a thumbnail, half of them do."""
LONG_SIDES = 3.0
MUCH_SMALLER = 0.25
CLOSER_NEIGHBOURS = 0.65
"""From this share of neighbours more alike than strangers on, a sequence says something; by chance it is half."""
MIN_NEIGHBOURS = 60
RARE_SCRIPT_SHARE = 0.25
SAME_NAME_RATIO = 0.92
IN_MOST, IN_FEW = 0.9, 0.05
MIN_NAME_CHARS = 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Evidence:
    """A dataset and what was found out about its samples, one entry per sample each.

    Attributes:
        dataset: the samples.
        copies: the same number for near duplicates, exact ones included, shape (n_samples,).
        looks: of images; empty for texts.
        sizes: width and height of images in pixels, as stored; empty for texts.
        cut: rows of texts that a network would read only the beginning of.
        reads: what that network is and how far it reads, in words; empty for images.
    """

    dataset: Dataset
    copies: IntArray
    looks: Sequence[Look] = ()
    sizes: Sequence[tuple[int, int]] = ()
    cut: Sequence[int] = ()
    reads: str = ""


Check = Callable[[Evidence], Finding | None]


def find_deeply(evidence: Evidence) -> tuple[Finding, ...]:
    """The findings of all checks, errors first."""
    return worst_first(check(evidence) for check in CHECKS)


def near_leaks(dataset: Dataset, copies: IntArray) -> list[IntArray]:
    """Groups of near duplicates that lie on two sides of the split; exact copies alone do not count."""
    return [rows for rows in _near(dataset, copies) if len(set(dataset.splits[rows].tolist())) > 1]


def check_near_leaks(evidence: Evidence) -> Finding | None:
    """Nearly the same thing in two splits."""
    dataset, leaks = evidence.dataset, near_leaks(evidence.dataset, evidence.copies)
    if not leaks:
        return None
    judged = sum(int((dataset.splits[rows] != "train").sum()) for rows in leaks)
    share = judged / (dataset.n_samples - dataset.split_sizes()["train"])
    message = (
        f"{judged} {things(dataset, judged)} of val and test {'has' if judged == 1 else 'have'} a near copy "
        f"in another part ({share:.1%} of them), so scores are too good. "
        + (
            "Draw the split anew: near copies then stay together."
            if dataset.split_origin == "drawn"
            else "Leave out the near copies."
        )
    )
    return Finding(
        code="near_split_leak",
        severity="error" if share > HARMLESS_LEAK_SHARE else "warning",
        message=message,
        n=judged,
        rows=_rows(leaks),
        remedy="redraw-split" if dataset.split_origin == "drawn" else "drop-near-copies",
    )


def check_near_duplicates(evidence: Evidence) -> Finding | None:
    """The same thing saved, or said, twice."""
    dataset, groups = evidence.dataset, _near(evidence.dataset, evidence.copies)
    if not groups:
        return None
    n = sum(len(rows) - 1 for rows in groups)
    message = (
        f"{n} {things(dataset, n)} {'is' if n == 1 else 'are'} nearly the same as another one. Copies count more "
        "than once and teach nothing new. Look at them, then leave out all but one of each if they are copies."
    )
    return Finding(
        code="near_duplicates", severity="info", message=message, n=n, rows=_rows(groups), remedy="drop-near-copies"
    )


def check_near_label_conflicts(evidence: Evidence) -> Finding | None:
    """Nearly the same thing under two labels."""
    dataset = evidence.dataset
    groups = [rows for rows in _near(dataset, evidence.copies) if len(set(dataset.labels[rows].tolist())) > 1]
    if not groups:
        return None
    n = len(groups)
    message = (
        f"{n} {'time' if n == 1 else 'times'} nearly the same {dataset.modality} stands under two or more labels. One "
        "of them may be wrong: correct it, or mark it as hard."
    )
    return Finding(code="near_label_conflict", severity="warning", message=message, n=n, rows=_rows(groups))


def check_neighbours(evidence: Evidence) -> Finding | None:
    """Files numbered one after the other that look more alike than others: taken of one person, scene or film."""
    dataset = evidence.dataset
    pairs = _neighbours(dataset)
    if len(pairs) < MIN_NEIGHBOURS or not evidence.looks or dataset.kept_together or dataset.split_origin == "given":
        return None
    small = np.stack([look.small for look in evidence.looks]).astype(np.float32)
    small -= small.mean(axis=1, keepdims=True)
    small /= np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9)
    first, second = np.array(pairs).T
    strangers = np.random.default_rng(0).permutation(second)
    near, far = ((small[first] * small[other]).sum(axis=1) for other in (second, strangers))
    closer = float((near > far).mean())
    if closer < CLOSER_NEIGHBOURS:
        return None
    message = (
        f"Files with neighbouring numbers look alike: {closer:.0%} of them are closer to their neighbour than to a "
        "stranger, where chance gives 50%. They may show one person or scene, and lie on two sides of the split. "
        'Draw the split anew and keep neighbours together to see what the model is worth on new ones (under "Split").'
    )
    return Finding(code="neighbours_alike", severity="warning", message=message, n=len(pairs))


def check_plain(evidence: Evidence) -> Finding | None:
    """Images of one colour, or all but black or white."""
    rows = [
        row
        for row, look in enumerate(evidence.looks)
        if look.contrast < PLAIN_CONTRAST or not DARK <= look.brightness <= BRIGHT
    ]
    message = f"Blank, or so dark or bright that hardly anything can be seen: {_images(rows)}. Leave them out."
    return _of_rows("plain_images", "warning", message, rows, remedy="drop-plain")


def check_blurred(evidence: Evidence) -> Finding | None:
    """Images without sharp edges."""
    rows = [
        row
        for row, look in enumerate(evidence.looks)
        if look.fingerprint is not None and 0 < look.sharpness < BLURRED and DARK <= look.brightness <= BRIGHT
    ]
    message = f"Blurred: {_images(rows)}. Leave them out unless what you will predict on is blurred, too."
    return _of_rows("blurred_images", "info", message, rows)


def check_sizes(evidence: Evidence) -> Finding | None:
    """Images so small that a network sees little in them."""
    if not evidence.sizes:
        return None
    sides = np.array(evidence.sizes).min(axis=1)
    usual = float(np.median(sides))
    rows = np.flatnonzero((sides < MIN_SIDE_PX) | (sides < MUCH_SMALLER * usual)).tolist()
    if len(rows) == len(sides):
        message = f"All images have fewer than {MIN_SIDE_PX} pixels on a side; pretrained networks see little in them."
    else:
        message = f"Much smaller than the others, whose shorter side has about {usual:.0f} pixels: {_images(rows)}."
    return _of_rows("small_images", "info", message, rows)


def check_aspects(evidence: Evidence) -> Finding | None:
    """Images much longer than wide, of which a network sees the middle."""
    rows = [row for row, size in enumerate(evidence.sizes) if max(size) > LONG_SIDES * min(size)]
    message = (
        f"More than {LONG_SIDES:g} times as long as wide: {_images(rows)}. Networks see the square in the middle: "
        "cut them to what matters."
    )
    return _of_rows("long_images", "info", message, rows)


def check_cut_texts(evidence: Evidence) -> Finding | None:
    """Texts longer than a network reads."""
    n, of = len(evidence.cut), evidence.dataset.n_samples
    message = (
        f"Longer than {evidence.reads}: {n} {things(evidence.dataset, n)} ({n / of:.1%}). The rest is not seen; see "
        "that what matters comes first."
    )
    return _of_rows("cut_texts", "warning" if n > 0.1 * of else "info", message, evidence.cut)


def check_scripts(evidence: Evidence) -> Finding | None:
    """Texts in several scripts; languages that share one are not told apart."""
    scripts = [script_of(text) for text in evidence.dataset.texts]
    counts = Counter(script for script in scripts if script)
    if len(counts) < 2:
        return None
    usual = counts.most_common(1)[0][0]
    rows = [row for row, script in enumerate(scripts) if script and script != usual]
    found = ", ".join(f"{name} {n:,}" for name, n in counts.most_common(NAMES_SHOWN))
    message = (
        f"Texts are written in several scripts: {found}. Choose a multilingual network. (Languages that share a "
        "script are not told apart here.)"
    )
    return _of_rows("several_scripts", "warning", message, rows)


def check_answer_in_text(evidence: Evidence) -> Finding | None:
    """Texts that hold the name of their class, and hardly any other text does."""
    dataset = evidence.dataset
    if not dataset.texts:
        return None
    plain = [f" {plain_text(text)} " for text in dataset.texts]
    telling: dict[str, IntArray] = {}
    for label, name in enumerate(dataset.class_names):
        word = plain_text(name.replace("_", " "))
        if len(word) < MIN_NAME_CHARS:
            continue
        holds, own = np.array([f" {word} " in text for text in plain]), dataset.labels == label
        if holds[own].mean() >= IN_MOST and holds[~own].mean() <= IN_FEW:
            telling[name] = np.flatnonzero(holds & own)
    if not telling:
        return None
    names = ", ".join(f'"{name}"' for name in list(telling)[:NAMES_SHOWN])
    message = (
        f"Nearly all texts of {names} hold the name of their class, and hardly any other text does: a model only "
        "learns to look for it. If new texts will not have it, take it out of these."
    )
    return _of_rows("answer_in_text", "warning", message, np.concatenate(list(telling.values())).tolist())


def check_misspelt_names(evidence: Evidence) -> Finding | None:
    """Class names that differ in a letter or two; numbers, and names that one prefix turns around, are left alone."""
    names = [name for name in evidence.dataset.class_names if not any(map(str.isdigit, name))]
    pairs = [pair for pair in combinations(names, 2) if _are_misspelt(*pair)] if len(names) <= MAX_ROWS else []
    if not pairs:
        return None
    shown = ", ".join(f'"{first}" and "{second}"' for first, second in pairs[:NAMES_SHOWN])
    message = f"Some labels are spelt almost alike: {shown}. If they mean the same, merge them."
    return Finding(code="misspelt_class_names", severity="info", message=message, n=2 * len(pairs))


CHECKS: tuple[Check, ...] = (
    check_near_leaks,
    check_near_label_conflicts,
    check_near_duplicates,
    check_neighbours,
    check_plain,
    check_blurred,
    check_sizes,
    check_aspects,
    check_cut_texts,
    check_scripts,
    check_answer_in_text,
    check_misspelt_names,
)


def script_of(text: str) -> str:
    """The script most letters of a text are in ("Latin", "CJK"), by Unicode names; empty for none."""
    counts = Counter(unicodedata.name(char, "").partition(" ")[0] for char in text[:MAX_ROWS] if char.isalpha())
    counts.pop("", None)
    if not counts:
        return ""
    script, n = counts.most_common(1)[0]
    return (script if script == "CJK" else script.capitalize()) if n > RARE_SCRIPT_SHARE * sum(counts.values()) else ""


def _near(dataset: Dataset, copies: IntArray) -> list[IntArray]:
    """Groups of near duplicates with at least two different contents."""
    return [rows for rows in members(copies) if len({dataset.sample_ids[row] for row in rows}) > 1]


def _neighbours(dataset: Dataset) -> list[tuple[int, int]]:
    """Rows of files whose numbers follow each other, or leave out one."""
    numbers = [(number, row) for row, source in enumerate(dataset.sources) if (number := number_of(source))]
    return [
        (row, other)
        for (one, row), (two, other) in pairwise(sorted(numbers))
        if one[0] == two[0] and 0 < two[1] - one[1] <= 2
    ]


def _are_misspelt(first: str, second: str) -> bool:
    one, two = sorted((first.casefold(), second.casefold()), key=len)
    if one == two or two.endswith(one):
        return False
    return SequenceMatcher(a=one, b=two, autojunk=False).ratio() >= SAME_NAME_RATIO


def _of_rows(
    code: str, severity: Severity, message: str, rows: Sequence[int], *, remedy: Remedy = ""
) -> Finding | None:
    if not rows:
        return None
    return Finding(
        code=code, severity=severity, message=message, n=len(rows), rows=tuple(rows[:MAX_ROWS]), remedy=remedy
    )


def _rows(groups: Sequence[IntArray]) -> tuple[int, ...]:
    """Rows of whole groups, side by side, as far as a finding keeps them."""
    return tuple(np.concatenate(groups).tolist()[:MAX_ROWS])


def _images(rows: Sequence[int]) -> str:
    return f"{len(rows)} image" + ("" if len(rows) == 1 else "s")
