"""The shapes that drawings are made of, as SVG inside a page: no script, no font, no request; colours are classes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

Attribute = str | float


def element(name: str, *children: str, **attributes: Attribute) -> Markup:
    """One element; texts among the children and all attributes are escaped.

    Args:
        name: of the element.
        children: elements, or texts.
        attributes: `class_` for class, `stroke_width` for stroke-width; numbers are written with a tenth at most.
    """
    written = Markup("").join(
        Markup(' {}="{}"').format(key.rstrip("_").replace("_", "-"), _value(value)) for key, value in attributes.items()
    )
    return Markup("<{0}{1}>{2}</{0}>").format(name, written, Markup("").join(escape(child) for child in children))


def drawing(width: float, height: float, *children: Markup, label: str, class_: str = "") -> Markup:
    """A whole drawing that scales with its place.

    Args:
        width: of its own coordinates.
        height: of its own coordinates.
        children: what it shows.
        label: the same in words, for those who cannot see it.
        class_: a further class for the page's style.
    """
    return element(
        "svg",
        *children,
        viewBox=f"0 0 {_value(width)} {_value(height)}",
        role="img",
        aria_label=label,
        class_=f"drawing {class_}".rstrip(),
        style=f"max-width:{_value(width)}px",
    )


def line(x1: float, y1: float, x2: float, y2: float, class_: str) -> Markup:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, class_=class_)


def text(x: float, y: float, words: str, *, class_: str = "", turned: bool = False, **attributes: Attribute) -> Markup:
    """Words at a place; turned, they run upwards from it."""
    extra: dict[str, Attribute] = {"transform": f"rotate(-90 {_value(x)} {_value(y)})"} if turned else {}
    return element("text", words, x=x, y=y, class_=class_, **attributes, **extra)


def round_marks(low: float, high: float, *, n: int = 5) -> list[float]:
    """Round numbers from `low` to `high`, about `n` of them."""
    span = high - low
    if not math.isfinite(span) or span <= 0:
        return [low]
    rough = span / n
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= rough * 0.999)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 10) for number in range(first, math.floor(high / step + 1e-9) + 1)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Plane:
    """A plot area with two straight axes, in a drawing that has room for their numbers.

    Attributes:
        width: of the drawing.
        height: of the drawing.
        x_range: numbers at the left and the right border.
        y_range: numbers at the lower and the upper border.
    """

    width: float
    height: float
    x_range: tuple[float, float]
    y_range: tuple[float, float]
    left: float = 46
    right: float = 10
    top: float = 30
    bottom: float = 36

    def x(self, number: float) -> float:
        """Where a number lies from left to right."""
        low, high = self.x_range
        return self.left + (number - low) / ((high - low) or 1) * (self.width - self.left - self.right)

    def y(self, number: float) -> float:
        """Where a number lies from top to bottom."""
        low, high = self.y_range
        return self.height - self.bottom - (number - low) / ((high - low) or 1) * (self.height - self.top - self.bottom)

    def axes(self, x_title: str, y_title: str, x_marks: Sequence[float], y_marks: Sequence[float]) -> list[Markup]:
        """Lines across at the marks of the upright axis, numbers at both, and their titles."""
        right, base = self.width - self.right, self.height - self.bottom
        across = [line(self.left, self.y(mark), right, self.y(mark), "grid") for mark in y_marks]
        beside = [
            text(self.left - 6, self.y(mark) + 4, f"{mark:g}", class_="mark", text_anchor="end") for mark in y_marks
        ]
        below = [text(self.x(mark), base + 15, f"{mark:g}", class_="mark", text_anchor="middle") for mark in x_marks]
        titles = [
            text((self.left + right) / 2, self.height - 4, x_title, class_="mark", text_anchor="middle"),
            text(11, (self.top + base) / 2, y_title, class_="mark", turned=True, text_anchor="middle"),
        ]
        return [*across, line(self.left, base, right, base, "axis"), *beside, *below, *titles]

    def path(self, points: Sequence[tuple[float, float]], class_: str) -> Markup:
        """The points joined by lines, and a dot at each where there are few; what is not finite is left out."""
        placed = [(self.x(x), self.y(y)) for x, y in points if math.isfinite(x) and math.isfinite(y)]
        joined = element("polyline", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in placed), class_=class_)
        dots = [element("circle", cx=x, cy=y, r=2.5, class_=class_) for x, y in placed] if len(placed) <= 40 else []
        return Markup("").join([joined, *dots])


def _value(value: Attribute) -> str:
    return value if isinstance(value, str) else f"{value:.1f}".removesuffix(".0")
