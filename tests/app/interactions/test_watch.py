from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.behaviour.cleaning import Rules, suspicions
from app.behaviour.log import Log, Mask
from app.interactions import watch as watching
from app.interactions.caps import Caps
from app.interactions.counts import Popularity
from app.interactions.erasure import Eraser
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.interactions.tables import interactions
from app.interactions.watch import Watch, Watched
from app.people.people import People
from app.people.suspects import suspects_of
from indexer.database import Database
from tests.app.interactions.people import NOW, add_items, did, miscounted

SECOND = timedelta(seconds=1)
HOUR = timedelta(hours=1)
ITEMS = [f"item-{number:02}" for number in range(30)]


@pytest.fixture
def capped(database: Database, popularity: Popularity) -> Interactions:
    add_items(database, *ITEMS)
    return Interactions(database, popularity, caps=Caps())


@pytest.fixture
def watch(database: Database, popularity: Popularity) -> Watch:
    return Watch(database, popularity, Rules())


def paced(user_id: str, moments: int, gap: timedelta) -> list[Interaction]:
    return [
        did(user_id, "view", ITEMS[number % len(ITEMS)], ago=number * gap)
        for number in range(moments)
    ]


def strolled(user_id: str, moments: int) -> list[Interaction]:
    """Somebody who looks, goes away, and comes back: gaps of a minute to a quarter of a day."""
    ago, done = timedelta(0), []
    for number in range(moments):
        ago += timedelta(minutes=1 + (number % 7) ** 3)
        done.append(did(user_id, "view", ITEMS[number % len(ITEMS)], ago=ago))
    return done


def counted(database: Database, user_id: str) -> int:
    column = interactions.c
    theirs = select(func.count()).where(column.user_id == user_id, column.counted)
    with database.reading() as connection:
        return connection.scalar(theirs) or 0


@pytest.mark.parametrize(
    ("moments", "gap", "reason"),
    [(60, 20 * SECOND, "clockwork"), (120, SECOND / 4, "mostly bursts")],
    ids=["a timer", "a scraper"],
)
def test_a_machine_is_found_listed_and_taken_out_of_popularity(
    moments: int,
    gap: timedelta,
    reason: str,
    database: Database,
    capped: Interactions,
    popularity: Popularity,
    watch: Watch,
) -> None:
    capped.record(paced("bot", moments, gap), now=NOW)
    capped.record([did("ann", "view", "item-00")], now=NOW)

    found = watch.look(now=NOW)

    assert (found.people, found.suspects) == (1, 1)
    assert found.uncounted > 0
    (one,) = suspects_of(database)
    assert one.user_id == "bot"
    assert reason in one.reasons
    assert one.looked_at == moments
    assert counted(database, "bot") == 0
    assert popularity.of(ITEMS, "popular", now=NOW) == pytest.approx({"item-00": 1.0})
    top = popularity.top("popular", limit=9, category=None, now=NOW)
    assert [each.candidate.item.item_id for each in top] == ["item-00"]
    assert miscounted(popularity, database) == {}


def test_people_are_not_taken_for_machines(
    database: Database, capped: Interactions, popularity: Popularity, watch: Watch
) -> None:
    capped.record(strolled("ann", 200), now=NOW)
    before = popularity.of(ITEMS, "popular", now=NOW)

    found = watch.look(now=NOW)

    assert found == Watched(people=1)
    assert suspects_of(database) == []
    assert popularity.of(ITEMS, "popular", now=NOW) == before


def test_a_persons_burst_is_taken_out_and_the_rest_of_them_counts(
    database: Database, capped: Interactions, popularity: Popularity, watch: Watch
) -> None:
    burst = [
        did("ann", "view", ITEMS[number % 30], ago=1000 * HOUR + number * SECOND / 4)
        for number in range(70)
    ]
    capped.record([*strolled("ann", 200), *burst], now=NOW)

    found = watch.look(now=NOW)

    assert found.suspects == 0
    assert found.uncounted == 40  # the other 30 came within ten seconds of one that counted
    assert counted(database, "ann") == 200
    assert miscounted(popularity, database) == {}


def test_only_who_did_something_since_the_last_look_is_looked_at(
    capped: Interactions, watch: Watch
) -> None:
    capped.record([*strolled("ann", 80), *strolled("bob", 80), did("eve", "view", "hat")], now=NOW)

    assert watch.look(now=NOW).people == 2
    assert watch.look(now=NOW).people == 0

    capped.record([did("bob", "view", "hat"), did("eve", "view", "hat")], now=NOW)
    assert watch.look(now=NOW).people == 1


@pytest.mark.parametrize("most", [None, 0], ids=["erased", "being erased"])
def test_who_is_erased_while_they_are_judged_is_no_suspect(
    most: int | None,
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    capped: Interactions,
    popularity: Popularity,
    watch: Watch,
) -> None:
    eraser = Eraser(database, popularity, People(database))
    judge = suspicions

    def judge_meanwhile(log: Log, rules: Rules) -> dict[str, Mask]:
        eraser.erase("bot", now=NOW, most=most)
        return judge(log, rules)

    monkeypatch.setattr(watching, "suspicions", judge_meanwhile)
    capped.record(paced("bot", 60, 20 * SECOND), now=NOW)

    watch.look(now=NOW)
    eraser.finish()

    assert suspects_of(database) == []
    assert popularity.of(ITEMS, "popular", now=NOW) == {}
    assert miscounted(popularity, database) == {}


def test_who_takes_an_erased_persons_place_is_looked_at(
    database: Database, capped: Interactions, popularity: Popularity, watch: Watch
) -> None:
    capped.record(paced("bot", 60, 20 * SECOND), now=NOW)
    watch.look(now=NOW)
    Eraser(database, popularity, People(database)).erase("bot", now=NOW)

    capped.record(paced("next", 60, 20 * SECOND), now=NOW)

    assert watch.look(now=NOW).suspects == 1
    assert [each.user_id for each in suspects_of(database)] == ["next"]


def test_a_suspect_who_behaves_like_a_person_is_acquitted(
    database: Database, capped: Interactions, popularity: Popularity
) -> None:
    watch = Watch(database, popularity, Rules(day_moments=100, instant_most=100, burst_moments=40))
    capped.record(paced("kiosk", 120, 20 * SECOND), now=NOW - 9000 * HOUR)
    watch.look(now=NOW)
    assert [each.user_id for each in suspects_of(database)] == ["kiosk"]

    later = [
        did("kiosk", "view", each.item_id, ago=each.happened_at - NOW)
        for each in strolled("kiosk", 120)
    ]
    capped.record(later, now=NOW)
    watch.look(now=NOW)

    assert suspects_of(database) == []


def test_a_look_that_is_stopped_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch, capped: Interactions, watch: Watch
) -> None:
    monkeypatch.setattr(watching, "LOOKED_AT_ONCE", 80)
    capped.record(strolled("ann", 80), now=NOW)
    capped.record(strolled("bob", 80), now=NOW)
    answers = iter([False, True])

    first = watch.look(now=NOW, stopping=lambda: next(answers))
    rest = watch.look(now=NOW)

    assert (first.people, rest.people) == (1, 1)
