"""What many people did, each read bounded by a constant a person or an item."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select, union_all

from app.interactions.reads import newest_of, with_items
from app.interactions.tables import interactions
from app.people.records import read_forgotten
from app.people.standings import unsettled_among
from app.people.tables import profiles
from app.recommend.profile import Profile
from app.recommend.sources import Past, PastInteraction
from indexer.database import Database
from indexer.tables import items

MOST = 200
"""Items or people of one read: SQLite puts at most 500 reads together into one."""


class PeerHistory:
    """Reads interactions across people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def touching(self, item_ids: Collection[str], *, limit: int) -> dict[str, list[str]]:
        """Tell who touched items last, in one indexed read; who is being erased is left out.

        Args:
            item_ids: At most MOST.
            limit: Newest interactions read of each.

        Returns:
            item_id to user_ids, each once, newest first; items nobody touched are left out.
        """
        found: dict[str, dict[str, None]] = {}
        if not item_ids:
            return {}
        with self._database.reading() as connection:
            for row in connection.execute(touching_rows(sorted(item_ids), limit=limit)):
                found.setdefault(row.item_id, {})[row.user_id] = None
            everybody = {user_id for people in found.values() for user_id in people}
            leaving = unsettled_among(connection, everybody)
        left = {
            item_id: [each for each in people if each not in leaving]
            for item_id, people in found.items()
        }
        return {item_id: people for item_id, people in left.items() if people}

    def pasts(self, user_ids: Collection[str], *, limit: int) -> dict[str, Past]:
        """Read people's newest interactions, and what they want forgotten, in two indexed reads.

        Args:
            user_ids: At most MOST.
            limit: Newest interactions read of each; those with items that do not exist are left
                out of what was read.

        Returns:
            user_id to past, newest first, for those who did anything; of the profile only what is
            forgotten is read.
        """
        if not user_ids:
            return {}
        wanted = sorted(user_ids)
        read: dict[str, int] = {}
        done: dict[str, list[PastInteraction]] = {}
        with self._database.reading() as connection:
            for row in connection.execute(newest_rows_of(wanted, limit=limit)):
                read[row.user_id] = read.get(row.user_id, 0) + 1
                held = done.setdefault(row.user_id, [])
                if row.key is not None:
                    held.append(
                        PastInteraction(
                            row.key,
                            row.item_id,
                            row.indexed_revision,
                            row.kind,
                            row.value,
                            row.happened_at,
                        )
                    )
            forgotten = {
                row.user_id: read_forgotten(row.forgotten)
                for row in connection.execute(
                    select(profiles.c.user_id, profiles.c.forgotten).where(
                        profiles.c.user_id.in_(wanted)
                    )
                )
            }
        return {
            each: Past(
                tuple(held),
                complete=read[each] < limit,
                profile=Profile(forgotten=forgotten.get(each, {})),
            )
            for each, held in done.items()
        }


def touching_rows(item_ids: Sequence[str], *, limit: int) -> Select[Any]:
    """Select who touched items last, newest first within each."""
    each = [
        select(interactions.c.item_id, interactions.c.user_id, interactions.c.happened_at)
        .where(interactions.c.item_id == item_id)
        .order_by(interactions.c.happened_at.desc(), interactions.c.user_id.desc())
        .limit(limit)
        .subquery()
        for item_id in item_ids
    ]
    read = union_all(*(select(part) for part in each)).subquery()
    return select(read).order_by(read.c.item_id, read.c.happened_at.desc(), read.c.user_id.desc())


def newest_rows_of(user_ids: Sequence[str], *, limit: int) -> Select[Any]:
    """Select people's newest interactions, newest first within each."""
    each = [newest_of(user_id).limit(limit).subquery() for user_id in user_ids]
    read = union_all(*(select(part) for part in each)).subquery()
    return (
        select(
            read.c.user_id,
            items.c.key,
            read.c.item_id,
            items.c.indexed_revision,
            read.c.kind,
            read.c.value,
            read.c.happened_at,
        )
        .select_from(with_items(read))
        .order_by(read.c.user_id, read.c.happened_at.desc(), read.c.id.desc())
    )
