"""A made-up shop of any size, as a stream: the same seed and size give the same shop.

Its vectors have what real ones have and noise has not. An item's kind is one of many under a few
branches; a few dozen numbers say what it is like, and both its words' vector and its picture's are
made of these, each with some of its own, so that the two agree more than by chance and searches
have near, less near and far. Kinds are as uneven as real ones, a fifth of the items has no picture,
and people come back to the few kinds they like.

Nothing is held that grows with the shop but one small number an item: its kind.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from app.interactions.interaction import Interaction
from embedders.spaces import Array
from indexer.items import Item

TEXT, IMAGE = 384, 512
"""Lengths of the blocks: those of the default models."""

BATCH = 1_000
BRANCHES, SHELVES, KINDS = 12, 5, 6
"""12 branches of 5 shelves of 6 kinds each: 360 kinds."""

INNER = 40
"""Numbers that say what an item is like; product photographs and titles have about as many."""

OWN = 24
"""Numbers that only the words know, and only the picture."""

WITHOUT_PICTURE = 0.2
UNAVAILABLE = 0.04
BRANDS = [f"brand-{number}" for number in range(200)]
COLOURS = ["black", "white", "red", "blue", "green", "grey", "brown", "yellow", "pink", "beige"]
SIZES = ["small", "medium", "large"]
SENTENCE = "Made for every day and easy to care for, in a box with a card that says how."

HISTORY = 50
"""Interactions of a person in the middle."""

LONGEST = 400
KINDS_DONE = ("view", "click", "cart", "purchase", "like", "dislike", "hide")
HOW_OFTEN = (0.62, 0.18, 0.06, 0.06, 0.05, 0.02, 0.01)


@dataclass(frozen=True, slots=True)
class Batch:
    """Items that follow each other.

    Attributes:
        items: n of them.
        text, image: Shapes (n, 384) and (n, 512), float32, raw as models give them.
        pictured: Shape (n,), whether an item has a picture; the others' rows of `image` are zero.
    """

    items: list[Item]
    text: Array
    image: Array
    pictured: NDArray[np.bool_]


@dataclass(frozen=True)
class Shop:
    """The shop.

    Attributes:
        size: Items.
        seed: Decides everything.
        opened: Newest items came into being here; older ones in the year before.
    """

    size: int
    seed: int = 20
    opened: datetime = datetime(2026, 11, 1, tzinfo=UTC)

    def item_id(self, number: int) -> str:
        """Name the item of a number from 0."""
        return f"item-{number:07}"

    def batches(self) -> Iterator[Batch]:
        """Stream the catalogue in order, BATCH items at a time."""
        for start in range(0, self.size, BATCH):
            yield self._batch(start, min(BATCH, self.size - start))

    def interactions(self, count: int, *, now: datetime) -> Iterator[list[Interaction]]:
        """Stream at most `count` interactions, a person after the other, each one's oldest first.

        Args:
            count: How many.
            now: Up to when people did things; one in three is here at the moment.
        """
        left, number = count, 0
        while left > 0:
            done = self.history(number, now=now)[:left]
            left -= len(done)
            number += 1
            yield done

    def history(self, number: int, *, now: datetime) -> list[Interaction]:
        """What the person of a number did in the last two months."""
        dice = np.random.default_rng([self.seed, 2, number])
        length = int(np.clip(dice.lognormal(np.log(HISTORY), 0.8), 3, LONGEST))
        liked = dice.choice(len(self._shares), size=dice.integers(1, 6), p=self._shares)
        ages = np.sort(dice.exponential(14.0, length))[::-1]
        if dice.random() < 1 / 3:
            recent = min(length, int(dice.integers(1, 8)))
            ages[-recent:] = np.linspace(0.02, 0.0, recent)
        kinds = dice.choice(KINDS_DONE, size=length, p=HOW_OFTEN)
        wanted = dice.choice(liked, size=length)
        astray = dice.random(length) < 0.1
        wanted[astray] = dice.choice(len(self._shares), size=int(astray.sum()), p=self._shares)
        return [
            Interaction(
                user_id=f"person-{number}",
                item_id=self.item_id(self._one_of(int(kind), dice)),
                kind=str(what),
                value=None,
                happened_at=now - timedelta(days=float(age)),
            )
            for kind, what, age in zip(wanted, kinds, ages, strict=True)
        ]

    def _one_of(self, kind: int, dice: np.random.Generator) -> int:
        """Pick an item of a kind, a few being much more popular than the rest."""
        start, end = self._bounds[kind], self._bounds[kind + 1]
        if start == end:
            return int(dice.integers(self.size))
        return int(self._by_kind[start + int((end - start) * dice.random() ** 2)])

    def _batch(self, start: int, count: int) -> Batch:
        kinds = self._kinds_of(start, count)
        dice = np.random.default_rng([self.seed, 1, start])
        inner = self._centres[kinds] + 0.55 * dice.standard_normal((count, INNER))
        text = self._seen(inner, self._text_maps, dice)
        text = text / np.linalg.norm(text, axis=1, keepdims=True)
        image = np.maximum(self._seen(inner, self._image_maps, dice), 0.0)
        pictured = dice.random(count) >= WITHOUT_PICTURE
        image[~pictured] = 0.0
        items = [
            self._item(start + row, int(kind), bool(has), dice)
            for row, (kind, has) in enumerate(zip(kinds, pictured, strict=True))
        ]
        return Batch(items, text.astype(np.float32), image.astype(np.float32), pictured)

    def _seen(
        self, inner: NDArray[np.float64], maps: "Maps", dice: np.random.Generator
    ) -> NDArray[np.float64]:
        """See items through one space: what both know, what this one knows, and a little noise."""
        own = dice.standard_normal((len(inner), OWN))
        noise = dice.standard_normal((len(inner), len(maps.mean)))
        return maps.mean + inner @ maps.shared + own @ maps.own + 0.15 * noise

    def _item(self, number: int, kind: int, pictured: bool, dice: np.random.Generator) -> Item:  # noqa: FBT001 - called in one place
        branch, shelf = kind // (SHELVES * KINDS), kind // KINDS
        brand = BRANDS[int(200 * dice.random() ** 2)]
        colour = COLOURS[int(dice.integers(len(COLOURS)))]
        size = SIZES[int(dice.integers(len(SIZES)))]
        item_id = self.item_id(number)
        return Item(
            item_id=item_id,
            title=f"{brand.title()} {colour} {size} thing {kind} no. {number}",
            description=SENTENCE,
            image_url=f"https://shop.example/{item_id}.jpg" if pictured else None,
            categories=(f"branch {branch}", f"shelf {shelf}", f"kind {kind}"),
            price=round(float(dice.lognormal(3.2, 0.9)), 2),
            available=bool(dice.random() >= UNAVAILABLE),
            created_at=self.opened - timedelta(days=float(365 * dice.random() ** 2)),
            attributes={"brand": brand, "colour": colour, "size": size, "weight": number % 97},
        )

    def _kinds_of(self, start: int, count: int) -> NDArray[np.int16]:
        dice = np.random.default_rng([self.seed, 0, start])
        return dice.choice(len(self._shares), size=count, p=self._shares).astype(np.int16)

    @cached_property
    def _shares(self) -> NDArray[np.float64]:
        dice = np.random.default_rng([self.seed, 3])
        worth = 1.0 / (5.0 + dice.permutation(BRANCHES * SHELVES * KINDS))
        shares: NDArray[np.float64] = worth / worth.sum()
        return shares

    @cached_property
    def _by_kind(self) -> NDArray[np.intp]:
        return np.argsort(self._kinds, kind="stable")

    @cached_property
    def _bounds(self) -> NDArray[np.intp]:
        counts = np.bincount(self._kinds, minlength=len(self._shares))
        return np.concatenate([[0], np.cumsum(counts)])

    @cached_property
    def _kinds(self) -> NDArray[np.int16]:
        starts = range(0, self.size, BATCH)
        return np.concatenate(
            [self._kinds_of(start, min(BATCH, self.size - start)) for start in starts]
        )

    @cached_property
    def _centres(self) -> NDArray[np.float64]:
        dice = np.random.default_rng([self.seed, 4])
        branches = np.repeat(dice.standard_normal((BRANCHES, INNER)), SHELVES * KINDS, axis=0)
        shelves = np.repeat(dice.standard_normal((BRANCHES * SHELVES, INNER)), KINDS, axis=0)
        kinds = dice.standard_normal((BRANCHES * SHELVES * KINDS, INNER))
        centres: NDArray[np.float64] = branches + 0.8 * shelves + 0.6 * kinds
        return centres

    @cached_property
    def _text_maps(self) -> "Maps":
        return _maps(np.random.default_rng([self.seed, 5]), TEXT, own=1.3)

    @cached_property
    def _image_maps(self) -> "Maps":
        return _maps(np.random.default_rng([self.seed, 6]), IMAGE, own=1.6)


@dataclass(frozen=True, slots=True)
class Maps:
    """How one space sees items: mean (d,), shared (INNER, d), own (OWN, d)."""

    mean: NDArray[np.float64]
    shared: NDArray[np.float64]
    own: NDArray[np.float64]


def _maps(dice: np.random.Generator, dimensions: int, *, own: float) -> Maps:
    # Eigenvalues of real embeddings fall off; the first few directions say most.
    fading = np.linspace(1.6, 0.4, INNER)[:, np.newaxis]
    return Maps(
        dice.standard_normal(dimensions),
        fading * dice.standard_normal((INNER, dimensions)) / np.sqrt(INNER),
        own * dice.standard_normal((OWN, dimensions)) / np.sqrt(OWN),
    )
