"""A transformer layer that averages: how a classifier on the mean of all words is told in the words of a standard one.

The libraries' classifiers for BERT and its kin read the first token only, and have no mean. One more layer of the same
kind can say it exactly: its attention looks at all words alike, so that what reaches the first token is their mean, and
its normalisation is the division by the length that sentence encoders end with.

What enters that layer is what the last normalisation z of the encoder gives before its scale and shift, which move into
the new layer. Read by the first token, the layer gives `size * y / |y|` for a vector y, without mean, that is linear in
the mean of z. Two choices of y are enough:

- for the mean itself, y holds the wanted scores beside two numbers so large (+C and -C) that its length does not
  depend on the scores;
- for the mean at length 1, y is the mean itself, turned into the space of vectors without mean. It holds one number too
  many for that space. So one direction, which no class looks at and in which the mean moves least, is taken as
  constant: it is where an encoder has left units unused, and otherwise has a little part in the length only.

The residual connection of the layer adds z itself, scaled down to nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from core.arrays import FloatArray

LARGE = 2.0**15
SMALL = 2.0**-20
"""What the residual connection leaves of the first token, beside numbers around 1."""

UNUSED = 1e-6
"""Share of the largest scale below which a direction does not move."""

GAIN = 2.0**10
"""Value and output projections each make up for a half of it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AveragingLayer:
    """What to write into the new layer and the classifier behind it; arrays in float64.

    Attributes:
        output_weight: of the attention's output projection, shape (width, width), behind values scaled by GAIN.
        output_bias: its bias, shape (width,).
        readout: scores from what leaves the layer at the first token, shape (n_classes, width).
        readout_bias: shape (n_classes,).
    """

    output_weight: FloatArray
    output_bias: FloatArray
    readout: FloatArray
    readout_bias: FloatArray


def averaging_layer(
    *, scale: FloatArray, shift: FloatArray, weight: FloatArray, bias: FloatArray, unit_length: bool
) -> AveragingLayer | None:
    """The layer for a linear head on the mean over tokens; None where the classes are too many for its width.

    Args:
        scale: of the encoder's last normalisation, shape (width,).
        shift: likewise.
        weight: of the head, shape (n_classes, width).
        bias: shape (n_classes,).
        unit_length: whether the mean is scaled to length 1 before the head reads it.
    """
    scale, shift, weight, bias = (np.asarray(values, dtype=np.float64) for values in (scale, shift, weight, bias))
    return (_at_length_1 if unit_length else _as_it_is)(scale, shift, weight, bias)


def _as_it_is(scale: FloatArray, shift: FloatArray, weight: FloatArray, bias: FloatArray) -> AveragingLayer | None:
    n_classes, width = weight.shape
    if n_classes + 2 > width:
        return None
    centred = weight - weight.mean(axis=0)  # the same probabilities, and scores without mean
    factor = LARGE / np.sqrt(width / 2)
    projection, constant = np.zeros((width, width)), np.zeros(width)
    projection[2 : 2 + n_classes] = centred * scale
    constant[:2] = LARGE, -LARGE
    constant[2 : 2 + n_classes] = centred @ shift
    readout = np.zeros((n_classes, width))
    readout[np.arange(n_classes), 2 + np.arange(n_classes)] = factor
    return _layer(projection, constant, readout, bias)


def _at_length_1(scale: FloatArray, shift: FloatArray, weight: FloatArray, bias: FloatArray) -> AveragingLayer:
    width = len(scale)
    space = _without_mean(width)
    directions, sizes, turned = np.linalg.svd(scale[:, None] * space, full_matrices=False)
    kept = _orthogonal_to(_least_moving(directions, sizes, weight))
    rest = shift - directions @ (kept @ (kept.T @ (directions.T @ shift)))
    length = float(np.linalg.norm(rest))
    moving = kept.T @ (sizes[:, None] * turned) @ space.T
    projection = space[:, :-1] @ moving
    constant = space[:, :-1] @ (kept.T @ (directions.T @ shift)) + space[:, -1] * length
    of_rest = weight @ rest / length if length else np.zeros(len(weight))
    readout = (np.column_stack([weight @ directions @ kept, of_rest]) @ space.T) / np.sqrt(width)
    return _layer(projection, constant, readout, bias)


def _least_moving(directions: FloatArray, sizes: FloatArray, weight: FloatArray) -> FloatArray:
    """The direction that is taken as constant, shape (width - 1,), in terms of `directions`."""
    if sizes[-1] <= UNUSED * sizes[0]:
        return np.asarray(np.eye(len(sizes))[-1])
    seen = (weight - weight.mean(axis=0)) @ directions
    unseen = np.linalg.svd(seen)[2][np.linalg.matrix_rank(seen) :].T
    if not unseen.shape[1]:
        return np.asarray(np.eye(len(sizes))[-1])
    moved: FloatArray = np.linalg.eigh(unseen.T @ (sizes[:, None] ** 2 * unseen))[1][:, 0]
    return np.asarray(unseen @ moved)


def _layer(projection: FloatArray, constant: FloatArray, readout: FloatArray, bias: FloatArray) -> AveragingLayer:
    return AveragingLayer(
        output_weight=projection / (SMALL * GAIN), output_bias=constant, readout=readout, readout_bias=bias
    )


def _without_mean(width: int) -> FloatArray:
    """An orthonormal basis of the vectors without mean, shape (width, width - 1)."""
    return _orthogonal_to(np.ones(width))


def _orthogonal_to(vector: FloatArray) -> FloatArray:
    """An orthonormal basis of what is orthogonal to a vector (n,), shape (n, n - 1)."""
    return np.asarray(np.linalg.svd(vector[None, :])[2][1:].T)
