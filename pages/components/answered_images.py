"""Many images at once: each with its answer, what they come to, and all of it as a file."""

from __future__ import annotations

from collections import Counter
from functools import partial

import streamlit as st

from core.workflows.answer_many import AnsweredImage, images_csv
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components.download_button import render_download
from pages.components.text import escape_markdown, shorten

TILE_PX = 104
NAME_CHARS = 13
ORDERS = {"given": "As given", "unsure": "Least sure first"}
N_COUNTED = 6


def render_answered_images(workspace: Workspace, run: RunView, answers: tuple[AnsweredImage, ...]) -> None:
    """The images in even rows, those that could not be read at the end with the reason."""
    read = [one for one in answers if one.prediction is not None]
    unread = [one for one in answers if one.prediction is None]
    if read:
        st.markdown(_counts(read))
        with st.container(horizontal=True, vertical_alignment="bottom"):
            order = st.segmented_control(
                "Order", list(ORDERS), key="images-order", default="given", required=True, format_func=ORDERS.get
            )
            make = partial(images_csv, workspace, run.id, answers)
            render_download("CSV", f"answers-{run.id}.csv", make, key="images-csv")
        _render_tiles(sorted(read, key=_probability) if order == "unsure" else read)
    for one in unread:
        st.caption(f":material/error: {escape_markdown(shorten(one.name, 60))}: {one.problem}")


def _render_tiles(read: list[AnsweredImage]) -> None:
    with st.container(horizontal=True, gap="small"):
        for one in read:
            if (answer := one.prediction) is None:
                continue
            with st.container(width=TILE_PX, gap="xxsmall"):
                st.image(one.picture, width=TILE_PX, alt=f"{shorten(one.name, 100)}: {answer.label}")
                said = "I don't know" if answer.rejected else escape_markdown(shorten(answer.label, NAME_CHARS))
                unlike = " :orange[:material/travel_explore:]" if answer.is_unlike else ""
                st.markdown(f"**{said}**{unlike}", help=_details(one))
                st.caption(f"{answer.probability:.0%}")


def _counts(read: list[AnsweredImage]) -> str:
    """How many of which class, the most frequent first, and how many the model declined or never saw the like of."""
    answers = [one.prediction for one in read if one.prediction is not None]
    counted = Counter("I don't know" if answer.rejected else answer.label for answer in answers).most_common()
    shown = [f"{n:,} {escape_markdown(shorten(name, 30))}" for name, n in counted[:N_COUNTED]]
    rest = len(read) - sum(n for _, n in counted[:N_COUNTED])
    n_unlike = sum(answer.is_unlike for answer in answers)
    unlike = (
        f" {n_unlike:,} are unlike anything it was trained on (:orange[:material/travel_explore:])." if n_unlike else ""
    )
    return f"**{len(read):,} images**: {', '.join(shown)}{f', {rest:,} others' if rest else ''}.{unlike}"


def _details(one: AnsweredImage) -> str:
    answer = one.prediction
    assert answer is not None
    would = f", would have said {escape_markdown(answer.label)}" if answer.rejected else ""
    unlike = ". Unlike anything it was trained on" if answer.is_unlike else ""
    return f"{escape_markdown(shorten(one.name, 80))}: {answer.probability:.1%} sure{would}{unlike}."


def _probability(one: AnsweredImage) -> float:
    return one.prediction.probability if one.prediction else 0.0
