"""What was learned of items from what people did with them, in SQL by training."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select

from embedders.spaces import Array
from indexer.database import Database, slices, upsert
from indexer.tables import learned_vectors
from indexer.vectors import packed, unpacked


@dataclass(frozen=True, slots=True)
class LearnedItem:
    """The two vectors of one item.

    Attributes:
        candidate: Shape (d,), float32, unit length, or zeros where nothing was learned of it.
        evidence: Shape (d,), float32.
    """

    candidate: Array
    evidence: Array


class LearnedVectors:
    """Learned vectors by training and item; what is held of one training never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, model: str, keys: Sequence[int], candidates: Array, evidence: Array) -> None:
        """Keep vectors of items, in short transactions; the same again is harmless.

        Args:
            model: `SpaceModel.model` of the training.
            keys: n items, each once.
            candidates: Shape (n, d).
            evidence: Shape (n, d).
        """
        for rows in slices(range(len(keys))):
            with self._database.writing() as connection:
                new = upsert(connection, learned_vectors)
                connection.execute(
                    new.on_conflict_do_update(
                        index_elements=list(learned_vectors.primary_key.columns),
                        set_={name: new.excluded[name] for name in ("candidate", "evidence")},
                    ),
                    [
                        {
                            "model": model,
                            "item_key": keys[row],
                            "candidate": packed(candidates[row]),
                            "evidence": packed(evidence[row]),
                        }
                        for row in rows
                    ],
                )

    def of_items(self, model: str, keys: Collection[int]) -> Mapping[int, LearnedItem]:
        """Read items' vectors in one read; those the training knew nothing of are left out."""
        found: dict[int, LearnedItem] = {}
        if not keys:
            return found
        with self._database.reading() as connection:
            for part in slices(sorted(keys)):
                rows = connection.execute(
                    select(
                        learned_vectors.c.item_key,
                        learned_vectors.c.candidate,
                        learned_vectors.c.evidence,
                    ).where(learned_vectors.c.model == model, learned_vectors.c.item_key.in_(part))
                )
                found |= {
                    row.item_key: LearnedItem(unpacked(row.candidate), unpacked(row.evidence))
                    for row in rows
                }
        return found

    def purge(self, used: Collection[str]) -> None:
        """Delete what was learned by trainings that no generation uses, in short transactions."""
        with self._database.reading() as connection:
            held = connection.scalars(select(learned_vectors.c.model).distinct()).all()
        for model in sorted(set(held) - set(used)):
            while self._purged(model):
                pass

    def _purged(self, model: str) -> int:
        mine = learned_vectors.c.model == model
        with self._database.writing() as connection:
            some = select(learned_vectors.c.item_key).where(mine).limit(PURGED).scalar_subquery()
            gone = connection.execute(
                delete(learned_vectors).where(mine, learned_vectors.c.item_key.in_(some))
            )
            return gone.rowcount


PURGED = 10_000
"""Rows deleted in one transaction: a writer then waits for a tenth of a second at most."""
