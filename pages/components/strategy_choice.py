"""The strategies with a sentence each, the suggestion and why, and the phases of the present choice, drawn and said."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.backbones.records import FeatureChoice, TensorChoice
from core.plots.phase_timeline import describe_phases, plot_phases
from core.workflows.estimate_run import RunEstimate
from core.workflows.phase_timeline import lay_out_phases
from core.workflows.plan_run import Phase, RunPlan, offered_strategies
from pages.components import draft
from pages.components.charts import render_chart
from pages.components.text import escape_markdown

KEY = "strategy"
MAX_NAMED = 3
PARTS: dict[TensorChoice, str] = {
    "all": "",
    "norms-and-biases": "norms and biases of ",
    "low-rank": "adapters in ",
}
READ: dict[FeatureChoice, str] = {
    "last-stage": "the frozen features",
    "every-stage": "the frozen features of every stage",
}


def render_strategies(
    dataset_id: str, plan: RunPlan, suggested: RunPlan, times: Mapping[str, str], estimate: RunEstimate | None
) -> None:
    """A radio button per strategy beside the phases of the chosen one.

    Args:
        dataset_id: whose choices are changed.
        plan: with the chosen strategy.
        suggested: with the suggested one.
        times: how long each strategy takes, in words, by its id, as far as that is known.
        estimate: of the plan; None where it is not known (yet).
    """
    choice, phases = st.columns([3, 2], gap="large")
    rows = {row.id: row for row in offered_strategies(plan.info)}
    st.session_state[KEY] = plan.strategy.id
    with choice:
        st.radio(
            "Strategy",
            tuple(rows),
            key=KEY,
            format_func=lambda name: rows[name].title + _mark(name == suggested.strategy.id),
            # The time stands here, not beside the title: an option pressed while its words change is not known.
            captions=[row.sentence + _time(times.get(row.id)) for row in rows.values()],
            label_visibility="collapsed",
            on_change=_choose,
            args=(dataset_id,),
        )
    with phases:
        with st.container(border=True, key="phases"):
            st.markdown(f"**{escape_markdown(plan.strategy.title)}, step by step**")
            _render_timeline(plan, estimate)
            for number, phase in enumerate(plan.phases, start=1):
                st.markdown(
                    f"{number}\\. **{escape_markdown(phase.name)}**  \n{_phase_words(phase, plan.strategy.features)}"
                )
        st.caption(
            f":material/lightbulb: Suggested: {escape_markdown(suggested.strategy.title)}. "
            f"{escape_markdown(suggested.suggestion.strategy_reason)}"
        )


def _render_timeline(plan: RunPlan, estimate: RunEstimate | None) -> None:
    phases = lay_out_phases(plan, estimate)
    alt, name = describe_phases(phases), f"phases-{plan.strategy.id}"
    render_chart(plot_phases(phases), key="phase-timeline", alt=alt, file_name=name)


def _mark(is_suggested: bool) -> str:
    return " :blue-badge[Suggested]" if is_suggested else ""


def _time(words: str | None) -> str:
    return f" Here {words}." if words else ""


def _choose(dataset_id: str) -> None:
    draft.choose_strategy(dataset_id, st.session_state[KEY])


def _phase_words(phase: Phase, features: FeatureChoice) -> str:
    if phase.is_solved:
        return f"Solved directly on {READ[features]}; no epochs."
    n_stages = len(phase.trainable_stages)
    stages = ", ".join(phase.trainable_stages) if n_stages <= MAX_NAMED else f"{n_stages} stages"
    if phase.goal == "contrast":
        return f"Trains {escape_markdown(stages)}, at most {phase.n_epochs} epochs; fits the head anew after each."
    return f"Trains {PARTS[phase.tensors]}{escape_markdown(stages)} and the head, at most {phase.n_epochs} epochs."
