"""How far items and operations have come."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from indexer.tables import generations, item_vectors, items, live, operations, work


@dataclass(frozen=True, slots=True)
class SpaceStatus:
    """How one space of an item stands.

    Attributes:
        space: Its name.
        model: Which model and weights made the vector.
        revision: Of the content it was made from.
        present: False when there was nothing to embed, or `problem` says why not.
        problem: What was wrong, or None.
        embedded_at: When.
    """

    space: str
    model: str
    revision: int
    present: bool
    problem: str | None
    embedded_at: datetime


@dataclass(frozen=True, slots=True)
class ItemStatus:
    """How far an item has come: received, embedded per space, searchable, or the problem.

    Attributes:
        indexed_revision: Last confirmed in the live generation; searchable when it is `revision`.
        attempts: How often the newest content was tried without success.
        problem: Why the last try failed, or None.
        set_aside_at: When it was given up until `kindred queue retry`, or None.
    """

    item_id: str
    revision: int
    received_at: datetime
    deleted_at: datetime | None
    spaces: tuple[SpaceStatus, ...]
    indexed_revision: int | None
    searchable_at: datetime | None
    attempts: int
    problem: str | None
    set_aside_at: datetime | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A write that was asked for; it is done once the item's indexed revision has reached it."""

    operation_id: str
    item_id: str
    revision: int
    kind: str
    status: str
    received_at: datetime


def item_status(connection: Connection, item_id: str) -> ItemStatus | None:
    """Read how far an item has come; None if never seen."""
    row = connection.execute(
        select(
            items.c.key,
            items.c.revision,
            items.c.received_at,
            items.c.deleted_at,
            items.c.indexed_revision,
            items.c.searchable_at,
            func.coalesce(work.c.attempts, 0).label("attempts"),
            work.c.reason,
            work.c.set_aside_at,
        )
        .outerjoin(work, work.c.item_key == items.c.key)
        .where(items.c.item_id == item_id)
    ).one_or_none()
    if row is None:
        return None
    return ItemStatus(
        item_id=item_id,
        revision=row.revision,
        received_at=row.received_at,
        deleted_at=row.deleted_at,
        spaces=_spaces(connection, row.key),
        indexed_revision=row.indexed_revision,
        searchable_at=row.searchable_at,
        attempts=row.attempts,
        problem=row.reason,
        set_aside_at=row.set_aside_at,
    )


def recorded_operation(connection: Connection, operation_id: str) -> Operation | None:
    """Read an operation; None if unknown or past its retention."""
    row = connection.execute(
        select(
            operations.c.operation_id,
            operations.c.item_id,
            operations.c.revision,
            operations.c.kind,
            operations.c.status,
            operations.c.received_at,
        ).where(operations.c.operation_id == operation_id)
    ).one_or_none()
    return None if row is None else Operation(*row)


def _spaces(connection: Connection, key: int) -> tuple[SpaceStatus, ...]:
    """Read how an item stands with the models that answer now, or with any when none do."""
    rows = connection.execute(
        select(item_vectors)
        .where(item_vectors.c.item_key == key)
        .order_by(item_vectors.c.space, item_vectors.c.model)
    ).all()
    embedders = connection.scalars(
        select(generations.c.embedders).join(
            live, live.c.generation_id == generations.c.generation_id
        )
    )
    used = {(each["space"], each["model"]) for spaces in embedders for each in spaces}
    return tuple(
        SpaceStatus(
            space=row.space,
            model=row.model,
            revision=row.revision,
            present=row.digest is not None,
            problem=row.problem,
            embedded_at=row.embedded_at,
        )
        for row in rows
        if not used or (row.space, row.model) in used
    )
