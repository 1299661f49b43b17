"""What stands about the house."""

import math

from app.demo.sketch import (
    BLACK,
    GOLD,
    LEAF,
    PAPER,
    WOOD,
    Sketch,
    arc,
    around,
    box,
    cut,
    disc,
    line,
    oval,
    ring,
    shape,
    smooth,
)


def mug(sketch: Sketch) -> None:
    """A mug, squat or tall."""
    top = sketch.dice.between(24, 40)
    sketch.shade(arc((58, top + 8, 90, top + 42), 260, 100, 7))
    sketch.fill(box(22, top, 70, 84, 8), box(22, top, 70, top + 20))
    sketch.fill(oval(22, top - 6, 70, top + 6))
    sketch.colour((92, 62, 44), oval(26, top - 4, 66, top + 4))
    if sketch.dice.happens(0.4):
        sketch.trim(box(22, 72, 70, 77))


def teapot(sketch: Sketch) -> None:
    """A round pot with a spout and a lid."""
    wide = sketch.dice.between(26, 31)
    sketch.shade(smooth((66, 62), (80, 54), (88, 36), (95, 34), (92, 44), (84, 66), (68, 76)))
    sketch.shade(arc((4, 36, 38, 74), 70, 290, 6))
    sketch.fill(oval(50 - wide, 34, 50 + wide, 84))
    sketch.trim(oval(36, 30, 64, 42))
    sketch.fill(oval(38, 28, 62, 38))
    sketch.trim(disc(50, 25, 5))
    sketch.shade(box(38, 81, 62, 86, 2))


def vase(sketch: Sketch) -> None:
    """A vase, sometimes with flowers in it."""
    belly, neck = sketch.dice.between(18, 28), sketch.dice.between(7, 13)
    if sketch.dice.happens(0.6):
        _bunch(sketch)
    sketch.fill(
        smooth(
            (50 - neck - 3, 38),
            (50 - neck, 48),
            (50 - belly, 66),
            (50 - belly * 0.6, 90),
            (50 + belly * 0.6, 90),
            (50 + belly, 66),
            (50 + neck, 48),
            (50 + neck + 3, 38),
        )
    )
    sketch.shade(oval(50 - neck - 3, 35, 50 + neck + 3, 41))


def _bunch(sketch: Sketch) -> None:
    petals = sketch.dice.pick(((240, 180, 70), (232, 120, 140), (250, 250, 244), (150, 110, 190)))
    for x, y in ((34, 14), (50, 8), (66, 16), (42, 24), (59, 25)):
        sketch.colour(LEAF, line(1.6, (50, 42), (x, y)))
        sketch.colour(petals, *(disc(*point, 3.4) for point in around(x, y, 3.8, 6)))
        sketch.colour(GOLD, disc(x, y, 2.6))


def plant(sketch: Sketch) -> None:
    """A pot with a cactus, a palm or a bush."""
    grown = sketch.dice.pick((_cactus, _palm, _bush))
    grown(sketch)
    sketch.fill(shape((30, 62), (70, 62), (64, 92), (36, 92)))
    sketch.shade(box(27, 58, 73, 66, 2))


def _cactus(sketch: Sketch) -> None:
    sketch.colour(LEAF, box(42, 14, 58, 64, 8), line(8, (58, 44), (70, 44), (70, 28)))
    sketch.colour(LEAF, line(7, (42, 50), (31, 50), (31, 36)))
    sketch.colour((62, 116, 70), *(line(0.8, (x, 20), (x, 58)) for x in (46, 50, 54)))
    sketch.colour((236, 120, 150), *(disc(x, y, 3) for x, y in around(50, 13, 3.4, 5)))


def _palm(sketch: Sketch) -> None:
    for angle in (-160, -130, -105, -75, -50, -20):
        x = 50 + 36 * math.cos(math.radians(angle))
        y = 44 + 36 * math.sin(math.radians(angle))
        middle = ((50 + x) / 2, (44 + y) / 2 - 7)
        sketch.colour(LEAF, line(2, (50, 60), middle), line(5.5, middle, (x, y)))
        sketch.colour((62, 116, 70), line(0.8, middle, (x, y)))


def _bush(sketch: Sketch) -> None:
    for radius, tone in ((21, (66, 120, 72)), (14, LEAF), (8, (122, 176, 112))):
        for x, y in around(50, 40, radius * 0.9, 9, turn=radius):
            sketch.colour(tone, smooth((x - 7, y), (x, y - 6), (x + 7, y), (x, y + 6)))


def lamp(sketch: Sketch) -> None:
    """A table lamp with a shade, or one on an arm."""
    if (
        sketch.sort(standing=("lamp", "table lamp"), armed=("desk lamp", "reading light"))
        == "standing"
    ):
        sketch.colour(WOOD, box(47, 44, 53, 84), oval(34, 80, 66, 90))
        sketch.fill(shape((36, 12), (64, 12), (80, 50), (20, 50)))
        sketch.colour((255, 236, 176), oval(24, 47, 76, 53))
        sketch.shade(box(36, 10, 64, 13, 1))
    else:
        sketch.colour(BLACK, line(3, (34, 84), (28, 50), (58, 22)), oval(20, 80, 50, 90))
        sketch.colour((255, 236, 176), disc(68, 42, 9))
        sketch.fill(shape((54, 18), (64, 14), (88, 38), (58, 52)))
        sketch.trim(disc(28, 50, 3.4))


def chair(sketch: Sketch) -> None:
    """A dining chair, or an armchair."""
    upright, soft = ("chair", "dining chair"), ("armchair", "reading chair")
    if sketch.sort(upright=upright, soft=soft) == "upright":
        sketch.colour(WOOD, line(4, (32, 60), (28, 94)), line(4, (70, 60), (74, 94)))
        sketch.colour(WOOD, line(4, (36, 58), (36, 86)), line(4, (66, 58), (66, 86)))
        sketch.fill(box(30, 10, 70, 46, 7))
        sketch.colour(WOOD, line(4, (34, 46), (34, 58)), line(4, (66, 46), (66, 58)))
        sketch.fill(box(26, 54, 74, 66, 5))
        sketch.shade(box(27, 64, 73, 68, 2))
    else:
        sketch.colour(WOOD, line(4, (26, 80), (22, 94)), line(4, (74, 80), (78, 94)))
        sketch.fill(box(24, 16, 76, 70, 14))
        sketch.shade(box(28, 52, 72, 58))
        sketch.fill(box(28, 54, 72, 78, 6))
        sketch.fill(box(12, 42, 30, 84, 8), box(70, 42, 88, 84, 8))
        sketch.shine(box(14, 43, 28, 47, 2), box(72, 43, 86, 47, 2))


def cushion(sketch: Sketch) -> None:
    """A cushion with corners, or a round one."""
    if sketch.sort(square=("throw pillow", "sofa pillow"), round=("cushion",)) == "square":
        corners = (14, 16), (50, 21), (86, 16), (81, 50), (86, 86), (50, 81), (14, 86), (19, 50)
        sketch.shade(smooth(*((x, y + 2.5) for x, y in corners)))
        sketch.fill(smooth(*corners))
        tassels = [disc(x, y, 4) for x, y in corners[::2]]
        sketch.trim(*tassels)
    else:
        sketch.shade(disc(50, 52, 38))
        sketch.fill(disc(50, 50, 38))
        sketch.trim(ring(50, 50, 38, 2), disc(50, 50, 4))


def clock(sketch: Sketch) -> None:
    """A wall clock at some hour, or one with bells."""
    bells = ("alarm clock",)
    if sketch.sort(bells=bells, wall=("wall clock", "kitchen clock", "clock")) == "bells":
        sketch.shade(disc(28, 20, 10), disc(72, 20, 10), line(5, (30, 80), (24, 92)))
        sketch.shade(line(5, (70, 80), (76, 92)), box(47, 8, 53, 20, 2))
    sketch.fill(disc(50, 50, 39))
    sketch.colour(PAPER, disc(50, 50, 31))
    for number, (x, y) in enumerate(around(50, 50, 26, 12)):
        sketch.colour(BLACK, disc(x, y, 2.2 if number % 3 == 0 else 1.1))
    hour, minute = sketch.dice.between(0, math.tau), sketch.dice.between(0, math.tau)
    sketch.colour(BLACK, line(3, (50, 50), around(50, 50, 14, 1, hour)[0]))
    sketch.colour(BLACK, line(2, (50, 50), around(50, 50, 22, 1, minute)[0]))
    sketch.trim(disc(50, 50, 3))
    sketch.shine(arc((13, 13, 87, 87), 200, 250, 2), cut(disc(50, 50, 31)))
