"""Demo: one run with nothing else around it, for those who are to see what it does."""

import streamlit as st

from core.errors import ConfigurationError, UnknownChoiceError
from core.evaluation.records import Report
from core.workflows.show_run import RunView, require_readable
from pages.components import state
from pages.components.frame import require_frame
from pages.components.headline import SPLIT_TITLES
from pages.components.text import escape_markdown, shorten
from pages.components.try_image import render_image_alone
from pages.components.try_text import render_text_alone

N_NAMED = 12
NAME_CHARS = 30


def render() -> None:
    """The page."""
    workspace, run_id = state.workspace(), state.current_run()
    try:
        run = require_readable(workspace, run_id or "")
    except (UnknownChoiceError, ConfigurationError):
        st.title("Nothing to show here", anchor=False)
        st.caption("The address names no model that is ready. Ask whoever gave it to you for another one.")
        return
    st.title(escape_markdown(shorten(run.dataset_name, 60)) or "Try it", anchor=False)
    st.markdown(task_words(run))
    render_alone = render_image_alone if run.modality == "image" else render_text_alone
    render_alone(workspace, run)
    st.space("small")
    if run.report is not None:
        st.caption(footer_words(run.report))


def task_words(run: RunView) -> str:
    """What the model does, in a sentence or two."""
    names = [escape_markdown(shorten(name, NAME_CHARS)) for name in run.class_names]
    ask = "Show it an image" if run.modality == "image" else "Write it a text"
    if len(names) <= N_NAMED:
        return f"{ask}, and it says which of these it takes it for: **{', '.join(names[:-1])}** or **{names[-1]}**."
    return (
        f"{ask}, and it says which of {len(names):,} kinds it takes it for, such as **{', '.join(names[:N_NAMED])}**."
    )


def footer_words(report: Report) -> str:
    """How often it is right, of how many samples of which split, and where the inputs go."""
    part = report.split("test") or report.splits[0]
    found = part.accuracy
    between = "" if found.low is None or found.high is None else f" (95% interval {found.low:.1%}–{found.high:.1%})"
    chose = "" if part.split == "test" else ", which also chose the model"
    return (
        f"Right for {found.value:.1%}{between} of {part.n:,} {SPLIT_TITLES[part.split].lower()} samples that it did "
        f"not learn from{chose}. It answers on the machine that serves this page and keeps nothing you show it."
    )


require_frame(__file__)
render()
