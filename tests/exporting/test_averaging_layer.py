"""One standard layer says the mean of all words, and its length 1, to a classifier that reads the first word."""

import numpy as np
import pytest

from core.exporting.averaging_layer import GAIN, SMALL, averaging_layer

WIDTH, N_CLASSES = 24, 5
DRAWS = np.random.default_rng(0)
SCALE, SHIFT = DRAWS.normal(1, 0.3, WIDTH), DRAWS.normal(0, 0.3, WIDTH)
WEIGHT, BIAS = DRAWS.normal(0, 3, (N_CLASSES, WIDTH)), DRAWS.normal(0, 1, N_CLASSES)


def normalised(values):
    centred = values - values.mean(axis=-1, keepdims=True)
    return centred / np.sqrt((centred**2).mean(axis=-1, keepdims=True))


def through(layer, tokens):
    """What a transformer layer with an attention that looks at all alike gives at the first token."""
    attended = (SMALL * GAIN * tokens).mean(axis=0)
    first = normalised(layer.output_weight @ attended + layer.output_bias + SMALL * tokens[0])
    return layer.readout @ normalised(first) + layer.readout_bias


def softmax(scores):
    return np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()


@pytest.mark.parametrize("n_tokens", [1, 2, 40])
def test_a_head_on_the_mean_gives_the_same_probabilities(n_tokens):
    layer = averaging_layer(scale=SCALE, shift=SHIFT, weight=WEIGHT, bias=BIAS, unit_length=False)
    tokens = normalised(DRAWS.normal(size=(n_tokens, WIDTH)))
    mean = (SCALE * tokens + SHIFT).mean(axis=0)
    assert softmax(through(layer, tokens)) == pytest.approx(softmax(WEIGHT @ mean + BIAS), abs=1e-4)


@pytest.mark.parametrize("n_tokens", [1, 2, 40])
def test_a_head_on_the_mean_at_length_1_does_too_where_units_are_unused(n_tokens):
    scale = SCALE.copy()
    scale[3:5] = 0.0
    layer = averaging_layer(scale=scale, shift=SHIFT, weight=WEIGHT, bias=BIAS, unit_length=True)
    tokens = normalised(DRAWS.normal(size=(n_tokens, WIDTH)))
    mean = (scale * tokens + SHIFT).mean(axis=0)
    wanted = softmax(WEIGHT @ (mean / np.linalg.norm(mean)) + BIAS)
    assert softmax(through(layer, tokens)) == pytest.approx(wanted, abs=1e-4)


def test_otherwise_the_length_is_off_by_little():
    layer = averaging_layer(scale=SCALE, shift=SHIFT, weight=WEIGHT, bias=BIAS, unit_length=True)
    tokens = normalised(DRAWS.normal(size=(10, WIDTH)))
    mean = (SCALE * tokens + SHIFT).mean(axis=0)
    wanted = softmax(WEIGHT @ (mean / np.linalg.norm(mean)) + BIAS)
    assert softmax(through(layer, tokens)) == pytest.approx(wanted, abs=0.02)


def test_more_classes_than_the_layer_is_wide_are_told():
    weight = np.zeros((WIDTH - 1, WIDTH))
    made = averaging_layer(scale=SCALE, shift=SHIFT, weight=weight, bias=np.zeros(WIDTH - 1), unit_length=False)
    assert made is None
