"""What people did is read whole, weighed and cleaned, and numbered by item keys."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.behaviour.cleaning import Rules
from app.interactions import lessons
from app.interactions.history import Interactions
from app.interactions.lessons import InteractionLessons
from app.recommend.evidence import EvidenceSettings
from indexer import throttle
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.lease import Interrupted
from indexer.throttle import Throttle
from tests.app.interactions.people import NOW, add_items, delete_item, did
from tests.indexer.house import quiet

SETTINGS = EvidenceSettings()
EVERYTHING = Rules(item_people=1, person_items=1)


@pytest.fixture
def shop(database: Database, history: Interactions) -> InteractionLessons:
    """Two people and four items, one of which is never told of and one deleted."""
    add_items(database, "mug", "lamp", "chair", "gone")
    delete_item(database, "gone")
    day = timedelta(days=1)
    history.record(
        [
            did("ann", "view", "mug", ago=3 * day),
            did("bob", "purchase", "lamp", ago=2 * day),
            did("ann", "view", "never-told", ago=2 * day),
            did("ann", "rating", "chair", 2.0, ago=day),
            did("ann", "dwell", "lamp", 0.0, ago=day),
            did("bob", "view", "gone", ago=day),
            did("bob", "dislike", "mug"),
            did("ann", "view", "mug", ago=3 * day),
        ],
        now=NOW,
    )
    return InteractionLessons(database, SETTINGS, EVERYTHING)


def test_everything_that_counts_is_read_by_person_oldest_first(
    shop: InteractionLessons, database: Database
) -> None:
    lesson = shop.read(quiet)

    keys = Catalogue(database).keys_of(["mug", "lamp", "chair"])
    told = {key: item_id for item_id, key in keys.items()}
    held = lesson.sequences
    names = [told[lesson.item_keys[number]] for number in held.items.tolist()]
    assert names == ["mug", "chair", "lamp", "mug"]
    assert held.starts.tolist() == [0, 2, 4]
    # What was rated was chosen, whatever its stars.
    assert held.weights.tolist() == [1.0, 4.0, 5.0, -3.0]
    assert (held.days[1] - held.days[0]) == pytest.approx(2.0)
    assert lesson.until == NOW


def test_what_is_left_out_is_counted(shop: InteractionLessons) -> None:
    lesson = shop.read(quiet)

    dropped = {rule: count for rule, count in lesson.dropped.items() if count}
    assert lesson.read == 8
    # A dwell of no time says nothing; the second view of the mug came at the same moment.
    assert dropped == {"unknown items": 2, "of no weight": 1, "repeats": 1}


def test_items_and_people_that_cleaning_leaves_nothing_of_have_no_number(
    shop: InteractionLessons,
) -> None:
    lesson = replace(shop, rules=replace(EVERYTHING, item_people=2)).read(quiet)

    assert len(lesson.item_keys) == 1
    assert lesson.sequences.items.tolist() == [0, 0]
    assert lesson.dropped["rare items"] == 2


def test_pages_of_any_size_make_the_same_lesson(
    shop: InteractionLessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shop.read(quiet)
    heard: list[tuple[str, int, int]] = []

    monkeypatch.setattr(lessons, "PAGE", 3)
    paged = shop.read(lambda *told: heard.append(told))

    assert paged.item_keys == whole.item_keys
    assert paged.sequences.items.tolist() == whole.sequences.items.tolist()
    assert paged.dropped == whole.dropped
    assert heard == [("reading", 0, 8), ("reading", 3, 8), ("reading", 6, 8)]


def test_while_people_ask_it_reads_in_small_pages_and_rests_after_each(
    shop: InteractionLessons, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = shop.read(quiet)
    rests: list[float] = []
    heard: list[int] = []

    def paced() -> Throttle:
        return Throttle(lambda: True, share=0.5, floor=1e-6, rest=rests.append)

    monkeypatch.setattr(lessons, "LEAST", 2)
    monkeypatch.setattr(throttle, "LEAST", 2)
    paced_lesson = replace(shop, throttle=paced).read(lambda _, done, __: heard.append(done))

    assert paced_lesson.item_keys == whole.item_keys
    assert paced_lesson.sequences.items.tolist() == whole.sequences.items.tolist()
    assert heard[:2] == [0, 2]
    assert len(rests) == len(heard)


def test_reading_ends_when_it_is_to(shop: InteractionLessons) -> None:
    def stop(*_: object) -> None:
        raise Interrupted

    with pytest.raises(Interrupted):
        shop.read(stop)


def test_interactions_are_counted_after_a_moment(shop: InteractionLessons) -> None:
    day = timedelta(days=1)

    assert shop.since(None) == 8
    assert shop.since(NOW - day) == 1
    assert shop.since(NOW - day - timedelta(microseconds=1)) == 4
    assert shop.since(datetime(2030, 1, 1, tzinfo=UTC)) == 0


def test_where_nobody_did_anything_the_lesson_is_empty(database: Database) -> None:
    lesson = InteractionLessons(database, SETTINGS).read(quiet)

    assert (len(lesson.sequences), lesson.item_keys, lesson.read) == (0, (), 0)
    assert lesson.until is None
