import os
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import orjson
import pytest
from sqlalchemy import inspect, select, text

from app.access.audit import here
from app.access.keys import KeyStore
from app.backup import archive as archives
from app.backup.errors import BadArchive, InUse, NotEmpty
from app.backup.making import back_up
from app.backup.restoring import restore
from app.backup.shape import LEFT_OUT
from app.interactions.counts import Popularity
from app.interactions.erasure import Eraser
from app.interactions.history import Interactions
from app.people.people import People
from app.people.tables import activity
from app.schema import check, newest, upgrade, upgrade_within
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import SchemaMismatch
from indexer.items import Item, Put
from indexer.jobs import Jobs
from tests.app.backup.conftest import MakeEmpty
from tests.app.backup.shop import DAY, contents, fill
from tests.app.interactions.people import NOW, did, miscounted
from tests.indexer.databases import ENGINES

OLDER = "0002"

KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from sqlalchemy import event
from app.backup.making import back_up
from app.backup.restoring import restore
from indexer.database import Database

what, url, file, fatal, now = sys.argv[1:]
database = Database(url)

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def look(connection, cursor, statement, *_):
    if fatal in statement:
        die()

if fatal == "COMMIT":
    event.listen(database.engine, "commit", die)
else:
    event.listen(database.engine, "before_cursor_execute", look)
now = datetime.fromisoformat(now)
if what == "backup":
    back_up(database, Path(file), now=now)
else:
    restore(database, Path(file), now=now, force=True)
print("done")
"""


def killed(what: str, database: Database, file: Path, fatal: str) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED, what, url, str(file), fatal, NOW.isoformat()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # noqa: TID251 - a child's
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert ended.returncode == -signal.SIGKILL, ended.stderr


@pytest.mark.parametrize("into", ENGINES)
def test_everything_comes_back_on_the_same_engine_and_on_the_other(
    into: str, database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    fill(database)
    file = tmp_path / "kindred.backup"

    made = back_up(database, file, now=NOW)
    other = empty(into)
    restored = restore(other, file, now=NOW)

    assert contents(other) == contents(database)
    assert restored.rows == made
    assert (restored.schema, restored.made_at) == (newest(), NOW.isoformat())
    assert all(made.values()), made  # nothing was compared that is empty
    check(other)


def test_every_table_is_backed_up_or_left_out_for_a_reason(
    database: Database, tmp_path: Path
) -> None:
    made = back_up(database, tmp_path / "kindred.backup", now=NOW)

    with database.reading() as connection:
        assert {*made} | LEFT_OUT == {*inspect(connection).get_table_names()}
    assert not {*made} & LEFT_OUT


def test_tables_of_others_in_the_same_database_are_left_alone(
    database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    with database.writing() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER PRIMARY KEY)"))
        connection.execute(text("INSERT INTO theirs VALUES (1)"))
    file = tmp_path / "kindred.backup"

    made = back_up(database, file, now=NOW)
    restore(empty("sqlite"), file, now=NOW)
    restore(database, file, now=NOW, force=True)

    assert "theirs" not in made
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM theirs")) == 1


@pytest.mark.parametrize("into", ENGINES)
def test_numbers_that_were_given_are_not_given_again(
    into: str, database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    fill(database)
    jobs = Jobs(database)
    last = jobs.request("reindex", {}, now=NOW).job_id
    file = tmp_path / "kindred.backup"
    back_up(database, file, now=NOW)
    other = empty(into)
    restore(other, file, now=NOW)

    Catalogue(other).write([Put(Item("new", title="new"), NOW)], now=NOW)
    history = Interactions(other, Popularity(other))
    history.record([did("zoe", "view", "new")], now=NOW)

    keys = Catalogue(other).keys_of(["item-3", "new"])
    assert keys["new"] == keys["item-3"] + 2  # item-4 is deleted, and its number stays its own
    assert Jobs(other).request("reindex", {}, now=NOW).job_id > last
    assert history.page(after=0)[-1][1].user_id == "zoe"


def test_a_backup_made_while_everybody_writes_is_of_one_moment(
    database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    fill(database)
    file = tmp_path / "kindred.backup"
    stopping, written = threading.Event(), threading.Event()

    def write() -> None:
        history = Interactions(database, Popularity(database))
        number = 0
        while not stopping.is_set():
            done = [did(f"u-{number % 7}", "view", f"item-{n}") for n in range(20)]
            history.record(done, now=NOW)
            number += 1
            written.set()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert written.wait(30)
        for _ in range(2):
            back_up(database, file, now=NOW)
    finally:
        stopping.set()
        writer.join()
    other = empty("sqlite")
    restore(other, file, now=NOW)

    history = Interactions(other, Popularity(other))
    kept = [each.user_id for _, each in history.page(limit=1_000_000)]
    with other.reading() as connection:
        sums = connection.execute(select(activity.c.user_id, activity.c.interactions)).all()
    assert {row.user_id: row.interactions for row in sums} == {
        user_id: kept.count(user_id) for user_id in set(kept)
    }
    assert len(kept) >= 20 + 8
    assert miscounted(Popularity(other), other) == {}


def test_only_its_owner_may_read_a_backup_and_it_appears_when_it_is_whole(
    sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    fill(sqlite_database)

    killed("backup", sqlite_database, file, "FROM recommendations")
    assert not file.exists()
    back_up(sqlite_database, file, now=NOW)

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [each.name for each in tmp_path.glob("*.part")] == []


def test_a_restore_that_is_killed_at_its_last_moment_leaves_the_database_as_it_was(
    database: Database, shop: Database, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    back_up(shop, file, now=NOW)
    Catalogue(database).write([Put(Item("mine", title="mine"), NOW)], now=NOW)
    before = contents(database)

    killed("restore", database, file, "COMMIT")

    check(database)
    assert contents(database) == before
    restore(database, file, now=NOW, force=True)
    assert contents(database) == contents(shop)


def test_a_database_with_records_is_left_alone_unless_forced(
    database: Database, shop: Database, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    back_up(shop, file, now=NOW)
    Catalogue(database).write([Put(Item("mine", title="mine"), NOW)], now=NOW)

    with pytest.raises(NotEmpty, match="holds 1 rows of items already"):
        restore(database, file, now=NOW)
    assert Catalogue(database).count() == 1

    restore(database, file, now=NOW, force=True)
    assert contents(database) == contents(shop)


def test_a_service_that_has_only_been_started_can_be_restored_into(
    database: Database, sqlite_database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    back_up(sqlite_database, file, now=NOW)
    assert People(database).names.salt

    assert restore(database, file, now=NOW).erased == 0


def test_a_database_somebody_works_on_is_left_alone_even_if_forced(
    database: Database, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    back_up(database, file, now=NOW)
    Jobs(database).heartbeat("worker-1", "memory", until=NOW + DAY)

    with pytest.raises(InUse, match="worker-1 is running"):
        restore(database, file, now=NOW, force=True)

    restore(database, file, now=NOW + 2 * DAY, force=True)


def test_what_is_no_backup_or_was_changed_is_refused_and_nothing_is_changed(
    sqlite_database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    fill(sqlite_database)
    whole = tmp_path / "kindred.backup"
    back_up(sqlite_database, whole, now=NOW)
    other = empty("sqlite")
    broken = tmp_path / "broken.backup"
    table = "tables/interactions.jsonl"

    def rewritten(changed: str, content: bytes | None) -> None:
        with zipfile.ZipFile(whole) as old, zipfile.ZipFile(broken, "w") as new:
            for each in old.namelist():
                if each != changed:
                    new.writestr(each, old.read(each))
                elif content is not None:
                    new.writestr(each, content)

    with zipfile.ZipFile(whole) as opened:
        lines = opened.read(table).splitlines(keepends=True)
        head = orjson.loads(opened.read(archives.HEAD))
    changes: list[tuple[str, bytes | None]] = [
        (archives.MANIFEST, None),
        (archives.HEAD, None),
        (archives.HEAD, orjson.dumps({**head, "format": 99})),
        (table, None),
        (table, b"".join(lines[:-1])),
        (table, b"".join([*lines, lines[-1]])),
        (table, b"".join(lines).replace(b"ann", b"anne")),
        (table, b"".join([*lines[:-1], b"[1, 2]\n"])),
        (table, b"".join([*lines[:-1], b"not json\n"])),
    ]
    for changed, content in changes:
        rewritten(changed, content)
        with pytest.raises(BadArchive, match=r"backup|row of"):
            restore(other, broken, now=NOW)
    for content in (b"", b"no zip", whole.read_bytes()[:-100], whole.read_bytes()[:2_000]):
        broken.write_bytes(content)
        with pytest.raises(BadArchive, match="no backup, or was cut off"):
            restore(other, broken, now=NOW)

    with other.reading() as connection:
        assert inspect(connection).get_table_names() == []
    restore(other, whole, now=NOW)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_backup_of_an_older_schema_is_brought_up_to_date(
    engine: str, empty: MakeEmpty, tmp_path: Path
) -> None:
    old, new = empty(engine), empty(engine)
    with old.writing() as connection:
        upgrade_within(connection, OLDER)
        connection.execute(
            text(
                "INSERT INTO interactions (id, user_id, item_id, kind, happened_at, received_at) "
                "VALUES (7, 'ann', 'shoe', 'view', 1, 1)"
            )
        )
    file = tmp_path / "kindred.backup"
    back_up(old, file, now=NOW)

    restored = restore(new, file, now=NOW)

    assert restored.schema == OLDER
    check(new)
    ((number, kept),) = Interactions(new, Popularity(new)).page()
    assert (number, kept.user_id, kept.item_id) == (7, "ann", "shoe")


def test_a_backup_of_a_newer_schema_is_refused(
    sqlite_database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    file = tmp_path / "kindred.backup"
    with sqlite_database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = 'from the future'"))
    back_up(sqlite_database, file, now=NOW)

    with pytest.raises(SchemaMismatch, match="restore it with the release that made it"):
        restore(empty("sqlite"), file, now=NOW)


def test_a_database_without_a_schema_has_nothing_to_back_up(
    empty: MakeEmpty, tmp_path: Path
) -> None:
    with pytest.raises(SchemaMismatch, match="nothing to back up"):
        back_up(empty("sqlite"), tmp_path / "kindred.backup", now=NOW)

    assert list(tmp_path.glob("*.backup*")) == []


def test_who_was_erased_since_the_backup_stays_erased(database: Database, tmp_path: Path) -> None:
    fill(database)
    file = tmp_path / "kindred.backup"
    back_up(database, file, now=NOW)
    people, counts = People(database), Popularity(database)
    eraser = Eraser(database, counts, people)
    eraser.erase("ann", now=NOW + DAY)
    eraser.opt_out("bob", now=NOW + DAY)
    eraser.agree("opted-out", now=NOW + DAY)

    restored = restore(database, file, now=NOW + DAY, force=True)

    history = Interactions(database, counts, people)
    assert restored.erased == 3
    assert history.recent("ann", limit=9).interactions == ()
    assert eraser.finish() == 2
    assert not people.read("ann").known
    assert people.read("bob").opted_out
    assert not people.read("opted-out").opted_out
    assert history.count() == 0
    (late,) = history.record([did("ann", "view", "shoe")], now=NOW + DAY)
    assert late.why == "erased"
    assert miscounted(counts, database) == {}


def test_erasures_of_another_service_are_not_carried_over(
    database: Database, empty: MakeEmpty, tmp_path: Path
) -> None:
    other = empty("sqlite")
    upgrade(other)
    Eraser(other, Popularity(other), People(other)).erase("ann", now=NOW + DAY)
    fill(database)
    file = tmp_path / "kindred.backup"
    back_up(database, file, now=NOW)

    restored = restore(other, file, now=NOW, force=True)

    assert restored.erased == 0
    assert People(other).read("ann").known


def test_a_key_that_was_revoked_since_the_backup_stays_revoked(
    database: Database, tmp_path: Path
) -> None:
    fill(database)
    file = tmp_path / "kindred.backup"
    back_up(database, file, now=NOW)
    keys = KeyStore(database)
    keys.revoke("shop", by=here(), now=NOW + DAY)

    restore(database, file, now=NOW + DAY, force=True)

    (shop,) = keys.all()
    assert shop.revoked_at == NOW + DAY
