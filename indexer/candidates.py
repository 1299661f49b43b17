"""What ranking sees of items: read by key, or the newest."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, select, true

from indexer.cache import OfRevisions
from indexer.database import slices
from indexer.filters import Filterable
from indexer.stored import SEEN, SHOWN, THERE, seen
from indexer.tables import item_categories, items


@dataclass(frozen=True, slots=True)
class Candidate:
    """What a ranked answer needs of an item, in one narrow read.

    Attributes:
        item: What filters can see.
        title: To show, or None.
        image_url: To show, or None; a `data:` URL is left out.
        revision: The content's newest revision.
        indexed_revision: What the live generation holds, or None when it is not searchable yet.
    """

    item: Filterable
    title: str | None
    image_url: str | None
    revision: int
    indexed_revision: int | None


SeenCache = OfRevisions[Candidate]
"""Candidates by key, of a revision. Cannot be stale: keys are never given twice, and no write
changes what an item says without a new revision; `indexed_revision`, which changes, is read beside
it."""


KEYS = items.c.key.in_(bindparam("keys", expanding=True))

REVISIONS: Select[Any] = select(items.c.key, items.c.revision, items.c.indexed_revision).where(
    KEYS, THERE
)
"""How far the items of these `keys` are."""

CANDIDATES: Select[Any] = select(*SEEN, *SHOWN).where(KEYS, THERE)
"""What ranking checks of the items of these `keys`."""


def standing_candidates(
    connection: Connection, keys: Collection[int], held: SeenCache
) -> dict[int, Candidate]:
    """Read items by key; deleted ones are left out.

    Args:
        connection: Of one transaction.
        keys: Of items.
        held: What items said at a revision is read from and kept here; how far they are is read
            anew each time.
    """
    found: dict[int, Candidate] = {}
    for part in slices(sorted(keys)):
        rows = connection.execute(REVISIONS, {"keys": part}).all()
        revisions = {key: revision for key, revision, _ in rows}
        said = held.find(revisions)
        if len(said) < len(rows):
            missing = sorted(revisions.keys() - said.keys())
            read = connection.execute(CANDIDATES, {"keys": missing}).all()
            fresh = {row.key: _candidate(row) for row in read}
            held.hold(fresh, {key: one.revision for key, one in fresh.items()})
            said |= fresh
        for key, _, indexed in rows:
            found[key] = _standing(said[key], indexed)
    return found


def newest_candidates(
    connection: Connection, *, limit: int, category: str | None, before: datetime | None
) -> list[Candidate]:
    """Read at most `limit` available items by `created_at`, newest first, ties by item_id."""
    wanted = newest_rows(limit=limit, category=category, before=before)
    return [_candidate(row) for row in connection.execute(wanted)]


def newest_rows(*, limit: int, category: str | None, before: datetime | None) -> Select[Any]:
    """Select available items, newest first, as one stretch of an index."""
    if category is None:
        listed = items
        wanted = select(*SEEN, *SHOWN).where(items.c.deleted_at.is_(None))
    else:
        listed = item_categories
        wanted = (
            select(*SEEN, *SHOWN)
            .join(item_categories, item_categories.c.item_key == items.c.key)
            .where(item_categories.c.category == category)
        )
    if before is not None:
        wanted = wanted.where(listed.c.created_at < before)
    return (
        wanted.where(listed.c.available == true())
        .order_by(listed.c.created_at.desc(), listed.c.item_id)
        .limit(limit)
    )


def _standing(candidate: Candidate, indexed_revision: int | None) -> Candidate:
    if candidate.indexed_revision == indexed_revision:
        return candidate
    return replace(candidate, indexed_revision=indexed_revision)


def _candidate(row: Row[Any]) -> Candidate:
    return Candidate(
        item=seen(row),
        title=row.title,
        image_url=row.image_url,
        revision=row.revision,
        indexed_revision=row.indexed_revision,
    )
