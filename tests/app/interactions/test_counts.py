import math
import random
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest

from app.interactions.counts import HALF_LIVES, Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import BUILT_IN_KINDS, Interaction
from app.recommend.evidence import EvidenceSettings, kind_weight
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, delete_item, did
from tests.app.interactions.plans import plans

DAY = timedelta(days=1)
ITEMS = [f"item-{number}" for number in range(6)]


@pytest.fixture
def popularity(database: Database) -> Popularity:
    """What is counted, by itself: nothing is steadied."""
    return Popularity(database, priors={})


def brute_force(done: Sequence[Interaction], half_life: timedelta) -> dict[str, float]:
    shares = defaultdict(list)
    for each in done:
        weight = max(0.0, kind_weight(each.kind, each.value, EvidenceSettings()))
        shares[each.item_id].append(weight * 2.0 ** -((NOW - each.happened_at) / half_life))
    return {item: math.fsum(parts) for item, parts in shares.items() if any(parts)}


def counts(popularity: Popularity, horizon: str, **narrowed: str) -> dict[str, float]:
    category = narrowed.get("category")
    top = popularity.top(horizon, limit=100, category=category, now=NOW)
    assert [each.count for each in top] == sorted((each.count for each in top), reverse=True)
    return {each.candidate.item.item_id: each.count for each in top}


def some_interactions(seed: int, number: int) -> list[Interaction]:
    chance = random.Random(seed)  # noqa: S311 - made-up data, not a secret
    return [
        did(
            "ann",
            chance.choice(BUILT_IN_KINDS),
            chance.choice(ITEMS),
            chance.choice([None, 2.0, 5.0]),
            ago=timedelta(seconds=chance.randrange(0, 100 * 86_400)),
        )
        for _ in range(number)
    ]


@pytest.mark.parametrize("horizon", HALF_LIVES)
def test_counts_are_the_decayed_sums_in_whatever_order_interactions_come(
    horizon: str, database: Database, history: Interactions
) -> None:
    add_items(database, *ITEMS)
    done = some_interactions(seed=1, number=300)
    for start in range(0, len(done), 37):
        history.record(done[start : start + 37], now=NOW)

    found = counts(Popularity(database, priors={}), horizon)

    assert found == pytest.approx(brute_force(done, HALF_LIVES[horizon]), rel=1e-9)


def test_counts_stay_exact_when_many_write_at_once(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, *ITEMS)
    batches = [some_interactions(seed, number=40) for seed in range(6)]
    together = Barrier(len(batches))

    def send(batch: list[Interaction]) -> None:
        together.wait(10)
        for start in range(0, len(batch), 10):
            history.record(batch[start : start + 10], now=NOW)

    with ThreadPoolExecutor(len(batches)) as pool:
        list(pool.map(send, batches))

    everything = [each for batch in batches for each in batch]
    expected = brute_force(everything, HALF_LIVES["popular"])
    assert counts(popularity, "popular") == pytest.approx(expected, rel=1e-9)


def test_what_speaks_against_an_item_does_not_make_it_popular(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, *ITEMS)
    history.record(
        [
            did("ann", "dislike", "item-0"),
            did("ann", "hide", "item-1"),
            did("ann", "rating", "item-2", 1.0),
            did("ann", "view", "item-3"),
        ],
        now=NOW,
    )

    assert counts(popularity, "popular") == {"item-3": 1.0}


def test_a_repeated_interaction_is_counted_once(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "item-0")
    again = did("ann", "view", "item-0", interaction_id="i-1")
    history.record([again, again], now=NOW)
    history.record([again, did("ann", "view", "item-0")], now=NOW)

    assert counts(popularity, "popular") == {"item-0": 2.0}


def test_only_items_that_can_be_had_are_popular(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "here", "gone")
    add_items(database, "sold-out", available=False)
    history.record(
        [did("ann", "view", each) for each in ("here", "gone", "sold-out", "never")], now=NOW
    )
    delete_item(database, "gone")

    assert counts(popularity, "popular") == {"here": 1.0}


def test_counts_of_a_category_are_of_its_items(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "boot", "sandal", categories=["shoes", "summer"])
    add_items(database, "cap", categories=["hats"])
    history.record([did("ann", "view", each) for each in ("boot", "cap", "boot")], now=NOW)

    assert counts(popularity, "popular", category="shoes") == {"boot": 2.0}
    assert counts(popularity, "popular", category="coats") == {}


def test_equal_counts_are_told_apart_by_item_id(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, *ITEMS)
    history.record([did("ann", "view", each) for each in reversed(ITEMS)], now=NOW)

    top = popularity.top("popular", limit=3, category=None, now=NOW)

    assert [each.candidate.item.item_id for each in top] == ITEMS[:3]


def test_another_half_life_is_counted_anew_from_what_was_kept(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, *ITEMS)
    done = some_interactions(seed=3, number=100)
    history.record(done, now=NOW)
    changed = Popularity(database, {"popular": 7 * DAY, "trending": DAY}, priors={})

    unchanged = popularity.prepare()
    counted_anew = changed.prepare()

    assert unchanged == []
    assert counted_anew == ["popular"]
    assert counts(changed, "popular") == pytest.approx(brute_force(done, 7 * DAY), rel=1e-9)
    assert counts(changed, "trending") == pytest.approx(brute_force(done, DAY), rel=1e-9)
    assert changed.prepare() == []


def test_interactions_that_come_while_counting_anew_are_counted_once(
    database: Database, history: Interactions
) -> None:
    add_items(database, *ITEMS)
    done = some_interactions(seed=4, number=200)
    history.record(done[:100], now=NOW)
    changed = Popularity(database, {"popular": 7 * DAY})
    later = Interactions(database, changed)
    together = Barrier(2)

    def count_anew() -> None:
        together.wait(10)
        changed.prepare()

    def record() -> None:
        together.wait(10)
        for start in range(100, 200, 10):
            later.record(done[start : start + 10], now=NOW)

    changed.prepare()
    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(count_anew), pool.submit(record)]:
            running.result(30)

    assert counts(changed, "popular") == pytest.approx(brute_force(done, 7 * DAY), rel=1e-9)


def test_an_unknown_horizon_is_a_mistake(popularity: Popularity) -> None:
    with pytest.raises(KeyError, match="yesterday"):
        popularity.top("yesterday", limit=1, category=None, now=NOW)


def test_reading_what_is_popular_is_one_stretch_of_an_index(sqlite_database: Database) -> None:
    popularity = Popularity(sqlite_database, priors={})

    [plan] = plans(
        sqlite_database, lambda: popularity.top("popular", limit=20, category=None, now=NOW)
    )

    assert "INDEX ix_popularity_top" in plan
    assert "TEMP B-TREE" not in plan
