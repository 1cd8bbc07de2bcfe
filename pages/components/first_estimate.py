"""What could be said at once, before any solver or optimiser began."""

from __future__ import annotations

from core.workflows.show_run import RunView
from pages.components.time_words import duration_words


def first_estimate_words(run: RunView) -> str:
    """Accuracy, which samples it is from and how sure it is; empty where no estimate was made."""
    first, accuracy = run.first_estimate, run.first_accuracy
    if first is None or accuracy is None or accuracy.low is None or accuracy.high is None:
        return ""
    return (
        f"{accuracy.value:.1%} of the {first.n:,} training samples right when left out "
        f"(95% interval {accuracy.low * 100:.1f}–{accuracy.high * 100:.1f}%, after {duration_words(first.elapsed_s)})"
    )
