"""The world at a moment of the past: exact, blind to the future, and the same as the tests' own."""

from datetime import timedelta

import numpy as np
import pytest

from app.recommend.requests import Wanted
from app.recommend.settings import RecommendSettings
from bench.interests.occasions import Occasion, Window, occasions
from bench.interests.recorded import Recorded, at
from bench.interests.vectors import Seen
from bench.interests.world import Moment, World
from embedders.layout import Layout
from embedders.spaces import Array, Space
from indexer.filters import EVERYTHING, In
from tests.app.recommend import world as small
from tests.bench.recordings import BEGIN, Event, recorded

ALWAYS = Window(BEGIN, BEGIN + timedelta(days=1_000))
LAYOUT = Layout((Space("text", 4), Space("image", 3)))


def some() -> tuple[Recorded, Array]:
    """Twelve people, forty items of two blocks."""
    dice = np.random.default_rng(5)
    events: list[Event] = []
    for person in range(12):
        for day in sorted(dice.choice(60, size=6, replace=False).tolist()):
            chosen = dice.choice(40, size=4, replace=False).tolist()
            events += [(day, f"p{person}", f"i{item:02}", len(events)) for item in chosen]
    held = recorded(events)
    vectors = np.zeros((len(held.items), 7), dtype=np.float32)
    for place in (slice(0, 4), slice(4, 7)):
        block = dice.normal(size=(len(vectors), place.stop - place.start))
        vectors[:, place] = block / np.linalg.norm(block, axis=1, keepdims=True)
    return held, vectors


def moments() -> list[tuple[Recorded, Array, Occasion, Moment]]:
    held, vectors = some()
    world = World(held, Seen(LAYOUT, vectors))
    found = occasions(held, "return", ALWAYS, least=4, each=1)
    return [(held, vectors, each, world.at(each)) for each in found]


def the_same(held: Recorded, vectors: Array, occasion: Occasion) -> small.World:
    """Build the tests' own world of what is known at the time."""
    same = small.World()
    for row, each in enumerate(held.items):
        text, image = vectors[row, :4].tolist(), vectors[row, 4:].tolist()
        same.add(each.item_id, text, image, categories=each.categories)
    for row in np.flatnonzero(held.when < occasion.now).tolist():
        same.done.append(
            small.Done(
                held.people[held.who[row]],
                held.items[held.what[row]].item_id,
                held.kind,
                None,
                at(int(held.when[row])),
            )
        )
    return same


@pytest.mark.parametrize("limit", [5, 30])
def test_it_answers_as_the_tests_own_world_does(limit: int) -> None:
    for held, vectors, occasion, moment in moments():
        user_id = held.people[occasion.person]
        recommender = the_same(held, vectors, occasion).recommender()

        for wanted in (Wanted(limit=limit, diversity=0.3), Wanted(limit=limit, explain=True)):
            ours = moment.recommender(RecommendSettings()).for_you(user_id, wanted, now=moment.now)
            theirs = recommender.for_you(user_id, wanted, now=moment.now)

            assert [each.item_id for each in ours.items] == [each.item_id for each in theirs.items]
            assert [each.score for each in ours.items] == pytest.approx(
                [each.score for each in theirs.items], abs=1e-5
            )


def test_popularity_is_counted_as_in_the_tests_own_world() -> None:
    for held, vectors, occasion, moment in moments():
        theirs = the_same(held, vectors, occasion)

        for horizon in ("popular", "trending"):
            ours = moment.top(horizon, limit=15, category=None, now=moment.now)
            same = theirs.top(horizon, limit=15, category=None, now=moment.now)

            assert [each.candidate.item.item_id for each in ours] == [
                each.candidate.item.item_id for each in same
            ]
            assert [each.count for each in ours] == pytest.approx([each.count for each in same])


def test_nothing_of_the_time_itself_or_later_is_known() -> None:
    held = recorded(
        [
            (0, "ann", "a", 1),
            (1, "ben", "b", 2),
            (5, "ann", "c", 3),
            (5, "ben", "d", 4),
            (6, "ben", "e", 5),
        ],
        lapse=timedelta(days=30),
    )
    world = World(held, Seen(Layout((Space("text", 5),)), np.eye(5, dtype=np.float32)))
    ann = next(
        each
        for each in occasions(held, "return", ALWAYS, least=1, each=1)
        if held.people[each.person] == "ann"
    )

    moment = world.at(ann)

    names = [each.item_id for each in held.items]
    assert [name for name, there in zip(names, moment.there, strict=True) if there] == ["a", "b"]
    counted = moment.top("popular", limit=9, category=None, now=moment.now)
    assert {each.candidate.item.item_id for each in counted} == {"a", "b"}
    assert [each.item_id for each in moment.recent("ann", limit=9).interactions] == ["a"]
    assert moment.recent("ben", limit=9).interactions == ()


def test_what_nobody_bought_for_long_is_gone() -> None:
    held = recorded(
        [(0, "ben", "old", 1), (80, "ann", "a", 2), (100, "ann", "b", 3)], lapse=timedelta(days=60)
    )
    world = World(held, Seen(Layout((Space("text", 3),)), np.eye(3, dtype=np.float32)))

    (occasion,) = occasions(held, "return", ALWAYS, least=1, each=1)

    assert world.at(occasion).there.tolist() == [True, False, False]


def test_search_is_exact_and_leaves_out_what_is_excluded_or_filtered() -> None:
    held, vectors, _, moment = moments()[0]
    queries = np.random.default_rng(7).normal(size=(3, 7)).astype(np.float32)
    first = held.items[0].categories

    for where in (EVERYTHING, In("categories", first)):
        found = moment.snapshot().search(queries, limit=6, where=where, exclude={1, 5})

        for query, hits in zip(queries, found, strict=True):
            scores = {row + 1: float(vectors[row] @ query) for row in range(len(vectors))}
            able = [key for key in scores if key not in {1, 5}]
            best = sorted(able, key=lambda key: (-scores[key], key))[:6]
            assert [hit.key for hit in hits] == best
            assert [hit.score for hit in hits] == pytest.approx([scores[key] for key in best])
