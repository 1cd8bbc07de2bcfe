"""What is said of batches that memory did not suffice for."""

from core.training.events import BatchSplit, PhaseEnded
from core.workflows.batch_words import split_in_words


def split(n_parts, *, epoch=3):
    return BatchSplit(phase=1, epoch=epoch, batch=2, batch_size=32, n_parts=n_parts)


def test_nothing_is_said_where_memory_sufficed():
    assert split_in_words([PhaseEnded(phase=0, why="done")], "full-fine-tuning") == ""


def test_size_parts_and_reason_are_said():
    words = split_in_words([split(2)], "full-fine-tuning")
    assert words.startswith("32 samples in two halves of 16, from epoch 3 on: memory")
    assert "BatchNorm" not in words


def test_the_last_split_counts():
    assert "8 parts of 4, from epoch 5" in split_in_words([split(2), split(8, epoch=5)], "full-fine-tuning")


def test_where_statistics_are_learned_it_is_said_that_they_are_of_a_part():
    assert "BatchNorm learns from one part" in split_in_words([split(2)], "from-scratch")
