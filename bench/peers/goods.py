"""What every peer is given: vectors, and what is shown of items."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Goods:
    """A catalogue.

    Attributes:
        item_ids, titles: n of them.
        available: Shape (n,).
        vectors: Shape (n, d), float32.
        scale: Shape (d,), what a vector is multiplied with to ask for what is like it.
    """

    item_ids: list[str]
    titles: list[str]
    available: NDArray[np.bool_]
    vectors: NDArray[np.float32]
    scale: NDArray[np.float32]

    def save(self, folder: Path) -> None:
        """Write into a folder."""
        np.savez(
            folder / "goods.npz",
            item_ids=np.array(self.item_ids),
            titles=np.array(self.titles),
            available=self.available,
            vectors=self.vectors,
            scale=self.scale,
        )


def goods(folder: Path) -> Goods:
    """Read what `Goods.save` wrote."""
    with np.load(folder / "goods.npz") as held:
        return Goods(
            held["item_ids"].tolist(),
            held["titles"].tolist(),
            held["available"],
            held["vectors"],
            held["scale"],
        )


@dataclass(frozen=True, slots=True)
class Found:
    """An item of an answer."""

    item_id: str
    title: str
    score: float


class Peer(Protocol):
    """A store that answers; safe for many threads."""

    def similar(self, item_id: str, *, limit: int, width: int) -> list[Found]:
        """Find available items like another, which is not among them, best first.

        Args:
            item_id: Of the other.
            limit: Items.
            width: How widely the store looks, in its own terms; more finds more.

        Raises:
            KeyError: There is no such item.
        """
        ...
