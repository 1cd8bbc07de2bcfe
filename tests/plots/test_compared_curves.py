"""Curves of several runs in one figure."""

from dataclasses import replace

from core.plots.compared_curves import curve_points, describe_compared_curves, plot_compared_curves
from core.training.events import EpochDone, PhaseStarted

EPOCH = EpochDone(
    phase=1,
    epoch=3,
    train_loss=0.5,
    train_macro_f1=0.8,
    val_loss=0.4,
    val_macro_f1=0.85,
    val_accuracy=0.86,
    learning_rate=1e-3,
    is_best=True,
    elapsed_s=1.0,
)
ROUNDS = (
    replace(EPOCH, phase=0, epoch=1, learning_rate=0.0, val_macro_f1=0.7, val_loss=0.7),
    replace(EPOCH, phase=0, epoch=2, learning_rate=0.0, val_macro_f1=0.6, val_loss=0.9, is_best=False),
)
STARTED = PhaseStarted(phase=1, name="Fine-tune", n_epochs=2, trainable_stages=("top",))
TUNED = (*ROUNDS, STARTED, EPOCH, replace(EPOCH, epoch=4, val_macro_f1=0.9, val_loss=0.3))


def test_the_best_fitted_head_stands_at_0_and_the_epochs_of_the_optimiser_after_it() -> None:
    assert curve_points(TUNED, "macro_f1") == ((0, 0.7), (1, 0.85), (2, 0.9))
    assert curve_points(TUNED, "loss") == ((0, 0.7), (1, 0.4), (2, 0.3))
    assert curve_points(ROUNDS, "macro_f1") == ((0, 0.7),)


def test_a_run_without_a_fitted_head_begins_with_its_first_epoch() -> None:
    assert curve_points((replace(EPOCH, epoch=1),), "macro_f1") == ((1, 0.85),)


def test_an_epoch_told_twice_counts_as_it_was_told_last() -> None:
    assert curve_points((EPOCH, replace(EPOCH, val_macro_f1=0.5)), "macro_f1") == ((1, 0.5),)


def test_every_run_is_a_line_of_its_name_and_has_a_row_of_the_legend() -> None:
    figure = plot_compared_curves([ROUNDS, TUNED, ()], ["A <b>", "B", "C"], "macro_f1")
    assert [trace.name for trace in figure.data] == ["A &lt;b&gt;", "B", "C"]
    assert list(figure.data[1].x) == [0, 1, 2]
    assert figure.layout.height - plot_compared_curves([TUNED], ["B"], "loss").layout.height == 40


def test_words_tell_where_each_line_begins_and_ends() -> None:
    words = describe_compared_curves([ROUNDS, TUNED, ()], ["A", "B", "C"], "macro_f1")
    assert words.startswith("Validation macro-F1 over epochs: A 0.700 at epoch 0; B from 0.700 to 0.900 at epoch 2;")
    assert "C has no finished epoch" in words
