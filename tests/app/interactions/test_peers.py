from datetime import timedelta

import pytest
from sqlalchemy import Select, text
from sqlalchemy.dialects import sqlite

from app.interactions.history import Interactions
from app.interactions.peers import MOST, PeerHistory, newest_rows_of, touching_rows
from app.people.people import People
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, delete_item, did

MINUTE = timedelta(minutes=1)


@pytest.fixture
def peers(database: Database, history: Interactions) -> PeerHistory:
    """Ana looked at the mug twice and at the jug, Ben at the mug before, Cleo at the jug."""
    add_items(database, "mug", "jug")
    done = [
        did("ana", "view", "mug", ago=1 * MINUTE),
        did("ana", "purchase", "mug", ago=2 * MINUTE),
        did("ben", "view", "mug", ago=3 * MINUTE),
        did("ana", "view", "jug", ago=4 * MINUTE),
        did("cleo", "view", "jug", ago=5 * MINUTE),
    ]
    history.record(done, now=NOW)
    return PeerHistory(database)


def test_who_touched_items_last_comes_first_and_once(peers: PeerHistory) -> None:
    found = peers.touching(["mug", "jug", "nothing"], limit=10)

    assert found == {"mug": ["ana", "ben"], "jug": ["ana", "cleo"]}


def test_only_the_newest_of_each_item_are_read(peers: PeerHistory) -> None:
    assert peers.touching(["mug", "jug"], limit=2) == {"mug": ["ana"], "jug": ["ana", "cleo"]}


def test_the_newest_of_each_person_are_read_newest_first(peers: PeerHistory) -> None:
    found = peers.pasts(["ana", "ben", "nobody"], limit=2)

    assert found.keys() == {"ana", "ben"}
    assert [(each.item_id, each.kind) for each in found["ana"].interactions] == [
        ("mug", "view"),
        ("mug", "purchase"),
    ]
    assert not found["ana"].complete
    assert found["ben"].complete
    assert found["ben"].interactions[0].happened_at == NOW - 3 * MINUTE


def test_items_that_are_gone_are_left_out(database: Database, peers: PeerHistory) -> None:
    delete_item(database, "mug")

    found = peers.pasts(["ana", "ben"], limit=10)

    assert [each.item_id for each in found["ana"].interactions] == ["jug"]
    assert found["ben"].interactions == ()


def test_what_people_want_forgotten_comes_with_it(database: Database, peers: PeerHistory) -> None:
    People(database).forget("ben", {"mug": NOW}, now=NOW)

    found = peers.pasts(["ana", "ben"], limit=10)

    assert found["ben"].profile.forgotten == {"mug": NOW}
    assert found["ana"].profile.forgotten == {}


def test_nobody_and_nothing_need_no_read(peers: PeerHistory) -> None:
    assert peers.touching([], limit=10) == {}
    assert peers.pasts([], limit=10) == {}


def test_as_many_as_one_read_takes_can_be_asked_for(peers: PeerHistory) -> None:
    many = [f"person-{number}" for number in range(MOST - 1)]

    assert peers.pasts([*many, "ana"], limit=10).keys() == {"ana"}
    assert peers.touching([*many, "mug"], limit=10).keys() == {"mug"}


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (touching_rows(["mug", "jug"], limit=5), "ix_interactions_people (item_id=?)"),
        (newest_rows_of(["ana", "ben"], limit=5), "ix_interactions_newest (user_id=?)"),
    ],
    ids=["touching", "newest"],
)
def test_each_part_of_the_read_walks_its_index(
    sqlite_database: Database, wanted: Select[object], index: str
) -> None:
    written = wanted.compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )

    with sqlite_database.reading() as connection:
        plan = [row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))]

    assert sum(index in each for each in plan) == 2
    # What was read, a bounded number of rows, is the only thing that is walked or sorted.
    assert not any("SCAN interactions" in each or "SCAN items" in each for each in plan)
