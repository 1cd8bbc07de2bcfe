"""The last step of the Train page: what a start brings about, and the button."""

from __future__ import annotations

import streamlit as st

from core.backbones.records import BackboneInfo
from core.errors import UserError
from core.workflows.plan_run import RunPlan
from core.workflows.workspace import Workspace
from pages.components.run_actions import start_run
from pages.components.text import escape_markdown

PUBLISHERS = {"torchvision": "download.pytorch.org", "timm": "huggingface.co", "transformers": "huggingface.co"}


def render_start(workspace: Workspace, plan: RunPlan | None, info: BackboneInfo, problem: UserError | None) -> None:
    """The button, disabled with the reason where the choices contradict each other."""
    if problem is not None:
        st.error(f"{escape_markdown(problem.problem)} {escape_markdown(problem.remedy)}", icon=":material/error:")
    if info.weights == "download":
        st.warning(_download_words(info), icon=":material/download:")
    with st.container(horizontal=True, vertical_alignment="center"):
        is_started = st.button(
            _label(info),
            key="start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=plan is None,
        )
        if plan is not None:
            st.caption(f"{_in_words(plan)} It goes on when you close this page.")
    if is_started and plan is not None:
        start_run(workspace, plan.spec)


def _download_words(info: BackboneInfo) -> str:
    publisher, title = PUBLISHERS[info.row.source], escape_markdown(info.row.title)
    if info.row.base is not None:  # only texts: the weights are a person's own, what reads the words is published
        return (
            f"What splits texts for {title} is not on this machine yet. Starting downloads it, once, from {publisher}."
        )
    return (
        f"The weights of {title} are not on this machine yet. Starting downloads {info.row.download_mb} MB from "
        f"{publisher}, once; your data stay here."
    )


def _label(info: BackboneInfo) -> str:
    if info.weights != "download":
        return "Start training"
    return "Download and start" if info.row.base else f"Download {info.row.download_mb} MB and start"


def _in_words(plan: RunPlan) -> str:
    where = {"cpu": "this machine's processor", "cuda": "the GPU", "mps": "the GPU"}[plan.device]
    if not plan.n_steps:
        return f"One pass through the frozen stages and a fitted head, on {where}."
    return f"At most {plan.n_steps:,} steps on {where}."
