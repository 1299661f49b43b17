from datetime import timedelta
from functools import partial

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import func, select

from app.interactions.history import Interactions
from app.people.activity import Activity, move
from app.people.people import People
from app.people.tables import activity
from app.schema import MIGRATIONS, upgrade
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from tests.app.interactions.people import NOW, add_items, delete_item, did
from tests.threads import together

DAY = timedelta(days=1)


def priced(database: Database, **prices: float | None) -> None:
    put = [Put(Item(each, title=each, price=price), NOW) for each, price in prices.items()]
    Catalogue(database).write(put, now=NOW)


def test_what_a_person_did_is_summed_up_as_it_comes(
    database: Database, history: Interactions, people: People
) -> None:
    priced(database, shoe=50.0, hat=20.0, gift=None)
    history.record(
        [
            did("ann", "view", "shoe", ago=3 * DAY),
            did("ann", "purchase", "shoe", ago=2 * DAY),
            did("bob", "view", "hat", ago=DAY),
        ],
        now=NOW,
    )
    history.record(
        [
            did("ann", "purchase", "hat", 3.0, ago=DAY),
            did("ann", "purchase", "gift"),
            did("ann", "purchase", "unheard-of", ago=9 * DAY),
            did("ann", "rating", "hat", 4.0, ago=DAY),
        ],
        now=NOW,
    )

    assert people.read("ann").activity == Activity(
        first_at=NOW - 9 * DAY, last_at=NOW, interactions=6, purchases=4, spend=110.0
    )
    assert people.read("bob").activity == Activity(NOW - DAY, NOW - DAY, 1)
    assert people.read("eve").activity is None


def test_an_interaction_sent_again_is_not_summed_up_again(
    database: Database, history: Interactions, people: People
) -> None:
    priced(database, shoe=50.0)
    order = did("ann", "purchase", "shoe", interaction_id="order-1")

    history.record([order, order], now=NOW)
    history.record([order, did("ann", "view", "shoe", ago=DAY, interaction_id="v")], now=NOW)

    assert people.read("ann").activity == Activity(NOW - DAY, NOW, 2, 1, 50.0)


def test_a_deleted_items_price_is_not_spent(
    database: Database, history: Interactions, people: People
) -> None:
    priced(database, shoe=50.0)
    delete_item(database, "shoe")

    history.record([did("ann", "purchase", "shoe")], now=NOW)

    assert people.read("ann").activity == Activity(NOW, NOW, 1, 1, 0.0)


def test_sums_of_people_who_act_at_once_are_whole(
    database: Database, history: Interactions, people: People
) -> None:
    add_items(database, "shoe")
    names = [f"user-{number}" for number in range(10)]
    batch = [did(name, "view", "shoe") for name in names]

    def send(turn: int) -> None:
        for _ in range(5):
            history.record(batch if turn % 2 else batch[::-1], now=NOW)

    together(*(partial(send, turn) for turn in range(4)))

    assert {people.read(name).activity for name in names} == {Activity(NOW, NOW, 20)}


def test_moving_what_nobody_did_moves_nothing(database: Database) -> None:
    with database.writing() as connection:
        assert not move(connection, "ann", "visitor")
        assert connection.scalar(select(func.count()).select_from(activity)) == 0


@pytest.mark.parametrize("source", ["aaa", "zzz"])
def test_moving_while_more_comes_in_loses_nothing(
    database: Database, history: Interactions, people: People, source: str
) -> None:
    history.record([did(source, "view", "shoe"), did("mmm", "view", "shoe")], now=NOW)
    batch = [did(source, "view", "shoe"), did("mmm", "view", "shoe")]

    def record() -> None:
        for _ in range(10):
            history.record(batch, now=NOW)

    def shift() -> None:
        for _ in range(10):
            with database.writing() as connection:
                move(connection, "mmm", source)

    together(record, shift)

    left, right = people.read(source).activity, people.read("mmm").activity
    assert (left.interactions if left else 0) + (right.interactions if right else 0) == 22


def test_what_was_done_before_sums_were_kept_is_summed_up_by_the_migration(
    database: Database, history: Interactions, people: People
) -> None:
    priced(database, shoe=50.0, gift=None)
    batch = [
        did("ann", "view", "shoe", ago=3 * DAY),
        did("ann", "purchase", "shoe", 2.0),
        did("ann", "purchase", "shoe", ago=DAY),
        did("ann", "purchase", "gift", ago=DAY),
        did("bob", "view", "unheard-of"),
    ]
    history.record(batch, now=NOW)
    kept = {name: people.read(name).activity for name in ("ann", "bob")}

    with database.writing() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        command.downgrade(config, "0003")
    upgrade(database)

    assert {name: people.read(name).activity for name in ("ann", "bob")} == kept


def test_people_who_did_something_last_are_named_first(
    history: Interactions, people: People
) -> None:
    history.record(
        [
            did("ann", "view", "shoe", ago=3 * DAY),
            did("bob", "view", "shoe", ago=2 * DAY),
            did("cid", "view", "shoe", ago=2 * DAY),
            did("ann", "view", "hat", ago=DAY),
        ],
        now=NOW,
    )

    assert people.recently_active(limit=2) == ["ann", "bob"]
    assert people.recently_active(limit=9) == ["ann", "bob", "cid"]
