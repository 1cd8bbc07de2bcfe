"""A checkpoint holds everything: a training that goes on from one gives the numbers of one that was never stopped."""

import pickle

import pytest
import torch

from core.errors import ConfigurationError
from core.training.events import BatchDone, EpochDone
from tests.training.trainings import Training, changed

CASES = {
    "head-then-fine-tune on images": {"strategy": "head-then-fine-tune", "frozen": ("stem",)},
    "frozen middle": {"strategy": "head-then-fine-tune", "frozen": ("middle",), "optimizer": "sgd"},
    "gradual-unfreezing on texts": {"strategy": "gradual-unfreezing", "modality": "text", "epochs": 6},
    "from-scratch on images": {"strategy": "from-scratch", "optimizer": "adam"},
    "full-fine-tuning with adagrad": {"strategy": "full-fine-tuning", "modality": "text", "optimizer": "adagrad"},
    "norms-and-biases on texts": {"strategy": "norms-and-biases", "modality": "text", "frozen": ("embeddings",)},
    "contrastive": {"strategy": "contrastive", "modality": "text", "frozen": ("embeddings",)},
    "lora": {"strategy": "lora", "modality": "text", "frozen": ("embeddings",)},
    "first-stages on images": {"strategy": "first-stages", "layer_decay": 0.5},
    "dropout before the head, adjusted scores": {
        "strategy": "head-then-fine-tune",
        "frozen": ("stem",),
        "head_dropout": 0.5,
        "class_weights": "logit-adjustment",
    },
    "classes drawn alike": {"strategy": "full-fine-tuning", "modality": "text", "class_weights": "balanced-sampling"},
    "early stop": {"strategy": "head-then-fine-tune", "epochs": 12, "patience": 2, "learning_rate": 0.3},
}


def interrupted(arguments, n_events, path):
    """Stops after so many events, goes on in a fresh process's place; what both told, as a run's history keeps it."""
    first = Training(**arguments)
    told_at_checkpoint = 0
    for n in range(1, n_events + 1):
        first.run(n_events=n)
        if not isinstance(first.events[-1], BatchDone) and first.state.at_checkpoint:
            first.state.save(path)
            told_at_checkpoint = len(first.told())
    second = Training(**arguments)
    if told_at_checkpoint:
        second.state.load(path)
    second.run()
    told = first.told()[:told_at_checkpoint]
    repeated = first.told()[told_at_checkpoint:]
    assert second.told()[: len(repeated)] == repeated
    return told + second.told(), second


@pytest.mark.parametrize("name", CASES)
def test_stopped_after_any_event_and_resumed_gives_exactly_the_uninterrupted_numbers(name, tmp_path):
    whole = Training(**CASES[name]).run()
    n = len(whole.events)
    first_epoch = next(place for place, event in enumerate(whole.events) if isinstance(event, EpochDone)) + 1
    for n_events in sorted({first_epoch, n // 2, n - 2, n}):
        path = tmp_path / f"{n_events}.pt"
        told, resumed = interrupted(CASES[name], n_events, path)
        assert told == whole.told()
        assert changed(whole.tensors(), resumed.tensors()) == set()
        assert changed(whole.state.best_tensors, resumed.state.best_tensors) == set()


def test_the_solver_is_not_run_again_after_its_checkpoint(tmp_path):
    first = Training("head-then-fine-tune")
    first.run_until(first.ends)
    first.state.save(tmp_path / "state.pt")
    second = Training("head-then-fine-tune")
    second.state.load(tmp_path / "state.pt")
    assert second.state.strengths == first.state.strengths != ()
    second.run()
    assert {event.phase for event in second.events} == {1}


def test_nothing_is_stored_while_a_solver_runs():
    training = Training("head-then-fine-tune")
    training.run(n_events=3)
    assert not training.state.at_checkpoint


def test_a_checkpoint_holds_no_code_and_runs_none(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (pytest.fail, ("a checkpoint was executed",))

    path = tmp_path / "state.pt"
    torch.save({"version": 1, "bomb": Bomb()}, path)
    with pytest.raises(pickle.UnpicklingError):
        Training("from-scratch").state.load(path)


def test_a_checkpoint_of_another_version_is_refused_with_a_remedy(tmp_path):
    path = tmp_path / "state.pt"
    torch.save({"version": 0}, path)
    with pytest.raises(ConfigurationError, match="format 0") as caught:
        Training("from-scratch").state.load(path)
    assert "again" in caught.value.remedy


def test_only_what_trains_is_stored(tmp_path):
    frozen_most = Training("head-then-fine-tune", frozen=("stem", "middle"), epochs=1).run()
    assert frozen_most.state.trained_stages == ("last",)
    assert frozen_most.state.frozen_stages == ("stem", "middle")
    assert {name.split("/")[0] for name in frozen_most.state.best_tensors} == {"head.weight", "head.bias", "stage.last"}


def test_of_stages_that_train_in_part_only_that_part_is_stored_and_counted():
    state = Training("norms-and-biases", frozen=("stem",), epochs=1).run().state
    assert state.moving == {stage: {"1.weight", "1.bias"} for stage in ("middle", "last")}
    assert set(state.best_tensors) == {
        "head.weight",
        "head.bias",
        *(f"stage.{stage}/1.{name}" for stage in ("middle", "last") for name in ("weight", "bias")),
    }
    assert state.n_trained == 2 * 2 * 8 + 3 * 8 + 3
