from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Select, func, select, text
from sqlalchemy.dialects import sqlite

from app.interactions.counts import Popularity
from app.interactions.history import ARRIVED_SINCE, Interactions, recent_rows
from app.interactions.interaction import InteractionReceipt
from app.interactions.tables import interactions
from app.people.people import People, person_rows
from app.recommend.profile import Choice
from app.recommend.sources import Past
from app.schema import upgrade
from indexer.database import Database
from indexer.errors import StorageFull
from tests.app.interactions.people import NOW, add_items, delete_item, did

HOUR = timedelta(hours=1)


def kept(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(interactions)) or 0


def test_interactions_are_read_back_newest_first(database: Database, history: Interactions) -> None:
    add_items(database, "shoe", "hat")
    history.record(
        [
            did("ann", "view", "shoe", ago=3 * HOUR),
            did("ann", "rating", "hat", 4.5, ago=HOUR),
            did("bob", "view", "hat"),
            did("ann", "dwell", "shoe", 12.0, ago=2 * HOUR),
        ],
        now=NOW,
    )

    past = history.recent("ann", limit=200)

    assert past.complete
    assert [(each.kind, each.item_id, each.value) for each in past.interactions] == [
        ("rating", "hat", 4.5),
        ("dwell", "shoe", 12.0),
        ("view", "shoe", None),
    ]
    assert past.interactions[0].happened_at == NOW - HOUR
    assert past.interactions[0].indexed_revision is None


def test_interactions_at_one_time_are_read_back_the_last_to_arrive_first(
    database: Database, history: Interactions
) -> None:
    add_items(database, "shoe")
    history.record([did("ann", kind, "shoe") for kind in ("view", "click", "cart")], now=NOW)

    past = history.recent("ann", limit=2)

    assert [each.kind for each in past.interactions] == ["cart", "click"]
    assert not past.complete


def test_the_same_id_is_the_same_interaction(database: Database, history: Interactions) -> None:
    add_items(database, "shoe")
    first = did("ann", "view", "shoe", interaction_id="i-1")
    other = did("ann", "cart", "shoe", interaction_id="i-2")

    receipts = [
        history.record([first, first, other], now=NOW),
        history.record([other, replace(first, kind="purchase")], now=NOW),
    ]

    recorded, duplicate = (
        InteractionReceipt("recorded", item_known=True),
        InteractionReceipt("duplicate", item_known=True),
    )
    assert receipts == [[recorded, duplicate, recorded], [duplicate, duplicate]]
    assert {each.kind for each in history.recent("ann", limit=9).interactions} == {"view", "cart"}


def test_interactions_without_an_id_are_all_kept(database: Database, history: Interactions) -> None:
    receipts = history.record([did("ann", "view", "shoe")] * 3, now=NOW)

    assert {each.status for each in receipts} == {"recorded"}
    assert kept(database) == 3


def test_one_id_sent_by_many_at_once_is_recorded_once(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, *(f"item-{number}" for number in range(20)))
    batch = [did("ann", "view", f"item-{each}", interaction_id=f"i-{each}") for each in range(20)]
    together = Barrier(4)

    def send(turn: int) -> list[InteractionReceipt]:
        together.wait(10)
        return history.record(batch if turn % 2 else batch[::-1], now=NOW)

    with ThreadPoolExecutor(4) as pool:
        receipts = [receipt for given in pool.map(send, range(4)) for receipt in given]

    assert sum(each.status == "recorded" for each in receipts) == 20
    assert kept(database) == 20
    counted = popularity.of({each.item_id for each in batch}, "popular", now=NOW)
    assert list(counted.values()) == [1.0] * 20


def test_an_unknown_item_counts_once_it_is_there(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    (receipt,) = history.record([did("ann", "view", "later")], now=NOW)
    before = history.recent("ann", limit=9)
    counted_before = popularity.top("popular", limit=9, category=None, now=NOW)
    add_items(database, "later")

    after = history.recent("ann", limit=9)

    assert not receipt.item_known
    assert before.interactions == ()
    assert before.complete
    assert counted_before == []
    assert [each.item_id for each in after.interactions] == ["later"]
    counted = popularity.top("popular", limit=9, category=None, now=NOW)
    assert [each.candidate.item.item_id for each in counted] == ["later"]


def test_what_is_read_names_the_items_and_the_person(
    database: Database, history: Interactions
) -> None:
    people = People(database)
    add_items(database, "shoe", categories=["Clothes", "Shoes"])
    history.record([did("ann", "view", "shoe")], now=NOW)
    people.set_attributes("ann", {"segments": ["vip"]}, now=NOW)
    people.choose("ann", Choice("shoe", 2.0, NOW))

    past = history.recent("ann", limit=9)

    assert past.interactions[0].title == "shoe"
    assert past.interactions[0].categories == ("Clothes", "Shoes")
    assert past.profile == people.read("ann").profile
    assert past.profile.segments == ("vip",)
    assert history.recent("stranger", limit=9) == Past((), complete=True)


def test_a_history_can_be_read_as_it_was_when_a_page_began(
    database: Database, history: Interactions
) -> None:
    add_items(database, "shoe", "hat")
    history.record([did("ann", "view", "shoe", ago=HOUR)], now=NOW)
    # Arrives later, though it happened before.
    history.record([did("ann", "view", "hat", ago=2 * HOUR)], now=NOW + HOUR)
    history.record([did("ann", "cart", "shoe")], now=NOW + HOUR)

    then = history.recent("ann", limit=9, as_of=NOW)
    at_once = history.recent("ann", limit=9, as_of=NOW + HOUR)
    full = history.recent("ann", limit=1, as_of=NOW)

    assert [(each.kind, each.item_id) for each in then.interactions] == [("view", "shoe")]
    assert not then.complete
    assert len(at_once.interactions) == 3
    assert at_once.complete
    assert full.interactions == then.interactions
    assert not full.complete


def test_a_flood_of_new_arrivals_bounds_how_far_back_is_read(
    database: Database, history: Interactions
) -> None:
    add_items(database, "shoe")
    history.record([did("ann", "view", "shoe", ago=HOUR)] * 5, now=NOW)
    history.record([did("ann", "click", "shoe")] * ARRIVED_SINCE, now=NOW + HOUR)
    seen = history.recent("ann", limit=3, as_of=NOW)
    history.record([did("ann", "click", "shoe")] * 3, now=NOW + HOUR)

    unseen = history.recent("ann", limit=3, as_of=NOW)

    assert [each.kind for each in seen.interactions] == ["view"] * 3
    assert unseen.interactions == ()
    assert not unseen.complete


def test_a_deleted_items_interactions_are_not_read(
    database: Database, history: Interactions
) -> None:
    add_items(database, "shoe", "hat")
    history.record([did("ann", "view", "shoe"), did("ann", "view", "hat")], now=NOW)
    delete_item(database, "shoe")

    past = history.recent("ann", limit=2)

    assert [each.item_id for each in past.interactions] == ["hat"]
    assert not past.complete


def test_what_a_person_ever_touched_is_found_however_long_ago(
    history: Interactions,
) -> None:
    history.record(
        [
            did("ann", "view", "shoe", ago=timedelta(days=4_000)),
            did("ann", "hide", "shoe", ago=timedelta(days=3_000)),
            did("bob", "view", "hat"),
        ],
        now=NOW,
    )

    assert history.touched("ann", ["shoe", "hat"]) == {"shoe": frozenset({"view", "hide"})}
    assert history.touched("ann", []) == {}


@pytest.mark.parametrize("name", ["o'neil", 'x") OR ("1"="1', "%_\\", "日本 ☃", "a;--"])
def test_names_are_never_read_as_sql(name: str, history: Interactions) -> None:
    history.record([did(name, "view", name, interaction_id=name)], now=NOW)

    assert history.touched(name, [name]) == {name: frozenset({"view"})}
    assert history.touched("ann", [name]) == {}


def test_nothing_given_is_nothing_done(database: Database, history: Interactions) -> None:
    assert history.record([], now=NOW) == []
    assert kept(database) == 0


def test_a_full_disk_leaves_neither_an_interaction_nor_a_count(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'small.db'}"
    roomy = Database(url)
    upgrade(roomy)
    roomy.close()
    size = (tmp_path / "small.db").stat().st_size
    database = Database(url, max_bytes=size + 40_000)
    history = Interactions(database, Popularity(database))
    batch = [did(f"user-{each}", "view", f"item-{each}" + 90 * "x") for each in range(1_000)]

    with pytest.raises(StorageFull):
        history.record(batch, now=NOW)

    assert kept(database) == 0
    with database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM popularity").scalar() == 0
    database.close()


def test_reading_a_persons_newest_is_one_stretch_of_an_index(
    sqlite_database: Database,
) -> None:
    for as_of in (None, NOW):
        plan = explained(
            sqlite_database,
            recent_rows(as_of=as_of is not None),
            user_id="ann",
            limit=200,
            **({} if as_of is None else {"as_of": as_of, "scanned": 1_200}),
        )

        assert "SEARCH interactions USING INDEX ix_interactions_newest (user_id=?)" in plan
        assert "SEARCH items USING INDEX sqlite_autoindex_items_1 (item_id=?)" in plan
        assert "SCAN interactions" not in plan
        assert "SCAN items" not in plan


def test_reading_what_is_kept_of_a_person_is_one_row_of_each_table(
    sqlite_database: Database,
) -> None:
    plan = explained(sqlite_database, person_rows(), user_id="ann", person="hash")

    assert "SEARCH profiles USING INDEX sqlite_autoindex_profiles_1 (user_id=?)" in plan
    assert "SEARCH activity USING INDEX sqlite_autoindex_activity_1 (user_id=?)" in plan


def explained(database: Database, wanted: Select[Any], **parameters: object) -> str:
    written = wanted.params(**parameters).compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True}
    )
    with database.reading() as connection:
        rows = connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))
        return "\n".join(row.detail for row in rows)
