"""How a run came about: the proof of freezing, the settings and why, where the time went."""

from __future__ import annotations

import streamlit as st

from core.backbones.records import FreezeProof
from core.plots.text import count_text
from core.workflows.run_settings import settings_of
from core.workflows.show_run import RunView
from pages.components.first_estimate import first_estimate_words
from pages.components.text import escape_markdown
from pages.components.time_words import duration_words

HEAD = "head"
PARTS = {"total": "Total", "load": "loading", "features": "frozen pass", "train": "training", "evaluate": "evaluating"}


def render_proof(proof: FreezeProof) -> None:
    """Whether frozen tensors changed, and how far the trained ones moved."""
    if proof.n_tensors == 0:
        st.markdown(":material/lock_open: Nothing was frozen in this run.")
    elif proof.n_changed == 0:
        st.markdown(f":material/verified: **Frozen tensors changed: 0 of {proof.n_tensors:,}**")
        st.caption("Every parameter and buffer that was to stay as it is was hashed before the training and after it.")
    else:
        st.error(
            f"Frozen tensors changed: {proof.n_changed:,} of {proof.n_tensors:,}. This is a fault of the program; "
            "do not rely on this run.",
            icon=":material/error:",
        )
    st.table(
        {escape_markdown(name): _movement_words(name, share) for name, share in proof.movement},
        border="horizontal",
        width="content",
        alt="How far each trained part moved from where it started",
    )
    st.caption("Movement: size of the change over the size of the weights at the start.")
    stages = [share for name, share in proof.movement if name != HEAD]
    if stages and not any(stages):
        st.caption("The best state was the fitted head, from before these stages trained; that state is kept.")


def _movement_words(name: str, share: float) -> str:
    # A new head starts near zero, so its share would be a huge number that says nothing.
    if name == HEAD:
        return "learned anew"
    return f"moved by {share:.2%}" if share else "did not move"


def render_settings_of(run: RunView) -> None:
    """Settings, reason, engine and seconds as one list."""
    st.table(
        {name: escape_markdown(value) for name, value in _facts(run).items()},
        border="horizontal",
        width="content",
        alt="The settings of this run",
    )
    if run.spec.reason:
        st.caption(f":material/lightbulb: {escape_markdown(run.spec.reason)}")


def _facts(run: RunView) -> dict[str, str]:
    facts = {"Backbone": run.model_title, "Strategy": run.strategy_title}
    if run.parameters is not None:
        share = f"{run.parameters.trainable_share:.1%}"
        facts["Trained parameters" if run.combination else "Trainable parameters"] = (
            f"{count_text(run.parameters.trainable)} of {count_text(run.parameters.total)} ({share})"
        )
    if run.combination is None:
        facts["Frozen stages"] = ", ".join(run.spec.frozen_stages) or "none"
    facts |= settings_of(run)
    if run.engine:
        facts["Engine"] = run.engine
    if run.batches:
        facts["Batches"] = run.batches
    if run.kept:
        facts["Kept activations"] = run.kept
    if run.first_estimate is not None:
        facts["First estimate"] = first_estimate_words(run)
    seconds = dict(run.status.seconds)
    facts["Time"] = ", ".join(
        f"{word} {duration_words(seconds[name])}" for name, word in PARTS.items() if name in seconds
    )
    return facts
