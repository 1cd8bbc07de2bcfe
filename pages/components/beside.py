"""The same input through several finished runs: their bars side by side, and where they disagree."""

from __future__ import annotations

import streamlit as st

from core.plots.probabilities import describe_probabilities, plot_probabilities
from core.workflows.ask_runs import MAX_RUNS, RunAnswer, agreement, ask_runs, askable_runs
from core.workflows.show_run import RunCard, RunView
from core.workflows.workspace import Workspace
from pages.components.charts import render_chart
from pages.components.compare_choice import MARKS, complete_choice
from pages.components.frame import page_frame
from pages.components.run_names import name_runs
from pages.components.text import escape_markdown, shorten

COLUMN_PX = 250
TOP = 4
NAME_CHARS = 24


def render_beside(workspace: Workspace, run: RunView, asked: str | bytes) -> None:
    """A folded panel; no other run is asked before it is opened.

    Args:
        workspace: where the runs lie.
        run: the run of the page; it comes first.
        asked: what was classified: a text, or the bytes of an image.
    """

    # A fragment, so that choosing runs asks nothing else of the page.
    @st.fragment
    def panel() -> None:
        with (
            page_frame(),
            st.expander(
                "What do other runs say?", icon=":material/view_column:", key="beside", on_change="rerun"
            ) as folder,
        ):
            if folder.open:
                _render(workspace, run, asked)

    panel()


def _render(workspace: Workspace, run: RunView, asked: str | bytes) -> None:
    cards = {card.id: card for card in askable_runs(workspace, run.modality or "image")}
    if len(cards) < 2:
        st.caption("There is no other finished run that takes such inputs yet.")
        return
    chosen = _choose(run, cards)
    with st.spinner("Asking the runs", show_time=True):
        answers = ask_runs(workspace, chosen, asked)
    if len(answers) > 1:
        st.markdown(_agreement_words(answers))
    with st.grid(min(len(answers), MAX_RUNS), min_column_width=COLUMN_PX):
        for place, answer in enumerate(answers):
            with st.container(border=True, gap="small", height="stretch"):
                _render_answer(answer, MARKS[place], key=f"beside-{place}")


def _choose(run: RunView, cards: dict[str, RunCard]) -> list[str]:
    """The run of the page, then those chosen; at first the newest other one on the same data."""
    others = [run_id for run_id in cards if run_id != run.id]
    names = name_runs(list(cards.values()))
    first = complete_choice([run.id], list(cards.values()))[1:]
    chosen = st.multiselect(
        "Beside this run",
        others,
        default=first or others[:1],
        key=f"beside-{run.id}",
        format_func=names.__getitem__,
        max_selections=MAX_RUNS - 1,
        placeholder="Choose up to three other runs",
    )
    return [run.id, *chosen]


def _render_answer(answer: RunAnswer, mark: str, *, key: str) -> None:
    prediction = answer.prediction
    names = [name for name, _ in prediction.probabilities]
    probs = [prob for _, prob in prediction.probabilities]
    st.caption(f"{mark} · {escape_markdown(shorten(answer.title, 80))}")
    said = "I don't know" if prediction.rejected else escape_markdown(shorten(prediction.label, NAME_CHARS))
    unlike = " :orange-badge[unlike its data]" if prediction.is_unlike else ""
    st.markdown(f"**{said}** {prediction.probability:.1%}{unlike}")
    render_chart(
        plot_probabilities(probs, names, top=TOP),
        key=key,
        alt=f"Run {mark}. {describe_probabilities(probs, names, top=TOP)}",
        file_name="probabilities",
    )


def _agreement_words(answers: tuple[RunAnswer, ...]) -> str:
    predictions = [answer.prediction for answer in answers]
    found = agreement(predictions)
    if found.label is None:
        said = (f"{mark} says **{_name(one.label)}**" for mark, one in zip(MARKS, predictions, strict=False))
        return f":material/call_split: They disagree: {', '.join(said)}."
    if not found.others:
        probs = [one.probability for one in predictions]
        return (
            f":material/check: All {len(answers)} say **{_name(found.label)}**, between {min(probs):.0%} and "
            f"{max(probs):.0%} sure."
        )
    apart = ", ".join(f"{MARKS[place]} says **{_name(predictions[place].label)}**" for place in found.others)
    return f":material/call_split: {found.n_for_it} of {len(answers)} say **{_name(found.label)}**; {apart}."


def _name(class_name: str) -> str:
    return escape_markdown(shorten(class_name, NAME_CHARS))
