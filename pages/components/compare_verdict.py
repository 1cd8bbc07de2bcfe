"""The answer a comparison is made for, in one sentence, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from core.workflows.compare_runs import PairedComparison, PairTest, RunComparison, Standing, points_words, verdict_words
from pages.components.compare_choice import MARKS
from pages.components.headline import SPLIT_TITLES
from pages.components.text import escape_markdown

USUAL_LEVEL = 20
STANDINGS: Mapping[Standing, str] = {
    "better": "better",
    "tied": "not distinguishable from it",
    "worse": "worse",
    "untested": "not to be tested against it",
}


def render_verdict(comparison: RunComparison) -> None:
    """For two runs which is better, for more which is best and who shares its place."""
    with st.container(border=True, gap="xsmall", key="verdict"):
        if len(comparison.runs) == 2:
            _render_pair(comparison.tests[0])
        else:
            _render_best(comparison)


def _render_pair(test: PairTest) -> None:
    found = test.found
    if found is None:
        st.subheader("No verdict", icon=":material/balance:", anchor=False)
        st.markdown(escape_markdown(test.why_not))
        return
    words = verdict_words(found)
    st.subheader(
        escape_markdown(words[:1].upper() + words[1:]),
        icon=":material/trophy:" if found.is_decided else ":material/balance:",
        anchor=False,
    )
    st.markdown(
        f"{SPLIT_TITLES[test.split]}, {found.n:,} samples that both answered: A alone is right on "
        f"{found.n_only_first:,}, B alone on {found.n_only_second:,}. {_chance_words(found)}"
    )
    st.caption(
        f"B less A, with 95% intervals: accuracy {escape_markdown(points_words(found.accuracy))}, macro-F1 "
        f"{escape_markdown(points_words(found.macro_f1))}. Exact McNemar test: p = {found.p_value:.3g}."
    )
    _render_caution(test, found)


def _chance_words(found: PairedComparison) -> str:
    if not found.n_only_first + found.n_only_second:
        return "They hit and miss the same samples."
    if found.is_decided:
        return f"If both were equally good, chance would part them so in {_share_words(found.p_value)} of cases."
    return f"Two equally good models would differ at least so much in {_share_words(found.p_value)} of cases."


def _share_words(share: float) -> str:
    return "fewer than 1 in 1,000" if share < 0.001 else f"{share:.1%}"


def _render_caution(test: PairTest, found: PairedComparison) -> None:
    if found.is_hint:
        st.caption(
            "An interval leaves 0 out, but the exact test does not part them: with so few samples that is a hint, "
            "no proof."
        )
    if test.split == "val":
        st.caption("Validation also chose the state that each run kept, so it may flatter both.")


def _render_best(comparison: RunComparison) -> None:
    marks = dict(zip((run.id for run in comparison.runs), MARKS, strict=False))
    best = comparison.best
    part = best.report.split("val") if best.report else None
    score = f": {part.accuracy.value:.1%}" if part else ""
    st.subheader(f"{marks[best.id]} is best on validation{score}", icon=":material/trophy:", anchor=False)
    st.markdown(f"On the {SPLIT_TITLES[comparison.split].lower()} samples, {_standings_words(comparison, marks)}.")
    n_tests = sum(test.found is not None for test in comparison.tests)
    if n_tests:
        st.caption(
            f"{n_tests} pairs are tested. Of pairs that are equally good, about one in {USUAL_LEVEL} looks different "
            "by chance alone."
        )
    for reason in dict.fromkeys(test.why_not for test in comparison.tests if test.why_not):
        st.caption(f"Between some of the runs: {escape_markdown(reason)}")


def _standings_words(comparison: RunComparison, marks: Mapping[str, str]) -> str:
    """Who is how good beside the best, as "B and C are not distinguishable from it; D is worse"."""
    standings = comparison.standings(comparison.best.id)
    told = []
    for how, words in STANDINGS.items():
        names = [marks[run.id] for run, found in standings if found == how]
        if names:
            listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
            told.append(f"**{listed}** {'is' if len(names) == 1 else 'are'} {words}")
    return "; ".join(told)
