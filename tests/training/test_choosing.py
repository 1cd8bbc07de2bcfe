"""At the end of a training: the fitted head is shipped unless the trained state is clearly better."""

import pytest
import torch

from core.training import descent
from core.training.events import StateChosen
from core.training.shipping import Gain, Verdict
from tests.training.trainings import STRATEGIES_BY_MODALITY, Training, changed

CLEAR, UNCLEAR = Gain(value=0.1, error=0.01), Gain(value=0.0, error=0.01)
VERDICTS = {
    "trained": Verdict(reason="hits", accuracy=CLEAR, loss=UNCLEAR),
    "head": Verdict(reason="not-clear", accuracy=UNCLEAR, loss=UNCLEAR),
}


def hindered(strategy, **settings):
    """A training whose solver sees one feature of all: what is trained after it has something to gain."""
    training = Training(strategy, **settings)
    training.data.pooled[:, 1:] = 0.0
    return training


def chosen(training):
    return [event for event in training.events if isinstance(event, StateChosen)]


@pytest.mark.parametrize(("strategy", "modality"), STRATEGIES_BY_MODALITY)
def test_only_a_training_that_goes_on_after_a_fitted_head_has_to_choose_and_once(strategy, modality):
    training = Training(strategy, modality=modality, epochs=2).run()
    goes_on = training.state.phases[0].is_solved and len(training.state.phases) > 1
    assert len(chosen(training)) == int(goes_on)
    if goes_on:
        assert chosen(training)[0].n == len(training.data.val_rows)
        assert chosen(training)[0].phase == len(training.state.phases) - 1


@pytest.mark.parametrize("strategy", ["head-then-fine-tune", "gradual-unfreezing"])
@pytest.mark.parametrize("kept", ["head", "trained"])
def test_what_the_verdict_says_is_what_the_network_holds_at_the_end(monkeypatch, strategy, kept):
    monkeypatch.setattr(descent, "judge_training", lambda *_: VERDICTS[kept])
    training = hindered(strategy, epochs=4)
    training.run_until(training.ends)
    fitted = training.tensors()
    training.run()
    assert chosen(training)[0].kept == kept
    assert (changed(fitted, training.tensors()) == set()) == (kept == "head")
    best = training.state.best_tensors
    assert changed(best, {name: training.tensors()[name] for name in best}) == set()


def test_a_training_that_harms_leaves_the_fitted_head_and_one_that_learns_is_kept():
    harmful = Training("head-then-fine-tune", epochs=3, learning_rate=1.0, head_learning_rate=1.0).run()
    assert chosen(harmful)[0].kept == "head"
    useful = hindered("head-then-fine-tune", n=240, epochs=8).run()
    told = chosen(useful)[0]
    assert told.kept == "trained"
    assert told.accuracy_gain > told.accuracy_error or told.loss_gain > told.loss_error


def test_a_checkpoint_of_before_there_was_a_choice_goes_on_without_one(tmp_path):
    first = Training("head-then-fine-tune", epochs=2)
    first.run_until(first.ends)
    first.state.save(tmp_path / "state.pt")
    stored = torch.load(tmp_path / "state.pt", weights_only=True)
    del stored["fitted_tensors"]
    torch.save(stored, tmp_path / "state.pt")
    second = Training("head-then-fine-tune", epochs=2)
    second.state.load(tmp_path / "state.pt")
    second.run()
    assert chosen(second) == []
    assert second.ends() == ["done"]
