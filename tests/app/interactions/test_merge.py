import os
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, insert, select

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.merge import Merged, Merger
from app.interactions.tables import interactions, recommendations
from app.people.activity import Activity
from app.people.people import People, Person
from app.people.tables import activity, profiles, seed_pictures
from app.recommend.profile import Choice, Seed
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did
from tests.threads import together

HOUR = timedelta(hours=1)
NOTHING = Merged(0, 0, 0, 0, 0, 0)

KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from app.interactions.merge import Merger
from indexer.database import Database

database = Database(sys.argv[1])
fatal = sys.argv[2]

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def look(connection, cursor, statement, *_):
    if statement.startswith(fatal):
        die()

if fatal == "COMMIT":
    event.listen(database.engine, "commit", die)
else:
    event.listen(database.engine, "before_cursor_execute", look)
Merger(database, str).merge("ann", "visitor", now=datetime.fromisoformat(sys.argv[3]))
print("merged")
"""


def name_of(user_id: str) -> str:
    return user_id


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
def merger(database: Database) -> Merger:
    return Merger(database, name_of)


@pytest.fixture
def two(database: Database, people: People) -> None:
    """Ann has been here before; a visitor turns out to be her."""
    add_items(database, "shoe", "hat")
    history = Interactions(database, Popularity(database), people)
    history.record([did("ann", "purchase", "hat", ago=9 * HOUR)], now=NOW)
    history.record(
        [did("visitor", "view", "shoe", ago=HOUR), did("visitor", "cart", "shoe")], now=NOW
    )
    people.set_attributes("ann", {"country": "PT"}, now=NOW)
    people.set_attributes("visitor", {"country": "ES", "campaign": "spring"}, now=NOW)
    people.seed("ann", Seed("", "cups", 5.0, NOW, words="cups"))
    people.seed("visitor", Seed("", "cups", 5.0, NOW + HOUR), picture=b"picture")
    people.choose("ann", Choice("hat", 2.0, NOW))
    people.choose("visitor", Choice("hat", 0.0, NOW + HOUR))
    people.choose("visitor", Choice("seed:cups", 3.0, NOW))
    people.forget("visitor", {"glove": NOW}, now=NOW)
    rows: list[dict[str, object]] = [
        {
            "recommendation_id": f"answer-{number}",
            "person": person,
            "kind": "for-you",
            "request": {},
            "generation": 1,
            "items": [],
            "shown_at": NOW,
        }
        for number, person in enumerate(("ann", "visitor", "visitor", None))
    ]
    with database.writing() as connection:
        connection.execute(insert(recommendations), rows)


def rows_of(database: Database, user_id: str) -> dict[str, int]:
    """Count what is kept under an id."""
    columns = (
        interactions.c.user_id,
        activity.c.user_id,
        profiles.c.user_id,
        recommendations.c.person,
    )
    with database.reading() as connection:
        return {
            column.table.name: connection.scalar(
                select(func.count()).select_from(column.table).where(column == user_id)
            )
            or 0
            for column in columns
        }


def state(database: Database, people: People) -> tuple[object, ...]:
    return (
        rows_of(database, "ann"),
        rows_of(database, "visitor"),
        people.read("ann"),
        people.read("visitor"),
    )


@pytest.mark.usefixtures("two")
def test_everything_of_the_other_id_becomes_the_persons(
    database: Database, people: People, merger: Merger
) -> None:
    merged = merger.merge("ann", "visitor", now=NOW + HOUR)

    ann = people.read("ann")
    assert merged == Merged(
        interactions=2, recommendations=2, attributes=2, seeds=1, choices=2, forgotten=1
    )
    assert ann.activity == Activity(NOW - 9 * HOUR, NOW, 3, 1, 0.0)
    assert ann.profile.attributes == {"country": "PT", "campaign": "spring"}
    assert [each.name for each in ann.profile.seeds] == ["seed:cups", "seed:cups-2"]
    assert {each.anchor: each.factor for each in ann.profile.choices} == {
        "hat": 0.0,
        "seed:cups-2": 3.0,
    }
    assert ann.profile.forgotten == {"glove": NOW}
    assert rows_of(database, "ann") == {
        "interactions": 3,
        "activity": 1,
        "profiles": 1,
        "recommendations": 3,
    }
    assert set(rows_of(database, "visitor").values()) == {0}
    assert people.read("visitor") == Person()
    past = Interactions(database, Popularity(database), people).recent("ann", limit=9)
    assert [each.kind for each in past.interactions] == ["cart", "view", "purchase"]
    assert past.profile == ann.profile


@pytest.mark.usefixtures("two")
def test_merging_again_finds_nothing_and_changes_nothing(
    database: Database, people: People, merger: Merger
) -> None:
    merger.merge("ann", "visitor", now=NOW + HOUR)
    before = state(database, people)

    again = merger.merge("ann", "visitor", now=NOW + 2 * HOUR)

    assert again == NOTHING
    assert state(database, people) == before


def test_merging_two_strangers_makes_nobody(people: People, merger: Merger) -> None:
    assert merger.merge("ann", "visitor", now=NOW) == NOTHING
    assert not people.read("ann").known


def test_a_newcomer_takes_everything_over(
    database: Database, people: People, merger: Merger
) -> None:
    add_items(database, "shoe")
    history = Interactions(database, Popularity(database), people)
    history.record([did("visitor", "view", "shoe", ago=HOUR)], now=NOW)
    people.seed("visitor", Seed("", "cups", 5.0, NOW), picture=b"picture")
    people.choose("visitor", Choice("seed:cups", 2.0, NOW))
    before = people.read("visitor")

    merger.merge("ann", "visitor", now=NOW)

    assert people.read("ann") == before


@pytest.mark.usefixtures("two")
def test_a_picture_stays_with_the_seed_that_moves(
    database: Database, people: People, merger: Merger
) -> None:
    merger.merge("ann", "visitor", now=NOW)

    with database.reading() as connection:
        assert connection.scalar(select(seed_pictures.c.seeds)) == 1
    people.remove_seed("ann", "seed:cups-2", now=NOW)
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(seed_pictures)) == 0


def test_a_persons_answers_are_found_by_an_index(sqlite_database: Database) -> None:
    query = "EXPLAIN QUERY PLAN UPDATE recommendations SET person = 'a' WHERE person = 'b'"

    with sqlite_database.reading() as connection:
        plan = " ".join(row.detail for row in connection.exec_driver_sql(query))

    assert "USING INDEX ix_recommendations_person (person=?)" in plan


def test_nobody_is_merged_with_themselves(merger: Merger) -> None:
    with pytest.raises(ValueError, match="itself"):
        merger.merge("ann", "ann", now=NOW)


@pytest.mark.usefixtures("two")
def test_people_merged_both_ways_at_once_end_as_one(
    database: Database, people: People, merger: Merger
) -> None:
    together(
        lambda: merger.merge("ann", "visitor", now=NOW),
        lambda: merger.merge("visitor", "ann", now=NOW),
    )

    held = {name: rows_of(database, name) for name in ("ann", "visitor")}
    whole = {"interactions": 3, "activity": 1, "profiles": 1, "recommendations": 3}
    nothing = dict.fromkeys(whole, 0)
    assert sorted(held.values(), key=str) == sorted([whole, nothing], key=str)
    (one,) = (name for name in held if held[name] == whole)
    sums = people.read(one).activity
    assert sums is not None
    assert sums.interactions == 3


@pytest.mark.usefixtures("two")
def test_what_arrives_while_people_are_merged_is_neither_lost_nor_counted_twice(
    database: Database, people: People, merger: Merger
) -> None:
    history = Interactions(database, Popularity(database), people)

    def record() -> None:
        for number in range(20):
            one = did("visitor", "view", "shoe", interaction_id=f"late-{number}")
            history.record(
                [one, replace(one, user_id="ann", interaction_id=f"a-{number}")], now=NOW
            )

    def merge() -> None:
        for _ in range(20):
            merger.merge("ann", "visitor", now=NOW)

    together(record, merge)

    for name in ("ann", "visitor"):
        sums = people.read(name).activity
        assert (sums.interactions if sums else 0) == rows_of(database, name)["interactions"]
    merger.merge("ann", "visitor", now=NOW)
    assert rows_of(database, "ann")["interactions"] == 43


@pytest.mark.usefixtures("two")
@pytest.mark.parametrize(
    "at",
    [
        "DELETE FROM activity",
        "UPDATE interactions",
        "DELETE FROM profiles",
        "UPDATE recommendations",
        "COMMIT",
    ],
)
def test_a_merge_that_is_killed_leaves_everything_as_it_was(
    database: Database, people: People, merger: Merger, at: str
) -> None:
    before = state(database, people)

    killed = _merged_elsewhere(database, at)

    assert killed.returncode == -9, killed.stderr
    assert state(database, people) == before
    assert merger.merge("ann", "visitor", now=NOW).interactions == 2


@pytest.mark.usefixtures("two")
def test_a_merge_that_is_let_live_goes_through(database: Database, people: People) -> None:
    done = _merged_elsewhere(database, "nothing")

    assert done.stdout == "merged\n", done.stderr
    assert not people.read("visitor").known


def _merged_elsewhere(database: Database, at: str) -> subprocess.CompletedProcess[str]:
    """Merge in a process that kills itself before a statement that begins so."""
    url = database.engine.url.render_as_string(hide_password=False)
    return subprocess.run(
        [sys.executable, "-c", KILLED, url, at, NOW.isoformat()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # noqa: TID251 - a child's
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
