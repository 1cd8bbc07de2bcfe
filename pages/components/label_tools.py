"""Samples that can be chosen and corrected: a box under each, and above them what to do with those chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import streamlit as st

from core.datasets.records import Dataset
from core.workflows.label_draft import LabelDraft, exclude, leave_as_is, mark, read_draft, relabel
from core.workflows.review_run import ReviewedSample
from core.workflows.show_run import RunView
from core.workflows.workspace import Workspace
from pages.components import state
from pages.components.frame import page_frame
from pages.components.sample_list import PER_PAGE, render_samples
from pages.components.text import escape_markdown, shorten
from pages.components.why_samples import render_ask, render_asked

PICTURE_SOURCE_CHARS, TEXT_SOURCE_CHARS = 9, 40
NAME_CHARS = 24


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """One more thing that can be decided about the samples of a list.

    Attributes:
        label: of its button.
        name: tells apart the buttons of one list.
        icon: of its button.
        act: does it to the samples of these ids.
    """

    label: str
    name: str
    icon: str
    act: Callable[[Sequence[str]], None]


@st.fragment
def render_correctable(
    workspace: Workspace,
    dataset: Dataset,
    samples: Sequence[ReviewedSample],
    *,
    key: str,
    per_page: int = PER_PAGE,
    decisions: Sequence[Decision] = (),
    run: RunView | None = None,
) -> None:
    """The samples, to be looked at and corrected; what is decided goes into the draft of the dataset.

    Args:
        workspace: where the draft lies.
        dataset: the version the samples are of.
        samples: all of one kind, images or texts.
        key: tells apart the lists of one page.
        per_page: how many stand there at once.
        decisions: what can be decided beside the usual, before it.
        run: whose answers the samples show, to be asked why; None: nobody can be asked.
    """
    with page_frame():
        shown = _filter(samples, key)
        ids = [sample.sample_id for sample in shown]
        chosen = [sample_id for sample_id in dict.fromkeys(ids) if sample_id in state.chosen_samples(key)]
        draft = read_draft(workspace, dataset)
        drawn: set[str] = set()  # copies of one content share a box: what is decided concerns them all
        if shown:
            _render_all(ids, chosen, key)
            _render_decisions(decisions, chosen, key)
            _render_tools(workspace, dataset, draft, chosen, key)

        def below(sample: ReviewedSample) -> None:
            _render_below(sample, dataset, draft, chosen, drawn, key)
            if run is not None and run.has_one_network:
                render_ask(shown, sample, key=key)

        render_samples(shown, key=key, per_page=per_page, render_below=below)
        if run is not None and run.has_one_network:
            render_asked(workspace, run, shown, key=key)


def _filter(samples: Sequence[ReviewedSample], key: str) -> Sequence[ReviewedSample]:
    """All, or those marked as hard only, where there are both."""
    n_hard = sum(sample.is_hard for sample in samples)
    if n_hard and st.toggle(f"Only the {n_hard} marked as hard", key=f"{key}-only-hard"):
        return [sample for sample in samples if sample.is_hard]
    return samples


def _render_all(ids: list[str], chosen: list[str], key: str) -> None:
    n = len(dict.fromkeys(ids))
    widget = f"{key}-all"
    st.session_state[widget] = len(chosen) == n

    def choose() -> None:
        state.choose_samples(key, ids if st.session_state[widget] else ())

    words = f"All {n:,}" if not chosen else f"All {n:,} · {len(chosen):,} chosen"
    st.checkbox(words, key=widget, on_change=choose, help="Choose samples to correct them, leave them out or mark them")


def _render_decisions(decisions: Sequence[Decision], chosen: list[str], key: str) -> None:
    with st.container(horizontal=True, gap="small"):
        for one in decisions:
            _button(one.label, f"{key}-{one.name}", one.icon, bool(chosen), partial(one.act, chosen))


def _render_tools(workspace: Workspace, dataset: Dataset, draft: LabelDraft, chosen: list[str], key: str) -> None:
    """The row of actions; each asks for the whole page anew, because the draft is shown elsewhere, too."""
    is_marked = bool(chosen) and all(_is_hard(sample_id, dataset, draft) for sample_id in chosen)
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom", key=f"{key}-tools"):
        class_name = st.selectbox(
            "Right class",
            dataset.class_names,
            index=None,
            key=f"{key}-class",
            placeholder="Right class",
            label_visibility="collapsed",
            accept_new_options=True,
            width=200,
            help="Choose a class, or type a new one.",
        )
        _button(
            "Correct the label",
            f"{key}-relabel",
            ":material/label:",
            bool(chosen and class_name),
            lambda: relabel(workspace, dataset.id, chosen, class_name or ""),
        )
        _button(
            "Exclude",
            f"{key}-exclude",
            ":material/block:",
            bool(chosen),
            lambda: exclude(workspace, dataset.id, chosen),
        )
        _button(
            "Not hard" if is_marked else "Mark as hard",
            f"{key}-hard",
            ":material/flag:",
            bool(chosen),
            lambda: mark(workspace, dataset.id, chosen, is_hard=not is_marked),
        )
        if any(_note(sample_id, draft) for sample_id in chosen):
            _button(
                "Leave as is",
                f"{key}-leave",
                ":material/undo:",
                True,
                lambda: leave_as_is(workspace, dataset.id, chosen),
            )


def _button(label: str, key: str, icon: str, is_possible: bool, act: Callable[[], None]) -> None:
    if st.button(label, key=key, icon=icon, disabled=not is_possible):
        act()
        state.choose_samples(key.rsplit("-", 1)[0], ())
        st.rerun()


def _render_below(
    sample: ReviewedSample, dataset: Dataset, draft: LabelDraft, chosen: list[str], drawn: set[str], key: str
) -> None:
    if sample.sample_id not in drawn:
        drawn.add(sample.sample_id)
        _render_box(sample, sample.sample_id in chosen, key)
    note = _note(sample.sample_id, draft)
    hard = ":violet-badge[:material/flag: hard]" if sample.sample_id in dataset.hard else ""
    if note or hard:
        st.markdown(f"{hard} {note}")


def _render_box(sample: ReviewedSample, is_chosen: bool, key: str) -> None:
    widget = f"{key}-choose-{sample.sample_id}"
    st.session_state[widget] = is_chosen

    def choose() -> None:
        others = [sample_id for sample_id in state.chosen_samples(key) if sample_id != sample.sample_id]
        state.choose_samples(key, [*others, sample.sample_id] if st.session_state[widget] else others)

    max_chars = TEXT_SOURCE_CHARS if sample.thumbnail is None else PICTURE_SOURCE_CHARS
    name = shorten(sample.source.rsplit("/", 1)[-1], max_chars)
    st.checkbox(escape_markdown(name) or "Choose", key=widget, on_change=choose)


def _note(sample_id: str, draft: LabelDraft) -> str:
    """What the draft says of a sample, as badges; empty where it says nothing."""
    changes = draft.changes
    notes = []
    if sample_id in changes.excluded:
        notes.append(":orange-badge[:material/block: will be left out]")
    if sample_id in changes.relabelled:
        name = escape_markdown(shorten(changes.relabelled[sample_id], NAME_CHARS))
        notes.append(f":orange-badge[:material/arrow_forward: {name}]")
    if sample_id in changes.marked:
        notes.append(f":orange-badge[:material/flag: {'hard' if changes.marked[sample_id] else 'no longer hard'}]")
    return " ".join(notes)


def _is_hard(sample_id: str, dataset: Dataset, draft: LabelDraft) -> bool:
    return draft.changes.marked.get(sample_id, sample_id in dataset.hard)
