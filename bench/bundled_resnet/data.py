"""Product photographs with what they show, split by a hash of their ids, and drawings.

Part A (70 % of the photographs) is for training; a tenth of it is held back to choose by. Part B is
only ever measured on.
"""

import csv
import hashlib
import re
import tarfile
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from app.demo.dice import Dice
from app.demo.kinds import KINDS
from app.demo.paint import COLOURS, PATTERNS, Paint
from app.demo.pictures import picture
from embedders.pictures import PictureLimits, decode
from embedders.views import Pixels, View

Part = Literal["train", "choose", "b"]

TRAINED_ON = 0.63
PART_A = 0.70
LABELS = ("articleType", "baseColour", "gender", "usage", "subCategory")
"""Columns of products.csv that are learned, the one that matters first."""

COMMON = 15
"""Names among those trained on that a word must be in to be learned."""

DRAWINGS_SEED = 1_000_003
"""Other dice than the demo's own: its 400 pictures are not among the drawings."""


@dataclass(frozen=True, slots=True)
class Product:
    """A photographed product: its id, a value for each of LABELS, and its name."""

    number: str
    labels: tuple[str, ...]
    name: str = ""

    @property
    def words(self) -> set[str]:
        """Words of its name, lower case."""
        return set(re.findall(r"[a-z]{2,}", self.name.lower()))


def part(number: str) -> Part:
    """Say which part a product belongs to, by the SHA-256 of its id alone."""
    share = int.from_bytes(hashlib.sha256(number.encode()).digest()[:8]) / 2**64
    return "train" if share < TRAINED_ON else "choose" if share < PART_A else "b"


def products(folder: Path, wanted: Part) -> list[Product]:
    """Read the products of a part, in the order of their ids.

    Args:
        folder: Holds `products.csv` and `images.tar`.
        wanted: Which part.
    """
    with (folder / "products.csv").open(encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if part(row["id"]) == wanted]
    rows.sort(key=lambda row: int(row["id"]))
    return [
        Product(row["id"], tuple(row[label] for label in LABELS), row["productDisplayName"])
        for row in rows
    ]


def files(folder: Path, wanted: Sequence[Product]) -> list[bytes]:
    """Read the picture files of some products, in their order."""
    places = {f"images/{product.number}.jpg": row for row, product in enumerate(wanted)}
    read = [b""] * len(wanted)
    with tarfile.open(folder / "images.tar") as archive:
        for member in archive:
            place = places.get(member.name)
            opened = None if place is None else archive.extractfile(member)
            if place is not None and opened is not None:
                read[place] = opened.read()
    return read


def pixels(held: Iterable[bytes], look: View) -> Pixels:
    """Decode pictures as the product does and look at them, shape (n, side, side, 3)."""
    limits = PictureLimits()
    return np.stack([look(decode(file, limits, at_least=2 * look.needed)) for file in held])


def drawings(of_each: int, *, first: int = 0) -> tuple[list[Image.Image], list[str]]:
    """Draw things as the demo does, and name the kind each shows.

    Args:
        of_each: Drawings of each kind.
        first: Number of the first; other numbers are other drawings.
    """
    drawn: list[Image.Image] = []
    names: list[str] = []
    for kind in KINDS:
        for number in range(first, first + of_each):
            dice = Dice(DRAWINGS_SEED, kind.name, number)
            colour, second = dice.several(list(COLOURS), 2)
            paint = Paint(colour, second, dice.pick(PATTERNS))
            drawn.append(picture(kind.name, dice.pick(kind.nouns), paint, dice))
            names.append(f"drawn {kind.name}")
    return drawn, names


def numbered(values: Sequence[str], known: Sequence[str]) -> NDArray[np.int64]:
    """Replace each value by its place among the known ones, -1 where it is not among them."""
    places = {value: place for place, value in enumerate(known)}
    return np.array([places.get(value, -1) for value in values], dtype=np.int64)


def told(products: Sequence[Product]) -> NDArray[np.bool_]:
    """Say which common words are in whose name, shape (n, words)."""
    counted = Counter(word for product in products for word in product.words)
    known = sorted(word for word, count in counted.items() if count >= COMMON)
    return np.array([[word in product.words for word in known] for product in products])
