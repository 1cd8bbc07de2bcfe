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
        st.warning(
            f"The weights of {escape_markdown(info.row.title)} are not on this machine yet. Starting downloads "
            f"{info.row.download_mb} MB from {PUBLISHERS[info.row.source]}, once; your data stay here.",
            icon=":material/download:",
        )
    with st.container(horizontal=True, vertical_alignment="center"):
        is_started = st.button(
            "Start training" if info.weights != "download" else f"Download {info.row.download_mb} MB and start",
            key="start",
            type="primary",
            icon=":material/play_arrow:",
            disabled=plan is None,
        )
        if plan is not None:
            st.caption(f"{_in_words(plan)} It goes on when you close this page.")
    if is_started and plan is not None:
        start_run(workspace, plan.spec)


def _in_words(plan: RunPlan) -> str:
    where = {"cpu": "this machine's processor", "cuda": "the GPU", "mps": "the GPU"}[plan.device]
    if not plan.n_steps:
        return f"One pass through the frozen stages and a fitted head, on {where}."
    return f"At most {plan.n_steps:,} steps on {where}."
