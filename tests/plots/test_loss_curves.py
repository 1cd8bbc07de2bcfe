import pytest

from core.plots.loss_curves import describe_loss, describe_macro_f1, plot_loss, plot_macro_f1
from core.training.events import BatchDone, EpochDone, PathPoint, PhaseEnded, PhaseStarted, StateChosen


def epoch(number, *, phase=0, is_best=False, val_loss=0.5, val_macro_f1=0.8):
    return EpochDone(
        phase=phase,
        epoch=number,
        train_loss=1 / number,
        train_macro_f1=0.9,
        val_loss=val_loss,
        val_macro_f1=val_macro_f1,
        val_accuracy=0.8,
        learning_rate=0.0,
        is_best=is_best,
        elapsed_s=1.0,
    )


def phase(number, name):
    return PhaseStarted(phase=number, name=name, n_epochs=1, trainable_stages=())


TWO_PHASES = [
    phase(0, "Fit the head"),
    epoch(1, is_best=True),
    PhaseEnded(phase=0, why="converged"),
    phase(1, "Fine-tune"),
    BatchDone(phase=1, epoch=2, batch=1, n_batches=5),
    epoch(2, phase=1, val_loss=0.4, is_best=True),
    epoch(3, phase=1, val_loss=0.6),
]


def test_loss_draws_training_and_validation_over_all_phases():
    train, val, _ = plot_loss(TWO_PHASES).data
    assert (train.name, list(train.x), list(train.y)) == ("Training", [1, 2, 3], [1.0, 0.5, 1 / 3])
    assert (val.name, list(val.x), list(val.y)) == ("Validation", [1, 2, 3], [0.5, 0.4, 0.6])


def test_macro_f1_draws_the_scores():
    train, val, _ = plot_macro_f1(TWO_PHASES).data
    assert (list(train.y), list(val.y)) == ([0.9] * 3, [0.8] * 3)


def test_axes_say_what_they_show_and_only_whole_epochs():
    figure = plot_loss(TWO_PHASES)
    assert (figure.layout.xaxis.title.text, figure.layout.yaxis.title.text) == ("Epoch", "Loss")
    assert figure.layout.xaxis.dtick == 1
    assert plot_macro_f1(TWO_PHASES).layout.yaxis.title.text == "Macro-F1"


def test_last_best_epoch_is_marked_on_the_validation_line():
    kept = plot_loss(TWO_PHASES).data[2]
    assert (kept.name, list(kept.x), list(kept.y)) == ("Kept: epoch 2", [2], [0.4])


def test_border_between_phases_has_a_line_and_each_phase_its_name():
    figure = plot_loss(TWO_PHASES)
    assert [shape.x0 for shape in figure.layout.shapes] == [1.5]
    assert [(note.x, note.text) for note in figure.layout.annotations] == [(0.5, "Fit the head"), (1.5, "Fine-tune")]


def test_single_phase_needs_no_border():
    figure = plot_loss([phase(0, "Fit"), epoch(1), epoch(2)])
    assert (len(figure.layout.shapes), len(figure.layout.annotations)) == (0, 0)


@pytest.mark.parametrize("plot", [plot_loss, plot_macro_f1])
def test_without_an_epoch_the_figure_keeps_its_height_and_says_why_it_is_empty(plot):
    empty, full = plot([phase(0, "Fit")]), plot(TWO_PHASES)
    assert empty.layout.height == full.layout.height
    assert "first finished epoch" in empty.layout.annotations[0].text
    assert all(len(trace.x) == 0 for trace in empty.data)


@pytest.mark.parametrize("plot", [plot_loss, plot_macro_f1])
def test_single_epoch_is_drawn_as_a_visible_point(plot):
    figure = plot([epoch(1)])
    assert all("markers" in trace.mode for trace in figure.data)
    assert tuple(figure.layout.xaxis.range) == (0.5, 1.5)


def test_scores_at_one_are_drawn_near_the_top_of_their_axis():
    low, high = plot_macro_f1([epoch(1, val_macro_f1=1.0)]).layout.yaxis.range
    assert 0.8 <= low < 1 < high < 1.1


def test_later_telling_of_an_epoch_counts_after_a_run_was_resumed():
    assert list(plot_loss([epoch(1), epoch(2), epoch(2, val_loss=0.1)]).data[1].y) == [0.5, 0.1]


def test_name_of_a_phase_never_becomes_markup():
    figure = plot_loss([phase(0, "<b>x</b>"), epoch(1), phase(1, "y"), epoch(2, phase=1)])
    assert figure.layout.annotations[0].text == "&lt;b&gt;x&lt;/b&gt;"


def test_a_thousand_epochs_get_few_ticks():
    assert plot_loss([epoch(number) for number in range(1, 1001)]).layout.xaxis.dtick == 100


def test_batches_between_epochs_leave_the_figure_as_it_is():
    tick = BatchDone(phase=1, epoch=4, batch=2, n_batches=5)
    assert plot_loss([*TWO_PHASES, tick]).to_json() == plot_loss(TWO_PHASES).to_json()


def test_words_tell_the_same_story():
    assert describe_loss(TWO_PHASES) == (
        "Loss over 3 epochs: training from 1.000 to 0.333, validation from 0.500 to 0.600. "
        "Phases: Fit the head from epoch 1, Fine-tune from epoch 2. The state of epoch 2 is kept."
    )
    assert describe_macro_f1([epoch(1)]) == "Macro-F1 after one epoch: training 0.900, validation 0.800."
    assert describe_loss([]) == "Loss per epoch; no epoch is finished yet."


def test_where_the_fitted_head_is_kept_its_epoch_is_marked():
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
    mixture = PathPoint(phase=1, share=0.5, val_loss=0.3, val_macro_f1=0.9, is_best=True)
    kept = plot_loss([*TWO_PHASES, mixture, chosen]).data[2]
    assert (kept.name, list(kept.x)) == ("Kept: epoch 1", [1])
    assert "The state of epoch 1 is kept." in describe_loss([*TWO_PHASES, mixture, chosen])
