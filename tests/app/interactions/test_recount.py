"""Recounts: equal to what was summed up with every interaction, whatever came in which order."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import delete, insert, select, update

from app.interactions import recount as recounting
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.interactions.recount import Recount
from app.interactions.tables import interactions, popularity
from app.people.tables import activity
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from tests.indexer.shop import NOON, at
from tests.threads import together

PEOPLE = ("ada", "bob", "Çelik", "zoë")


def did(number: int) -> Interaction:
    kinds = ("view", "purchase", "dislike", "like")
    return Interaction(
        PEOPLE[number % len(PEOPLE)],
        f"item-{number % 7}",
        kinds[number % len(kinds)],
        2.0 if kinds[number % len(kinds)] == "purchase" else None,
        at(-3_600.0 * number),
        interaction_id=f"i-{number}",
    )


@pytest.fixture(params=[3, 5_000], ids=["in short stretches", "in one"], autouse=True)
def page(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recounting, "PAGE", request.param)


@pytest.fixture
def history(database: Database) -> Interactions:
    kept = Interactions(database, Popularity(database))
    catalogue = Catalogue(database)
    catalogue.write([Put(Item("item-1", title="x", price=4.0), as_of=NOON)], now=NOON)
    for start in range(0, 40, 10):
        kept.record([did(number) for number in range(start, start + 10)], now=NOON)
    return kept


def recount(database: Database) -> Recount:
    return Recount(database, Popularity(database), lambda user_id: f"<{user_id}>")


def test_sums_that_were_kept_are_those_of_a_recount(
    database: Database, history: Interactions
) -> None:
    history.record([did(number) for number in range(40)], now=NOON)  # all known already

    counted, summed = recount(database).popularity(now=NOON), recount(database).activity()

    assert (counted.found, counted.looked_at) == (0, 7)
    assert (summed.found, summed.looked_at) == (0, len(PEOPLE))


def test_an_interaction_that_was_not_counted_or_twice_is_found_and_mended(
    database: Database, history: Interactions
) -> None:
    del history
    with database.writing() as connection:
        kept = connection.execute(select(popularity).limit(1)).one()
        first = select(interactions.c.id).where(interactions.c.item_id == "item-5").limit(1)
        connection.execute(delete(interactions).where(interactions.c.id == first.scalar_subquery()))
        connection.execute(delete(popularity).where(popularity.c.item_id == "item-2"))
        connection.execute(
            insert(popularity).values(item_id="nobody's", horizon=kept.horizon, score=kept.score)
        )
        connection.execute(delete(activity).where(activity.c.user_id == "ada"))

    found = recount(database).popularity(now=NOON)
    mended = recount(database).popularity(now=NOON, repair=True)
    people = recount(database).activity(repair=True)

    assert {fault.about for fault in found.examples} == {"item-2", "item-5", "nobody's"}
    assert found.faults == mended.faults == mended.mended == {"miscounted": 3}
    assert {fault.about for fault in people.examples} >= {"<ada>"}
    assert recount(database).popularity(now=NOON, repair=True).found == 0
    assert recount(database).activity(repair=True).found == 0


def test_spend_stays_as_it_was_kept_and_is_made_by_todays_prices_where_it_is_gone(
    database: Database, history: Interactions
) -> None:
    del history

    def spent() -> dict[str, float]:
        with database.reading() as connection:
            rows = connection.execute(select(activity.c.user_id, activity.c.spend))
            return {row.user_id: row.spend for row in rows}

    before = spent()
    with database.writing() as connection:
        connection.execute(update(activity).values(interactions=99))
    recount(database).activity(repair=True)
    kept = spent()
    with database.writing() as connection:
        connection.execute(delete(activity))
    recount(database).activity(repair=True)

    assert before == kept == spent()
    assert before["bob"] > 0


def test_mending_while_others_record_loses_none_of_theirs(
    database: Database, history: Interactions
) -> None:
    with database.writing() as connection:
        connection.execute(update(popularity).values(score=1.0))
        connection.execute(update(activity).values(interactions=1))
    record = [
        partial(history.record, [did(number)], now=NOON + timedelta(seconds=number))
        for number in range(40, 52)
    ]
    mend = [partial(recount(database).popularity, now=NOON, repair=True)]
    sums = [partial(recount(database).activity, repair=True)]

    together(*record, *mend, *sums)

    recount(database).popularity(now=NOON, repair=True)
    assert recount(database).popularity(now=NOON).found == 0
    recount(database).activity(repair=True)
    assert recount(database).activity().found == 0
