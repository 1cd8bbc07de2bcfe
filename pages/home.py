"""Home: one click to a first result, the recent runs, and what this is for whoever comes first."""

import math
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from core.datasets.records import Modality
from core.jobs.training_jobs import submit_training
from core.runs.records import LIVE_STATES
from core.workflows.inspect_dataset import list_samples
from core.workflows.show_run import RunCard, list_runs
from pages.components import state
from pages.components.cards import render_run_card
from pages.components.frame import page_frame, require_frame
from pages.components.packed import render_open_packed
from pages.components.text import escape_markdown

DIGITS_PICTURE = Path(__file__).parents[1] / "assets" / "samples" / "digits.png"
MESSAGES = (
    ("account", "The app signs me out every few minutes."),
    ("delivery", "tracking hasnt moved in 5 days"),
    ("returns", "The wrong colour was in the box."),
)
RUNS_SHOWN, RUNS_PER_PAGE = 6, 24
POLL_S = 2.0


def render_page() -> None:
    """The whole page."""
    is_all = state.are_all_runs_wanted()
    runs = list_runs(state.workspace(), limit=None if is_all else RUNS_SHOWN + 1)
    st.title("Give your model a headstart", anchor=False)
    st.markdown(
        "Take a network that has seen millions of images or texts, teach it your classes, and read honestly how good "
        "it is. No code, no cloud.",
        width=680,
    )
    st.space("small")
    render_samples()
    st.space("medium")
    if runs:
        render_list(runs, is_all=is_all)
    else:
        render_first_visit()
    st.space("medium")
    render_open_packed()
    st.caption(
        f"Datasets, runs and models lie in {escape_markdown(str(state.workspace().root))}. "
        "Nothing leaves this machine unless you send it; weights are fetched only when you ask for them by name."
    )


def render_samples() -> None:
    """A card per bundled dataset with the one button that does it all."""
    for sample, cell in zip(list_samples(), st.columns(2, gap="medium"), strict=True):
        with cell.container(border=True, height="stretch"):
            st.subheader(sample.title, anchor=False)
            st.caption(sample.description)
            st.space("stretch")
            render_look(sample.modality)
            st.space("stretch")
            with st.container(horizontal=True, vertical_alignment="center"):
                is_wanted = st.button(f"Try it now with {sample.modality}s", key=f"try.{sample.id}", type="primary")
                slot = st.empty()
            if is_wanted:
                try_sample(sample.id, slot)


def render_look(modality: Modality) -> None:
    """A few of the samples themselves."""
    if modality == "image":
        st.image(str(DIGITS_PICTURE), width=260, alt="Ten handwritten digits, zero to nine.")
        return
    with st.container(gap="xxsmall"):
        for label, message in MESSAGES:
            st.markdown(f":gray-badge[{label}] {message}")


def try_sample(sample_id: str, slot: DeltaGenerator) -> None:
    """From the click to a queued run, then to its page."""
    bar = slot.progress(0.0, text="Getting ready")
    # Imported on the click: it brings torch, which the background is loading while the person reads.
    from core.workflows.try_sample import prepare_sample_run

    run_id = prepare_sample_run(
        state.workspace(),
        sample_id,
        on_progress=lambda done, of: bar.progress(done / of, text=f"Reading {done:,} of {of:,}"),
    )
    submit_training(state.workspace().root, run_id)
    st.switch_page("pages/results.py", query_params={"run": run_id})


def render_list(runs: tuple[RunCard, ...], *, is_all: bool) -> None:
    """The newest runs and the way to all of them, or all of them page by page."""
    n_pages, number = math.ceil(len(runs) / RUNS_PER_PAGE) if is_all else 1, 1
    with st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center"):
        st.subheader(f"All {len(runs):,} runs" if is_all else "Recent runs", anchor=False, width="content")
        if is_all:
            st.page_link("pages/home.py", label="Only the newest", icon=":material/history:")
        elif len(runs) > RUNS_SHOWN:
            st.page_link("pages/home.py", label="All runs", query_params=state.ALL_RUNS, icon=":material/apps:")
    if n_pages > 1:
        number = st.pagination(n_pages, key="all-runs-page")
    first, n = ((number - 1) * RUNS_PER_PAGE, RUNS_PER_PAGE) if is_all else (0, RUNS_SHOWN)
    any_live = any(card.status.state in LIVE_STATES for card in runs[first : first + n])
    st.fragment(render_runs, run_every=POLL_S if any_live else None)(first, n, any_live)


def render_runs(first: int, n: int, was_live: bool) -> None:
    """So many runs from one on, newest first; draws itself anew while one of them goes on."""
    with page_frame():
        cards = list_runs(state.workspace(), limit=first + n)[first:]
        with st.grid(3, min_column_width=240, gap="medium"):
            for card in cards:
                render_run_card(card)
        if was_live and not any(card.status.state in LIVE_STATES for card in cards):
            st.rerun()  # one full run without the timer


def render_first_visit() -> None:
    """What Headstart does, in three steps."""
    steps = (
        (":material/dataset:", "Bring labeled data", "A zip or folder with one folder per class, or a table of texts."),
        (":material/ac_unit:", "Choose what to freeze", "Keep what the network knows, train only what must change."),
        (":material/monitoring:", "Read an honest report", "Scores with intervals, a confusion matrix, its mistakes."),
    )
    st.subheader("How it works", anchor=False)
    for (icon, title, text), column in zip(steps, st.columns(3, gap="medium"), strict=True):
        with column.container(gap="xxsmall"):
            st.markdown(f"{icon} **{title}**")
            st.caption(text)
    if st.button("Bring your own data", icon=":material/upload:"):
        st.switch_page("pages/data.py")


require_frame(__file__)
render_page()
