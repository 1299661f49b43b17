"""What people did, kept once and read back newest first."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Integer, Select, bindparam, func, select

from app.interactions.caps import Caps, countable
from app.interactions.counts import Popularity
from app.interactions.interaction import Ignored, Interaction, InteractionReceipt
from app.interactions.keeping import fresh_of, keep, known_prices, users
from app.interactions.reads import newest_of, with_items
from app.interactions.retention import Retention
from app.interactions.tables import interactions
from app.people import activity
from app.people.checks import checks_of
from app.people.people import People
from app.people.standings import RIGHTS, Standing
from app.recommend.sources import Past, PastInteraction
from indexer.database import Database, beside
from indexer.tables import items

ARRIVED_SINCE = 1_000
"""Newer arrivals that reading a history as of an earlier time looks past; one a second would have
to come for longer than half the life of a page."""


class Interactions:
    """Interactions in SQL; each is counted in the transaction that keeps it."""

    def __init__(
        self,
        database: Database,
        popularity: Popularity,
        people: People | None = None,
        *,
        caps: Caps | None = None,
        retention: Retention | None = None,
    ) -> None:
        """Prepare without reading.

        Args:
            database: Where interactions are kept.
            popularity: Counts them.
            people: Knows profiles, and what people are called where their ids must not stand.
            caps: How often one person counts for one item; None: every time.
            retention: How long interactions are kept; None: until somebody is erased.
        """
        self._database = database
        self._popularity = popularity
        self._people = people or People(database)
        self._caps = caps
        self._retention = retention or Retention()

    def record(self, batch: Sequence[Interaction], *, now: datetime) -> list[InteractionReceipt]:
        """Keep interactions and count them, all or none, in one transaction.

        One whose `interaction_id` was kept before, here or in the same batch, changes nothing: the
        first one stays as it was. Of one that may not be kept nothing is written.

        Args:
            batch: At most 1,000, checked; their items need not exist.
            now: The time of arrival.

        Returns:
            One receipt an interaction, in order.

        Raises:
            DatabaseUnavailable, StorageFull: Nothing was written.
        """
        if not batch:
            return []
        names = {user_id: self._people.names.of(user_id) for user_id in users(batch)}
        with self._database.writing() as connection:
            beside(connection, RIGHTS)
            checks = checks_of(connection, names)
            ignored = self._ignored(batch, checks.standings, now)
            fresh, first = fresh_of(batch, ignored)
            activity.hold(connection, users(fresh))
            counts = self._countable(connection, fresh, checks.machines)
            kept = keep(connection, fresh, counts, now)
            recorded = [
                (each, counting)
                for each, counting in zip(fresh, counts, strict=True)
                if each.interaction_id is None or each.interaction_id in kept
            ]
            self._popularity.add(connection, [each for each, counting in recorded if counting])
            known = known_prices(connection, {each.item_id for each in batch})
            prices = {item_id: price for item_id, price in known.items() if price is not None}
            done = [each for each, _ in recorded]
            activity.add(connection, activity.summed(done, prices))
            activity.drop_empty(connection, users(fresh) - users(done))
        return [
            InteractionReceipt("ignored", each.item_id in known, ignored[row])
            if row in ignored
            else InteractionReceipt(
                "recorded"
                if each.interaction_id is None
                or (each.interaction_id in kept and first[each.interaction_id] == row)
                else "duplicate",
                each.item_id in known,
            )
            for row, each in enumerate(batch)
        ]

    def _ignored(
        self, batch: Sequence[Interaction], standings: Mapping[str, Standing], now: datetime
    ) -> dict[int, Ignored]:
        """Say which rows of a batch may not be kept, and why."""
        found: dict[int, Ignored] = {}
        for row, each in enumerate(batch):
            held = standings.get(each.user_id)
            if held is not None and held.refuses(each.happened_at):
                found[row] = "opted_out" if held.opted_out else "erased"
            elif self._retention.expired(each.kind, each.happened_at, now):
                found[row] = "expired"
        return found

    def _countable(
        self, connection: Connection, fresh: Sequence[Interaction], machines: Collection[str]
    ) -> list[bool]:
        if self._caps is None or not fresh:
            return [True] * len(fresh)
        return countable(connection, fresh, self._caps, machines)

    def recent(self, user_id: str, *, limit: int, as_of: datetime | None = None) -> Past:
        """Read a person's newest `limit` interactions and their profile in one indexed read.

        Those with items that do not exist (not yet, or no more) are left out of what was read, and
        not made up for by older ones, so that the read stays bounded. Ties end in order of arrival.

        Args:
            user_id: Who.
            limit: Interactions at most.
            as_of: Only those that had arrived by then; at most ARRIVED_SINCE later ones are looked
                past. The profile is today's in any case: a wish holds at once.
        """
        with self._database.reading() as connection:
            asked = {"user_id": user_id, "limit": limit}
            if as_of is not None:
                asked |= {"as_of": as_of, "scanned": limit + ARRIVED_SINCE}
            rows = connection.execute(recent_rows(as_of=as_of is not None), asked).all()
            complete = len(rows) < limit
            if complete and as_of is not None:
                complete = not _more_than(connection, user_id, len(rows))
            person = self._people.person(connection, user_id)
        if person.standing is not None and person.standing.silent:
            return Past((), complete=True, opted_out=person.opted_out)
        return Past(
            tuple(
                PastInteraction(key, item_id, revision, kind, value, moment, title, tuple(names))
                for key, item_id, revision, kind, value, moment, title, names in rows
                if key is not None
            ),
            complete=complete,
            profile=person.profile,
        )

    def page(self, *, after: int = 0, limit: int = 1_000) -> list[tuple[int, Interaction]]:
        """Read interactions in order of arrival, from the one after number `after` on.

        Returns:
            Each with its number, by which to go on.
        """
        reading = (
            select(interactions)
            .where(interactions.c.id > after)
            .order_by(interactions.c.id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [
                (
                    row.id,
                    Interaction(
                        row.user_id,
                        row.item_id,
                        row.kind,
                        row.value,
                        row.happened_at,
                        row.session_id,
                        row.interaction_id,
                        row.recommendation_id,
                    ),
                )
                for row in connection.execute(reading)
            ]

    def count(self) -> int:
        """Count all interactions."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(interactions)) or 0

    def kept_ids(self, interaction_ids: Collection[str]) -> frozenset[str]:
        """Tell which of these interaction_ids are kept; at most 1,000."""
        wanted = select(interactions.c.interaction_id).where(
            interactions.c.interaction_id.in_(sorted(interaction_ids))
        )
        with self._database.reading() as connection:
            return frozenset(connection.scalars(wanted))

    def touched(self, user_id: str, item_ids: Collection[str]) -> dict[str, frozenset[str]]:
        """Tell in what ways a person ever touched these items, in one indexed read.

        Args:
            user_id: Who.
            item_ids: At most 10,000.

        Returns:
            item_id to kinds, for the items touched at all.
        """
        if not item_ids:
            return {}
        reading = (
            select(interactions.c.item_id, interactions.c.kind)
            .where(interactions.c.user_id == user_id, interactions.c.item_id.in_(item_ids))
            .distinct()
        )
        kinds: dict[str, set[str]] = {}
        with self._database.reading() as connection:
            for item_id, kind in connection.execute(reading):
                kinds.setdefault(item_id, set()).add(kind)
        return {item_id: frozenset(found) for item_id, found in kinds.items()}


@cache
def recent_rows(*, as_of: bool = False) -> Select[Any]:
    """Select a person's newest interactions as `recent` reads them.

    Its parameters are user_id and limit, and with `as_of` that moment and how many are `scanned`.
    The columns are the fields of a PastInteraction, in their order; the item's are null where it
    does not exist.
    """
    # Made once: making the statement took three times as long as SQLite took to answer it.
    newest = newest_of(bindparam("user_id"))
    if as_of:
        scanned = newest.limit(bindparam("scanned", type_=Integer)).subquery()
        read = (
            select(scanned)
            .where(scanned.c.received_at <= bindparam("as_of"))
            .order_by(scanned.c.happened_at.desc(), scanned.c.id.desc())
            .limit(bindparam("limit", type_=Integer))
            .subquery()
        )
    else:
        read = newest.limit(bindparam("limit", type_=Integer)).subquery()
    return (
        select(
            items.c.key,
            read.c.item_id,
            items.c.indexed_revision,
            read.c.kind,
            read.c.value,
            read.c.happened_at,
            items.c.title,
            items.c.categories,
        )
        .select_from(with_items(read))
        .order_by(read.c.happened_at.desc(), read.c.id.desc())
    )


def _more_than(connection: Connection, user_id: str, read: int) -> bool:
    one_more = select(interactions.c.id).where(interactions.c.user_id == user_id).limit(read + 1)
    return len(connection.scalars(one_more).all()) > read
