import pytest

from indexer.database import Database
from tests.indexer.shop import NOON, SPACES, Shop, at


@pytest.fixture
def shop(database: Database) -> Shop:
    return Shop(database)


def test_rows_are_claimed_oldest_first(shop: Shop) -> None:
    for number, name in enumerate("cab"):
        shop.put(name, seconds=number)

    first = shop.claim(9, limit=2)
    rest = shop.claim(9)

    keys = [shop.item(name).key for name in "cab"]
    assert [claim.item_key for claim in first + rest] == keys
    assert [claim.queued_at for claim in first + rest] == [at(0), at(1), at(2)]


def test_an_empty_queue_gives_nothing(shop: Shop) -> None:
    assert shop.claim() == []
    assert shop.complete([]) == []
    assert shop.queue.entries() == []


def test_a_claimed_row_is_nobody_elses_until_its_lease_runs_out(shop: Shop) -> None:
    shop.put("mug")
    (mine,) = shop.claim(0)

    during = shop.claim(29, owner="you")
    (after,) = shop.claim(30, owner="you")

    assert during == []
    assert after.token > mine.token


def test_a_completed_item_is_stamped_and_leaves_the_queue(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()

    done = shop.complete(claims, seconds=3)

    assert done == claims
    assert shop.queue.depth().waiting == 0
    assert (shop.item("mug").indexed_revision, shop.item("mug").searchable_at) == (1, at(3))


def test_a_stamp_changes_its_time_only_with_its_revision(shop: Shop) -> None:
    shop.put("mug")
    shop.complete(shop.claim(), seconds=3)

    shop.queue.add({shop.item("mug").key: 1}, now=at(5))
    shop.complete(shop.claim(5), seconds=6)
    same = shop.item("mug").searchable_at
    shop.put("mug", "changed", seconds=7)
    shop.complete(shop.claim(7), seconds=8)

    assert same == at(3)
    assert (shop.item("mug").indexed_revision, shop.item("mug").searchable_at) == (2, at(8))


def test_a_deleted_item_is_stamped_as_held_nowhere(shop: Shop) -> None:
    shop.put("mug")
    shop.complete(shop.claim())
    shop.delete("mug", seconds=1)

    done = shop.complete(shop.claim(1), seconds=2)

    assert len(done) == 1
    assert (shop.item("mug").indexed_revision, shop.item("mug").searchable_at) == (None, None)


def test_an_item_that_changed_meanwhile_stays_queued_and_due_at_once(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()
    shop.put("mug", "changed", seconds=1)
    held = shop.claim(1)

    done = shop.complete(claims, seconds=2)

    assert held == []
    assert done == []
    assert shop.item("mug").indexed_revision is None
    (again,) = shop.claim(2)
    assert (again.revision, again.attempts, again.queued_at) == (2, 0, at(1))


def test_an_item_queued_again_at_the_same_revision_is_done_once_more(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()
    shop.queue.add({claims[0].item_key: 1}, now=at(1))

    done = shop.complete(claims, seconds=2)

    assert done == []
    assert len(shop.complete(shop.claim(2), seconds=2)) == 1


def test_a_late_worker_completes_nothing_and_the_item_is_done_once_more(shop: Shop) -> None:
    shop.put("mug")
    late = shop.claim(0)
    current = shop.claim(30, owner="you")

    done_late = shop.complete(late, seconds=31)
    done_in_time = shop.complete(current, seconds=32)
    (again,) = shop.claim(33)
    done_again = shop.complete([again], seconds=34)

    assert done_late == []
    assert done_in_time == []
    assert done_again == [again]
    assert shop.claim(99) == []


def test_a_worker_later_than_the_next_ones_end_has_the_item_done_again(shop: Shop) -> None:
    shop.put("mug")
    late = shop.claim(0)
    shop.complete(shop.claim(30), seconds=31)

    done = shop.complete(late, seconds=32)

    assert done == []
    assert len(shop.complete(shop.claim(33), seconds=33)) == 1
    assert shop.claim(99) == []


def test_a_token_is_never_given_twice_though_its_row_was_removed(shop: Shop) -> None:
    tokens = []
    for number in range(4):
        shop.put("mug", f"title {number}", seconds=number)
        claims = shop.claim(number)
        tokens += [claim.token for claim in claims]
        shop.complete(claims, seconds=number)

    assert len(tokens) == 4
    assert tokens == sorted(set(tokens))


def test_a_claim_of_a_row_long_removed_completes_none_that_came_later(shop: Shop) -> None:
    shop.put("mug")
    late = shop.claim(0)
    shop.complete(shop.claim(30), seconds=30)
    shop.put("mug", "changed", seconds=31)
    fresh = shop.claim(31)

    done = shop.complete(late, seconds=32)

    assert done == []
    assert shop.item("mug").indexed_revision == 1
    assert shop.complete(fresh, seconds=33) == []
    assert len(shop.complete(shop.claim(34), seconds=34)) == 1


def test_with_another_generation_live_everything_is_queued_again(shop: Shop) -> None:
    shop.put("mug")
    claims = shop.claim()
    other = shop.generations.start("engine", SPACES, geometry=None, live=False, now=NOON)
    shop.generations.promote(other.generation_id, now=at(1))

    done = shop.complete(claims, seconds=2)

    assert done == []
    assert shop.item("mug").indexed_revision is None
    assert [claim.item_key for claim in shop.claim(2)] == [claims[0].item_key]


def test_without_a_generation_nothing_is_stamped(shop: Shop) -> None:
    shop.put("mug")

    done = shop.queue.complete(shop.claim(), generation=None, now=NOON)

    assert len(done) == 1
    assert shop.item("mug").indexed_revision is None
    assert shop.claim() == []


def test_queueing_an_item_that_is_not_there_is_ignored(shop: Shop) -> None:
    shop.queue.add({12345: 1}, now=NOON)
    shop.queue.add({}, now=NOON)

    assert shop.queue.depth().waiting == 0


def test_who_queues_an_item_by_an_old_reading_has_its_newest_revision_stamped(shop: Shop) -> None:
    shop.put("mug")
    key, read = shop.item("mug").key, shop.item("mug").revision
    shop.put("mug", "newer", seconds=1)
    shop.complete(shop.claim(1), 1)

    shop.queue.add({key: read}, now=at(2))
    completed = shop.complete(shop.claim(2), 2)

    assert [claim.revision for claim in completed] == [2]
    assert shop.item("mug").indexed_revision == shop.item("mug").revision == 2


def test_a_row_keeps_the_newest_revision_it_was_told_of(shop: Shop) -> None:
    shop.put("mug")
    shop.put("mug", "changed", seconds=1)

    shop.queue.add({shop.item("mug").key: 1}, now=at(2))

    (claim,) = shop.claim(2)
    assert claim.revision == 2
