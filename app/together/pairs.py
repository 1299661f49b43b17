"""Pairs in SQL: read for one item in one indexed read, replaced as a whole."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, delete, insert, select, update

from app.recommend.sources import Companion, Companions
from app.together.errors import CountLost
from app.together.tables import pair_counts, pairs
from indexer.database import Database, alone, upsert

NAME = "pairs"

_LOCK = "kindred pairs"

WRITTEN_AT_ONCE = 5_000
"""Pairs written in one transaction, so that other writers get their turn."""

DELETED_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to count until the lease runs out.

    Attributes:
        version: Of the pairs to be written.
        owner: Who counts.
    """

    version: int
    owner: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of an item's list."""

    item_key: int
    place: int
    other_key: int
    people: int
    baskets: int
    lift: float
    llr: float


class Pairs:
    """What goes together, of the last count that was finished.

    A count writes its rows under a version that nobody reads; then one transaction makes it the one
    that answers, and the rows of the version before are deleted. A reader has all of one or all of
    the other. One process counts at a time; what a process that lost its lease still writes is
    refused.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, item_key: int, kind: str, *, limit: int) -> Companions:
        """Read what goes with an item, best first, in one indexed read of at most `limit` rows."""
        with self._database.reading() as connection:
            rows = connection.execute(companion_rows(item_key, kind, limit=limit)).all()
        counted = any(kind in row.kinds for row in rows)
        there = [row for row in rows if row.other_key is not None]
        return Companions(counted=counted, items=tuple(map(_companion, there)))

    def counted_at(self) -> datetime | None:
        """Say when the count that answers was made; None if there is none."""
        with self._database.reading() as connection:
            moment: datetime | None = connection.scalar(select(pair_counts.c.counted_at))
        return moment

    def read_by_it(self) -> int | None:
        """Say how many interactions that count read; None if there is none."""
        with self._database.reading() as connection:
            report = connection.scalar(select(pair_counts.c.report))
        read = None if report is None else report.get("interactions")
        return read if isinstance(read, int) else None

    def claim(
        self,
        owner: str,
        *,
        lease: timedelta,
        now: datetime,
        unless_since: datetime | None = None,
    ) -> Claim | None:
        """Take the right to count.

        Args:
            owner: Who.
            lease: How long it holds unless renewed.
            now: The time.
            unless_since: Not if there is a count since then.

        Returns:
            None while somebody else counts, or where it need not be done.
        """
        with self._database.writing() as connection:
            alone(connection, _LOCK)
            row = _held(connection)
            # A lease longer than two from now is of a clock that has gone back since.
            if row.lease_until is not None and now < row.lease_until <= now + 2 * lease:
                return None
            if (
                unless_since is not None
                and row.counted_at is not None
                and unless_since <= row.counted_at <= now
            ):
                return None
            claim = Claim(row.claimed + 1, owner)
            connection.execute(
                update(pair_counts).values(
                    claimed=claim.version, lease_owner=owner, lease_until=now + lease
                )
            )
        return claim

    def renew(self, claim: Claim, *, lease: timedelta, now: datetime) -> None:
        """Hold the right for longer.

        Raises:
            CountLost: Somebody else has it by now.
        """
        with self._database.writing() as connection:
            _check(connection, claim)
            connection.execute(update(pair_counts).values(lease_until=now + lease))

    def write(self, claim: Claim, kind: str, rows: Sequence[Pair]) -> None:
        """Keep rows that nobody reads yet, a few thousand at once.

        Raises:
            CountLost: Somebody else counts by now; nothing was written.
        """
        written = [
            {
                "version": claim.version,
                "kind": kind,
                "item_key": each.item_key,
                "place": each.place,
                "other_key": each.other_key,
                "people": each.people,
                "baskets": each.baskets,
                "lift": each.lift,
                "llr": each.llr,
            }
            for each in rows
        ]
        if not written:
            return
        with self._database.writing() as connection:
            _check(connection, claim)
            inserting = insert(pairs)
            if connection.dialect.name == "postgresql":
                # Only because rows then travel many at a time.
                connection.execute(inserting.returning(pairs.c.place), written)
            else:
                connection.execute(inserting, written)

    def publish(
        self, claim: Claim, kinds: Iterable[str], report: Mapping[str, Any], *, now: datetime
    ) -> None:
        """Let what was written answer from now on, and give the right to count back.

        Raises:
            CountLost: Somebody else counts by now; nothing was changed.
        """
        with self._database.writing() as connection:
            _check(connection, claim)
            connection.execute(
                update(pair_counts).values(
                    version=claim.version,
                    kinds=list(kinds),
                    report=dict(report),
                    counted_at=now,
                    lease_owner=None,
                    lease_until=None,
                )
            )

    def release(self, claim: Claim) -> None:
        """Give the right to count back without a result; nothing happens if it was lost."""
        with self._database.writing() as connection:
            alone(connection, _LOCK)
            connection.execute(
                update(pair_counts)
                .where(pair_counts.c.claimed == claim.version)
                .values(lease_owner=None, lease_until=None)
            )

    def sweep(self) -> int:
        """Delete the rows of versions that nobody will read; return how many.

        In small transactions. What is being written by somebody who counts now stays.
        """
        gone = 0
        with self._database.reading() as connection:
            row = connection.execute(select(pair_counts)).one_or_none()
            spared: set[int | None] = set()
            if row is not None:
                spared = {row.version, row.claimed} if row.lease_owner else {row.version}
            versions = _versions(connection)
        for version in versions:
            if version not in spared:
                gone += self._delete(version)
        return gone

    def _delete(self, version: int) -> int:
        of_it = pairs.c.version == version
        gone = 0
        while True:
            with self._database.writing() as connection:
                found = connection.execute(
                    select(pairs.c.kind, pairs.c.item_key)
                    .where(of_it)
                    .order_by(pairs.c.kind, pairs.c.item_key)
                    .limit(DELETED_AT_ONCE)
                ).all()
                if not found:
                    return gone
                kind = found[0].kind
                last = max(row.item_key for row in found if row.kind == kind)
                gone += connection.execute(
                    delete(pairs).where(of_it, pairs.c.kind == kind, pairs.c.item_key <= last)
                ).rowcount


def companion_rows(item_key: int, kind: str, *, limit: int) -> Select[Any]:
    """Select what goes with an item; one row without a companion where nothing does."""
    its = and_(
        pairs.c.version == pair_counts.c.version,
        pairs.c.kind == kind,
        pairs.c.item_key == item_key,
        pairs.c.place < limit,
    )
    return (
        select(
            pair_counts.c.kinds,
            pairs.c.other_key,
            pairs.c.people,
            pairs.c.baskets,
            pairs.c.lift,
            pairs.c.llr,
        )
        .select_from(pair_counts.outerjoin(pairs, its))
        .where(pair_counts.c.name == NAME, pair_counts.c.version.is_not(None))
        .order_by(pairs.c.place)
    )


def _companion(row: Row[Any]) -> Companion:
    return Companion(row.other_key, row.people, row.baskets, row.lift, row.llr)


def _held(connection: Connection) -> Row[Any]:
    """Return the one row, made if there is none."""
    connection.execute(
        upsert(connection, pair_counts)
        .values(name=NAME, kinds=[], claimed=0)
        .on_conflict_do_nothing()
    )
    return connection.execute(select(pair_counts)).one()


def _check(connection: Connection, claim: Claim) -> None:
    """Make sure that the right to count is still the claim's, until the transaction ends."""
    alone(connection, _LOCK)
    row = _held(connection)
    if row.claimed != claim.version or row.lease_owner != claim.owner:
        raise CountLost(
            f"{claim.owner} took too long to count what goes together, and "
            f"{row.lease_owner or 'somebody else'} does it now"
        )


def _versions(connection: Connection) -> list[int]:
    """Return the versions that have rows, each found by a step in the index."""
    found: list[int] = []
    while True:
        step = select(pairs.c.version).order_by(pairs.c.version).limit(1)
        if found:
            step = step.where(pairs.c.version > found[-1])
        version = connection.scalar(step)
        if version is None:
            return found
        found.append(version)
