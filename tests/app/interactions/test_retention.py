from datetime import timedelta

import pytest

from app.interactions import retention as keeping
from app.interactions.counts import Popularity
from app.interactions.erasure import Eraser
from app.interactions.history import Interactions
from app.interactions.recount import Recount
from app.interactions.retention import Retention, Sweep
from app.people.people import People
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did, miscounted
from tests.threads import together

DAY = timedelta(days=1)
KEPT = Retention({"view": 30 * DAY}, others=365 * DAY)


@pytest.fixture
def sweep(database: Database, popularity: Popularity, monkeypatch: pytest.MonkeyPatch) -> Sweep:
    monkeypatch.setattr(keeping, "LOOKED_AT_ONCE", 7)
    monkeypatch.setattr(keeping, "DELETED_AT_ONCE", 3)
    add_items(database, "shoe", "hat")
    return Sweep(database, popularity, KEPT)


def test_each_kind_is_kept_as_long_as_was_said(history: Interactions, sweep: Sweep) -> None:
    history.record(
        [
            did(user, kind, "shoe", ago=days * DAY)
            for user in ("ann", "bob")
            for kind in ("view", "purchase")
            for days in (1, 29, 31, 364, 366)
        ],
        now=NOW,
    )

    deleted = sweep.run(now=NOW)

    assert deleted == 8
    left = [(each.kind, (NOW - each.happened_at) // DAY) for _, each in history.page()]
    assert sorted(left) == sorted(
        [("view", 1), ("view", 29), *(("purchase", days) for days in (1, 29, 31, 364))] * 2
    )
    assert sweep.run(now=NOW) == 0


def test_popularity_goes_on_counting_what_expired_and_equals_a_recount(
    history: Interactions, sweep: Sweep, popularity: Popularity, database: Database
) -> None:
    history.record([did(f"u{n}", "view", "shoe", ago=40 * DAY) for n in range(10)], now=NOW)
    before = popularity.of(["shoe"], "popular", now=NOW)

    sweep.run(now=NOW)

    assert popularity.of(["shoe"], "popular", now=NOW) == before
    assert miscounted(popularity, database) == {}


def test_sums_of_a_person_are_of_what_is_kept(
    database: Database, history: Interactions, sweep: Sweep
) -> None:
    history.record([did("ann", "view", "shoe", ago=days * DAY) for days in (1, 2, 40)], now=NOW)
    history.record([did("ann", "purchase", "hat", ago=400 * DAY)], now=NOW)
    history.record([did("bob", "view", "shoe", ago=40 * DAY)], now=NOW)

    sweep.run(now=NOW)

    people = People(database)
    assert people.read("bob").activity is None
    sums = people.read("ann").activity
    assert sums is not None
    assert (sums.interactions, sums.purchases, sums.spend) == (2, 0, 0.0)
    assert (sums.first_at, sums.last_at) == (NOW - 2 * DAY, NOW - DAY)


def test_what_is_older_than_it_would_be_kept_is_not_taken(
    database: Database, popularity: Popularity
) -> None:
    history = Interactions(database, popularity, retention=KEPT)

    old, new = history.record(
        [did("ann", "view", "shoe", ago=31 * DAY), did("ann", "like", "shoe", ago=31 * DAY)],
        now=NOW,
    )

    assert (old.status, old.why) == ("ignored", "expired")
    assert new.status == "recorded"
    assert history.count() == 1


def test_what_comes_while_old_ones_are_deleted_is_counted_once(
    database: Database, history: Interactions, sweep: Sweep, popularity: Popularity
) -> None:
    history.record([did("ann", "view", "shoe", ago=40 * DAY) for _ in range(40)], now=NOW)

    def record() -> None:
        for _ in range(20):
            history.record([did("ann", "view", "shoe"), did("bob", "view", "hat")], now=NOW)

    together(record, lambda: sweep.run(now=NOW), lambda: sweep.run(now=NOW))

    assert miscounted(popularity, database) == {}
    sums = People(database).read("ann").activity
    assert sums is not None
    assert sums.interactions == 20
    assert history.count() == 40


def test_who_is_being_erased_is_left_to_the_erasure(
    database: Database, history: Interactions, sweep: Sweep, popularity: Popularity
) -> None:
    people = People(database)
    eraser = Eraser(database, popularity, people)
    history.record([did("ann", "view", "shoe", ago=40 * DAY) for _ in range(5)], now=NOW)
    eraser.erase("ann", now=NOW, most=0)
    history.record([did("ann", "view", "hat", ago=-DAY)], now=NOW + DAY)

    deleted = sweep.run(now=NOW + DAY)
    eraser.finish()

    assert deleted == 0
    sums = people.read("ann").activity
    assert sums is not None
    assert sums.interactions == history.count() == 1
    assert miscounted(popularity, database) == {}


def test_after_a_sweep_sums_and_counts_are_those_of_a_recount(
    database: Database, history: Interactions, sweep: Sweep, popularity: Popularity
) -> None:
    kinds = {"view": (1, 40, 50), "purchase": (35, 300, 400)}
    history.record(
        [
            did(user, kind, item_id, ago=days * DAY)
            for user, only in (("ann", ("view", "purchase")), ("bob", ("view",)))
            for kind in only
            for item_id in ("shoe", "hat")
            for days in kinds[kind][0 if user == "ann" else 1 :]
        ],
        now=NOW - DAY,
    )
    later = NOW + 35 * DAY  # Ann's newest is a view, which goes before her purchases

    deleted = sweep.run(now=later)

    recount = Recount(database, popularity, str)
    assert deleted == 2 * (3 + 1 + 2)
    assert recount.popularity(now=NOW).found == 0
    assert recount.activity().found == 0


def test_two_sweeps_at_once_leave_no_empty_sums(
    database: Database, history: Interactions, sweep: Sweep
) -> None:
    history.record(
        [did(f"u{n}", "view", "shoe", ago=40 * DAY) for n in range(20) for _ in range(3)], now=NOW
    )

    together(*[lambda: sweep.run(now=NOW)] * 4)

    assert People(database).recently_active(limit=9) == []


def test_a_sweep_ends_early_when_it_is_told_to(history: Interactions, sweep: Sweep) -> None:
    history.record([did("ann", "view", "shoe", ago=40 * DAY) for _ in range(20)], now=NOW)
    answers = iter([False, True])

    assert sweep.run(now=NOW, stopping=lambda: next(answers)) == 7


def test_where_nothing_expires_nothing_is_read() -> None:
    kept = Retention()

    assert kept.endless
    assert not kept.expired("view", NOW - 9_999 * DAY, NOW)
