"""Many inputs at once: files handed over, what is being answered behind the page, and the results."""

from __future__ import annotations

from functools import partial

import streamlit as st

from core.errors import UserError
from core.jobs.studies import cancel_study, start_study
from core.jobs.study import Study
from core.workflows.loaded_model import AnswerPrecision
from core.workflows.score_inputs import create_scoring, delete_scoring, faster_precision, list_scorings, read_scores
from core.workflows.show_run import RunView
from core.workflows.stored_scorings import Scoring
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.download_button import render_download
from pages.components.frame import render_error
from pages.components.study_panel import render_study
from pages.components.text import escape_markdown, shorten
from pages.components.time_words import age_words, duration_words
from pages.components.uploads import render_uploader

SLOT = "score"
LABELS = {
    "image": "Images, or a zip of them",
    "text": "A table with a column of texts, or text files",
}


def render_scorings(workspace: Workspace, run: RunView) -> None:
    """Hand files over, and find again what was handed over before."""
    st.subheader("Many at once", icon=":material/table_rows:", anchor=False)
    st.caption(
        "Answered behind the page, also when you leave it; stopped or interrupted, it goes on where it was. The result "
        "has a row for each input with the probability of every class, and says which could not be read and why."
    )
    if render_uploader(SLOT, "file", LABELS[run.modality or "image"]):
        _render_start(workspace, run)
    for scoring in list_scorings(workspace, run.id):
        with st.container(border=True, key=f"scoring-{scoring.id}"):
            _render_scoring(workspace, scoring)


def _render_start(workspace: Workspace, run: RunView) -> None:
    faster = faster_precision(run)
    is_fastest = faster is not None and st.checkbox(
        f"Faster, computed in {faster}",
        key="score-fastest",
        help="As trainings pass their samples: with photographs about one and a half times as fast. Answers are a "
        "little less exact than those of the report and of archives: of 2,062 photographs that we tried, 8 got another "
        "class, and the probabilities of 99 in 100 differed by less than 0.1.",
    )
    if st.button("Score them", key="score", type="primary", icon=":material/play_arrow:"):
        _begin(workspace, run, "fastest" if is_fastest else "float32")


def _begin(workspace: Workspace, run: RunView, precision: AnswerPrecision) -> None:
    try:
        scoring = create_scoring(workspace, run.id, state.uploads(SLOT), precision=precision)
    except UserError as error:
        render_error(error)
        return
    state.set_uploads(SLOT, ())
    start_study(workspace.root, _study(scoring))
    st.rerun()


def _render_scoring(workspace: Workspace, scoring: Scoring) -> None:
    others = f" and {len(scoring.sources) - 1:,} more" if len(scoring.sources) > 1 else ""
    st.markdown(f"**{escape_markdown(shorten(scoring.name, 60))}**{others} · {age_words(scoring.created_at)}")
    if not scoring.is_done:
        render_study(workspace, _study(scoring), label="Go on", slot=scoring.id)
        _render_delete(workspace, scoring)
        return
    st.caption(_done_words(scoring))
    with st.container(horizontal=True):
        for kind, title in (("csv", "CSV"), ("parquet", "Parquet")):
            make = partial(read_scores, workspace, scoring.id, kind)
            render_download(title, f"scores-{scoring.id}.{kind}", make, key=f"scores-{kind}-{scoring.id}")
        _render_delete(workspace, scoring)


def _render_delete(workspace: Workspace, scoring: Scoring) -> None:
    st.button(
        "Delete",
        key=f"delete-{scoring.id}",
        type="tertiary",
        icon=":material/delete:",
        help="Inputs and result are removed from this machine.",
        on_click=_delete,
        args=(workspace, scoring),
    )


def _delete(workspace: Workspace, scoring: Scoring) -> None:
    cancel_study(workspace.root, _study(scoring))
    delete_scoring(workspace, scoring.id)


def _done_words(scoring: Scoring) -> str:
    skipped = f"; {scoring.n_skipped:,} could not be read, and say why" if scoring.n_skipped else ""
    rounded = ", faster and less exactly" if scoring.precision == "fastest" else ""
    return f"{scoring.n_scored:,} answered in {duration_words(scoring.seconds or 0.0)}{rounded}{skipped}."


def _study(scoring: Scoring) -> Study:
    return Study(kind="scoring", run_id=scoring.run_id, variant=scoring.id)
