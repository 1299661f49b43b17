"""Kept vectors: identical content is never embedded twice, and a rebuild need not embed at all."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from sqlalchemy import ColumnElement, and_, false, or_, select

from embedders.spaces import Array
from indexer.database import Database, slices, upsert
from indexer.stored import THERE
from indexer.tables import item_vectors, items, kept_vectors


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


THEIR_VECTOR = and_(
    kept_vectors.c.space == item_vectors.c.space,
    kept_vectors.c.model == item_vectors.c.model,
    kept_vectors.c.digest == item_vectors.c.digest,
)
"""Joins what is noted of an item's vector with the vector, which items of one content share."""


@dataclass(frozen=True, slots=True)
class RawVectors:
    """An item's raw vectors in the spaces asked for.

    Attributes:
        revision: The least revision of its records, or 0 when a space has no record yet.
        vectors: Space to shape (d,), float32; absent spaces are left out.
        troubled: A record has a problem: another try may change the vectors, not the revision.
    """

    revision: int
    vectors: Mapping[str, Array]
    troubled: bool = False


class KeptVectors:
    """Raw vectors in SQL by content hash, model and space, and which item uses which."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def find(self, space: str, model: str, digests: Collection[str]) -> dict[str, Array]:
        """Look up kept vectors; absent ones are left out."""
        if not digests:
            return {}
        found: dict[str, Array] = {}
        with self._database.reading() as connection:
            for part in slices(sorted(digests)):
                rows = connection.execute(
                    select(kept_vectors.c.digest, kept_vectors.c.vector).where(
                        kept_vectors.c.space == space,
                        kept_vectors.c.model == model,
                        kept_vectors.c.digest.in_(part),
                    )
                )
                found |= {row.digest: unpacked(row.vector) for row in rows}
        return found

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
        if not vectors and not records:
            return
        with self._database.writing() as connection:
            for part in slices(sorted(vectors)):
                connection.execute(
                    upsert(connection, kept_vectors).on_conflict_do_nothing(),
                    [
                        {
                            "space": space,
                            "model": model,
                            "digest": digest,
                            "vector": packed(vectors[space, model, digest]),
                        }
                        for space, model, digest in part
                    ],
                )
            ordered = sorted(records, key=lambda each: (each.item_key, each.space, each.model))
            new = upsert(connection, item_vectors)
            replacing = new.on_conflict_do_update(
                index_elements=list(item_vectors.primary_key.columns),
                set_={
                    name: new.excluded[name]
                    for name in ("revision", "digest", "problem", "embedded_at")
                },
                where=item_vectors.c.revision <= new.excluded.revision,
            )
            for recorded in slices(ordered):
                connection.execute(
                    replacing,
                    [
                        {
                            "item_key": each.item_key,
                            "space": each.space,
                            "model": each.model,
                            "revision": each.revision,
                            "digest": each.digest,
                            "problem": each.problem,
                            "embedded_at": now,
                        }
                        for each in recorded
                    ],
                )

    def of_items(self, keys: Collection[int], models: Mapping[str, str]) -> dict[int, RawVectors]:
        """Read items' raw vectors in the spaces of `models` (space to model), in one read."""
        if not keys or not models:
            return {}
        revisions: dict[int, list[int]] = {}
        vectors: dict[int, dict[str, Array]] = {}
        troubled: set[int] = set()
        with self._database.reading() as connection:
            for part in slices(sorted(keys)):
                rows = connection.execute(
                    select(
                        item_vectors.c.item_key,
                        item_vectors.c.space,
                        item_vectors.c.revision,
                        item_vectors.c.problem,
                        kept_vectors.c.vector,
                    )
                    .join_from(item_vectors, kept_vectors, THEIR_VECTOR, isouter=True)
                    .where(item_vectors.c.item_key.in_(part), of_models(models))
                )
                for row in rows:
                    revisions.setdefault(row.item_key, []).append(row.revision)
                    held = vectors.setdefault(row.item_key, {})
                    if row.vector is not None:
                        held[row.space] = unpacked(row.vector)
                    if row.problem is not None:
                        troubled.add(row.item_key)
        return {
            key: RawVectors(
                revision=min(seen) if len(seen) == len(models) else 0,
                vectors=vectors[key],
                troubled=key in troubled,
            )
            for key, seen in revisions.items()
        }

    def embedded_since(
        self, models: Mapping[str, str], since: datetime, *, after: int, limit: int
    ) -> list[int]:
        """Find items embedded anew with one of these models since a time, in key order."""
        with self._database.reading() as connection:
            return list(
                connection.scalars(
                    select(item_vectors.c.item_key)
                    .where(
                        item_vectors.c.item_key > after,
                        item_vectors.c.embedded_at > since,
                        of_models(models),
                    )
                    .distinct()
                    .order_by(item_vectors.c.item_key)
                    .limit(limit)
                )
            )

    def troubled(self, models: Mapping[str, str], *, after: int, limit: int) -> dict[int, int]:
        """Find items whose content gave a problem in one of these models, in key order.

        Returns:
            Item key to its newest revision, for keys above `after`.
        """
        with self._database.reading() as connection:
            rows = connection.execute(
                select(items.c.key, items.c.revision)
                .join_from(items, item_vectors, items.c.key == item_vectors.c.item_key)
                .where(
                    items.c.key > after,
                    THERE,
                    item_vectors.c.problem.is_not(None),
                    of_models(models),
                )
                .distinct()
                .order_by(items.c.key)
                .limit(limit)
            )
            return {row.key: row.revision for row in rows}


def of_models(models: Mapping[str, str]) -> ColumnElement[bool]:
    """Say that what is noted of a vector is of one of these models, space to model."""
    ours = (
        and_(item_vectors.c.space == space, item_vectors.c.model == model)
        for space, model in models.items()
    )
    return or_(false(), *ours)


def packed(vector: Array) -> bytes:
    """Write a vector as it is kept in SQL: little-endian float32."""
    return vector.astype("<f4").tobytes()


def unpacked(data: bytes) -> Array:
    """Read what `packed` wrote."""
    return np.frombuffer(data, dtype="<f4").astype(np.float32)
