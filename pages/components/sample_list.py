"""Single samples with what they are and what the model said: pictures in a grid, texts as cards."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from core.workflows.review_run import ReviewedSample
from pages.components.text import escape_markdown

PER_PAGE = 24
PICTURE_PX = 112
MAX_CHARS = 400


def render_samples(
    samples: Sequence[ReviewedSample],
    *,
    key: str,
    per_page: int = PER_PAGE,
    render_below: Callable[[ReviewedSample], None] = lambda _: None,
) -> None:
    """The samples, a page at a time.

    Args:
        samples: all of one kind, images or texts.
        key: tells apart the lists of one page.
        per_page: how many stand there at once; fewer beside something else.
        render_below: draws what stands under each of them.
    """
    shown = _page(samples, key, per_page)
    if shown and shown[0].thumbnail is not None:
        _render_pictures(shown, render_below)
    else:
        with st.grid(2, min_column_width=280):
            for sample in shown:
                _render_text(sample, render_below)


def _page(samples: Sequence[ReviewedSample], key: str, per_page: int) -> Sequence[ReviewedSample]:
    n_pages = -(-len(samples) // per_page)
    if n_pages < 2:
        return samples
    page = st.pagination(n_pages, key=f"{key}-page")
    return samples[(page - 1) * per_page : page * per_page]


def _render_pictures(samples: Sequence[ReviewedSample], render_below: Callable[[ReviewedSample], None]) -> None:
    with st.container(horizontal=True, gap="small"):
        for sample in samples:
            with st.container(width=PICTURE_PX, gap="xxsmall"):
                st.image(
                    str(sample.thumbnail),
                    caption=_answer(sample),
                    alt=f"{sample.true_class}, called {sample.predicted_class}",
                    width=PICTURE_PX,
                )
                render_below(sample)


def _render_text(sample: ReviewedSample, render_below: Callable[[ReviewedSample], None]) -> None:
    with st.container(border=True, gap="xsmall", height="stretch"):
        text = sample.text if len(sample.text) <= MAX_CHARS else sample.text[:MAX_CHARS] + "…"
        st.markdown(escape_markdown(" ".join(text.split())))
        st.caption(_answer(sample))
        render_below(sample)


def _answer(sample: ReviewedSample) -> str:
    true, predicted = escape_markdown(sample.true_class), escape_markdown(sample.predicted_class)
    if sample.true_class == sample.predicted_class:
        return f"{true}, {sample.probability:.0%}"
    own = "" if sample.label_probability is None else f" ({_per_cent(sample.label_probability)})"
    return f"{true}{own}, taken for **{predicted}**, {sample.probability:.0%}"


def _per_cent(probability: float) -> str:
    return f"{probability:.0%}" if probability >= 0.01 else "under 1%"
