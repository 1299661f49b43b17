from functools import partial

import pytest

from indexer.database import LIST_LIMIT, Database
from indexer.queue import Dropped
from tests.indexer.shop import NOON, Shop, at
from tests.threads import together


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def give_up(shop: Shop, *item_ids: str) -> None:
    for item_id in item_ids:
        shop.put(item_id)
    shop.queue.set_aside(shop.claim(), reason="no picture", now=NOON)


def test_a_dropped_item_stays_as_the_index_has_it(shop: Shop) -> None:
    shop.put("mug")
    shop.complete(shop.claim(), seconds=1)
    shop.put("mug", "changed", seconds=2)

    dropped = shop.queue.drop(["mug"], now=at(3))

    assert dropped == Dropped(1, (), ())
    assert shop.claim(99) == []
    assert (shop.item("mug").indexed_revision, shop.item("mug").revision) == (1, 2)


def test_a_change_of_a_dropped_item_queues_it_again(shop: Shop) -> None:
    give_up(shop, "mug")
    shop.queue.drop(["mug"], now=at(1))
    shop.put("mug", "changed", seconds=2)

    claims = shop.claim(2)

    assert [(claim.revision, claim.attempts) for claim in claims] == [(2, 0)]
    assert shop.complete(claims, seconds=3) == claims


def test_only_the_rows_named_are_dropped_and_the_others_are_told(shop: Shop) -> None:
    give_up(shop, "cup")
    for name in ("lamp", "mug"):
        shop.put(name)

    dropped = shop.queue.drop(["mug", "cup", "never", "mug"], now=at(1))

    assert dropped == Dropped(2, (), ("never",))
    assert [entry.item_id for entry in shop.queue.entries()] == ["lamp"]


def test_without_names_all_that_is_set_aside_is_dropped_and_nothing_else(shop: Shop) -> None:
    give_up(shop, "cup", "plate")
    shop.put("mug")

    dropped = shop.queue.drop(None, now=at(1))

    assert dropped == Dropped(2, (), ())
    assert [entry.item_id for entry in shop.queue.entries()] == ["mug"]


def test_a_row_in_hand_is_kept_until_its_lease_has_run_out(shop: Shop) -> None:
    shop.put("mug")
    shop.claim(0)

    during = shop.queue.drop(["mug"], now=at(29))
    after = shop.queue.drop(["mug"], now=at(30))

    assert during == Dropped(0, ("mug",), ())
    assert after == Dropped(1, (), ())


def test_a_claim_later_than_the_drop_completes_nothing_and_the_item_is_done_once_more(
    shop: Shop,
) -> None:
    shop.put("mug")
    late = shop.claim(0)
    shop.queue.drop(["mug"], now=at(30))

    done = shop.complete(late, seconds=31)
    again = shop.claim(31)

    assert done == []
    assert [claim.token > late[0].token for claim in again] == [True]


def test_dropping_nothing_is_no_error(shop: Shop) -> None:
    assert shop.queue.drop([], now=NOON) == Dropped(0, (), ())
    assert shop.queue.drop(None, now=NOON) == Dropped(0, (), ())


def test_more_rows_than_one_statement_takes_are_dropped(sqlite_database: Database) -> None:
    shop = Shop(sqlite_database)
    names = [f"item-{number}" for number in range(LIST_LIMIT + 1)]

    dropped = shop.queue.drop(names, now=NOON)

    assert len(dropped.absent) == LIST_LIMIT + 1


def test_dropping_while_others_queue_claim_and_retry_ends_without_a_circle(shop: Shop) -> None:
    names = [f"item-{number}" for number in range(30)]
    for name in names:
        shop.put(name)

    def work(owner: str) -> None:
        for second in range(5):
            claims = shop.claim(second, owner=owner)
            shop.queue.set_aside(claims, reason="x", now=at(second))

    together(
        partial(work, "me"),
        partial(work, "you"),
        lambda: [shop.queue.drop(None, now=at(n)) for n in range(5)],
        lambda: [shop.queue.drop(names[::-1], now=at(n)) for n in range(5)],
        lambda: [shop.queue.retry(None, now=at(n)) for n in range(5)],
    )
    shop.queue.drop(names, now=at(99))

    assert shop.queue.entries() == []
