"""Which backbone fits the data: the ranking behind a button, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from core.backbones.records import BackboneInfo, BackboneRow
from core.datasets.records import DatasetCard
from core.evaluation.records import RankedBackbone, Ranking
from core.jobs.study import Study
from core.plots.ranking import describe_ranking, plot_ranking
from core.workflows.list_models import list_rows
from core.workflows.stored_rankings import load_ranking
from core.workflows.workspace import Workspace
from pages.components import draft
from pages.components.charts import render_chart
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown
from pages.components.time_words import age_words, duration_words

OPEN_KEY = "ranking-open"
N_NAMED = 5


def render_ranking_panel(workspace: Workspace, dataset: DatasetCard, chosen: BackboneInfo) -> None:
    """A folded panel; nothing is computed before its button is pressed.

    Args:
        workspace: where rankings lie.
        dataset: the data, whose choice of a backbone is changed.
        chosen: the present choice.
    """
    with st.expander(
        "Which backbone fits my data?", icon=":material/leaderboard:", key=OPEN_KEY, on_change="rerun"
    ) as folder:
        if folder.open:
            _render(workspace, dataset, chosen)


def _render(workspace: Workspace, dataset: DatasetCard, chosen: BackboneInfo) -> None:
    st.caption(
        "Fits a linear head to the frozen features of at most 1,000 training samples, for each backbone on this "
        "machine. Only training samples are looked at: each is held out once and scored by a head that has not seen "
        "it. Nothing is downloaded."
    )
    # What comes from a person's own file is not ranked: it may have learned from these very samples.
    here = [row for row in list_rows(dataset.modality, place="here") if row.base is None]
    if len(here) == 1:
        _render_only_one(here[0], list_rows(dataset.modality, place="away"))
    ranking = load_ranking(workspace, dataset)
    render_study(
        workspace,
        Study(kind="ranking", dataset_id=dataset.id),
        label="Rank again" if ranking else "Score it" if len(here) == 1 else f"Rank {len(here)} backbones",
    )
    if ranking is not None:
        _render_ranking(dataset, ranking, chosen)
        _render_newcomers(ranking, here)


def _render_only_one(only: BackboneRow, away: Sequence[BackboneRow]) -> None:
    """That there is nothing to choose from yet, and which ones would be a small download."""
    nearest = sorted(away, key=lambda row: (not row.probe_friendly, row.download_mb))[:N_NAMED]
    names = ", ".join(f"{escape_markdown(row.title)} ({row.download_mb} MB)" for row in nearest)
    st.info(
        f"{escape_markdown(only.title)} is the only backbone on this machine, so there is nothing to compare it with "
        f"yet. Its own score still says what to expect. To get more, choose one of those above that need a download "
        f"and train with it once; small ones with good frozen features: {names}.",
        icon=":material/info:",
    )


def _render_ranking(dataset: DatasetCard, ranking: Ranking, chosen: BackboneInfo) -> None:
    n_looked_at = max(one.n_samples for one in ranking.backbones)
    st.markdown(f"**{escape_markdown(describe_ranking(ranking))}**")
    st.caption(
        f"Balanced accuracy on {n_looked_at:,} of {ranking.n_train:,} training samples, cross-validated, ± one "
        f"standard error. {_order_words(ranking)}It took {duration_words(ranking.seconds)}, "
        f"{age_words(ranking.created_at)}."
    )
    _render_table(ranking)
    if len(ranking.backbones) > 1:
        render_chart(plot_ranking(ranking), key="ranking-plot", alt=describe_ranking(ranking), file_name="ranking")
    with st.container(horizontal=True, key="ranking-choices"):
        for one in ranking.backbones:
            _render_choice(dataset.id, one, is_chosen=one.model == chosen.row.id)
    for left_out in ranking.not_ranked:
        st.caption(
            f":material/block: Not ranked: {escape_markdown(left_out.model)}. {escape_markdown(left_out.reason)}"
        )


def _order_words(ranking: Ranking) -> str:
    if len(ranking.backbones) == 1:
        return ""
    prior = " and by published accuracy" if ranking.uses_prior else ""
    return f"Those tied with the best come first, the fastest at the front; the others by score{prior}. "


def _render_table(ranking: Ranking) -> None:
    table = pd.DataFrame(
        {
            "Backbone": [one.title for one in ranking.backbones],
            "Place": [_place(one, number) for number, one in enumerate(ranking.backbones)],
            "Score": [f"{one.score:.3f} ± {one.standard_error:.3f}" for one in ranking.backbones],
            "Neighbours": [one.knn for one in ranking.backbones],
            "LogME": [one.log_me for one in ranking.backbones],
            "ms per sample": [one.ms_per_sample for one in ranking.backbones],
            "Samples": [one.n_samples for one in ranking.backbones],
        }
    )
    st.dataframe(
        table,
        hide_index=True,
        column_config={
            "Backbone": st.column_config.TextColumn("Backbone", pinned=True),
            "Score": st.column_config.TextColumn(
                "Score", help="Balanced accuracy of the linear head, cross-validated, ± one standard error."
            ),
            "Neighbours": st.column_config.NumberColumn(
                "Neighbours",
                format="%.3f",
                help="Balanced accuracy of the nearest samples' vote, each sample left out once.",
            ),
            "LogME": st.column_config.NumberColumn(
                "LogME",
                format="%+.3f",
                help="Evidence of a Bayesian linear model. Only differences between backbones mean something.",
            ),
            "ms per sample": st.column_config.NumberColumn(
                "ms per sample",
                format="%.1f",
                help="Milliseconds through the network, measured on this machine; decoding is left out.",
            ),
            "Samples": st.column_config.NumberColumn(
                "Samples", help="Training samples it was scored on; fewer for those that fell out early."
            ),
        },
        height="content",
        key="ranking-table",
        alt=describe_ranking(ranking),
    )


def _place(one: RankedBackbone, number: int) -> str:
    if one.tied:
        return "Tied with the best"
    return "First" if number == 0 else "Behind"


def _render_choice(dataset_id: str, one: RankedBackbone, *, is_chosen: bool) -> None:
    title = escape_markdown(one.title)
    st.button(
        f"{title} is chosen" if is_chosen else f"Choose {title}",
        key=f"take-{one.model}",
        icon=":material/radio_button_checked:" if is_chosen else ":material/radio_button_unchecked:",
        disabled=is_chosen,
        on_click=draft.choose_model,
        args=(dataset_id, one.model),
    )


def _render_newcomers(ranking: Ranking, here: Sequence[BackboneRow]) -> None:
    """Backbones that have come to this machine since."""
    told = {one.model for one in (*ranking.backbones, *ranking.not_ranked)}
    if new := [escape_markdown(row.title) for row in here if row.id not in told]:
        st.caption(f":material/new_releases: On this machine since then and not in it: {', '.join(new)}.")
