"""Reasons on the page: a picture or coloured words, what they do not show, and whether a random head gives the same."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.explanation.records import (
    AGAINST_RGB,
    FOR_RGB,
    SAME_FROM,
    Explained,
    ImageExplanation,
    SanityCheck,
    TextExplanation,
    WordScore,
)
from core.workflows.explain import relative
from core.workflows.nearest_samples import SAYS, NearestSamples
from pages.components.text import escape_markdown, shorten

PICTURE_PX = 360
THUMBNAIL_PX = 92
NAME_CHARS = 24
N_STRONGEST = 3
MAX_OPACITY, FAINT = 0.75, 0.06
"""Of the colour behind a word: half transparent it suits the text of either theme."""

SANITY_HELP = (
    "The same is asked again of five heads of random weights, which have learned nothing, and the order of the scores "
    "is compared. 0: another head, another picture, so the picture depends on what the head learned. 1: the same "
    "picture, or its negative, from a head that knows no class (Adebayo et al. 2018)."
)


def render_explanation(found: ImageExplanation | TextExplanation) -> None:
    """The scores, and beside them how far they can be believed."""
    with st.container(horizontal=True, gap="medium"):
        if isinstance(found, ImageExplanation):
            st.image(found.picture, alt=_picture_words(found), width=PICTURE_PX)
        else:
            with st.container(width="stretch"):
                _render_words(found)
        with st.container(width=320, gap="small"):
            _render_trust(found)


def render_nearest(found: NearestSamples, class_name: str) -> None:
    """Training samples, nearest first, with their labels.

    Args:
        found: what lies near.
        class_name: what the model answered.
    """
    if not found.samples:
        st.caption("There is no training sample to compare with.")
        return
    n_same = sum(one.class_name == class_name for one in found.samples)
    st.markdown(f"{n_same} of the {len(found.samples)} nearest are labeled **{escape_markdown(class_name)}**.")
    if found.samples[0].thumbnail is None:
        _render_texts(found)
    else:
        with st.container(horizontal=True, gap="small"):
            for one in found.samples:
                caption = f"{escape_markdown(shorten(one.class_name, NAME_CHARS))}, {one.similarity:.2f}"
                st.image(str(one.thumbnail), caption=caption, alt=one.class_name, width=THUMBNAIL_PX)
    looked_at = f"{found.n_looked_at:,} of {found.n_train:,} training samples were looked at"
    st.caption(f"{SAYS} Similarity: 1 is the same, 0 is unrelated; {looked_at}.")


def _render_texts(found: NearestSamples) -> None:
    st.dataframe(
        {
            "Similarity": [round(one.similarity, 2) for one in found.samples],
            "Label": [one.class_name for one in found.samples],
            "Text": [one.text for one in found.samples],
        },
        hide_index=True,
        column_config={"Similarity": st.column_config.NumberColumn(width=90, format="%.2f")},
        alt="The nearest training texts with their labels.",
    )


def _render_words(found: TextExplanation) -> None:
    strengths = relative(np.array([word.score for word in found.words]))
    st.markdown(" ".join(_coloured(word, float(at)) for word, at in zip(found.words, strengths, strict=True)))
    for word in sorted(found.words, key=lambda word: -abs(word.score))[:N_STRONGEST]:
        if word.probability_without is not None:
            st.caption(
                f"Without “{escape_markdown(shorten(word.text, NAME_CHARS))}” its probability is "
                f"{word.probability_without:.1%} instead of {found.probability:.1%}."
            )
    if not all(word.is_read for word in found.words):
        st.caption("Grey words lie behind the length at which the network cuts its texts; it never saw them.")
    if found.residual is not None:
        st.caption(f"The scores add up to the whole answer but for {found.residual:.1%} of it.")


def _coloured(word: WordScore, strength: float) -> str:
    text = escape_markdown(word.text)
    if not word.is_read:
        return f":gray[{text}]"
    if abs(strength) < FAINT:
        return text
    rgb = ",".join(map(str, FOR_RGB if strength > 0 else AGAINST_RGB))
    return f':color[{text}]{{background="rgba({rgb},{MAX_OPACITY * abs(strength):.2f})"}}'


def _render_trust(found: Explained) -> None:
    name = escape_markdown(shorten(found.class_name, NAME_CHARS))
    st.markdown(f"Orange speaks for **{name}** ({found.probability:.1%}), blue against it.")
    st.metric("Similarity under a random head", _similarity(found.sanity), help=SANITY_HELP)
    if found.sanity.changes is None:
        st.caption(f"Not known: {found.sanity.why_not}.")
    elif found.sanity.changes:
        st.caption(":material/check_circle: It changes when the head is random, as it should.")
    else:
        st.warning(
            f"It hardly changes when the head is random ({SAME_FROM} or more): it shows what stands out to the "
            "pretrained network, and little about what this model learned.",
            icon=":material/warning:",
        )
    st.caption(f"{found.method.says} ({found.method.source})")
    if isinstance(found, ImageExplanation) and found.stages:
        stages = found.stages[0] if len(found.stages) == 1 else f"{len(found.stages)} stages, added up"
        st.caption(f"Looked at: {escape_markdown(stages)}. The network sees the centre square.")


def _similarity(sanity: SanityCheck) -> str:
    return "–" if sanity.similarity is None else f"{sanity.similarity:.2f}"


def _picture_words(found: ImageExplanation) -> str:
    """Where the strongest place lies, for who cannot see the picture."""
    grid = np.array(found.grid)
    row, column = np.unravel_index(grid.argmax(), grid.shape)
    down, right = (row + 0.5) / grid.shape[0], (column + 0.5) / grid.shape[1]
    return f"What speaks most for {found.class_name} lies {right:.0%} from the left and {down:.0%} from the top."
