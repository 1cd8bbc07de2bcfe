"""The line between the weights, drawn and told."""

from dataclasses import replace

from core.plots.weight_path import describe_weight_path, kept_share, path_points, plot_weight_path
from core.training.events import EpochDone, PathPoint, StateChosen


def point(share: float, macro_f1: float, *, is_best: bool = False) -> PathPoint:
    return PathPoint(phase=1, share=share, val_loss=1 - macro_f1, val_macro_f1=macro_f1, is_best=is_best)


LINE = (point(0.0, 0.80), point(0.5, 0.90, is_best=True), point(1.0, 0.85))


def test_the_line_is_drawn_from_start_to_end_with_the_kept_point_marked() -> None:
    line, kept = plot_weight_path(reversed(LINE)).data
    assert list(line.x) == [0.0, 0.5, 1.0]
    assert list(line.y) == [0.80, 0.90, 0.85]
    assert (kept.name, list(kept.x), list(kept.y)) == ("Kept", [0.5], [0.90])


def test_the_last_best_point_is_the_kept_one() -> None:
    assert kept_share((point(0.1, 0.8, is_best=True), point(0.4, 0.9, is_best=True), point(0.9, 0.7))) == 0.4


def test_no_point_is_marked_where_an_epoch_was_better() -> None:
    points = (point(0.0, 0.8), point(1.0, 0.85))
    assert kept_share(points) is None
    assert len(plot_weight_path(points).data) == 1
    assert "an epoch on the way was better" in describe_weight_path(points)


def test_words_name_both_ends_and_the_kept_share() -> None:
    text = describe_weight_path(LINE)
    assert "0.800" in text
    assert "0.850" in text
    assert "50%" in text


def test_a_run_without_mixtures_has_no_points() -> None:
    epoch = EpochDone(
        phase=0,
        epoch=1,
        train_loss=1.0,
        train_macro_f1=0.5,
        val_loss=1.0,
        val_macro_f1=0.5,
        val_accuracy=0.5,
        learning_rate=0.1,
        is_best=True,
        elapsed_s=1.0,
    )
    assert path_points((epoch,)) == ()
    assert describe_weight_path((epoch,)) == "No mixtures of weights were tried."


def test_where_the_fitted_head_is_kept_the_start_of_the_line_is_marked_whatever_mixture_was_chosen() -> None:
    chosen = StateChosen(
        phase=1,
        kept="head",
        reason="not-clear",
        accuracy_gain=0.0,
        accuracy_error=0.01,
        loss_gain=0.0,
        loss_error=0.01,
        n=100,
    )
    events = (*LINE, chosen)
    assert kept_share(events) == 0.0
    assert list(plot_weight_path(events).data[1].x) == [0.0]
    assert "kept: 0% of the way" in describe_weight_path(events)
    assert kept_share((*LINE, replace(chosen, kept="trained", reason="hits"))) == 0.5
