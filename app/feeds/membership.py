"""Which items came from which feed, so that what vanished from one can be deleted, and no more.

Every item of a pull is marked with the pull's number. A pull that went to its end becomes the
feed's last; members marked with an older number have vanished. A pull that was broken off leaves
marks of a number that is not the last yet, and harms nothing.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, and_, delete, exists, func, select

from app.feeds.tables import feed_items, feeds
from indexer.database import Database, upsert

PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Pulled:
    """What is remembered of the last pull of a feed that went to its end.

    Attributes:
        pull: Its number; 0 when there was none.
        reading: Digest of how it was read; another one makes the next pull unconditional.
        etag, last_modified: As the host said, or None.
        digest: SHA-256 of what was fetched, in hex, or None.
        nameless: How many bad rows had no item_id that could be read.
    """

    pull: int = 0
    reading: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    digest: str | None = None
    nameless: int = 0


class Feed:
    """One feed's members and its last pull, in SQL.

    Args:
        database: With the schema.
        url: Its address; only its digest and its path are kept, as its query may hold a secret.
    """

    def __init__(self, database: Database, url: str) -> None:
        self._database = database
        self.key = hashlib.sha256(url.encode()).hexdigest()
        parts = urlsplit(url)
        self.address = f"{parts.scheme}://{parts.hostname}{parts.path}"

    def last(self) -> Pulled:
        """Read what is remembered of the last pull."""
        with self._database.reading() as connection:
            row = connection.execute(select(feeds).where(feeds.c.feed == self.key)).one_or_none()
        if row is None:
            return Pulled()
        return Pulled(row.pull, row.reading, row.etag, row.last_modified, row.digest, row.nameless)

    def finish(self, pulled: Pulled, *, now: datetime) -> None:
        """Make a pull the last one."""
        values = {
            "address": self.address,
            "pull": pulled.pull,
            "reading": pulled.reading,
            "etag": pulled.etag,
            "last_modified": pulled.last_modified,
            "digest": pulled.digest,
            "nameless": pulled.nameless,
            "pulled_at": now,
        }
        with self._database.writing() as connection:
            connection.execute(
                upsert(connection, feeds)
                .values(feed=self.key, **values)
                .on_conflict_do_update(index_elements=[feeds.c.feed], set_=values)
            )

    def mark(self, item_ids: Sequence[str], pull: int) -> None:
        """Mark items as being in a pull; at most 1,000."""
        if not item_ids:
            return
        rows = [
            {"feed": self.key, "item_id": item_id, "pull": pull}
            for item_id in sorted(set(item_ids))
        ]
        with self._database.writing() as connection:
            inserting = upsert(connection, feed_items)
            connection.execute(
                inserting.on_conflict_do_update(
                    index_elements=[feed_items.c.feed, feed_items.c.item_id],
                    set_={"pull": inserting.excluded.pull},
                ),
                rows,
            )

    def members_among(self, item_ids: Sequence[str]) -> int:
        """Count the members among these items; at most 1,000."""
        wanted = (
            select(func.count())
            .select_from(feed_items)
            .where(feed_items.c.feed == self.key, feed_items.c.item_id.in_(set(item_ids)))
        )
        with self._database.reading() as connection:
            return connection.scalar(wanted) or 0

    def count(self, pull: int) -> tuple[int, int]:
        """Count the members, and those of them that vanished before or in a pull."""
        with self._database.reading() as connection:
            members = connection.scalar(
                select(func.count()).select_from(feed_items).where(feed_items.c.feed == self.key)
            )
            vanished = connection.scalar(
                select(func.count()).select_from(feed_items).where(self._vanished(pull))
            )
        return members or 0, vanished or 0

    def vanished(self, pull: int) -> Iterator[tuple[list[str], list[str]]]:
        """Page through the members that vanished, which `forget` may take away meanwhile.

        Yields:
            At most 1,000 of them, and those among them that are in no other feed.
        """
        other = feed_items.alias()
        elsewhere = exists().where(
            other.c.item_id == feed_items.c.item_id, other.c.feed != self.key
        )
        after = ""
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(
                    select(feed_items.c.item_id, elsewhere.label("elsewhere"))
                    .where(self._vanished(pull), feed_items.c.item_id > after)
                    .order_by(feed_items.c.item_id)
                    .limit(PAGE)
                ).all()
            if not rows:
                return
            after = rows[-1].item_id
            yield [row.item_id for row in rows], [row.item_id for row in rows if not row.elsewhere]

    def forget(self, item_ids: Sequence[str]) -> None:
        """Take items out of the members; at most 1,000."""
        with self._database.writing() as connection:
            connection.execute(
                delete(feed_items).where(
                    feed_items.c.feed == self.key, feed_items.c.item_id.in_(item_ids)
                )
            )

    def _vanished(self, pull: int) -> ColumnElement[bool]:
        return and_(feed_items.c.feed == self.key, feed_items.c.pull < pull)
