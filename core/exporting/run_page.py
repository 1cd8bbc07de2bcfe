"""A run as one HTML file for those who were not there: self-contained, for screens, phones and paper."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from core.evaluation.mistakes import strongest_confusions
from core.evaluation.records import BASELINE_TITLES, ClassReport, Interval, SplitReport
from core.exporting import wording
from core.exporting.card_form import card_sections, provenance
from core.exporting.curve_drawing import draw_curves
from core.exporting.interval_drawing import draw_coverage, draw_interval, draw_reliability
from core.exporting.matrix_drawing import classes_drawn, draw_matrix
from core.exporting.records import Example, RunFacts
from core.exporting.stage_drawing import draw_stages
from core.settings import PRODUCT

TEMPLATES = Path(__file__).parent / "templates"
N_CONFUSIONS = 12
TEXT_CHARS = 400


def render_run_page(facts: RunFacts) -> bytes:
    """The whole page as UTF-8; everything a person named or wrote is escaped, and nothing is ever fetched.

    The page says so itself, by a content security policy that allows its own styles and pictures alone.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"per_cent": wording.per_cent, "score": wording.score, "day": wording.day_words}
    page = environment.get_template("run_page.html").render(
        style=Markup((TEMPLATES / "run_page.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
        product=PRODUCT,
        facts=facts,
        part=facts.headline,
        words=wording,
        card=card_sections(facts),
        provenance=provenance(facts),
        **_drawings(facts),
        **_tables(facts),
    )
    # A text read from JSON may hold half a surrogate pair, which UTF-8 has no bytes for.
    return page.encode("utf-8", errors="replace")


def _drawings(facts: RunFacts) -> dict[str, Any]:
    part = facts.headline
    return {
        "curves": [drawn for what in ("Loss", "Macro-F1") if (drawn := draw_curves(facts.events, what))],
        "matrix": draw_matrix(part.confusion_matrix, facts.report.class_names),
        "matrix_classes": len(classes_drawn(part.confusion_matrix)),
        "stages": draw_stages(facts.model.stages),
        "reliability": draw_reliability(part.calibration) if part.calibration else None,
        "coverage": draw_coverage(part.calibration) if part.calibration else None,
        "draw_interval": draw_interval,
    }


def _tables(facts: RunFacts) -> dict[str, Any]:
    part = facts.headline
    names = facts.report.class_names
    return {
        "ways": _ways(part),
        "confusions": [
            (names[one.true_label], names[one.predicted_label], one.n, one.share)
            for one in strongest_confusions(part.confusion_matrix, n=N_CONFUSIONS)
        ],
        "classes": [(row, _verdict(row)) for row in sorted(part.classes, key=lambda row: (row.f1, row.class_name))],
        "lowest": _lowest(part.classes),
        "examples": [("Right, drawn by lot", facts.right), ("Wrong, those it was surest of first", facts.wrong)],
        "picture": _data_uri,
        "shortened": _shortened,
        "picture_px": 96,
    }


def _ways(part: SplitReport) -> list[tuple[str, Interval, float | None]]:
    """The model and the simpler ways, each with its accuracy and macro-F1, the best first."""
    others: list[tuple[str, Interval, float | None]] = [
        (BASELINE_TITLES[one.name], one.accuracy, one.macro_f1) for one in part.baselines if one.accuracy is not None
    ]
    majority = Interval(value=part.majority_accuracy, low=None, high=None, why="It is the share of the class.")
    others.append((f'always answering "{part.majority_class}"', majority, part.majority_macro_f1))
    ranked = sorted(others, key=lambda way: -way[1].value)
    return [("this model", part.accuracy, part.macro_f1.value), *ranked]


def _verdict(row: ClassReport) -> str:
    """Why a class has no interval to read; empty where it has."""
    if row.support == 0:
        return "no samples"
    return "too few to tell" if row.is_too_small else ""


def _lowest(classes: Sequence[ClassReport]) -> float:
    """Where the drawings of all classes begin: in the middle if that leaves nothing out."""
    shown = [row.f1_interval for row in classes if row.f1_interval and not _verdict(row)]
    return 0.5 if all((one.value if one.low is None else one.low) >= 0.5 for one in shown) else 0.0


def _data_uri(example: Example) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(example.jpeg or b'').decode('ascii')}"


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_CHARS else f"{flat[: TEXT_CHARS - 1]}…"
