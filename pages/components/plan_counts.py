"""What a plan means in numbers."""

from __future__ import annotations

import streamlit as st

from core.plots.text import count_text
from core.workflows.plan_run import RunPlan
from pages.components.run_cost import RunCost, render_cost_metrics


def render_plan_counts(plan: RunPlan, cost: RunCost) -> None:
    """Parameters that train, stages that are frozen, how often the optimiser steps, and what all that takes."""
    parameters, names = plan.parameters, plan.info.stage_names
    with st.grid(3, min_column_width=190):
        st.metric(
            "Trainable parameters",
            count_text(parameters.trainable),
            f"of {count_text(parameters.total)}",
            delta_color="off",
            delta_arrow="off",
            help=f"{parameters.trainable:,} of {parameters.total:,}, the head included.",
        )
        st.metric("Share that trains", f"{parameters.trainable_share:.1%}")
        st.metric(
            "Frozen stages",
            f"{len(plan.spec.frozen_stages)} of {len(names)}",
            help=f"The first {plan.cut} stages run once per sample; their output is kept.",
        )
        st.metric(
            "Steps at most",
            f"{plan.n_steps:,}" if plan.n_steps else "none",
            help="Steps of the optimiser. A head that is solved for directly needs none.",
        )
        render_cost_metrics(cost)
    if cost.estimate is not None and plan.cut:
        st.caption(f":material/bolt: Engine of the frozen stages: {cost.estimate.engine}.")
