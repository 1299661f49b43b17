from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.dialects import sqlite

from app.interactions.caps import Caps, counted_rows
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.tables import interactions
from app.people.suspects import acquit, suspect
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did, miscounted
from tests.threads import together

SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def capped(database: Database, popularity: Popularity) -> Interactions:
    add_items(database, "shoe", "hat")
    return Interactions(database, popularity, caps=Caps(apart=10 * SECOND, daily=3))


def count(popularity: Popularity, item_id: str = "shoe") -> float:
    return round(popularity.of([item_id], "popular", now=NOW).get(item_id, 0.0), 2)


def test_the_same_within_a_moment_counts_once_and_is_kept(
    database: Database, capped: Interactions, popularity: Popularity
) -> None:
    capped.record([did("ann", "view", "shoe"), did("ann", "view", "shoe", ago=SECOND)], now=NOW)
    capped.record([did("ann", "view", "shoe", ago=10 * SECOND)], now=NOW)

    assert count(popularity) == 1.0
    assert capped.count() == 3
    with database.reading() as connection:
        assert sorted(connection.scalars(select(interactions.c.counted))) == [False, False, True]


def test_other_kinds_items_and_people_count_beside_it(
    capped: Interactions, popularity: Popularity
) -> None:
    capped.record([did("ann", "view", "shoe"), did("ann", "cart", "shoe")], now=NOW)
    capped.record([did("ann", "view", "hat"), did("bob", "view", "shoe")], now=NOW)

    assert count(popularity) == 6.0
    assert count(popularity, "hat") == 1.0


@pytest.mark.parametrize("at_once", [1, 20], ids=["one by one", "in one batch"])
def test_a_person_counts_for_an_item_only_so_often_a_day(
    at_once: int, capped: Interactions, popularity: Popularity, database: Database
) -> None:
    done = [did("ann", "view", "shoe", ago=number * MINUTE) for number in range(20)]

    for start in range(0, len(done), at_once):
        capped.record(done[start : start + at_once], now=NOW)

    assert count(popularity) == 3.0
    assert miscounted(popularity, database) == {}


def test_another_day_counts_again(capped: Interactions, popularity: Popularity) -> None:
    days = [did("ann", "view", "shoe", ago=timedelta(days=day)) for day in range(3)]

    for each in days:
        capped.record([each] * 2, now=NOW)

    assert count(popularity) == round(sum(2 ** (-day / 30) for day in range(3)), 2)


def test_a_recount_takes_the_decisions_over(database: Database, capped: Interactions) -> None:
    capped.record([did("ann", "view", "shoe")] * 9, now=NOW)
    anew = Popularity(database, {"popular": timedelta(days=7)})

    anew.prepare()

    assert count(anew) == 1.0


def test_of_a_suspect_nothing_counts_until_they_are_acquitted(
    database: Database, capped: Interactions, popularity: Popularity
) -> None:
    with database.writing() as connection:
        suspect(connection, "bot", ["clockwork"], looked_at=50, now=NOW)
    capped.record([did("bot", "view", "shoe"), did("ann", "view", "shoe")], now=NOW)
    before = count(popularity)

    with database.writing() as connection:
        acquit(connection, ["bot"])
    capped.record([did("bot", "view", "shoe", ago=MINUTE)], now=NOW)

    assert before == 1.0
    assert count(popularity) == 2.0


def test_a_person_who_writes_from_many_places_at_once_is_held_to_the_caps(
    capped: Interactions, popularity: Popularity, database: Database
) -> None:
    def record() -> None:
        for number in range(5):
            capped.record([did("ann", "view", "shoe", ago=number * MINUTE)], now=NOW)

    together(record, record, record, record)

    assert count(popularity) == 3.0
    assert miscounted(popularity, database) == {}


def test_earlier_counts_are_looked_up_by_an_index(sqlite_database: Database) -> None:
    ways = [(f"user-{number}", "shoe", "view") for number in range(50)]
    wanted = counted_rows(ways, "sqlite", since=NOW - MINUTE, until=NOW)
    written = wanted.compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )

    with sqlite_database.reading() as connection:
        rows = connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))
        plan = "\n".join(row.detail for row in rows)

    index = (
        "USING INDEX ix_interactions_touched (user_id=? AND item_id=? AND kind=? AND happened_at>?"
    )
    assert f"SEARCH interactions {index}" in plan
