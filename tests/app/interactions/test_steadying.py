"""What is popular and trending where much happens, and where little does."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from app.interactions.counts import HALF_LIVES, Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.recommend.popularity import POPULAR_PRIOR, TRENDING_PRIOR, steadied
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did
from tests.app.interactions.plans import plans, reads

DAY = timedelta(days=1)


def times(number: int, item_id: str, *, ago: timedelta) -> list[Interaction]:
    return [did("ann", "view", item_id, ago=ago)] * number


def listed(
    popularity: Popularity, horizon: str, limit: int = 100, category: str | None = None
) -> list[str]:
    top = popularity.top(horizon, limit=limit, category=category, now=NOW)
    return [each.candidate.item.item_id for each in top]


def trending(popularity: Popularity, limit: int = 100, category: str | None = None) -> list[str]:
    return listed(popularity, "trending", limit, category)


def brute_force(done: Sequence[Interaction], horizon: str) -> dict[str, float]:
    """What each item is worth, views weighing 1."""
    counts: dict[str, dict[str, float]] = {name: {} for name in HALF_LIVES}
    for each in done:
        for name, half_life in HALF_LIVES.items():
            share = 2.0 ** -((NOW - each.happened_at) / half_life)
            counts[name][each.item_id] = counts[name].get(each.item_id, 0.0) + share
    month, year = HALF_LIVES["popular"], HALF_LIVES["lasting"]
    popular = {
        item: steadied(count, counts["lasting"][item] * (month / year), prior=POPULAR_PRIOR)
        for item, count in counts["popular"].items()
    }
    if horizon == "popular":
        return popular
    share = HALF_LIVES["trending"] / month
    return {
        item: steadied(count, popular[item] * share, prior=TRENDING_PRIOR)
        for item, count in counts["trending"].items()
    }


def test_a_few_views_of_today_do_not_come_before_what_many_have_viewed_for_weeks(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "favourite", "passing")
    history.record(times(60, "favourite", ago=5 * DAY), now=NOW)
    history.record(times(2, "passing", ago=timedelta(0)), now=NOW)

    assert trending(popularity) == ["favourite", "passing"]
    assert trending(Popularity(database, priors={})) == ["passing", "favourite"]


def test_many_views_of_today_come_before_what_many_have_viewed_for_weeks(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "favourite", "breaking")
    history.record(times(60, "favourite", ago=5 * DAY), now=NOW)
    history.record(times(30, "breaking", ago=timedelta(0)), now=NOW)

    assert trending(popularity) == ["breaking", "favourite"]


def test_what_few_liked_this_month_does_not_come_before_what_many_liked_for_years(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "classic", "passing")
    history.record(times(60, "classic", ago=300 * DAY), now=NOW)
    history.record(times(2, "passing", ago=5 * DAY), now=NOW)

    assert listed(popularity, "popular") == trending(popularity) == ["classic", "passing"]
    assert listed(Popularity(database, priors={}), "popular") == ["passing", "classic"]


def test_what_many_liked_this_month_comes_before_what_many_liked_for_years(
    database: Database, history: Interactions, popularity: Popularity
) -> None:
    add_items(database, "classic", "rising")
    history.record(times(60, "classic", ago=300 * DAY), now=NOW)
    history.record(times(60, "rising", ago=5 * DAY), now=NOW)

    assert listed(popularity, "popular") == trending(popularity) == ["rising", "classic"]


@pytest.mark.parametrize("horizon", ["popular", "trending"])
@pytest.mark.parametrize("limit", [1, 5, 40])
def test_what_is_listed_is_worth_most_of_everything(
    limit: int, horizon: str, database: Database, history: Interactions, popularity: Popularity
) -> None:
    chance = random.Random(limit)  # noqa: S311 - made-up data, not a secret
    names = [f"item-{number:02}" for number in range(40)]
    add_items(database, *names[:20], categories=["even"])
    add_items(database, *names[20:])
    done = [
        did(
            "ann",
            "view",
            names[int(40 * chance.random() ** 2)],
            ago=900 * chance.random() ** 3 * DAY,
        )
        for _ in range(900)
    ]
    history.record(done, now=NOW)
    worth = brute_force(done, horizon)

    found = popularity.top(horizon, limit=limit, category=None, now=NOW)

    best = sorted(worth, key=lambda item: (-worth[item], item))
    assert [each.candidate.item.item_id for each in found] == best[:limit]
    assert [each.count for each in found] == pytest.approx([worth[each] for each in best[:limit]])
    even = [item for item in best if item < "item-20"]
    assert listed(popularity, horizon, limit, "even") == even[:limit]


def test_lists_are_read_no_deeper_than_the_answer_needs(
    sqlite_database: Database,
) -> None:
    popularity = Popularity(sqlite_database)
    names = [f"item-{number:04}" for number in range(60)]
    add_items(sqlite_database, *names)
    # The first of all lists is the same, and worth more than any other can be.
    done = [each for place, name in enumerate(names) for each in times(61 - place, name, ago=DAY)]
    Interactions(sqlite_database, popularity).record(done, now=NOW)
    found: list[str] = []

    read = reads(sqlite_database, lambda: found.extend(trending(popularity, limit=3)))

    assert found == names[:3]
    assert len(read) == 3


def test_reading_what_is_trending_is_three_stretches_of_an_index(sqlite_database: Database) -> None:
    popularity = Popularity(sqlite_database)

    made = plans(
        sqlite_database, lambda: popularity.top("trending", limit=20, category=None, now=NOW)
    )

    assert len(made) == 3
    assert all("INDEX ix_popularity_top" in each and "TEMP B-TREE" not in each for each in made)
