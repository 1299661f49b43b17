import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, func, insert, select

from app.interactions import erasure
from app.interactions.counts import Popularity
from app.interactions.erasure import Erased, Eraser
from app.interactions.history import Interactions
from app.interactions.merge import Merged, Merger
from app.interactions.recount import Recount
from app.interactions.shown import RecommendationLog
from app.interactions.tables import interactions, recommendations
from app.people.errors import BeingErased, OptedOut
from app.people.people import People
from app.people.standings import Leaving, settle
from app.people.suspects import suspect
from app.people.tables import activity, profiles, seed_pictures, standings, suspects
from app.recommend.answers import Answer
from app.recommend.profile import Choice, Seed
from app.recommend.sources import Past
from indexer.database import Database
from indexer.tables import metadata
from tests.app.interactions.people import NOW, add_items, did, miscounted
from tests.threads import together

HOUR = timedelta(hours=1)
LATER = NOW + HOUR

KILLED = """
import os, signal, sys
from datetime import datetime
from sqlalchemy import event
from app.interactions import erasure
from app.interactions.counts import Popularity
from app.interactions.erasure import Eraser
from app.people.people import People
from indexer.database import Database

database = Database(sys.argv[1])
left = int(sys.argv[2])
erasure.DELETED_AT_ONCE = 2
people = People(database)
people.names.salt

@event.listens_for(database.engine, "commit")
def count(_):
    global left
    left -= 1
    if left < 0:
        os.kill(os.getpid(), signal.SIGKILL)

now = datetime.fromisoformat(sys.argv[3])
Eraser(database, Popularity(database), people).erase("ann", now=now)
print("erased")
"""


@pytest.fixture
def people(database: Database) -> People:
    return People(database)


@pytest.fixture
def history(database: Database, popularity: Popularity, people: People) -> Interactions:
    return Interactions(database, popularity, people)


@pytest.fixture
def eraser(database: Database, popularity: Popularity, people: People) -> Eraser:
    return Eraser(database, popularity, people)


@pytest.fixture
def ann(database: Database, history: Interactions, people: People) -> None:
    """Ann, of whom there is everything that can be, and Bob beside her."""
    add_items(database, "shoe", "hat")
    done = [did("ann", "view", "shoe", ago=n * HOUR, interaction_id=f"v-{n}") for n in range(5)]
    history.record([*done, did("ann", "purchase", "hat"), did("bob", "view", "hat")], now=NOW)
    people.set_attributes("ann", {"country": "PT", "segments": ["vip"]}, now=NOW)
    people.seed("ann", Seed("", "cups", 5.0, NOW), picture=b"picture")
    people.choose("ann", Choice("hat", 2.0, NOW))
    people.forget("ann", {"glove": NOW}, now=NOW)
    with database.writing() as connection:
        suspect(connection, "ann", ["clockwork"], looked_at=9, now=NOW)
    put_answers(database, people.names.of("ann"), people.names.of("bob"), None)


def put_answers(database: Database, *names: str | None) -> None:
    rows: list[dict[str, object]] = [
        {
            "recommendation_id": f"answer-{number}",
            "person": name,
            "kind": "for-you",
            "request": {},
            "generation": 1,
            "items": [],
            "shown_at": NOW,
        }
        for number, name in enumerate(names)
    ]
    with database.writing() as connection:
        connection.execute(insert(recommendations), rows)


def everything(database: Database) -> str:
    """Write out all rows of all tables, bytes in hex."""
    with database.reading() as connection:
        return "\n".join(
            repr(tuple(row))
            for table in metadata.sorted_tables
            for row in connection.execute(select(table))
        )


def shoes(popularity: Popularity) -> float:
    return popularity.of(["shoe"], "popular", now=NOW).get("shoe", 0.0)


@pytest.mark.usefixtures("ann")
def test_of_an_erased_person_nothing_is_left_in_any_table(
    database: Database, eraser: Eraser, people: People
) -> None:
    assert "'ann'" in everything(database)

    erased = eraser.erase("ann", now=LATER)

    assert erased == Erased(interactions=6, answers=1, done=True)
    left = everything(database)
    assert "'ann'" not in left
    assert left.count(people.names.of("ann")) == 1  # so that late arrivals are known
    with database.reading() as connection:
        for table in (profiles, seed_pictures, suspects):
            assert connection.scalar(select(func.count()).select_from(table)) == 0
        assert list(connection.scalars(select(activity.c.user_id))) == ["bob"]
        assert connection.scalar(select(func.count()).select_from(recommendations)) == 2


def test_of_an_erased_person_nothing_can_be_read_in_sqlites_file(
    sqlite_database: Database,
) -> None:
    counts, people = Popularity(sqlite_database), People(sqlite_database)
    history = Interactions(sqlite_database, counts, people)
    done = [did("theodora", "view", "shoe", interaction_id=f"by-theodora-{n}") for n in range(200)]
    history.record([*done, did("bob", "view", "hat")], now=NOW)
    people.set_attributes("theodora", {"city": "city-of-theodora"}, now=NOW)
    file = Path(sqlite_database.engine.url.database or "")

    def written() -> bytes:
        sqlite_database.close()
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes()

    assert b"by-theodora" in written()

    Eraser(sqlite_database, counts, people).erase("theodora", now=LATER)

    assert b"theodora" not in written()


@pytest.mark.usefixtures("ann")
def test_what_an_erased_person_counted_goes_and_what_others_did_stays(
    eraser: Eraser, popularity: Popularity, database: Database
) -> None:
    before = popularity.of(["shoe", "hat"], "popular", now=NOW)

    eraser.erase("ann", now=LATER)

    assert before == {"shoe": pytest.approx(5, abs=0.1), "hat": pytest.approx(6)}
    assert popularity.of(["shoe", "hat"], "popular", now=NOW) == {"hat": pytest.approx(1)}
    assert miscounted(popularity, database) == {}


@pytest.mark.parametrize("days", [25, 400])
def test_what_is_left_of_little_is_as_exact_as_a_recount(
    days: int, database: Database, eraser: Eraser, history: Interactions, popularity: Popularity
) -> None:
    long_ago = timedelta(days=days)
    history.record(
        [did(f"u{n}", "view", "shoe", ago=long_ago + n * HOUR) for n in range(9)], now=NOW
    )
    history.record([did("u", "dislike", "shoe"), did("u", "dislike", "hat")], now=NOW)
    before = popularity.of(["shoe"], "trending", now=NOW - long_ago)
    history.record([did("ann", "purchase", each) for each in ("shoe", "hat") * 20], now=NOW)

    eraser.erase("ann", now=NOW)

    assert miscounted(popularity, database) == {}
    after = popularity.of(["shoe", "hat"], "trending", now=NOW - long_ago)
    assert after == {"shoe": pytest.approx(before["shoe"], rel=1e-9)}


@pytest.mark.usefixtures("ann")
def test_an_audit_finds_nothing_amiss_before_while_and_after_somebody_is_erased(
    monkeypatch: pytest.MonkeyPatch, database: Database, eraser: Eraser, history: Interactions
) -> None:
    monkeypatch.setattr(erasure, "DELETED_AT_ONCE", 2)

    def audited() -> tuple[int, int]:
        recount = Recount(database, Popularity(database), str)
        return recount.popularity(now=NOW).found, recount.activity(repair=True).found

    found = [audited()]
    eraser.erase("ann", now=NOW, most=2)
    history.record([did("ann", "view", "hat", ago=-HOUR)], now=LATER)
    found.append(audited())
    eraser.finish()
    found.append(audited())

    assert found == [(0, 0)] * 3


@pytest.mark.usefixtures("ann")
def test_what_had_arrived_goes_though_a_clock_was_ahead(
    database: Database, eraser: Eraser, history: Interactions
) -> None:
    history.record([did("ann", "view", "hat", ago=-2 * HOUR)], now=NOW + 2 * HOUR)

    eraser.erase("ann", now=NOW)
    late, later = history.record(
        [did("ann", "view", "hat"), did("ann", "view", "hat", ago=-3 * HOUR)], now=NOW
    )

    assert (late.status, later.status) == ("ignored", "recorded")
    with database.reading() as connection:
        theirs = select(interactions.c.happened_at).where(interactions.c.user_id == "ann")
        assert connection.scalars(theirs).all() == [NOW + 3 * HOUR]


@pytest.mark.usefixtures("ann")
def test_a_clock_that_is_behind_takes_no_refusal_back(
    eraser: Eraser, history: Interactions
) -> None:
    eraser.erase("ann", now=LATER)
    eraser.erase("ann", now=NOW)

    (receipt,) = history.record([did("ann", "view", "hat", ago=-HOUR / 2)], now=LATER)

    assert receipt.why == "erased"


@pytest.mark.usefixtures("ann")
def test_however_many_delete_at_once_none_calls_it_done_before_it_is(
    monkeypatch: pytest.MonkeyPatch, database: Database, eraser: Eraser, popularity: Popularity
) -> None:
    left: list[int | None] = []

    def look_and_settle(connection: Connection, leaving: Leaving) -> None:
        theirs = select(func.count()).where(interactions.c.user_id == "ann")
        left.append(connection.scalar(theirs))
        settle(connection, leaving)

    monkeypatch.setattr(erasure, "settle", look_and_settle)
    monkeypatch.setattr(erasure, "DELETED_AT_ONCE", 1)
    eraser.erase("ann", now=NOW, most=1)

    together(*[eraser.finish] * 4)

    assert set(left) == {0}
    assert "'ann'" not in everything(database)
    assert miscounted(popularity, database) == {}


@pytest.mark.usefixtures("ann")
def test_who_has_only_begun_to_erase_is_left_to_it(
    monkeypatch: pytest.MonkeyPatch, eraser: Eraser
) -> None:
    monkeypatch.setattr(erasure, "DELETED_AT_ONCE", 2)
    eraser.erase("ann", now=NOW, most=2)

    assert eraser.finish(before=NOW) == 0
    assert eraser.finish(before=LATER) == 1


@pytest.mark.usefixtures("ann")
def test_numbers_of_deleted_interactions_are_not_given_again(
    database: Database, eraser: Eraser, history: Interactions
) -> None:
    history.record([did("ann", "view", "hat")], now=NOW)
    numbers = select(func.max(interactions.c.id))
    with database.reading() as connection:
        before = connection.scalar(numbers)

    eraser.erase("ann", now=NOW)
    history.record([did("bob", "view", "shoe")], now=LATER)

    assert before is not None
    with database.reading() as connection:
        assert (connection.scalar(numbers) or 0) > before


@pytest.mark.usefixtures("ann")
def test_what_comes_late_of_an_erased_person_is_not_taken(
    eraser: Eraser, history: Interactions, people: People
) -> None:
    eraser.erase("ann", now=NOW)

    again, older, later = history.record(
        [
            did("ann", "view", "shoe", interaction_id="v-0"),
            did("ann", "view", "hat", ago=HOUR),
            did("ann", "view", "hat", ago=-HOUR),
        ],
        now=LATER,
    )

    assert (again.status, again.why) == ("ignored", "erased")
    assert (older.status, older.why) == ("ignored", "erased")
    assert later.status == "recorded"
    assert [each.item_id for each in history.recent("ann", limit=9).interactions] == ["hat"]
    sums = people.read("ann").activity
    assert sums is not None
    assert sums.interactions == 1


def test_somebody_never_heard_of_can_be_erased_beforehand(
    eraser: Eraser, history: Interactions
) -> None:
    erased = eraser.erase("eve", now=NOW)

    (receipt,) = history.record([did("eve", "view", "shoe", ago=HOUR)], now=LATER)

    assert erased == Erased(0, 0, done=True)
    assert receipt.why == "erased"


@pytest.mark.usefixtures("ann")
def test_somebody_who_opted_out_is_not_known_and_nothing_of_them_is_kept(
    database: Database, eraser: Eraser, history: Interactions, people: People
) -> None:
    eraser.opt_out("ann", now=NOW)

    (receipt,) = history.record([did("ann", "purchase", "shoe", ago=-HOUR)], now=LATER)

    assert (receipt.status, receipt.why) == ("ignored", "opted_out")
    assert history.recent("ann", limit=9) == Past((), complete=True, opted_out=True)
    assert people.read("ann").opted_out
    assert "'ann'" not in everything(database)
    with pytest.raises(OptedOut):
        people.set_attributes("ann", {"country": "PT"}, now=LATER)
    with pytest.raises(OptedOut):
        people.choose("ann", Choice("hat", 2.0, NOW))
    assert "'ann'" not in everything(database)


@pytest.mark.usefixtures("ann")
def test_who_agrees_again_begins_anew(
    eraser: Eraser, history: Interactions, people: People
) -> None:
    eraser.opt_out("ann", now=NOW)

    eraser.agree("ann", now=NOW + 2 * HOUR)

    meanwhile, since = history.record(
        [did("ann", "view", "shoe", ago=-HOUR), did("ann", "view", "hat", ago=-3 * HOUR)],
        now=NOW + 3 * HOUR,
    )
    assert (meanwhile.status, meanwhile.why) == ("ignored", "erased")
    assert since.status == "recorded"
    assert not people.read("ann").opted_out
    past = history.recent("ann", limit=9)
    assert [each.item_id for each in past.interactions] == ["hat"]
    assert not past.opted_out


def test_agreeing_without_having_opted_out_changes_nothing(
    database: Database, eraser: Eraser, people: People
) -> None:
    people.set_attributes("ann", {"country": "PT"}, now=NOW)

    eraser.agree("ann", now=LATER)

    assert people.read("ann").profile.attributes == {"country": "PT"}
    with database.reading() as connection:
        assert connection.scalar(select(func.count()).select_from(standings)) == 0


@pytest.mark.usefixtures("ann")
def test_erasing_somebody_who_opted_out_leaves_them_out(eraser: Eraser, people: People) -> None:
    eraser.opt_out("ann", now=NOW)

    eraser.erase("ann", now=LATER)

    assert people.read("ann").opted_out


@pytest.mark.usefixtures("ann")
def test_while_the_rest_is_being_deleted_nothing_is_looked_at_and_it_is_gone_on_with(
    monkeypatch: pytest.MonkeyPatch,
    database: Database,
    eraser: Eraser,
    history: Interactions,
    people: People,
) -> None:
    monkeypatch.setattr(erasure, "DELETED_AT_ONCE", 2)

    begun = eraser.erase("ann", now=NOW, most=2)

    assert begun == Erased(interactions=2, answers=0, done=False)
    assert history.recent("ann", limit=9).interactions == ()
    with pytest.raises(BeingErased):
        Merger(database, people.names.of).merge("bob", "ann", now=NOW)
    (new,) = history.record([did("ann", "view", "hat", ago=-HOUR)], now=LATER)
    assert new.status == "recorded"

    assert eraser.finish() == 1

    assert [each.item_id for each in history.recent("ann", limit=9).interactions] == ["hat"]
    assert eraser.finish() == 0


@pytest.mark.usefixtures("ann")
def test_who_is_still_being_deleted_cannot_agree_yet(
    monkeypatch: pytest.MonkeyPatch, eraser: Eraser, people: People
) -> None:
    monkeypatch.setattr(erasure, "DELETED_AT_ONCE", 2)
    eraser.opt_out("ann", now=NOW, most=2)

    with pytest.raises(BeingErased):
        eraser.agree("ann", now=LATER)

    eraser.finish()
    eraser.agree("ann", now=LATER)
    assert not people.read("ann").opted_out


@pytest.mark.usefixtures("ann")
@pytest.mark.parametrize("commits", [0, 3])
def test_an_erasure_that_is_killed_is_finished_by_the_next_one(
    commits: int,
    database: Database,
    eraser: Eraser,
    history: Interactions,
    people: People,
    popularity: Popularity,
) -> None:
    url = database.engine.url.render_as_string(hide_password=False)
    assert people.names.salt

    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(commits), LATER.isoformat()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},  # noqa: TID251 - a child's
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "erased" not in killed.stdout
    assert killed.returncode == -9, killed.stderr
    looked_at = history.recent("ann", limit=9).interactions
    eraser.finish()

    # The first commit decides: nothing has happened, or all of it will have.
    begun = commits > 0
    assert len(looked_at) == (0 if begun else 6)
    assert ("'ann'" in everything(database)) is not begun
    assert (shoes(popularity) == 0) is begun
    assert miscounted(popularity, database) == {}


@pytest.mark.usefixtures("ann")
def test_what_arrives_while_somebody_opts_out_is_not_kept(
    database: Database, eraser: Eraser, history: Interactions, popularity: Popularity
) -> None:
    def record() -> None:
        for number in range(40):
            history.record([did("ann", "view", "shoe", interaction_id=f"n-{number}")], now=NOW)

    together(record, record, lambda: eraser.opt_out("ann", now=NOW))

    with database.reading() as connection:
        theirs = select(func.count()).where(interactions.c.user_id == "ann")
        assert connection.scalar(theirs) == 0
    assert "'ann'" not in everything(database)
    assert miscounted(popularity, database) == {}


@pytest.mark.usefixtures("ann")
def test_nobody_is_merged_into_somebody_who_opted_out(
    database: Database, eraser: Eraser, people: People
) -> None:
    eraser.opt_out("ann", now=NOW)
    merger = Merger(database, people.names.of)

    with pytest.raises(OptedOut):
        merger.merge("ann", "bob", now=LATER)

    assert people.read("bob").activity is not None
    assert merger.merge("bob", "ann", now=LATER) == Merged(0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("leave", [Eraser.erase, Eraser.opt_out], ids=["erased", "opted out"])
def test_an_answer_that_is_logged_after_a_person_left_names_nobody(
    leave: Callable[..., Erased], database: Database, eraser: Eraser, people: People
) -> None:
    log = RecommendationLog(database, people.names.salt)
    log.put(Answer("late", 1, (), None), kind="for-you", user_id="ann", request={}, now=NOW)
    log.put(Answer("bobs", 1, (), None), kind="for-you", user_id="bob", request={}, now=NOW)

    leave(eraser, "ann", now=NOW)
    log.start()
    log.stop()

    with database.reading() as connection:
        columns = recommendations.c.recommendation_id, recommendations.c.person
        named = {row.recommendation_id: row.person for row in connection.execute(select(*columns))}
    assert named == {"late": None, "bobs": people.names.of("bob")}
