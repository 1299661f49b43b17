"""Kept vectors: identical content is never embedded twice, and a rebuild need not embed at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from embedders.spaces import Array
from indexer.database import Database


@dataclass(frozen=True, slots=True)
class VectorRecord:
    """Which kept vector an item uses in one space, or why it has none.

    Attributes:
        revision: Of the content it was made from.
        digest: SHA-256 (hex) of the content; None if there was nothing to embed or see `problem`.
        problem: What was wrong with the content, or None.
    """

    item_key: int
    space: str
    model: str
    revision: int
    digest: str | None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class RawVectors:
    """An item's raw vectors in the spaces asked for.

    Attributes:
        revision: The least revision of its records, or 0 when a space has no record yet.
        vectors: Space to shape (d,), float32; absent spaces are left out.
    """

    revision: int
    vectors: Mapping[str, Array]


class KeptVectors:
    """Raw vectors in SQL by content hash, model and space, and which item uses which."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, space: str, model: str, digests: Collection[str]) -> dict[str, Array]:
        """Look up kept vectors; absent ones are left out."""
        raise NotImplementedError

    def keep(
        self,
        vectors: Mapping[tuple[str, str, str], Array],
        records: Sequence[VectorRecord],
        *,
        now: datetime,
    ) -> None:
        """Keep new vectors, by (space, model, digest), and the items' records, in one transaction.

        A record never replaces one of a newer revision.
        """
        raise NotImplementedError

    def of_items(self, keys: Collection[int], models: Mapping[str, str]) -> dict[int, RawVectors]:
        """Read items' raw vectors in the spaces of `models` (space to model), in one read."""
        raise NotImplementedError
