"""A sheet to draw a product on, with a handful of strokes.

Places are in hundredths of the sheet: (0, 0) is its upper left corner, (100, 100) its lower right.
"""

import math
from collections.abc import Callable
from functools import cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw

from app.demo.dice import Dice
from app.demo.paint import SIDE, Paint, Rgb, darker, lighter, texture

Point = tuple[float, float]
Stroke = Callable[[ImageDraw.ImageDraw, int], None]
"""Draws on a mask: 255 to put paint there, 0 to leave it out."""

WOOD: Rgb = (176, 128, 84)
METAL: Rgb = (176, 180, 188)
BLACK: Rgb = (46, 44, 52)
PAPER: Rgb = (250, 246, 236)
LEAF: Rgb = (86, 146, 88)
GOLD: Rgb = (214, 176, 92)

_UNIT = SIDE / 100


def _scaled(*numbers: float) -> list[float]:
    return [number * _UNIT for number in numbers]


def oval(left: float, top: float, right: float, bottom: float) -> Stroke:
    """An ellipse inside a box."""
    return lambda draw, fill: draw.ellipse(_scaled(left, top, right, bottom), fill=fill)


def disc(x: float, y: float, radius: float) -> Stroke:
    """A filled circle."""
    return oval(x - radius, y - radius, x + radius, y + radius)


def ring(x: float, y: float, radius: float, width: float) -> Stroke:
    """A circle's line, `width` wide, inwards."""
    return arc((x - radius, y - radius, x + radius, y + radius), 0, 360, width)


def box(left: float, top: float, right: float, bottom: float, corner: float = 0) -> Stroke:
    """A rectangle, its corners rounded by a radius."""
    return lambda draw, fill: draw.rounded_rectangle(
        _scaled(left, top, right, bottom), radius=corner * _UNIT, fill=fill
    )


def shape(*points: Point) -> Stroke:
    """A polygon."""
    return lambda draw, fill: draw.polygon(_scaled(*(n for point in points for n in point)), fill)


def smooth(*points: Point) -> Stroke:
    """A closed curve through points (a Catmull-Rom spline)."""
    return shape(*_curve(points))


def line(width: float, *points: Point) -> Stroke:
    """A line with round ends and corners."""

    def draw_it(draw: ImageDraw.ImageDraw, fill: int) -> None:
        for start, end in pairwise(points):
            draw.line(_scaled(*start, *end), fill=fill, width=round(width * _UNIT))
        for x, y in points:
            disc(x, y, width / 2)(draw, fill)

    return draw_it


def arc(
    inside: tuple[float, float, float, float], start: float, end: float, width: float
) -> Stroke:
    """Part of an ellipse's line, in degrees clockwise from three o'clock."""
    return lambda draw, fill: draw.arc(
        _scaled(*inside), start, end, fill=fill, width=round(width * _UNIT)
    )


def cut(stroke: Stroke) -> Stroke:
    """Take away from the strokes before it what this one covers."""
    return lambda draw, _: stroke(draw, 0)


def _curve(points: tuple[Point, ...]) -> list[Point]:
    count, steps = len(points), 10
    curve = []
    for at in range(count):
        a, b, c, d = (points[(at + offset) % count] for offset in (-1, 0, 1, 2))
        curve += [_between(a, b, c, d, step / steps) for step in range(steps)]
    return curve


def _between(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    def along(p: float, q: float, r: float, s: float) -> float:
        return 0.5 * (
            2 * q + (r - p) * t + (2 * p - 5 * q + 4 * r - s) * t**2 + (3 * (q - r) + s - p) * t**3
        )

    return along(a[0], b[0], c[0], d[0]), along(a[1], b[1], c[1], d[1])


class Sketch:
    """A product on a transparent sheet.

    Args:
        noun: What the shop calls it, for kinds that come in several sorts.
        paint: What it is painted with.
        dice: Decides what is left open.
    """

    def __init__(self, noun: str, paint: Paint, dice: Dice) -> None:
        self._noun = noun
        self.paint = paint
        self.dice = dice
        self._layer = Image.new("RGBA", (SIDE, SIDE))
        self._texture = texture(paint, dice)

    def sort(self, **nouns: tuple[str, ...]) -> str:
        """Tell which sort to draw: the one that lists the noun, or any where none does."""
        named = [sort for sort, words in nouns.items() if self._noun in words]
        return self.dice.pick(named or list(nouns))

    def fill(self, *strokes: Stroke) -> None:
        """Fill strokes with the paint, its pattern included."""
        self._layer.paste(self._texture, (0, 0), _mask(strokes))

    def colour(self, colour: Rgb, *strokes: Stroke) -> None:
        """Fill strokes with one colour."""
        self._layer.paste(colour, (0, 0, SIDE, SIDE), _mask(strokes))

    def shade(self, *strokes: Stroke) -> None:
        """Fill strokes with the paint's darker self."""
        self.colour(darker(self.paint.main), *strokes)

    def shine(self, *strokes: Stroke) -> None:
        """Fill strokes with the paint's lighter self."""
        self.colour(lighter(self.paint.main), *strokes)

    def trim(self, *strokes: Stroke) -> None:
        """Fill strokes with the second colour."""
        self.colour(self.paint.trim, *strokes)

    def lit(self) -> Image.Image:
        """The finished sheet, lit from the upper left."""
        colours = ImageChops.multiply(self._layer.convert("RGB"), _light())
        colours.putalpha(self._layer.getchannel("A"))
        return colours


@cache
def _light() -> Image.Image:
    """Bright at the upper left, a little darker towards the lower right."""
    falling = Image.linear_gradient("L").rotate(45, resample=Image.Resampling.BILINEAR)
    light = falling.resize((SIDE, SIDE)).point(lambda value: 255 - value * 70 // 255)
    return Image.merge("RGB", [light] * 3)


def _mask(strokes: tuple[Stroke, ...]) -> Image.Image:
    mask = Image.new("L", (SIDE, SIDE))
    draw = ImageDraw.Draw(mask)
    for stroke in strokes:
        stroke(draw, 255)
    return mask


def around(x: float, y: float, radius: float, count: int, turn: float = 0) -> list[Point]:
    """Points spread evenly on a circle, the first at `turn` radians from three o'clock."""
    angles = [turn + number * math.tau / count for number in range(count)]
    return [(x + radius * math.cos(angle), y + radius * math.sin(angle)) for angle in angles]
