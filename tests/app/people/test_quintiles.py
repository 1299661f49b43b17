import json
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.interactions.history import Interactions
from app.people.people import People
from app.people.quintiles import FACT
from app.people.segments import LEAST_PEOPLE, Scores
from indexer.database import Database
from indexer.tables import facts
from tests.app.interactions.people import NOW, did
from tests.app.people.test_activity import priced

DAY = timedelta(days=1)


@pytest.fixture
def town(database: Database, history: Interactions) -> list[str]:
    """Thirty people: the later their number, the later they came and the more they did."""
    priced(database, shoe=10.0)
    names = [f"user-{number:02}" for number in range(30)]
    batch = [
        did(name, kind, "shoe", float(number) if kind == "purchase" else None, ago=DAY * ago)
        for number, name in enumerate(names)
        for ago in range(30 - number, 31)
        for kind in (("view", "purchase") if ago == 30 else ("view",))
    ]
    history.record(batch, now=NOW)
    return names


def test_people_fall_into_fifths_by_when_they_came_what_they_did_and_what_they_spent(
    people: People, town: list[str]
) -> None:
    measured = people.measure(now=NOW)

    assert measured is not None
    assert measured.people == 30
    for fifth in range(5):
        for name in town[6 * fifth : 6 * fifth + 6]:
            one = fifth + 1
            assert people.read(name).scores == Scores(one, one, one), name
    assert people.read(town[0]).profile.segments == ("rfm:lost",)
    assert people.read(town[-1]).profile.segments == ("rfm:champions",)


def test_before_anybody_measured_and_of_strangers_there_is_no_segment(
    people: People, town: list[str]
) -> None:
    before = people.read(town[0])
    people.measure(now=NOW)

    stranger = people.read("stranger")

    assert before.scores is None
    assert before.profile.segments == ()
    assert stranger.scores is None


def test_segments_stand_beside_those_an_operator_gave(people: People, town: list[str]) -> None:
    people.set_attributes(town[0], {"segments": ["vip", "b2b"]}, now=NOW)
    people.measure(now=NOW)

    assert people.read(town[0]).profile.segments == ("b2b", "rfm:lost", "vip")


def test_few_people_are_not_sorted(people: People, history: Interactions) -> None:
    batch = [
        did(f"user-{number}", "view", "shoe", ago=number * DAY)
        for number in range(LEAST_PEOPLE - 1)
    ]
    history.record(batch, now=NOW)
    people.measure(now=NOW)

    assert people.read("user-0").scores is None


def test_where_nothing_is_sold_money_says_nothing(people: People, history: Interactions) -> None:
    history.record([did(f"user-{n}", "view", "shoe", ago=n * DAY) for n in range(25)], now=NOW)
    people.measure(now=NOW)

    assert people.read("user-0").scores == Scores(recency=5, frequency=3, monetary=None)


def test_a_town_without_people_can_be_measured(people: People) -> None:
    measured = people.measure(now=NOW)

    assert measured is not None
    assert measured.people == 0


def test_one_of_many_replicas_measures(database: Database, people: People, town: list[str]) -> None:
    other = People(database)
    people.measure(now=NOW)

    soon = other.measure(now=NOW + timedelta(minutes=10), unless_within=timedelta(hours=1))
    late = other.measure(now=NOW + timedelta(hours=2), unless_within=timedelta(hours=1))
    clock_set_back = other.measure(now=NOW, unless_within=timedelta(hours=1))

    assert soon is None
    assert late is not None
    assert clock_set_back is not None
    assert other.read(town[-1]).profile.segments == ("rfm:champions",)


def test_another_process_reads_what_was_measured(
    database: Database, people: People, town: list[str]
) -> None:
    people.measure(now=NOW)

    assert People(database).read(town[-1]).scores == Scores(5, 5, 5)
    with database.reading() as connection:
        kept = json.loads(
            connection.scalar(select(facts.c.value).where(facts.c.name == FACT)) or ""
        )
    assert kept["measured_at"] == NOW.isoformat()
    assert len(kept["recency"]) == 4
