"""What a run was put together from: what each member can alone, what it costs, and whether that is worth it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from core.evaluation.records import Interval, Report
from core.workflows.combinable import Combination, CombinationKind, Member
from core.workflows.compare_runs import points_words
from core.workflows.show_run import RunView
from pages.components.run_actions import compare_with
from pages.components.text import escape_markdown

PER_CENT = "%.1f%%"
HOW: dict[CombinationKind, str] = {
    "probabilities": "Every member answers, its probabilities scaled by its own temperature, and the answers are "
    "averaged. It takes as long as all of them together.",
    "weights": "One network whose tensors are the mean of those of the members in use. It is as large and as fast as "
    "one of them.",
    "features": "The features of every member stand side by side, and one head was fitted to all of them. It takes as "
    "long as all of them together.",
}


def render_combination(run: RunView, combination: Combination) -> None:
    """The section that stands where a trained run has its learning curves."""
    st.subheader("Put together from", icon=":material/merge:", anchor=False)
    st.caption(HOW[combination.kind])
    if run.report is not None:
        _render_members(combination, run.report, run.parameters.total if run.parameters else 0)
    _render_verdict(combination)
    if combination.steps:
        _render_steps(combination)
    if st.button("Compare with its members", key="compare-members", icon=":material/compare_arrows:"):
        compare_with([*combination.run_ids, run.id])


def render_not_trained(combination: Combination) -> None:
    """Stands where a trained run has its freeze proof."""
    if combination.kind == "features":
        st.markdown(":material/lock: Only a head was fitted here.")
        st.caption("The networks are those of the members, all of them frozen; each member has a proof of its own.")
        return
    st.markdown(":material/lock: Nothing was trained here.")
    if combination.kind == "weights":
        st.caption(
            "Averaging touches only tensors that at least one member trained; all others are the pretrained ones. "
            "Each member has a proof of its own."
        )
    else:
        st.caption("Each member is used as it is, and has a proof of its own.")


def verdict_sentence(combination: Combination) -> str:
    """Whether it is better than the best member, and at what cost; Markdown."""
    best = combination.members[0]
    factor = combination.ms_per_sample / best.ms_per_sample if best.ms_per_sample else 1.0
    cost = "about the same time" if combination.kind == "weights" else f"{factor:.1f} times the time"
    split = "test" if combination.gain_split == "test" else "validation"
    verdict = escape_markdown(combination.verdict[:1].upper() + combination.verdict[1:])
    points = escape_markdown(points_words(combination.gain))
    return f"**{verdict}**: {points} in accuracy on {combination.n:,} {split} samples, for {cost}."


def _render_members(combination: Combination, report: Report, n_parameters: int) -> None:
    used = {member.run_id for member in combination.in_use}
    rows = [_member_row(member, member.run_id in used) for member in combination.members]
    val, test = report.split("val"), report.split("test")
    if val is not None:
        alone = test.accuracy if test else None
        rows.append(_row(("This run", "", ""), val.accuracy, alone, n_parameters, combination.ms_per_sample))
    number = st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows).dropna(axis="columns", how="all"),
        hide_index=True,
        height="content",
        column_config={
            "Run": st.column_config.TextColumn(pinned=True, width=150),
            "Test": number(format=PER_CENT, help="Accuracy on the test split."),
            "Validation": number(format=PER_CENT, help="Accuracy on the validation split."),
            "Parameters": number(format="compact"),
            "ms per sample": number(
                format="%.1f",
                help="To predict one sample, reading included, measured on this machine when they were combined.",
            ),
        },
        key="combined-members",
        alt=f"Accuracy, parameters and time per sample of {len(combination.members)} members and of this run.",
    )


def _member_row(member: Member, is_used: bool) -> dict[str, object]:
    name = member.model_title if is_used else f"{member.model_title} (left out)"
    return _row(
        (name, member.strategy_title, member.run_id), member.val, member.test, member.n_parameters, member.ms_per_sample
    )


def _row(
    names: tuple[str, str, str], val: Interval, test: Interval | None, n_parameters: int, ms: float
) -> dict[str, object]:
    return {
        "Run": names[0],
        "Strategy": names[1],
        "Test": 100 * test.value if test else None,
        "Test, 95% interval": _interval_words(test) if test else None,
        "Validation": 100 * val.value,
        "Validation, 95% interval": _interval_words(val),
        "ms per sample": ms,
        "Parameters": n_parameters,
        "Id": names[2],
    }


def _render_verdict(combination: Combination) -> None:
    with st.container(border=True, key="combination-verdict"):
        st.markdown(verdict_sentence(combination))


def _render_steps(combination: Combination) -> None:
    st.markdown("**What was tried, best run first**")
    st.table(
        {
            _step_name(combination, step.run_id): f"{step.val_accuracy:.1%}, {'kept' if step.is_kept else 'left out'}"
            for step in combination.steps
        },
        border="horizontal",
        width="content",
        alt="Validation accuracy of the average with each run added",
    )
    st.caption(
        f"Accuracy of the average with this run added, on {combination.n_val:,} validation samples; it stays where "
        "that does not fall. The test split has no say."
    )


def _step_name(combination: Combination, run_id: str) -> str:
    member = next(one for one in combination.members if one.run_id == run_id)
    return escape_markdown(f"{member.strategy_title}, {run_id}")


def _interval_words(number: Interval) -> str:
    if number.low is None or number.high is None:
        return ""
    return f"{100 * number.low:.1f}–{100 * number.high:.1f}%"
