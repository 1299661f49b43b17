"""Every migration, from every earlier schema with records in it, on each engine."""

from collections.abc import Mapping
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Table, inspect, select, text

from app.backup.making import back_up
from app.backup.shape import number_on
from app.clock import utc_now
from app.interactions.counts import HALF_LIVES, Popularity
from app.interactions.erasure import Eraser
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.people.people import People
from app.recommend.popularity import level_of
from app.schema import MIGRATIONS, check, newest, upgrade, upgrade_within
from app.services import Services
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import SchemaMismatch
from indexer.memory import MemoryStore
from indexer.tables import EPOCH, MICROSECOND
from tests.app.backup.conftest import MakeEmpty, empty
from tests.app.commands.conftest import Kindred, kindred
from tests.app.interactions.people import NOW, miscounted
from tests.app.running import hashed
from tests.indexer.databases import ENGINES

__all__ = ["empty", "kindred"]

AT = (NOW - EPOCH) // MICROSECOND
REVISIONS = sorted(script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions())
LEVELS = {
    f"{horizon}/{half_life.total_seconds():g}s": level_of(6.0, NOW, half_life=half_life)
    for horizon, half_life in HALF_LIVES.items()
}

ROWS: Mapping[str, list[dict[str, object]]] = {
    "items": [
        {
            "key": key,
            "item_id": f"item-{key}",
            "revision": 3,
            "title": "Tasse „blau“",
            "categories": ["Küche", "Mugs"],
            "price": 12.5,
            "available": True,
            "created_at": AT,
            "attributes": {"size": 4},
            "as_of": AT,
            "received_at": AT,
            "deleted_at": AT if key == 2 else None,
            "indexed_revision": 3,
            "fence": 0,
        }
        for key in (1, 2)
    ],
    "work": [
        {
            "item_key": 1,
            "revision": 3,
            "queued_at": AT,
            "due_at": AT,
            "attempts": 1,
            "token": 4,
            "again": False,
            "reason": "the host did not answer",
        }
    ],
    "kept_vectors": [
        {"space": "text", "model": "m", "digest": "d" * 64, "vector": bytes(range(64))}
    ],
    "generations": [
        {
            "generation_id": 2,
            "engine": "e",
            "collection": "c",
            "state": "live",
            "embedders": [],
            "geometry": b"g",
            "fitted_on": 9,
            "cursor": 0,
            "created_at": AT,
        }
    ],
    "live": [{"engine": "e", "generation_id": 2}],
    "facts": [{"name": "person_salt", "value": "s"}],
    "interactions": [
        {
            "id": number,
            "user_id": "ann",
            "item_id": "item-1",
            "kind": kind,
            "value": None,
            "happened_at": AT,
            "session_id": "s",
            "interaction_id": f"i-{number}",
            "received_at": AT,
        }
        for number, kind in ((1, "view"), (2, "purchase"))
    ],
    "popularity": [
        {"item_id": "item-1", "horizon": horizon, "score": level}
        for horizon, level in LEVELS.items()
    ],
    "recommendations": [
        {
            "recommendation_id": "r-1",
            "person": "p" * 64,
            "kind": "for-you",
            "request": {"limit": 3},
            "items": [{"item_id": "item-1"}],
            "shown_at": AT,
        }
    ],
    "feeds": [{"feed": "f", "address": "a", "pull": 1, "nameless": 0, "pulled_at": AT}],
    "feed_items": [{"feed": "f", "item_id": "item-1", "pull": 1}],
    "profiles": [
        {
            "user_id": "ann",
            "attributes": {"country": "PT"},
            "seeds": [],
            "choices": [],
            "forgotten": {},
            "updated_at": AT,
        }
    ],
    "scenarios": [
        {"change": 5, "name": "calm", "version": 2, "body": {"weights": {}}, "created_at": AT}
    ],
    "learned_vectors": [{"model": "m", "item_key": 1, "candidate": b"c", "evidence": b"e"}],
    "pairs": [
        {
            "version": 1,
            "kind": "view",
            "item_key": 1,
            "place": 0,
            "other_key": 2,
            "people": 3,
            "baskets": 4,
            "lift": 1.5,
            "llr": 12.0,
        }
    ],
    "api_keys": [
        {"key_id": 3, "name": "shop", "digest": "k", "scopes": ["read"], "created_at": AT}
    ],
    "audit": [{"entry": 4, "at": AT, "action": "key.make", "detail": {}}],
}
"""What is put into every table there is, whole numbers for moments."""

SUMS = {
    "user_id": "ann",
    "first_at": AT,
    "last_at": AT,
    "interactions": 2,
    "purchases": 1,
    "spend": 12.5,
}
"""What a program of schema 0004 or later has noted of these interactions itself."""


def table(connection: Connection, name: str) -> Table:
    return Table(name, MetaData(), autoload_with=connection)


def filled(database: Database, revision: str) -> dict[str, list[dict[str, object]]]:
    """Make a schema of some revision, and put something into its tables; return what."""
    with database.writing() as connection:
        upgrade_within(connection, revision)
        there = set(inspect(connection).get_table_names())
        rows = {name: given for name, given in ROWS.items() if name in there}
        if "activity" in there:
            rows["activity"] = [SUMS]
        for name, given in rows.items():
            connection.execute(table(connection, name).insert(), given)
        number_on(connection, "interactions", len(ROWS["interactions"]))
    return rows


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("revision", REVISIONS)
def test_records_of_every_earlier_schema_are_all_there_after_the_upgrade_and_work(
    revision: str, engine: str, empty: MakeEmpty
) -> None:
    database = empty(engine)
    rows = filled(database, revision)

    upgrade(database)

    check(database)
    with database.reading() as connection:
        for name, given in rows.items():
            now = table(connection, name)
            columns = [now.c[each] for each in given[0]]
            held = [dict(row) for row in connection.execute(select(*columns)).mappings()]
            assert sorted(held, key=str) == sorted(given, key=str), name
    assert Catalogue(database).count() == 1
    if "interactions" in rows:
        assert_known(database)


def assert_known(database: Database) -> None:
    """See that what was done is what today's program knows."""
    counts = Popularity(database)
    history = Interactions(database, counts)
    past = history.recent("ann", limit=9)
    assert [each.kind for each in past.interactions] == ["purchase", "view"]
    assert counts.prepare() == []
    assert miscounted(counts, database) == {}
    assert counts.of(["item-1"], "popular", now=NOW)["item-1"] == pytest.approx(6.0)
    did = People(database).read("ann").activity
    assert did is not None
    assert (did.interactions, did.purchases, did.spend) == (2, 1, 12.5)
    # A number that was given is not given again, on SQLite neither.
    Eraser(database, counts, People(database)).erase("ann", now=NOW)
    history.record([Interaction("bob", "item-1", "view", None, NOW)], now=NOW)
    ((number, _),) = history.page()
    assert number > 2
    assert miscounted(counts, database) == {}


def test_a_schema_of_today_is_refused_by_a_program_that_does_not_know_it(
    monkeypatch: pytest.MonkeyPatch, empty: MakeEmpty, tmp_path: Path
) -> None:
    database = empty("sqlite")
    upgrade(database)
    older = tmp_path / "older"
    (older / "versions").mkdir(parents=True)
    for each in MIGRATIONS.rglob("*.*"):
        if each.suffix in {".py", ".mako"} and not each.name.startswith(REVISIONS[-1]):
            (older / each.relative_to(MIGRATIONS)).write_text(each.read_text())
    monkeypatch.setattr("app.schema.MIGRATIONS", older)

    for step in (check, upgrade):
        with pytest.raises(
            SchemaMismatch,
            match=f"schema is {REVISIONS[-1]}, which this program .schema {REVISIONS[-2]}. does not"
            " know: run the newer release",
        ):
            step(database)


def test_a_command_on_a_newer_schema_ends_with_one_sentence_and_changes_nothing(
    kindred: Kindred, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.db"
    database = Database(f"sqlite:///{file}")
    upgrade(database)
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    before = file.read_bytes()

    done = kindred("people", "suspects")

    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert "schema is 9999" in done.stderr
    assert "run the newer release that made it" in done.stderr
    assert file.read_bytes() == before


def test_a_backup_of_an_older_schema_can_be_made_before_the_upgrade(
    empty: MakeEmpty, tmp_path: Path
) -> None:
    database = empty("sqlite")
    filled(database, REVISIONS[-2])

    back_up(database, tmp_path / "before.backup", now=NOW)

    with pytest.raises(SchemaMismatch, match="older than this program's"):
        check(database)
    assert newest() == REVISIONS[-1]


def test_a_service_started_on_an_older_schema_brings_it_up_to_date(tmp_path: Path) -> None:
    settings = hashed(tmp_path, worker="none")
    database = Database(settings.database_url)
    filled(database, REVISIONS[1])
    database.close()

    services = Services(settings, clock=utc_now, store=MemoryStore())
    try:
        assert services.interactions.count() == 2
        assert services.people.read("ann").activity is not None
    finally:
        services.stop()
