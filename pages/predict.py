"""Predict: images or texts through the model of a finished run."""

import streamlit as st

from core.errors import UnknownChoiceError
from core.runs.records import READABLE_STATES
from core.workflows.example_inputs import ExampleInput, example_input
from core.workflows.show_run import RunCard, RunView, list_runs, show_run
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.empty_state import render_no_run
from pages.components.frame import render_error, require_frame
from pages.components.run_names import name_runs
from pages.components.scorings import render_scorings
from pages.components.show_to_others import render_show_to_others
from pages.components.try_image import render_image_input
from pages.components.try_text import render_text_input

RUN_KEY = "predict.run"


def render() -> None:
    """The page."""
    workspace = state.workspace()
    st.title("Predict", anchor=False)
    cards = tuple(
        card for card in list_runs(workspace) if card.status.state in READABLE_STATES and card.macro_f1 is not None
    )
    if not cards:
        render_no_run(
            workspace,
            "No finished run yet",
            "A run can predict as soon as it is finished. Train one first; with a sample it takes seconds.",
            icon=":material/wand_stars:",
        )
        return
    run = choose_run(workspace, cards)
    with st.container(horizontal=True):
        example = choose_example(workspace, run) if run.has_data else None
        render_show_to_others(run.id)
    render_input = render_image_input if run.modality == "image" else render_text_input
    render_input(workspace, run, example)
    render_scorings(workspace, run)


def choose_run(workspace: Workspace, cards: tuple[RunCard, ...]) -> RunView:
    """The run of the address, changeable; the newest finished one where none is named or the named one has no model."""
    names = name_runs(cards)
    wanted = state.current_run()
    if wanted is not None and wanted not in names:
        render_why_not(workspace, wanted)
    st.session_state[RUN_KEY] = wanted if wanted in names else cards[0].id
    chosen = st.selectbox(
        "Run",
        tuple(names),
        key=RUN_KEY,
        format_func=names.__getitem__,
        on_change=lambda: state.choose_run(st.session_state[RUN_KEY]),
    )
    return show_run(workspace, chosen)


def render_why_not(workspace: Workspace, run_id: str) -> None:
    """Say why the run of the address cannot be used; another one is."""
    try:
        run_state = show_run(workspace, run_id).status.state
        st.warning(
            f"The run in the address has no model yet: it is {run_state}. The newest finished run is used instead."
        )
    except UnknownChoiceError as error:
        render_error(error)


def choose_example(workspace: Workspace, run: RunView) -> ExampleInput | None:
    """A validation sample after the button was pressed; each press gives another one."""
    number = st.session_state.get(state.EXAMPLES, {}).get(run.id)
    st.button(
        "Try a validation sample" if number is None else "Try another validation sample",
        key="try-example",
        icon=":material/casino:",
        help="Takes a sample the model was not trained on.",
        on_click=next_example,
        args=(run.id,),
    )
    return None if number is None else example_input(workspace, run.spec.dataset_id, number)


def next_example(run_id: str) -> None:
    """Count on, for each run by itself."""
    examples = st.session_state.get(state.EXAMPLES, {})
    st.session_state[state.EXAMPLES] = {**examples, run_id: examples.get(run_id, -1) + 1}


require_frame(__file__)
render()
