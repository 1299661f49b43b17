"""What SQL says of items, as an audit asks: how far they are, and what is kept of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, func, or_, select, true

from indexer.database import Database, slices
from indexer.tables import item_vectors, items, kept_vectors, work

Queued = Literal["waiting", "set_aside"]


@dataclass(frozen=True, slots=True)
class Testimony:
    """What SQL says of one item.

    Attributes:
        deleted: Whether it is a tombstone.
        indexed_revision: The revision last confirmed in the live generation, or None.
        fence: Grows with every finished piece of work.
        token: Grows with every claim; None: the item is not queued.
        queued: Whether it waits for a worker, was set aside, or neither.
        unembedded: Spaces of which no vector, and no reason why there is none, is kept at the
            newest revision.
        lost: Spaces whose vector was kept and is gone.
    """

    key: int
    item_id: str
    revision: int
    deleted: bool
    indexed_revision: int | None
    fence: int
    token: int | None
    queued: Queued | None
    unembedded: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Witness:
    """Reads what SQL says of items, each time in one consistent read without their content."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def count(self) -> int:
        """Count items, tombstones included."""
        with self._database.reading() as connection:
            return connection.scalar(select(func.count()).select_from(items)) or 0

    def page(self, models: Mapping[str, str], *, above: int | None, limit: int) -> list[Testimony]:
        """Read items in the order of keys, tombstones included.

        Args:
            models: Space to model, of the vectors that should be kept.
            above: Only keys above it; None: from the first.
            limit: Items at most.
        """
        which = true() if above is None else items.c.key > above
        with self._database.reading() as connection:
            rows = connection.execute(
                _standings().where(which).order_by(items.c.key).limit(limit)
            ).all()
            if not rows:
                return []
            stretch = and_(
                item_vectors.c.item_key >= rows[0].key, item_vectors.c.item_key <= rows[-1].key
            )
            return _testimonies(rows, _records(connection, stretch, models), models)

    def of(self, keys: Collection[int], models: Mapping[str, str]) -> dict[int, Testimony]:
        """Read items by key, tombstones included; absent keys are left out."""
        found: list[Testimony] = []
        with self._database.reading() as connection:
            for part in slices(sorted(keys)):
                rows = connection.execute(_standings().where(items.c.key.in_(part))).all()
                records = _records(connection, item_vectors.c.item_key.in_(part), models)
                found += _testimonies(rows, records, models)
        return {each.key: each for each in found}


def _standings() -> Any:  # noqa: ANN401 - a Select of eight columns, typed by its rows' readers
    return select(
        items.c.key,
        items.c.item_id,
        items.c.revision,
        items.c.deleted_at,
        items.c.indexed_revision,
        items.c.fence,
        work.c.token,
        work.c.set_aside_at,
    ).join_from(items, work, work.c.item_key == items.c.key, isouter=True)


_Record = Row[Any, Any, Any, Any, Any]
_Records = dict[int, list[_Record]]


def _records(
    connection: Connection, which: ColumnElement[bool], models: Mapping[str, str]
) -> _Records:
    """Read which vectors items have, without the vectors."""
    if not models:
        return {}
    ours = or_(
        *(
            and_(item_vectors.c.space == space, item_vectors.c.model == model)
            for space, model in models.items()
        )
    )
    same = and_(
        kept_vectors.c.space == item_vectors.c.space,
        kept_vectors.c.model == item_vectors.c.model,
        kept_vectors.c.digest == item_vectors.c.digest,
    )
    found: _Records = {}
    for row in connection.execute(
        select(
            item_vectors.c.item_key,
            item_vectors.c.space,
            item_vectors.c.revision,
            item_vectors.c.digest,
            kept_vectors.c.digest.label("kept"),
        )
        .join_from(item_vectors, kept_vectors, same, isouter=True)
        .where(which, ours)
    ):
        found.setdefault(row.item_key, []).append(row)
    return found


def _testimonies(
    rows: Sequence[Row[Any]], records: _Records, models: Mapping[str, str]
) -> list[Testimony]:
    return [_testimony(row, records.get(row.key, []), models) for row in rows]


def _testimony(row: Row[Any], records: list[_Record], models: Mapping[str, str]) -> Testimony:
    deleted = row.deleted_at is not None
    current = {each.space for each in records if each.revision >= row.revision}
    lost = {each.space for each in records if each.digest is not None and each.kept is None}
    queued: Queued | None = None
    if row.token is not None:
        queued = "waiting" if row.set_aside_at is None else "set_aside"
    return Testimony(
        key=row.key,
        item_id=row.item_id,
        revision=row.revision,
        deleted=deleted,
        indexed_revision=row.indexed_revision,
        fence=row.fence,
        token=row.token,
        queued=queued,
        unembedded=() if deleted else tuple(sorted(models.keys() - current)),
        lost=() if deleted else tuple(sorted(lost)),
    )
