from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.dialects import sqlite

from app.behaviour.together import TogetherRules
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.together import reading
from app.together.errors import CountLost
from app.together.pairs import Pair, Pairs, companion_rows
from app.together.refresh import LEASE, refresh
from app.together.settings import ANY, TogetherSettings
from app.together.tables import pairs
from indexer import throttle
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.errors import DatabaseUnavailable
from indexer.throttle import Throttle
from tests.app.interactions.people import NOW, add_items, delete_item, did

SETTINGS = TogetherSettings(rules=TogetherRules(least_people=2))


def clock() -> datetime:
    return NOW


def key(database: Database, item_id: str) -> int:
    return Catalogue(database).keys_of([item_id])[item_id]


def rows(database: Database) -> int:
    with database.reading() as connection:
        return connection.scalar(select(func.count()).select_from(pairs)) or 0


def companions(database: Database, item_id: str, kind: str = ANY) -> list[str]:
    found = Pairs(database).of(key(database, item_id), kind, limit=10)
    known = Catalogue(database).candidates([each.item_key for each in found.items])
    return [known[each.item_key].item.item_id for each in found.items if each.item_key in known]


def shopping(
    history: Interactions, people: int, *item_ids: str, kind: str = "purchase", first: int = 0
) -> None:
    """Let so many people do the same with these items at once."""
    done: list[Interaction] = [
        did(f"{kind}-{item_ids[0]}-{person}", kind, item_id, ago=timedelta(days=person))
        for person in range(first, first + people)
        for item_id in item_ids
    ]
    history.record(done, now=NOW)


@pytest.fixture
def shop(database: Database, history: Interactions) -> Database:
    """Cups are bought with saucers and viewed with jugs; everybody else buys a lamp."""
    add_items(database, "cup", "saucer", "jug", "lamp")
    shopping(history, 5, "cup", "saucer")
    shopping(history, 4, "cup", "jug", kind="view")
    shopping(history, 30, "lamp")
    return database


def test_what_people_had_at_once_goes_together_by_kind_of_basket(shop: Database) -> None:
    report = refresh(shop, SETTINGS, owner="me", clock=clock)

    assert companions(shop, "cup", "purchase") == ["saucer"]
    assert companions(shop, "cup", "view") == []  # every basket of views has both: no surprise
    assert companions(shop, "cup") == ["saucer", "jug"]
    assert report is not None
    assert (report.interactions, report.people, report.items) == (48, 39, 4)
    assert report.pairs == {ANY: 4, "purchase": 2, "view": 0}


def test_a_row_says_how_often_and_how_much_more_than_by_chance(shop: Database) -> None:
    refresh(shop, SETTINGS, owner="me", clock=clock)

    (one,) = Pairs(shop).of(key(shop, "saucer"), "purchase", limit=10).items

    assert (one.people, one.baskets) == (5, 5)
    assert one.lift == pytest.approx(5 * 35 / (5 * 5))
    assert one.llr > 10.83


def test_before_anything_is_counted_it_says_so(shop: Database) -> None:
    assert not Pairs(shop).of(key(shop, "cup"), ANY, limit=10).counted
    assert Pairs(shop).counted_at() is None

    refresh(shop, SETTINGS, owner="me", clock=clock)

    assert Pairs(shop).of(key(shop, "lamp"), ANY, limit=10).counted
    assert not Pairs(shop).of(key(shop, "lamp"), "cart", limit=10).counted
    assert Pairs(shop).counted_at() == NOW


def test_what_is_disliked_hidden_or_gone_is_in_no_basket(
    shop: Database, history: Interactions
) -> None:
    shopping(history, 5, "saucer", "lamp", kind="hide")
    delete_item(shop, "jug")

    refresh(shop, SETTINGS, owner="me", clock=clock)

    assert companions(shop, "cup") == ["saucer"]
    assert companions(shop, "lamp") == []


def test_a_visit_ends_with_a_pause(database: Database, history: Interactions) -> None:
    add_items(database, "cup", "saucer", "lamp")
    hour = timedelta(hours=1)
    done = [
        did(f"ana-{person}", "view", item_id, ago=place * hour)
        for person in range(5)
        for place, item_id in enumerate(("cup", "saucer"))
    ]
    history.record(done, now=NOW)
    shopping(history, 10, "lamp", kind="view")

    refresh(database, SETTINGS, owner="me", clock=clock)

    assert companions(database, "cup") == []


def test_machines_make_no_pairs(database: Database, history: Interactions) -> None:
    add_items(database, "cup", "saucer", "lamp")
    minute = timedelta(minutes=1)
    robots = [
        did(f"robot-{number}", "view", item_id, ago=place * minute)
        for number in range(3)
        for place, item_id in enumerate(["cup", "saucer"] * 40)
    ]
    history.record(robots, now=NOW)
    shopping(history, 10, "lamp", kind="view")

    report = refresh(database, SETTINGS, owner="me", clock=clock)

    assert companions(database, "cup") == []
    assert report is not None
    assert report.dropped["machines"] == 240


def test_a_new_count_replaces_the_old_one_wholly(shop: Database, history: Interactions) -> None:
    refresh(shop, SETTINGS, owner="me", clock=clock)
    before = rows(shop)
    delete_item(shop, "saucer")
    shopping(history, 8, "cup", "jug", kind="view", first=100)

    refresh(shop, SETTINGS, owner="me", clock=clock)

    assert before == 6
    assert companions(shop, "cup") == ["jug"]
    assert rows(shop) == 2  # nothing of the old one is left


def test_readers_never_see_half_of_a_count(shop: Database) -> None:
    refresh(shop, SETTINGS, owner="me", clock=clock)
    seen: list[list[str]] = []

    def look(phase: str, done: int, total: int) -> None:
        del phase, done, total
        seen.append(companions(shop, "cup", "purchase"))

    refresh(shop, SETTINGS, owner="me", clock=clock, progress=look)

    assert len(seen) > 3
    assert all(each == ["saucer"] for each in seen)


def test_progress_tells_every_phase(shop: Database) -> None:
    told: list[tuple[str, int, int]] = []

    refresh(shop, SETTINGS, owner="me", clock=clock, progress=lambda *step: told.append(step))

    phases = list(dict.fromkeys(phase for phase, _, _ in told))
    assert phases == [
        "read", "count any", "write any", "count purchase", "write purchase", "count view",
    ]  # fmt: skip
    assert all(0 <= done <= total for _, done, total in told)


def test_while_people_ask_it_reads_and_writes_in_small_steps_and_counts_the_same(
    shop: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = refresh(shop, SETTINGS, owner="me", clock=clock)
    before = companions(shop, "cup")
    rests: list[float] = []
    read: list[int] = []
    paced = Throttle(lambda: True, share=0.5, floor=1e-6, rest=rests.append)

    monkeypatch.setattr(reading, "LEAST_AT_ONCE", 8)
    monkeypatch.setattr(throttle, "LEAST", 1)
    again = refresh(
        shop,
        SETTINGS,
        owner="me",
        clock=clock,
        progress=lambda phase, done, _: read.append(done) if phase == "read" else None,
        throttle=lambda: paced,
    )

    assert again == whole
    assert companions(shop, "cup") == before
    assert len(read) > 3
    assert len(rests) > len(read)


def test_one_process_counts_at_a_time(shop: Database) -> None:
    others: list[object] = []

    def compete(phase: str, done: int, total: int) -> None:
        del phase, done, total
        others.append(refresh(shop, SETTINGS, owner="another", clock=clock))

    report = refresh(shop, SETTINGS, owner="me", clock=clock, progress=compete)

    assert report is not None
    assert others
    assert not any(others)


def test_a_count_that_is_new_enough_is_not_made_again(shop: Database) -> None:
    hour = timedelta(hours=1)

    first = refresh(shop, SETTINGS, owner="me", clock=clock, unless_within=hour)
    second = refresh(shop, SETTINGS, owner="me", clock=lambda: NOW + hour / 2, unless_within=hour)
    third = refresh(shop, SETTINGS, owner="me", clock=lambda: NOW + 2 * hour, unless_within=hour)

    assert first is not None
    assert second is None
    assert third is not None


def test_a_count_that_ends_early_leaves_what_answered(shop: Database) -> None:
    refresh(shop, SETTINGS, owner="me", clock=clock)
    left = rows(shop)

    def fail(phase: str, done: int, total: int) -> None:
        del done, total
        if phase == "write purchase":
            raise DatabaseUnavailable("pulled out")

    with pytest.raises(DatabaseUnavailable):
        refresh(shop, SETTINGS, owner="me", clock=clock, progress=fail)

    assert companions(shop, "cup", "purchase") == ["saucer"]
    assert rows(shop) == left
    assert refresh(shop, SETTINGS, owner="another", clock=clock) is not None


def test_a_killed_process_is_followed_by_another_after_its_lease(shop: Database) -> None:
    kept = Pairs(shop)
    dead = kept.claim("dead", lease=LEASE, now=NOW)
    assert dead is not None
    kept.write(dead, ANY, [Pair(1, 0, 2, 3, 3, 1.5, 11.0)])

    too_early = refresh(shop, SETTINGS, owner="me", clock=clock)
    in_time = refresh(shop, SETTINGS, owner="me", clock=lambda: NOW + LEASE * 2)

    assert too_early is None
    assert in_time is not None
    assert rows(shop) == sum(in_time.pairs.values())  # what the dead one wrote is swept away


@pytest.mark.parametrize(
    "late",
    [
        lambda kept, claim: kept.write(claim, ANY, [Pair(1, 0, 2, 3, 3, 1.5, 11.0)]),
        lambda kept, claim: kept.publish(claim, [ANY], {}, now=NOW),
        lambda kept, claim: kept.renew(claim, lease=LEASE, now=NOW),
    ],
    ids=["write", "publish", "renew"],
)
def test_whoever_lost_the_right_to_count_can_change_nothing(
    shop: Database, late: Callable[..., None]
) -> None:
    kept = Pairs(shop)
    slow = kept.claim("slow", lease=LEASE, now=NOW)
    quick = kept.claim("quick", lease=LEASE, now=NOW + LEASE)

    with pytest.raises(CountLost, match="quick does it now"):
        late(kept, slow)

    assert slow is not None
    assert quick is not None
    kept.release(slow)  # which takes nothing from the quick one
    kept.renew(quick, lease=LEASE, now=NOW)


def test_a_list_is_one_stretch_of_an_index(sqlite_database: Database) -> None:
    wanted = companion_rows(5, ANY, limit=50)
    written = wanted.compile(
        dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True, "render_postcompile": True}
    )

    with sqlite_database.reading() as connection:
        plan = "\n".join(
            row.detail for row in connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))
        )

    assert "(version=? AND kind=? AND item_key=? AND place<?)" in plan
    assert "SCAN" not in plan
