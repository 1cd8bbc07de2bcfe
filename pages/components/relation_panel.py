"""What a pretrained network takes the classes for: the classifier that it is before anything is trained."""

from __future__ import annotations

import numpy as np
import streamlit as st

from core.backbones.records import BackboneInfo
from core.datasets.records import DatasetCard
from core.evaluation.records import SourceRelation
from core.jobs.study import Study
from core.plots.transfer_matrix import N_PER_CLASS, describe_transfer_matrix, plot_transfer_matrix
from core.workflows.relate_source import why_not_related
from core.workflows.stored_relations import load_relation
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown, shorten
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "relation-open"
MAX_MAP_ROWS = 30
"""Of the heat map: with many classes, fewer concepts are drawn for each."""

MAX_OPEN_CLASSES, LONG_LIST_PX = 10, 320
NAME_CHARS = 40


def render_relation_panel(workspace: Workspace, dataset: DatasetCard, chosen: BackboneInfo) -> None:
    """A folded panel for a backbone whose last layer has names; for others one sentence that says why not.

    Args:
        workspace: where relations lie.
        dataset: the data.
        chosen: the present choice.
    """
    title = escape_markdown(chosen.row.title)
    if why := why_not_related(chosen.row.id):
        st.caption(f":material/visibility_off: What {title} takes your classes for cannot be asked. {why}")
        return
    with st.expander(
        f"What does {title} take my classes for?", icon=":material/visibility:", key=OPEN_KEY, on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, dataset, chosen)


def _render(workspace: Workspace, dataset: DatasetCard, chosen: BackboneInfo) -> None:
    st.caption(
        "Asks the last layer that the network was pretrained with, the one a training replaces: which of the thousand "
        "things it knows from ImageNet do your images look like to it? At most 2,000 training samples are looked at; "
        "nothing is trained."
    )
    relation = load_relation(workspace, dataset, chosen.row.id)
    render_study(
        workspace,
        Study(kind="relation", dataset_id=dataset.id, model=chosen.row.id),
        label="Ask again" if relation else "Ask it",
    )
    if relation is not None:
        _render_relation(relation)


def _render_relation(relation: SourceRelation) -> None:
    if relation.says_nothing:
        st.warning(_says_nothing_words(relation), icon=":material/warning:")
    st.metric(
        "Score without training, on training samples",
        f"{relation.score:.3f} ± {relation.standard_error:.3f}",
        f"chance: {relation.chance:.3f}",
        delta_color="off",
        delta_arrow="off",
        help="Each image gets the class that what it looks like speaks for most. ± is one standard error.",
    )
    st.caption(
        f"Balanced accuracy on {relation.n_samples:,} of {relation.n_train:,} training samples, each left out of the "
        f"table that it is classified with, at {relation.image_size_px} px. Behind each name stands its mean "
        f"probability. It took {duration_words(relation.seconds)}, {age_words(relation.created_at)}."
    )
    _render_sentences(relation)
    _render_map(relation)


def _says_nothing_words(relation: SourceRelation) -> str:
    n_as_likely = round(100 * relation.shuffled_share) - 1
    return (
        f"What this network sees in your images does not tell the classes apart: of 99 shuffles of your labels, "
        f"{n_as_likely} fit it as well as the real ones do. Expect little of frozen features alone; let more stages "
        "train."
    )


def _render_sentences(relation: SourceRelation) -> None:
    is_long = len(relation.classes) > MAX_OPEN_CLASSES
    with st.container(height=LONG_LIST_PX if is_long else "content", gap="xxsmall", key="likenesses"):
        for one in relation.classes:
            name = escape_markdown(shorten(one.class_name, NAME_CHARS))
            concepts = ", ".join(f"{escape_markdown(concept)} {share:.2f}" for concept, share in one.concepts)
            st.markdown(f"In your **{name}** it sees: {concepts}" if one.n else f"**{name}** has no training sample.")


def _render_map(relation: SourceRelation) -> None:
    n_per_class = min(N_PER_CLASS, max(1, MAX_MAP_ROWS // len(relation.classes)))
    figure = plot_transfer_matrix(
        np.array(relation.class_given_concept),
        np.array(relation.concept_given_class),
        [one.class_name for one in relation.classes],
        relation.concept_names,
        n_per_class=n_per_class,
    )
    st.markdown("**Of what looks like a thing, how much is each of your classes**")
    render_chart(figure, key="relation-map", alt=describe_transfer_matrix(relation), file_name="transfer-matrix")
