"""Where memory lacks for a whole batch, it is computed in parts that add up to the same step."""

import numpy as np
import pytest
import torch

from core.errors import is_out_of_memory
from core.training.batches import batch_parts
from core.training.events import BatchSplit, EpochDone
from core.training.mixing import blended_loss, draw_blend
from tests.training.trainings import Training

FINE_TUNING = {"strategy": "head-then-fine-tune", "frozen": ("stem",), "batch_size": 16}
FROM_SCRATCH = {"strategy": "from-scratch", "batch_size": 16}
WITH_DROPOUT = {"strategy": "full-fine-tuning", "modality": "text", "batch_size": 16}
CONTRAST = {"strategy": "contrastive", "modality": "text", "frozen": ("embeddings",), "batch_size": 16}


def cramped(n_most, **arguments):
    """A training on a machine whose memory suffices for so many samples at a time; torch's own allocator says no."""
    training = Training(**arguments)

    def require_room(stage, inputs):
        if stage.training and torch.is_grad_enabled() and len(inputs[0]) > n_most:
            torch.empty(10**15)

    backbone = training.state.classifier.backbone
    backbone.stage(backbone.stage_names[-1]).register_forward_pre_hook(require_room)
    return training


def splits(training):
    return [event for event in training.events if isinstance(event, BatchSplit)]


def told_besides(training):
    return [event for event in training.told() if not isinstance(event, BatchSplit)]


def test_batches_are_halved_until_they_fit_and_the_numbers_stay():
    whole, halved = Training(**FINE_TUNING).run(), cramped(8, **FINE_TUNING).run()
    (split,) = splits(halved)
    assert (split.phase, split.batch, split.batch_size, split.n_parts) == (1, 1, 16, 2)
    assert splits(whole) == []
    for name in ("train_loss", "val_loss"):
        numbers = [[getattr(epoch, name) for epoch in training.epochs()] for training in (whole, halved)]
        assert numbers[1] == pytest.approx(numbers[0], rel=1e-4)


@pytest.mark.parametrize(("n_most", "n_parts"), [(8, 2), (7, 4), (3, 8)])
def test_one_event_tells_of_as_many_parts_as_it_took(n_most, n_parts):
    assert [event.n_parts for event in splits(cramped(n_most, **FINE_TUNING).run())] == [n_parts]


@pytest.mark.parametrize("arguments", [FROM_SCRATCH, WITH_DROPOUT], ids=["batch norm", "dropout"])
def test_an_attempt_that_failed_leaves_no_trace(arguments):
    forewarned = Training(**arguments)
    forewarned.state.n_parts = 2
    assert told_besides(cramped(8, **arguments).run()) == forewarned.run().told()


@pytest.mark.parametrize("arguments", [FINE_TUNING, FROM_SCRATCH, WITH_DROPOUT])
def test_a_training_that_was_halved_resumes_to_the_same_numbers_where_there_is_room_again(arguments, tmp_path):
    whole = cramped(8, **arguments).run()
    first = cramped(8, **arguments)
    first.run_until(lambda: splits(first) and isinstance(first.events[-1], EpochDone))
    first.state.save(tmp_path / "state.pt")
    second = Training(**arguments)
    second.state.load(tmp_path / "state.pt")
    second.run()
    assert first.told() + second.told() == whole.told()


@pytest.mark.parametrize(
    ("n_most", "arguments"),
    [
        (1, FINE_TUNING),
        (8, {"strategy": "contrastive", "modality": "text", "frozen": ("embeddings",), "batch_size": 16}),
    ],
    ids=["not even two samples", "samples that are compared with each other"],
)
def test_where_halving_does_not_suffice_the_lack_is_told(n_most, arguments):
    with pytest.raises(RuntimeError) as caught:
        cramped(n_most, **arguments).run()
    assert is_out_of_memory(caught.value)


def test_a_fault_of_ours_is_not_taken_for_lack_of_memory():
    training = Training(**FINE_TUNING)

    def fail(*_):
        raise RuntimeError("shapes do not fit")

    training.state.classifier.backbone.stage("last").register_forward_pre_hook(fail)
    with pytest.raises(RuntimeError, match="shapes"):
        training.run()
    assert splits(training) == []


@pytest.mark.parametrize("strength", [0.0, 0.4])
@pytest.mark.parametrize("n_parts", [2, 3])
def test_what_parts_of_a_batch_lose_adds_up_to_what_it_loses(strength, n_parts):
    rng = np.random.default_rng(0)
    logits, labels = torch.from_numpy(rng.normal(size=(13, 3))), torch.from_numpy(rng.integers(0, 3, 13))
    blend, weight = draw_blend(13, strength, seed=(0,)), torch.tensor([0.2, 1.0, 3.0], dtype=torch.float64)
    whole = blended_loss(logits, labels, blend, weight=weight, label_smoothing=0.1)
    parts = [
        blended_loss(logits[rows], labels, blend, weight=weight, label_smoothing=0.1, rows=rows)
        for rows in batch_parts(13, n_parts)
    ]
    assert float(sum(parts)) == pytest.approx(float(whole), rel=1e-12)


def test_parts_cover_a_batch_once_and_none_holds_a_single_row():
    for n_rows in range(1, 40):
        for n_parts in (1, 2, 4, 8, 64):
            parts = [np.arange(n_rows)[rows] for rows in batch_parts(n_rows, n_parts)]
            assert np.concatenate(parts).tolist() == list(range(n_rows))
            assert len(parts) <= n_parts
            assert n_rows == 1 or min(map(len, parts)) > 1
