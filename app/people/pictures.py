"""Pictures that seeds have, kept so that another model can look at them, too."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, select, update

from app.people.tables import seed_pictures
from app.recommend.profile import Seed
from embedders.pictures import PictureLimits, redrawn
from indexer.database import Database, upsert

LONGEST = 1_024
"""Pixels of a side: image models look at a fourth of that, and a seed costs some 200 kB."""


def prepared(picture: bytes, limits: PictureLimits) -> bytes:
    """Make of a person's picture what is kept of it: smaller, and without what a camera notes.

    Raises:
        UnreadableImage: It is broken, of another format than JPEG, PNG, WebP and GIF, or exceeds a
            limit.
    """
    return redrawn(picture, limits, longest=LONGEST)


def digest(picture: bytes) -> str:
    """Name a picture by its SHA-256, in hex."""
    return hashlib.sha256(picture).hexdigest()


def kept_picture(database: Database, wanted: str) -> bytes | None:
    """Read a kept picture by its digest; None if no seed has it any more."""
    reading = select(seed_pictures.c.picture).where(seed_pictures.c.digest == wanted)
    with database.reading() as connection:
        held = connection.scalar(reading)
    return None if held is None else bytes(held)


def update_pictures(
    connection: Connection,
    before: Iterable[Seed],
    after: Iterable[Seed],
    new: Mapping[str, bytes],
) -> None:
    """Keep what seeds newly have, and delete what the last seed no longer has.

    Args:
        connection: In the transaction that writes the seeds.
        before: All seeds the transaction replaces.
        after: All seeds it writes.
        new: Digest to picture, of those that may not be kept yet.
    """
    counts = Counter(each.picture for each in after if each.picture)
    counts.subtract(each.picture for each in before if each.picture)
    # In order, so that two transactions wait for each other instead of in a circle.
    for wanted, change in sorted(counts.items()):
        if change > 0 and wanted in new:
            inserting = upsert(connection, seed_pictures).values(
                digest=wanted, picture=new[wanted], seeds=change
            )
            connection.execute(
                inserting.on_conflict_do_update(
                    index_elements=[seed_pictures.c.digest],
                    set_={"seeds": seed_pictures.c.seeds + change},
                )
            )
        elif change:
            held = seed_pictures.c.digest == wanted
            connection.execute(
                update(seed_pictures).where(held).values(seeds=seed_pictures.c.seeds + change)
            )
            connection.execute(delete(seed_pictures).where(held, seed_pictures.c.seeds <= 0))
