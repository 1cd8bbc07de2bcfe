"""Answers averaged: the mean comes back, and a class that nobody thinks of costs no infinity."""

import numpy as np

from core.evaluation.averaging import mean_answer
from core.training.temperature import scaled_probs


def test_the_softmax_of_the_answer_is_the_mean_of_the_probabilities() -> None:
    one = np.array([[0.9, 0.1], [0.4, 0.6]], dtype=np.float32)
    other = np.array([[0.5, 0.5], [0.2, 0.8]], dtype=np.float32)
    assert np.allclose(scaled_probs(mean_answer([one, other]), 1.0), (one + other) / 2, atol=1e-6)


def test_a_class_that_every_model_gives_no_probability_has_a_finite_logit() -> None:
    sure = np.array([[1.0, 0.0]], dtype=np.float32)
    answer = mean_answer([sure, sure])
    assert np.isfinite(answer).all()
    assert answer.argmax() == 0
