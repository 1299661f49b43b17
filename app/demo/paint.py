"""Colours and the patterns they come in."""

import math
from dataclasses import dataclass

from PIL import Image, ImageDraw

from app.demo.dice import Dice

Rgb = tuple[int, int, int]

SIDE = 320
"""Pixels of the square everything is drawn on, before it is made small."""

COLOURS: dict[str, Rgb] = {
    "red": (201, 60, 58),
    "orange": (232, 132, 58),
    "mustard": (226, 178, 62),
    "green": (74, 128, 84),
    "mint": (150, 206, 178),
    "teal": (44, 130, 140),
    "blue": (88, 150, 214),
    "navy": (42, 60, 112),
    "violet": (128, 96, 168),
    "pink": (236, 152, 172),
    "brown": (132, 92, 62),
    "cream": (240, 226, 198),
    "charcoal": (68, 70, 78),
    "white": (246, 246, 242),
}

PATTERNS = ("plain", "striped", "dotted", "checked", "wavy", "floral")


@dataclass(frozen=True, slots=True)
class Paint:
    """What something is painted with.

    Attributes:
        colour: One of COLOURS.
        second: Another, for patterns and trimmings.
        pattern: One of PATTERNS.
    """

    colour: str
    second: str
    pattern: str

    @property
    def main(self) -> Rgb:
        """The first colour."""
        return COLOURS[self.colour]

    @property
    def trim(self) -> Rgb:
        """The second colour."""
        return COLOURS[self.second]


def mixed(one: Rgb, other: Rgb, share: float) -> Rgb:
    """Mix two colours; `share` of the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def darker(colour: Rgb, share: float = 0.3) -> Rgb:
    """Mix with a warm black."""
    return mixed(colour, (30, 26, 34), share)


def lighter(colour: Rgb, share: float = 0.4) -> Rgb:
    """Mix with white."""
    return mixed(colour, (255, 255, 252), share)


def texture(paint: Paint, dice: Dice) -> Image.Image:
    """Paint a whole square of a pattern."""
    image = Image.new("RGB", (SIDE, SIDE), paint.main)
    draw = ImageDraw.Draw(image)
    step = round(SIDE * dice.between(0.067, 0.116))
    match paint.pattern:
        case "striped":
            _stripes(draw, paint.trim, step, upright=dice.happens(0.5))
        case "dotted":
            _dots(draw, paint.trim, step)
        case "checked":
            _checks(draw, paint, step)
        case "wavy":
            _waves(draw, paint.trim, step)
        case "floral":
            _flowers(draw, paint.trim, round(step * 1.55), dice)
        case _:
            pass
    return image


def _stripes(draw: ImageDraw.ImageDraw, colour: Rgb, step: int, *, upright: bool) -> None:
    for at in range(0, SIDE, step):
        band = (at, 0, at + step * 0.45, SIDE) if upright else (0, at, SIDE, at + step * 0.45)
        draw.rectangle(band, fill=colour)


def _dots(draw: ImageDraw.ImageDraw, colour: Rgb, step: int) -> None:
    radius = step * 0.26
    for row, y in enumerate(range(0, SIDE + step, step)):
        for x in range(0, SIDE + step, step):
            centre = x + (step / 2 if row % 2 else 0)
            draw.ellipse((centre - radius, y - radius, centre + radius, y + radius), fill=colour)


def _checks(draw: ImageDraw.ImageDraw, paint: Paint, step: int) -> None:
    between = mixed(paint.main, paint.trim, 0.5)
    for x in range(0, SIDE, step):
        draw.rectangle((x, 0, x + step // 2, SIDE), fill=between)
    for y in range(0, SIDE, step):
        for x in range(0, SIDE, step // 2):
            crossing = x // (step // 2) % 2 == 0
            tone = paint.trim if crossing else between
            draw.rectangle((x, y, x + step // 2, y + step // 2), fill=tone)


def _waves(draw: ImageDraw.ImageDraw, colour: Rgb, step: int) -> None:
    for y in range(-step, SIDE + step, step):
        points = [(x, y + step * 0.35 * math.sin(x / step * 1.6)) for x in range(0, SIDE + 4, 4)]
        draw.line(points, fill=colour, width=round(step * 0.26), joint="curve")


def _flowers(draw: ImageDraw.ImageDraw, colour: Rgb, step: int, dice: Dice) -> None:
    petal = step * 0.15
    for row, y in enumerate(range(0, SIDE + step, step)):
        for x in range(0, SIDE + step, step):
            middle = (x + (step / 2 if row % 2 else 0), y + step * dice.between(-0.08, 0.08))
            turn = dice.between(0, math.tau)
            for number in range(5):
                angle = turn + number * math.tau / 5
                _disc(
                    draw,
                    (
                        middle[0] + 1.3 * petal * math.cos(angle),
                        middle[1] + 1.3 * petal * math.sin(angle),
                    ),
                    petal,
                    colour,
                )
            _disc(draw, middle, petal * 0.8, COLOURS["mustard"])


def _disc(
    draw: ImageDraw.ImageDraw, middle: tuple[float, float], radius: float, colour: Rgb
) -> None:
    x, y = middle
    draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
