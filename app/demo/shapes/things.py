"""What people do something with."""

from app.demo.sketch import (
    BLACK,
    GOLD,
    METAL,
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


def umbrella(sketch: Sketch) -> None:
    """An open umbrella."""
    sketch.colour(METAL, line(2, (50, 10), (50, 84)))
    sketch.colour(WOOD, arc((50, 76, 64, 94), 0, 180, 3.4), line(3.4, (50.8, 70), (50.8, 85)))
    scallops = [oval(x, 46, x + 21, 58) for x in (8, 29, 50, 71)]
    sketch.fill(oval(8, 14, 92, 90), cut(box(0, 52, 100, 100)), *(cut(each) for each in scallops))
    for x in (29, 50, 71):
        sketch.shade(line(0.9, (50, 15), (x, 50)))
    sketch.trim(disc(50, 13, 2.6))


def headphones(sketch: Sketch) -> None:
    """Headphones that go over the ears, or buds with a case."""
    over = ("headphones", "over-ear headphones", "headset")
    if sketch.sort(over=over, buds=("earbuds",)) == "over":
        sketch.shade(arc((16, 10, 84, 92), 180, 360, 6))
        sketch.fill(arc((15, 9, 85, 93), 205, 335, 8))
        for side in (-1, 1):
            x = 50 + side * 32
            sketch.colour(BLACK, box(x - 6 - side * 4, 48, x + 6 - side * 4, 82, 6))
            sketch.fill(box(x - 9, 46, x + 9, 84, 8))
            sketch.trim(disc(x, 65, 5))
    else:
        sketch.fill(box(24, 46, 76, 88, 14))
        sketch.shade(line(1.2, (24, 60), (76, 60)), disc(50, 68, 2.4))
        for side in (-1, 1):
            x = 50 + side * 18
            sketch.fill(disc(x, 20, 9), box(x - 3, 22, x + 3, 42, 3))
            sketch.colour(BLACK, disc(x - side * 5, 20, 3.4))


def bicycle(sketch: Sketch) -> None:
    """A bicycle with a high or a low frame."""
    low = sketch.sort(low=("city bike",), high=("touring bike", "bike", "bicycle")) == "low"
    for x in (25, 75):
        sketch.colour((196, 198, 204), *(line(0.5, (x, 64), end) for end in around(x, 64, 18, 12)))
        sketch.colour(BLACK, ring(x, 64, 20, 2.6), disc(x, 64, 2.4))
    seat, head, crank = (41, 36), (67, 34), (46, 66)
    sketch.fill(line(3.2, (25, 64), crank, seat), line(3.2, (25, 64), (42, 42)))
    sketch.fill(line(3.2, crank, head), line(3.2, head, (75, 64)))
    sketch.fill(line(3.2, (43, 54), (65, 42)) if low else line(3.2, (42, 40), head))
    sketch.colour(BLACK, line(2.4, seat, (40, 30)), smooth((32, 27), (50, 28), (48, 32), (36, 32)))
    sketch.colour(BLACK, line(2.2, head, (65, 26), (74, 24)), line(2, crank, (50, 72)))
    sketch.colour(METAL, ring(46, 66, 5, 1.6))
    if sketch.dice.happens(0.5):
        sketch.trim(shape((66, 28), (84, 28), (81, 42), (69, 42)))


def guitar(sketch: Sketch) -> None:
    """An acoustic guitar, or an electric one."""
    sketch.colour((120, 82, 56), box(47, 14, 53, 56))
    sketch.colour(BLACK, box(44, 4, 56, 17, 2))
    sketch.colour(METAL, *(disc(x, y, 1.3) for x in (42.5, 57.5) for y in (6.5, 10.5, 14.5)))
    electric = ("electric guitar", "six-string")
    if sketch.sort(acoustic=("guitar", "acoustic guitar"), electric=electric) == "acoustic":
        outline = (50, 48), (64, 50), (66, 60), (63, 66), (73, 80), (50, 97)
        left = (27, 80), (37, 66), (34, 60), (36, 50)
        sketch.fill(smooth(*outline, *left))
        sketch.colour(BLACK, disc(50, 68, 7))
        sketch.colour(BLACK, box(41, 83, 59, 86, 1))
    else:
        sketch.fill(
            smooth(
                (38, 58), (30, 46), (28, 62), (32, 74), (26, 88), (50, 96), (74, 88), (68, 74),
                (72, 60), (66, 50), (60, 60), (50, 62),
            )
        )  # fmt: skip
        sketch.colour(PAPER, smooth((42, 64), (60, 64), (66, 80), (56, 88), (44, 80)))
        sketch.colour(BLACK, box(43, 68, 57, 71, 1), box(43, 76, 57, 79, 1))
        sketch.colour(METAL, disc(64, 84, 2), disc(60, 89, 2))
    sketch.colour(GOLD, *(line(0.4, (x, 8), (x, 84)) for x in (48.4, 49.5, 50.5, 51.6)))


def notebook(sketch: Sketch) -> None:
    """A notebook with rings, or one with a band and a bookmark."""
    sketch.colour(PAPER, box(26, 14, 80, 90, 3))
    sketch.shade(box(23, 12, 78, 88, 4))
    sketch.fill(box(22, 10, 76, 86, 4))
    ringed = ("notebook", "sketchbook")
    if sketch.sort(ringed=ringed, bound=("journal", "diary")) == "ringed":
        for y in range(16, 84, 8):
            sketch.colour(METAL, oval(16, y, 28, y + 4), cut(oval(19, y + 1.2, 25, y + 2.8)))
    else:
        sketch.trim(box(66, 10, 70, 86), shape((34, 86), (40, 86), (40, 97), (37, 93), (34, 97)))
        sketch.shade(box(22, 10, 28, 86, 3))
    if sketch.dice.happens(0.6):
        sketch.colour(PAPER, box(36, 26, 60, 40, 2))
        sketch.colour(BLACK, line(1, (40, 31), (56, 31)), line(1, (40, 35), (50, 35)))
