"""Single numbers with how sure they are, drawn small enough to stand in the row of a table."""

from __future__ import annotations

from markupsafe import Markup

from core.evaluation.records import Calibration, Interval
from core.exporting.svg import Plane, drawing, element, line, round_marks

ROW_WIDTH, ROW_HEIGHT = 130.0, 12.0
SIDE = 260.0


def draw_interval(number: Interval, *, lowest: float = 0.0) -> Markup:
    """A dot for the number and a line for its interval, between `lowest` and 1.

    Args:
        number: a share.
        lowest: the number at the left border.
    """
    middle, reach = ROW_HEIGHT / 2, ROW_WIDTH - 8

    def x(value: float) -> float:
        return 4 + reach * (max(value, lowest) - lowest) / (1 - lowest)

    parts = [line(4, middle, 4 + reach, middle, "grid")]
    label = f"{number.value:.3f}"
    if number.low is not None and number.high is not None:
        parts.append(line(x(number.low), middle, x(number.high), middle, "spread"))
        label += f", 95 % interval {number.low:.3f} to {number.high:.3f}"
    parts.append(element("circle", cx=x(number.value), cy=middle, r=3.5, class_="dot"))
    return drawing(ROW_WIDTH, ROW_HEIGHT, *parts, label=label, class_="row")


def draw_reliability(calibration: Calibration) -> Markup:
    """Confidence against the share that is right, in groups of equally many samples, each with its interval."""
    plane = Plane(width=SIDE + 40, height=SIDE, x_range=(0, 1), y_range=(0, 1), top=10)
    marks = round_marks(0, 1)
    parts = [*plane.axes("Confidence", "Share that is right", marks, marks)]
    parts.append(line(plane.x(0), plane.y(0), plane.x(1), plane.y(1), "phase"))
    for group in calibration.reliability:
        x, shown = plane.x(group.confidence), group.accuracy
        if shown.low is not None and shown.high is not None:
            parts.append(line(x, plane.y(shown.low), x, plane.y(shown.high), "spread"))
        parts.append(element("circle", cx=x, cy=plane.y(shown.value), r=3.5, class_="dot"))
    n = len(calibration.reliability)
    return drawing(plane.width, plane.height, *parts, label=f"Reliability: {n} groups of samples by confidence")


def draw_coverage(calibration: Calibration) -> Markup:
    """What share of its answers is right if the model answers only where it is sure enough."""
    points = [(point.coverage, point.accuracy.value) for point in calibration.coverage]
    lowest = min(0.95, max(0.0, min(accuracy for _, accuracy in points) - 0.05))
    plane = Plane(width=SIDE + 40, height=SIDE, x_range=(0, 1), y_range=(lowest, 1), top=10)
    parts = plane.axes(
        "Share of the samples answered", "Share that is right", round_marks(0, 1), round_marks(lowest, 1)
    )
    label = f"Accuracy by share answered: {points[-1][1]:.3f} where everything is answered"
    return drawing(plane.width, plane.height, *parts, plane.path(points, "val"), label=label)
