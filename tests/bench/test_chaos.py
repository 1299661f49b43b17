"""The ledger of the chaos benchmark finds what is lost and what is there twice."""

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from bench.chaos.ledger import Ledger
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from tests.indexer.shop import NOON


def write(database: Database, item_id: str, title: str) -> None:
    Catalogue(database).write([Put(Item(item_id, title=title), as_of=NOON)], now=NOON)


def record(database: Database, user_id: str, interaction_id: str | None) -> None:
    done = Interaction(user_id, "mug", "view", None, NOON, interaction_id=interaction_id)
    Interactions(database, Popularity(database)).record([done], now=NOON)


def test_what_was_acknowledged_and_is_there_is_neither_lost_nor_doubled(
    sqlite_database: Database,
) -> None:
    ledger = Ledger()
    write(sqlite_database, "mug", "second")
    ledger.item("mug", "first", acknowledged=True)
    ledger.item("mug", "second", acknowledged=False)  # it may have been done
    ledger.item("lamp", "never", acknowledged=False)  # or not
    record(sqlite_database, "ada", "i-1")
    ledger.sending("i-1")
    ledger.kept("i-1")
    record(sqlite_database, "bob", None)
    ledger.nameless("bob", acknowledged=False)

    verdict = ledger.verdict(sqlite_database)

    assert (verdict.lost, verdict.duplicated) == ((), ())
    assert (verdict.items, verdict.interactions) == (2, 1)


def test_a_write_that_is_gone_and_an_older_one_in_its_place_are_lost(
    sqlite_database: Database,
) -> None:
    ledger = Ledger()
    write(sqlite_database, "mug", "first")
    ledger.item("mug", "first", acknowledged=False)
    ledger.item("mug", "second", acknowledged=True)
    ledger.item("lamp", "here", acknowledged=True)
    ledger.sending("i-1")
    ledger.kept("i-1")
    ledger.nameless("bob", acknowledged=True)

    lost = ledger.verdict(sqlite_database).lost

    assert sorted(each.split(" is ")[0] for each in lost) == [
        "1 interactions of bob",
        "interaction i-1",
        "item lamp",
        "item mug",
    ]


def test_more_than_was_sent_is_doubled(sqlite_database: Database) -> None:
    ledger = Ledger()
    ledger.nameless("bob", acknowledged=True)
    record(sqlite_database, "bob", None)
    record(sqlite_database, "bob", None)
    record(sqlite_database, "ada", "i-9")

    doubled = ledger.verdict(sqlite_database).duplicated

    assert doubled == ("interaction i-9, never sent", "1 interactions of bob")
