"""What people wear and carry."""

from app.demo.sketch import (
    BLACK,
    GOLD,
    METAL,
    PAPER,
    Point,
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


def mirrored(*points: Point) -> list[Point]:
    """A left half, given from top to bottom, and its mirror image."""
    return [*points, *((100 - x, y) for x, y in reversed(points))]


def shirt(sketch: Sketch) -> None:
    """A T-shirt, or one with long sleeves and buttons."""
    if sketch.sort(tee=("T-shirt", "tee"), buttoned=("shirt", "button-down")) == "tee":
        body = mirrored((40, 14), (28, 19), (8, 38), (20, 50), (29, 42), (29, 90))
        sketch.fill(shape(*body), cut(oval(39, 4, 61, 24)))
        sketch.shade(arc((37, 2, 63, 26), 15, 165, 2.4))
        if sketch.dice.happens(0.4):
            sketch.trim(box(52, 36, 64, 48, 1.5))
    else:
        body = mirrored((40, 14), (27, 18), (10, 78), (21, 82), (31, 48), (30, 92))
        sketch.fill(shape(*body))
        sketch.shade(line(1, (50, 22), (50, 92)))
        sketch.colour(PAPER, *(disc(50, y, 1.5) for y in (34, 46, 58, 70, 82)))
        sketch.trim(shape((38, 12), (50, 24), (40, 30), (34, 17)))
        sketch.trim(shape((62, 12), (50, 24), (60, 30), (66, 17)))


def jacket(sketch: Sketch) -> None:
    """A zipped jacket, sometimes with a hood."""
    hooded = ("windbreaker", "rain jacket")
    if sketch.sort(hooded=hooded, bare=("jacket", "coat")) == "hooded":
        sketch.shade(smooth((34, 20), (38, 7), (50, 3), (62, 7), (66, 20), (50, 28)))
    sketch.fill(shape(*mirrored((38, 14), (22, 22), (8, 74), (20, 79), (28, 50), (26, 90))))
    sketch.shade(box(26, 85, 74, 91, 2), line(6, (9, 73), (20, 77)), line(6, (91, 73), (80, 77)))
    sketch.trim(shape((37, 13), (50, 22), (63, 13), (60, 26), (50, 30), (40, 26)))
    sketch.colour(METAL, line(1.6, (50, 26), (50, 90)), disc(50, 32, 2.2))
    sketch.shade(line(1.6, (33, 60), (41, 70)), line(1.6, (67, 60), (59, 70)))


def shoes(sketch: Sketch) -> None:
    """A sneaker, or a boot."""
    if sketch.sort(low=("sneakers", "trainers", "shoes"), high=("boots",)) == "low":
        sketch.fill(
            smooth((14, 48), (28, 44), (38, 34), (50, 50), (74, 58), (90, 66), (88, 76), (14, 76))
        )
        sketch.colour(PAPER, box(11, 72, 91, 82, 5))
        sketch.trim(shape((30, 62), (46, 54), (56, 62), (40, 72)))
        for x, y in ((42, 45), (48, 50), (55, 54)):
            sketch.colour(PAPER, line(1.8, (x, y), (x + 8, y - 4)))
    else:
        sketch.fill(
            box(28, 12, 58, 60, 4), smooth((28, 52), (58, 50), (86, 62), (86, 78), (28, 78))
        )
        sketch.shade(box(26, 76, 88, 82, 2), box(26, 76, 46, 90, 2))
        sketch.trim(box(27, 12, 59, 20, 3))
        for y in (28, 36, 44, 52):
            sketch.colour(PAPER, line(1.8, (44, y), (57, y - 3)))


def bag(sketch: Sketch) -> None:
    """A tote, a handbag or a rucksack."""
    packs = ("rucksack", "backpack")
    sort = sketch.sort(tote=("tote bag",), handbag=("handbag", "bag"), rucksack=packs)
    if sort == "tote":
        sketch.shade(arc((34, 8, 66, 60), 180, 360, 4))
        sketch.fill(shape((20, 38), (80, 38), (86, 90), (14, 90)))
        sketch.shade(box(20, 37, 80, 41))
    elif sort == "handbag":
        sketch.shade(arc((28, 12, 72, 70), 180, 360, 5))
        sketch.fill(smooth((20, 46), (80, 46), (90, 84), (50, 89), (10, 84)))
        sketch.trim(smooth((20, 44), (80, 44), (72, 64), (50, 70), (28, 64)))
        sketch.colour(GOLD, disc(50, 67, 4))
    else:
        sketch.shade(arc((38, 4, 62, 28), 180, 360, 4))
        sketch.fill(box(22, 14, 78, 90, 18))
        sketch.trim(box(30, 54, 70, 84, 7))
        sketch.shade(box(22, 44, 78, 47), line(1.6, (34, 60), (66, 60)))
        sketch.colour(GOLD, box(47, 42, 53, 50, 1))


def hat(sketch: Sketch) -> None:
    """A brimmed hat, a bobble hat or a cap."""
    sort = sketch.sort(brimmed=("hat", "sun hat"), bobble=("beanie",), cap=("cap",))
    if sort == "brimmed":
        sketch.fill(oval(6, 56, 94, 82))
        sketch.shade(oval(24, 58, 76, 74))
        sketch.fill(smooth((26, 64), (30, 34), (42, 26), (50, 31), (58, 26), (70, 34), (74, 64)))
        sketch.trim(shape((27, 56), (73, 56), (75, 66), (25, 66)))
    elif sort == "bobble":
        sketch.fill(smooth((22, 72), (24, 44), (50, 24), (76, 44), (78, 72)))
        sketch.shade(box(17, 66, 83, 82, 6))
        sketch.shine(*(line(1, (x, 69), (x, 79)) for x in range(22, 81, 6)))
        sketch.trim(*(disc(x, y, 5) for x, y in around(50, 20, 6, 8)), disc(50, 20, 7))
    else:
        sketch.shade(smooth((58, 64), (84, 60), (97, 70), (80, 74), (56, 72)))
        sketch.fill(smooth((14, 68), (18, 40), (44, 26), (70, 40), (72, 68), (44, 72)))
        sketch.shade(line(1, (44, 27), (44, 70)), arc((26, 26, 62, 108), 180, 270, 1))
        sketch.trim(disc(44, 27, 3), box(50, 46, 64, 58, 2))


def sunglasses(sketch: Sketch) -> None:
    """Sunglasses with round, square or pointed frames."""
    glass = sketch.dice.pick(((58, 62, 74), (94, 70, 54), (60, 96, 92), (96, 70, 110)))
    sketch.shade(line(3.4, (12, 44), (4, 38)), line(3.4, (88, 44), (96, 38)))
    sketch.fill(arc((40, 40, 60, 56), 190, 350, 4))
    sort = sketch.dice.pick(("round", "square", "pointed"))
    for side in (-1, 1):
        x = 50 + side * 23
        if sort == "round":
            sketch.fill(disc(x, 52, 20))
            sketch.colour(glass, disc(x, 52, 15.5))
        elif sort == "square":
            sketch.fill(box(x - 20, 36, x + 20, 66, 7))
            sketch.colour(glass, box(x - 15.5, 40.5, x + 15.5, 61.5, 4))
        else:
            tip = x + side * 22
            sketch.fill(smooth((x - side * 19, 42), (tip, 32), (x + side * 17, 62), (x, 68)))
            inner = x + side * 15
            sketch.colour(
                glass, smooth((x - side * 13, 46), (inner, 41), (inner - side, 58), (x, 63))
            )
        sketch.colour((236, 240, 244), line(1.6, (x - 8, 56), (x - 1, 46)))


def watch(sketch: Sketch) -> None:
    """A wrist watch, round or square."""
    sketch.fill(box(37, 4, 63, 96, 6))
    sketch.shade(box(37, 24, 63, 27), box(37, 73, 63, 76))
    sketch.colour(BLACK, *(disc(50, y, 1.2) for y in (80, 85, 90)))
    case = sketch.dice.pick((METAL, GOLD, BLACK))
    face = sketch.dice.pick((PAPER, (40, 44, 60), sketch.paint.trim))
    round_case = sketch.dice.happens(0.6)
    sketch.colour(case, box(72, 47, 80, 53, 1.5))
    if round_case:
        sketch.colour(case, disc(50, 50, 26))
        sketch.colour(face, disc(50, 50, 21))
    else:
        sketch.colour(case, box(27, 27, 73, 73, 8))
        sketch.colour(face, box(32, 32, 68, 68, 5))
    hands = PAPER if face == (40, 44, 60) else BLACK
    sketch.colour(hands, *(disc(x, y, 1.3) for x, y in around(50, 50, 17, 12)))
    ends = around(50, 50, 13, 1, sketch.dice.between(0, 6)) + around(50, 50, 9, 1, 4)
    sketch.colour(hands, *(line(1.8, (50, 50), end) for end in ends))
    if round_case:
        sketch.shine(ring(50, 50, 26, 1.2))
