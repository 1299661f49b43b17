from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text, update

from app.doctor import records
from app.doctor.findings import QUICK, within
from app.settings import Settings
from indexer.database import Database
from indexer.inspection import Inspection
from indexer.jobs import Jobs
from indexer.tables import EPOCH, work
from tests.indexer.shop import NOON, Shop, at
from tests.postgres_server import PostgresServer


def kept_at(url: str) -> Settings:
    return Settings.from_environment({"KINDRED_DATABASE_URL": url})


def test_a_database_that_is_well_is_named_with_its_schema(database: Database) -> None:
    found = records.database(database)

    assert found.verdict == "ok"
    assert "schema 0" in found.seen


def test_an_older_schema_warns_and_a_newer_one_fails(database: Database) -> None:
    verdicts = []
    for version in ("0001", "from the future"):
        with database.writing() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})
        verdicts.append(records.database(database).verdict)

    assert verdicts == ["warn", "fail"]


def test_a_sqlite_file_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "kindred.db"

    found = records.missing(kept_at(f"sqlite:///{file}"))

    assert found is not None
    assert found.verdict == "skip"
    assert not file.parent.exists()


def test_what_is_no_file_cannot_be_a_database(tmp_path: Path) -> None:
    found = records.missing(kept_at(f"sqlite:///{tmp_path}"))

    assert found is not None
    assert found.verdict == "fail"


def test_a_file_that_is_no_database_fails(tmp_path: Path) -> None:
    file = tmp_path / "kindred.db"
    file.write_bytes(b"this is not a database" * 1_000)
    settings = kept_at(f"sqlite:///{file}")
    broken = Database(settings.database_url)

    found = within(QUICK, "database", lambda: records.database(broken))
    broken.close()

    assert records.missing(settings) is None
    assert found.verdict == "fail"
    assert "not a database" in found.seen


def test_a_postgres_that_is_down_fails_without_telling_the_password() -> None:
    settings = kept_at("postgresql://me:hunter2@127.0.0.1:9/kindred")
    down = Database(settings.database_url)

    found = within(QUICK, "database", lambda: records.database(down))
    down.close()

    assert records.missing(settings) is None
    assert found.verdict == "fail"
    assert "hunter2" not in found.seen


def test_a_postgres_database_that_is_not_there_fails(postgres_server: PostgresServer) -> None:
    none = Database(postgres_server.url("nothing_of_that_name"))

    found = within(QUICK, "database", lambda: records.database(none))
    none.close()

    assert found.verdict == "fail"
    assert "nothing_of_that_name" in found.seen


def test_a_clock_that_agrees_with_the_records_finds_nothing_wrong(
    sqlite_database: Database,
) -> None:
    Shop(sqlite_database).put("mug")

    assert records.database_clock(Inspection(sqlite_database), at(1)) is None


def test_a_clock_that_was_set_back_is_noticed_by_what_lies_ahead(
    sqlite_database: Database,
) -> None:
    Shop(sqlite_database).put("mug", seconds=3_600)

    found = records.database_clock(Inspection(sqlite_database), NOON)

    assert found is not None
    assert found.verdict == "warn"
    assert "set back" in found.seen


@pytest.mark.parametrize(
    ("ahead", "verdict"),
    [
        (timedelta(0), None),
        (timedelta(seconds=3), "warn"),
        (timedelta(seconds=-3), "warn"),
        (timedelta(seconds=60), "fail"),
        (timedelta(days=-400), "fail"),
    ],
)
def test_a_clock_is_compared_with_the_database_servers(
    postgres_database: Database, ahead: timedelta, verdict: str | None
) -> None:
    inspection = Inspection(postgres_database)
    theirs = inspection.clock()
    assert theirs is not None

    found = records.database_clock(inspection, EPOCH + theirs + ahead)

    assert (None if found is None else found.verdict) == verdict


def test_an_empty_queue_is_well(database: Database) -> None:
    shop = Shop(database)

    found = records.queue(shop.queue, Inspection(database), NOON)

    assert (found.verdict, found.seen) == ("ok", "0 waiting")


def test_a_queue_that_waits_long_warns(database: Database) -> None:
    shop = Shop(database)
    shop.put("mug")

    soon = records.queue(shop.queue, Inspection(database), at(600))
    late = records.queue(shop.queue, Inspection(database), at(601))

    assert (soon.verdict, late.verdict) == ("ok", "warn")
    assert late.seen == "1 waiting, the oldest for 0:10:01"


def test_what_was_set_aside_is_told_with_its_most_frequent_reasons(database: Database) -> None:
    shop = Shop(database)
    for name in "abcdef":
        shop.put(name)
    claims = shop.claim()
    for part, reason in ((claims[:3], "no picture"), (claims[3:5], "too large")):
        shop.queue.set_aside(part, reason=reason, now=NOON)
    shop.queue.set_aside(claims[5:], reason="x", now=NOON)
    with database.writing() as connection:
        key = claims[5].item_key
        connection.execute(update(work).where(work.c.item_key == key).values(reason=None))

    found = records.queue(shop.queue, Inspection(database), NOON)

    assert found.verdict == "warn"
    assert found.seen == (
        "0 waiting; 6 set aside: 3 x no picture; 2 x too large; 1 x no reason was noted"
    )
    assert "kindred queue drop" in str(found.advice)


def test_workers_are_named_while_they_live(database: Database) -> None:
    shop, jobs = Shop(database), Jobs(database)
    shop.put("mug")
    jobs.heartbeat("host:1", "engine", until=at(8))
    jobs.heartbeat("host:2", "another engine", until=at(8))

    here = records.workers(jobs, shop.queue, Settings(), "engine", at(7))
    gone = records.workers(jobs, shop.queue, Settings(), "engine", at(9))

    assert (here.verdict, here.seen) == ("ok", "1 alive: host:1")
    assert (gone.verdict, gone.seen) == ("warn", "none is alive, and 1 waits in the queue")
    assert "kindred serve" in str(gone.advice)


def test_where_workers_are_apart_the_advice_names_them(sqlite_database: Database) -> None:
    apart = Settings.from_environment(
        {"KINDRED_WORKER": "none", "KINDRED_MILVUS_URI": "http://127.0.0.1:9"}
    )

    found = records.workers(
        Jobs(sqlite_database), Shop(sqlite_database).queue, apart, "engine", NOON
    )

    assert found.seen == "none is alive"
    assert "kindred worker" in str(found.advice)
