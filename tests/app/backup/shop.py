"""A shop with something in every table, and everything of a database written out."""

from datetime import timedelta

import numpy as np
from sqlalchemy import Boolean, LargeBinary, MetaData, Table, insert, inspect, select

from app.access.audit import Action, Audit, here
from app.access.keys import KeyStore
from app.backup.shape import LEFT_OUT
from app.feeds.tables import checkpoints, feed_items, feeds
from app.interactions.counts import Popularity
from app.interactions.erasure import Eraser
from app.interactions.history import Interactions
from app.interactions.tables import popularity, recommendations
from app.people.people import People
from app.people.suspects import suspect
from app.recommend.profile import Seed
from app.scenarios.store import ScenarioStore
from app.scenarios.tables import scenarios
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Delete, Item, Put
from indexer.tables import item_vectors, kept_vectors
from tests.app.interactions.people import NOW, did

DAY = timedelta(days=1)


def fill(database: Database) -> None:
    """Put something awkward into every table that a backup has."""
    catalogue = Catalogue(database)
    items = [
        Put(
            Item(
                f"item-{number}",
                title="„Tasse“ \N{TEACUP WITHOUT HANDLE}\n'x') OR ('1'='1",
                categories=("Mugs", "Küche"),
                price=0.1 + number,
                attributes={"sizes": [38, 39.5], "big": 2**53 + 1, "none": None, "ok": True},
            ),
            NOW,
        )
        for number in range(5)
    ]
    catalogue.write(items, now=NOW)
    catalogue.write([Delete("item-4", NOW + DAY)], now=NOW)
    counts = Popularity(database)
    people = People(database)
    history = Interactions(database, counts, people)
    for name in ("ann", "bob", "eve"):
        done = [did(name, "rating", f"item-{n}", 4.1, ago=n * DAY) for n in range(4)]
        history.record([*done, did(name, "view", "item-1", interaction_id=name)], now=NOW)
    people.set_attributes("ann", {"country": "PT"}, now=NOW)
    people.seed("ann", Seed("", "cups", 5.0, NOW), picture=bytes(range(256)))
    eraser = Eraser(database, counts, people)
    eraser.erase("eve", now=NOW)
    eraser.opt_out("opted-out", now=NOW)
    ScenarioStore(database).put("calm", {"weights": {"text": 1.0}}, author="me", now=NOW)
    KeyStore(database).make("shop", ["read"], by=here(), now=NOW)
    Audit(database).record(Action(here(), "queue.retry"), now=NOW)
    with database.writing() as connection:
        suspect(connection, "bot", ["clockwork"], looked_at=60, now=NOW)
        vector = np.array([0.1, -0.0, np.nan], dtype="<f4").tobytes()
        rows: list[tuple[Table, dict[str, object]]] = [
            (
                kept_vectors,
                {"space": "text", "model": "m", "digest": "d" * 64, "vector": vector},
            ),
            (
                item_vectors,
                {
                    "item_key": 1,
                    "space": "text",
                    "model": "m",
                    "revision": 1,
                    "digest": None,
                    "problem": "broken",
                    "embedded_at": NOW,
                },
            ),
            (popularity, {"item_id": "none", "horizon": "old/1s", "score": float("-inf")}),
            (
                recommendations,
                {
                    "recommendation_id": "answer",
                    "person": people.names.of("ann"),
                    "kind": "for-you",
                    "request": {"limit": 2},
                    "generation": None,
                    "items": [],
                    "shown_at": NOW,
                },
            ),
            (scenarios, {"name": "gone", "version": 2, "body": None, "created_at": NOW}),
            (
                checkpoints,
                {
                    "fingerprint": "f" * 64,
                    "position": 7,
                    "tally": {},
                    "began_at": NOW,
                    "updated_at": NOW,
                },
            ),
            (
                feeds,
                {"feed": "f", "address": "a", "pull": 1, "nameless": 0, "pulled_at": NOW},
            ),
            (feed_items, {"feed": "f", "item_id": "item-1", "pull": 1}),
        ]
        for table, row in rows:
            connection.execute(insert(table).values(**row))


def contents(database: Database) -> dict[str, list[str]]:
    """Write out what a backup has, in order, the same for both engines."""
    found: dict[str, list[str]] = {}
    with database.reading() as connection:
        for name in sorted(inspect(connection).get_table_names()):
            if name in LEFT_OUT:
                continue
            table = Table(name, MetaData(), autoload_with=connection)
            columns = [each for each in table.columns if not _of_the_index(name, each.name)]
            rows = connection.execute(select(*columns))
            found[name] = sorted(
                repr(
                    [_plain(value, column.type) for value, column in zip(row, columns, strict=True)]
                )
                for row in rows
            )
    return found


def _of_the_index(table: str, column: str) -> bool:
    return table == "items" and column in {"indexed_revision", "searchable_at"}


def _plain(value: object, kind: object) -> object:
    if value is None:
        return None
    if isinstance(kind, LargeBinary) and isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return bool(value) if isinstance(kind, Boolean) else value
