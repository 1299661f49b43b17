"""An import that was broken off goes on; a rehearsal writes nothing; memory stays bounded."""

import os
import signal
import subprocess
import sys
import tracemalloc
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.feeds.checkpoints import Checkpoints
from app.formats.plan import Plan
from app.formats.rows import MAX_BATCH_ROWS
from app.import_run import Attention
from app.imports import import_interactions, import_items
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.rehearsal import RehearsedInteractions, RehearsedItems
from app.repeats import SeenIds
from app.tally import Repeat
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import DatabaseUnavailable
from indexer.items import Change, Item, Put, Receipt
from tests.app.formats.reading import written
from tests.app.test_imports import NOW, Watched, interaction, lines
from tests.service import HASHED, until

LATER = NOW + timedelta(hours=1)


class Failing:
    """A catalogue that goes down after some batches."""

    def __init__(self, catalogue: Catalogue, batches: int) -> None:
        self._catalogue = catalogue
        self._left = batches

    def write(
        self, changes: Sequence[Change], *, now: datetime, recorded: bool = True
    ) -> list[Receipt]:
        if not self._left:
            raise DatabaseUnavailable("down: try again later")
        self._left -= 1
        return self._catalogue.write(changes, now=now, recorded=recorded)


def many(folder: Path, rows: int) -> Path:
    content = "".join(f"i{number},Item {number}\n" for number in range(rows))
    return written(folder, "many.csv", f"id,title\n{content}")


def test_an_import_that_was_broken_off_goes_on_after_what_landed(
    tmp_path: Path, sqlite_database: Database
) -> None:
    source = many(tmp_path, 3 * MAX_BATCH_ROWS)
    catalogue, checkpoints = Catalogue(sqlite_database), Checkpoints(sqlite_database)
    with pytest.raises(DatabaseUnavailable):
        import_items(source, Failing(catalogue, 2), now=NOW, checkpoints=checkpoints)
    plans: list[Plan] = []
    told: list[tuple[int, int, int]] = []

    report = import_items(
        source,
        catalogue,
        now=LATER,
        checkpoints=checkpoints,
        attention=Attention(plan=plans.append, progress=lambda *each: told.append(each)),
    )

    assert (report.landed, report.unchanged) == (3 * MAX_BATCH_ROWS, 0)
    assert report.resumed_after == 2 * MAX_BATCH_ROWS + 1
    assert [rows for _, _, rows in told] == [3 * MAX_BATCH_ROWS]
    assert any("going on after line 2,001" in note for note in plans[0].notes)


def test_what_goes_on_is_as_of_when_it_began(tmp_path: Path, sqlite_database: Database) -> None:
    source = many(tmp_path, MAX_BATCH_ROWS + 1)
    catalogue, checkpoints = Catalogue(sqlite_database), Checkpoints(sqlite_database)
    with pytest.raises(DatabaseUnavailable):
        import_items(source, Failing(catalogue, 1), now=NOW, checkpoints=checkpoints)
    between = NOW + timedelta(minutes=1)
    last = f"i{MAX_BATCH_ROWS}"
    catalogue.write([Put(Item(last, title="by webhook"), as_of=between)], now=between)

    import_items(source, catalogue, now=LATER, checkpoints=checkpoints)

    stored = catalogue.get(last)
    assert stored is not None
    assert stored.item.title == "by webhook"


@pytest.mark.parametrize("change", ["the file", "anew", "done"])
def test_what_is_another_import_begins_at_the_beginning(
    tmp_path: Path, sqlite_database: Database, change: str
) -> None:
    source = many(tmp_path, 2 * MAX_BATCH_ROWS)
    catalogue, checkpoints = Catalogue(sqlite_database), Checkpoints(sqlite_database)
    with pytest.raises(DatabaseUnavailable):
        import_items(source, Failing(catalogue, 1), now=NOW, checkpoints=checkpoints)
    if change == "the file":
        source.write_text(source.read_text() + "more,x\n")
    if change == "done":
        import_items(source, catalogue, now=NOW, checkpoints=checkpoints)
    if change == "anew":
        checkpoints = Checkpoints(sqlite_database, anew=True)

    report = import_items(source, catalogue, now=LATER, checkpoints=checkpoints)

    assert report.resumed_after == 0
    assert report.unchanged >= MAX_BATCH_ROWS


def test_bad_rows_before_the_break_are_still_told_of(
    tmp_path: Path, sqlite_database: Database
) -> None:
    rows = "".join(f"i{number},Item\n" for number in range(MAX_BATCH_ROWS))
    source = written(tmp_path, "a.csv", f"id,title\n,nameless\ni0,x\n{rows}")
    catalogue, checkpoints = Catalogue(sqlite_database), Checkpoints(sqlite_database)
    with pytest.raises(DatabaseUnavailable):
        import_items(source, Failing(catalogue, 1), now=NOW, checkpoints=checkpoints)

    report = import_items(source, catalogue, now=NOW, checkpoints=checkpoints)

    assert [each.line for each in report.problems] == [2]
    assert report.repeats == (Repeat("i0", 4, 3),)


def test_an_import_killed_with_kill_9_goes_on(tmp_path: Path) -> None:
    source = many(tmp_path, 60 * MAX_BATCH_ROWS)
    inherited = os.environ  # noqa: TID251 - the command is a process of its own
    environment = {**inherited, **HASHED, "KINDRED_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "app.cli", "import", "items", str(source)]
    database = Database(f"sqlite:///{tmp_path / 'data' / 'kindred.db'}")

    def begun() -> bool:
        with database.reading() as connection:
            there = connection.scalar(
                text("SELECT count(*) FROM sqlite_master WHERE name = 'import_checkpoints'")
            )
            found = "SELECT max(position) FROM import_checkpoints"
            return bool(there) and (connection.scalar(text(found)) or 0) > MAX_BATCH_ROWS

    first = subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until(begun, seconds=60, what="two batches have landed")
    first.send_signal(signal.SIGKILL)
    first.wait()
    landed = Catalogue(database).count()
    second = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=150, check=False
    )

    assert second.returncode == 0, second.stderr
    assert landed < 60 * MAX_BATCH_ROWS
    assert "going on after line" in second.stdout
    assert Catalogue(database).count() == 60 * MAX_BATCH_ROWS
    database.close()


def test_a_rehearsal_of_items_tells_what_would_land_and_writes_nothing(
    tmp_path: Path, sqlite_database: Database
) -> None:
    catalogue = Catalogue(sqlite_database)
    held = [Put(Item("a", title="same"), as_of=NOW), Put(Item("b", title="old"), as_of=NOW)]
    catalogue.write(held, now=NOW)
    source = written(tmp_path, "a.csv", "id,title\na,same\nb,new\nc,new\nd,\n")
    rehearsal = RehearsedItems(catalogue)

    report = import_items(source, rehearsal, now=LATER)

    assert (report.landed, report.unchanged, report.bad) == (2, 1, 1)
    assert [each.item_id for each in rehearsal.first] == ["b", "c"]
    assert catalogue.count() == 2


def test_a_rehearsal_of_interactions_tells_what_would_land_and_writes_nothing(
    tmp_path: Path, sqlite_database: Database
) -> None:
    interactions = Interactions(sqlite_database, Popularity(sqlite_database))
    given = lines(interaction(interaction_id="one"))
    import_interactions(written(tmp_path, "a.jsonl", given), interactions, now=NOW)
    more = lines(interaction(interaction_id="two"), interaction(interaction_id="two"))
    source = written(tmp_path, "b.jsonl", given + more)
    rehearsal = RehearsedInteractions(interactions)

    report = import_interactions(source, rehearsal, now=NOW)

    assert (report.landed, report.unchanged) == (1, 2)
    assert interactions.count() == 1


def test_twenty_times_the_rows_take_no_more_memory(tmp_path: Path) -> None:
    def peak(rows: int) -> int:
        source = many(tmp_path, rows)
        tracemalloc.start()
        import_items(source, Watched(), now=NOW)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    few = peak(2 * MAX_BATCH_ROWS)

    assert peak(40 * MAX_BATCH_ROWS) < few + 1_000_000


def test_ids_seen_before_are_told_with_where() -> None:
    with SeenIds() as seen:
        first = seen.note([("a", 1), ("b", 2)])
        second = seen.note([("b", 5), ("c", 6)])
        third = seen.note([("b", 9)])

    assert (first, second, third) == ({}, {"b": 2}, {"b": 5})
