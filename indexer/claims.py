"""Rows of work inside a transaction: queueing them, and what a holder's claim may still do to them.

Whoever locks rows of both tables locks `items` first, each in key order, so that nobody waits in a
circle. A row's token goes on from `items.fence`, where it is left when the row is removed; so a
token is never given twice for an item, and a claim of a row long gone fits none that came later.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    Select,
    bindparam,
    case,
    delete,
    or_,
    select,
    update,
)

from indexer.database import slices, upsert
from indexer.tables import Instant, items, live, work


@dataclass(frozen=True, slots=True)
class Claim:
    """A row of work held for a while.

    Attributes:
        item_key: Which item.
        revision: The newest revision when it was claimed.
        token: Grows with every claim of the row; a late holder's token no longer fits.
        attempts: Earlier tries that failed.
        queued_at: When the newest revision was queued.
    """

    item_key: int
    revision: int
    token: int
    attempts: int
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How claims stand against their rows, both locked until the transaction ends.

    Attributes:
        current: Rows as they were when claimed.
        overtaken: Still held, but queued anew meanwhile.
    """

    current: list[Claim]
    overtaken: list[Claim]


@dataclass(frozen=True, slots=True)
class _Locked:
    revision: int
    fence: int


def enqueue(connection: Connection, revisions: Mapping[int, int], *, now: datetime) -> None:
    """Queue items (key to revision) inside the caller's transaction.

    A row that is there already takes the newer revision, is due at once, and starts its attempts
    anew; a claim on it stays valid but can no longer complete it. Keys without an item are ignored.
    An item that has moved on since its revision was read is queued with its newest: with the older
    one it would be stamped at that although the newest was indexed.
    """
    for keys in slices(sorted(revisions)):
        held = _lock_items(connection, keys)
        rows = [
            _new_row(key, held[key].revision, held[key].fence, queued_at=now, due_at=now)
            for key in keys
            if key in held
        ]
        if not rows:
            continue
        new = upsert(connection, work)
        given = new.excluded
        connection.execute(
            new.on_conflict_do_update(
                index_elements=[work.c.item_key],
                set_={
                    "revision": case(
                        (given.revision > work.c.revision, given.revision), else_=work.c.revision
                    ),
                    "queued_at": given.queued_at,
                    "due_at": given.due_at,
                    "attempts": 0,
                    "again": work.c.lease_owner.is_not(None),
                    "set_aside_at": None,
                    "reason": None,
                },
            ),
            rows,
        )


def due_rows(*, limit: int, now: datetime) -> Select[int]:
    """Select the keys of rows that may be claimed, oldest first."""
    free = or_(work.c.lease_until.is_(None), work.c.lease_until <= now)
    return (
        select(work.c.item_key)
        .where(work.c.set_aside_at.is_(None), work.c.due_at <= now, free)
        .order_by(work.c.due_at, work.c.item_key)
        .limit(limit)
    )


def standing(connection: Connection, claims: Sequence[Claim], *, due_at: datetime) -> Standing:
    """Lock the claims' items and rows, tell how they stand, and queue the items of late ones again.

    Args:
        connection: In a write transaction.
        claims: One an item.
        due_at: When the late ones' items are due.
    """
    ordered = sorted(claims, key=lambda claim: claim.item_key)
    result = Standing([], [])
    for part in slices(ordered):
        keys = [claim.item_key for claim in part]
        held = _lock_items(connection, keys)
        found = connection.execute(
            select(work.c.item_key, work.c.token, work.c.revision, work.c.again)
            .where(work.c.item_key.in_(keys))
            .order_by(work.c.item_key)
            .with_for_update()
        )
        rows = {row.item_key: row for row in found}
        late = []
        for claim in part:
            row = rows.get(claim.item_key)
            if row is None or row.token != claim.token:
                late.append(claim)
            elif row.again or row.revision != claim.revision:
                result.overtaken.append(claim)
            else:
                result.current.append(claim)
        _queue_late(connection, late, held, due_at=due_at)
    return result


def release(
    connection: Connection,
    claims: Sequence[Claim],
    *,
    due_at: datetime | None = None,
    reason: str | None = None,
    counted: bool = False,
) -> None:
    """Let go of rows; `due_at` None leaves their time, as it is set by whoever queued them anew."""
    if not claims:
        return
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None, "again": False}
    if due_at is not None:
        values |= {"due_at": due_at, "reason": reason}
    if counted:
        values["attempts"] = work.c.attempts + 1
    for keys in slices([claim.item_key for claim in claims]):
        connection.execute(update(work).where(work.c.item_key.in_(keys)).values(values))


def put_aside(
    connection: Connection, claims: Sequence[Claim], *, reason: str, now: datetime
) -> None:
    """Give rows up, with the try that failed counted."""
    for keys in slices([claim.item_key for claim in claims]):
        connection.execute(
            update(work)
            .where(work.c.item_key.in_(keys))
            .values(
                lease_owner=None,
                lease_until=None,
                again=False,
                set_aside_at=now,
                reason=reason,
                attempts=work.c.attempts + 1,
            )
        )


def is_live(connection: Connection, generation: int) -> bool:
    """Say whether a generation answers on some engine; it stays so until the transaction ends."""
    found = select(live.c.engine).where(live.c.generation_id == generation)
    return connection.scalar(found.with_for_update(read=True)) is not None


def stamp(connection: Connection, claims: Sequence[Claim], *, now: datetime) -> None:
    """Note what the live generation holds of items; of a deleted one it holds nothing."""
    if not claims:
        return
    revision = bindparam("confirmed_revision", type_=BigInteger)
    moment = bindparam("confirmed_at", type_=Instant)
    there = items.c.deleted_at.is_(None)
    connection.execute(
        update(items)
        .where(items.c.key == bindparam("confirmed_key"))
        .values(
            indexed_revision=case((there, revision)),
            searchable_at=case(
                (there & (items.c.indexed_revision == revision), items.c.searchable_at),
                (there, moment),
            ),
        ),
        [
            {
                "confirmed_key": claim.item_key,
                "confirmed_revision": claim.revision,
                "confirmed_at": now,
            }
            for claim in claims
        ],
    )


def remove(connection: Connection, claims: Sequence[Claim]) -> None:
    """Delete finished rows, leaving their tokens behind as their items' fences."""
    for keys in slices([claim.item_key for claim in claims]):
        token = select(work.c.token).where(work.c.item_key == items.c.key).scalar_subquery()
        connection.execute(update(items).where(items.c.key.in_(keys)).values(fence=token))
        connection.execute(delete(work).where(work.c.item_key.in_(keys)))


def _lock_items(connection: Connection, keys: Sequence[int]) -> dict[int, _Locked]:
    found = connection.execute(
        select(items.c.key, items.c.revision, items.c.fence)
        .where(items.c.key.in_(keys))
        .order_by(items.c.key)
        .with_for_update()
    )
    return {row.key: _Locked(row.revision, row.fence) for row in found}


def _new_row(
    key: int, revision: int, fence: int, *, queued_at: datetime, due_at: datetime
) -> dict[str, Any]:
    return {
        "item_key": key,
        "revision": revision,
        "queued_at": queued_at,
        "due_at": due_at,
        "attempts": 0,
        "token": fence,
        "again": False,
    }


def _queue_late(
    connection: Connection,
    late: Sequence[Claim],
    held: Mapping[int, _Locked],
    *,
    due_at: datetime,
) -> None:
    """Queue the items of late claims again; one somebody holds is done once more afterwards.

    Taking such a row away from its holder would make that one late in turn, and so on for ever.
    """
    rows = [
        _new_row(
            claim.item_key,
            held[claim.item_key].revision,
            held[claim.item_key].fence,
            queued_at=claim.queued_at,
            due_at=due_at,
        )
        for claim in late
        if claim.item_key in held
    ]
    if not rows:
        return
    new = upsert(connection, work)
    sooner = case((work.c.due_at < new.excluded.due_at, work.c.due_at), else_=new.excluded.due_at)
    connection.execute(
        new.on_conflict_do_update(
            index_elements=[work.c.item_key],
            set_={
                "again": work.c.lease_owner.is_not(None),
                "due_at": sooner,
                "set_aside_at": None,
            },
        ),
        rows,
    )
