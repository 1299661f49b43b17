import pytest

from indexer.database import Database
from tests.indexer.shop import NOON, Shop, at


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def test_a_postponed_row_waits_and_counts_its_failures(shop: Shop) -> None:
    shop.put("mug")
    shop.queue.postpone(shop.claim(0), due_at=at(5), reason="engine down", counted=False)
    early = shop.claim(4)
    shop.queue.postpone(shop.claim(5), due_at=at(9), reason="no picture", counted=True)

    (claim,) = shop.claim(9)

    assert early == []
    assert claim.attempts == 1
    (entry,) = shop.queue.entries()
    assert (entry.item_id, entry.reason, entry.due_at) == ("mug", "no picture", at(9))
    status = shop.catalogue.status("mug")
    assert status is not None
    assert (status.attempts, status.problem) == (1, "no picture")


def test_an_item_that_changed_meanwhile_is_not_postponed(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()
    shop.put("mug", "changed", seconds=1)

    shop.queue.postpone(claims, due_at=at(500), reason="down", counted=True)

    (again,) = shop.claim(1)
    assert (again.revision, again.attempts) == (2, 0)


def test_a_late_worker_postpones_nothing_and_the_item_is_done_once_more(shop: Shop) -> None:
    shop.put("mug")
    late = shop.claim(0)
    current = shop.claim(30)

    shop.queue.postpone(late, due_at=at(500), reason="down", counted=True)

    assert shop.complete(current, seconds=31) == []
    (again,) = shop.claim(31)
    assert again.attempts == 0


def test_a_row_set_aside_waits_until_somebody_asks_for_it(shop: Shop) -> None:
    shop.put("mug")
    shop.put("cup")

    shop.queue.set_aside(shop.claim(limit=1), reason="a broken picture", now=at(1))

    depth = shop.queue.depth()
    assert (depth.waiting, depth.set_aside, depth.oldest) == (1, 1, NOON)
    assert [each.item_id for each in shop.queue.entries(set_aside=True)] == ["mug"]
    assert [each.item_id for each in shop.queue.entries(set_aside=False)] == ["cup"]
    status = shop.catalogue.status("mug")
    assert status is not None
    assert (status.set_aside_at, status.problem) == (at(1), "a broken picture")
    assert len(shop.claim(999)) == 1


def test_what_was_set_aside_is_retried_afresh(shop: Shop) -> None:
    for name in ("mug", "cup", "jug"):
        shop.put(name)
    shop.queue.set_aside(shop.claim(), reason="broken", now=at(1))

    some = shop.queue.retry(["mug", "nobody"], now=at(2))
    claimed = shop.claim(2)
    rest = shop.queue.retry(None, now=at(3))

    assert (some, rest) == (1, 2)
    assert [(claim.item_key, claim.attempts) for claim in claimed] == [(shop.item("mug").key, 0)]
    assert shop.queue.depth().set_aside == 0


def test_a_new_write_takes_a_row_back_that_was_set_aside(shop: Shop) -> None:
    shop.put("mug")
    shop.queue.set_aside(shop.claim(), reason="broken", now=at(1))

    shop.put("mug", "mended", seconds=2)

    (claim,) = shop.claim(2)
    assert (claim.revision, claim.attempts) == (2, 0)


def test_an_item_that_changed_meanwhile_is_not_set_aside(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()
    shop.put("mug", "changed", seconds=1)

    shop.queue.set_aside(claims, reason="broken", now=at(2))

    assert shop.queue.depth().set_aside == 0
    assert len(shop.claim(2)) == 1


def test_an_item_done_in_part_is_stamped_and_tried_again_later(shop: Shop) -> None:
    shop.put("mug")
    (claim,) = shop.claim()

    stamped = shop.queue.complete_partly(
        claim, generation=shop.generation, due_at=at(9), reason="no picture", now=at(1)
    )

    assert stamped
    assert shop.item("mug").searchable_at == at(1)
    assert shop.claim(8) == []
    (again,) = shop.claim(9)
    assert again.attempts == 1


def test_an_item_done_in_part_for_the_last_time_is_set_aside(shop: Shop) -> None:
    shop.put("mug")
    (claim,) = shop.claim()

    stamped = shop.queue.complete_partly(
        claim, generation=shop.generation, due_at=None, reason="no picture", now=at(1)
    )

    assert stamped
    assert shop.item("mug").indexed_revision == 1
    (entry,) = shop.queue.entries(set_aside=True)
    assert (entry.reason, entry.attempts) == ("no picture", 1)


def test_an_item_done_in_part_is_not_stamped_when_it_changed_or_the_generation_did(
    shop: Shop,
) -> None:
    shop.put("mug")
    (claim,) = shop.claim()

    elsewhere = shop.queue.complete_partly(
        claim, generation=shop.generation + 1, due_at=at(9), reason="no picture", now=at(1)
    )
    (claim,) = shop.claim(1)
    shop.put("mug", "changed", seconds=2)
    changed = shop.queue.complete_partly(
        claim, generation=shop.generation, due_at=at(9), reason="no picture", now=at(3)
    )

    assert (elsewhere, changed) == (False, False)
    assert shop.item("mug").indexed_revision is None
    assert len(shop.claim(3)) == 1
