"""Occasions: split by time, and nothing of the future in the past."""

from datetime import timedelta

import numpy as np
import pytest

from bench.interests.occasions import Point, Window, drawn, occasions
from bench.interests.recorded import Recorded
from bench.interests.study import Scene, staged
from bench.interests.vectors import Seen
from bench.interests.world import World
from embedders.layout import Layout
from embedders.spaces import Space
from tests.bench.recordings import BEGIN, Event, recorded

ALWAYS = Window(BEGIN, BEGIN + timedelta(days=1_000))


def names(held: Recorded, rows: frozenset[int]) -> set[str]:
    return {held.items[row].item_id for row in rows}


def busy(people: int = 12) -> Recorded:
    """People who come back day after day, several things at a time."""
    dice = np.random.default_rng(3)
    events: list[Event] = []
    for person in range(people):
        for day in sorted(dice.choice(90, size=8, replace=False).tolist()):
            visit = len(events)
            events += [
                (day, f"p{person}", f"i{item}", visit)
                for item in dice.choice(40, size=5, replace=False).tolist()
            ]
    return recorded(events)


def test_a_return_knows_what_came_before_and_wants_what_is_new_of_the_visit() -> None:
    held = recorded(
        [(0, "ann", "a", 1), (0, "ann", "b", 1), (5, "ann", "a", 2), (5, "ann", "c", 2)]
    )

    (found,) = occasions(held, "return", ALWAYS, least=1, each=9)

    assert names(held, frozenset(held.what[found.past].tolist())) == {"a", "b"}
    assert names(held, found.wanted) == {"c"}
    assert names(held, found.again) == {"a", "c"}


def test_midway_the_first_half_of_the_visit_is_known() -> None:
    held = recorded([(0, "ann", "a", 1), *((5.0, "ann", item, 2) for item in "bcde")])

    found = occasions(held, "midway", ALWAYS, least=2, each=9)[-1]

    assert names(held, frozenset(held.what[found.past].tolist())) == {"a", "b", "c"}
    assert names(held, found.wanted) == {"d", "e"}


def test_films_are_wanted_for_four_stars_and_spurned_for_two() -> None:
    held = recorded(
        [(0, "ann", "a", 1), (5, "ann", "b", 2), (5, "ann", "c", 2), (5, "ann", "d", 2)],
        kind="rating",
        stars=[3.0, 4.0, 3.0, 2.0],
    )

    (found,) = occasions(held, "return", ALWAYS, least=1, each=9)

    assert names(held, found.wanted) == {"b"}
    assert names(held, found.spurned) == {"d"}


@pytest.mark.parametrize("point", ["return", "midway"])
def test_nothing_known_happened_later_and_nothing_wanted_is_known(point: Point) -> None:
    held = busy()

    found = occasions(held, point, ALWAYS, least=3, each=9)

    assert len(found) > 20
    for each in found:
        assert (held.when[each.past] <= each.now).all()
        assert (held.who[each.past] == each.person).all()
        assert not each.wanted & set(held.what[each.past].tolist())
        if point == "return":
            assert (held.when[each.past] < each.now).all()


def test_a_visit_counts_in_the_window_it_starts_in() -> None:
    held = busy()
    first = Window(BEGIN, BEGIN + timedelta(days=45))
    second = Window(BEGIN + timedelta(days=45), BEGIN + timedelta(days=90))

    both = [occasions(held, "return", each, least=1, each=99) for each in (first, second)]

    every = occasions(held, "return", ALWAYS, least=1, each=99)
    assert len(both[0]) + len(both[1]) == len(every)
    assert max(each.now for each in both[0]) < min(each.now for each in both[1])


def test_people_have_as_many_occasions_as_allowed_evenly_spread() -> None:
    held = busy(people=1)
    every = occasions(held, "return", ALWAYS, least=1, each=99)

    found = occasions(held, "return", ALWAYS, least=1, each=2)

    assert [each.now for each in found] == [every[0].now, every[len(every) // 2].now]


def test_the_same_people_are_drawn_every_time_with_all_their_occasions() -> None:
    found = occasions(busy(), "return", ALWAYS, least=1, each=3)

    some = drawn(found, 4)

    assert len({each.person for each in some}) == 4
    assert [each.now for each in some] == [each.now for each in drawn(found, 4)]
    assert len(some) == sum(each.person in {one.person for one in some} for each in found)
    assert {each.person for each in drawn(found, 3)} < {each.person for each in some}


def test_nobody_defaults_are_chosen_by_is_reported() -> None:
    held = busy()
    vectors = np.eye(len(held.items), dtype=np.float32)
    world = World(held, Seen(Layout((Space("text", len(held.items)),)), vectors))
    scene = Scene("", "", "return", ALWAYS, ALWAYS, 1)

    both = staged(scene, world, choosing=5, reporting=None)

    chosen_by = {each.occasion.person for each in both.choosing}
    reported = {each.occasion.person for each in both.reporting}
    assert len(chosen_by) == 5
    assert len(reported) == 7
    assert not chosen_by & reported


def test_what_nobody_could_have_is_not_wanted_of_a_list() -> None:
    held = recorded(
        [(0, "ann", "a", 1), (1, "ben", "b", 2), (5, "ann", "b", 3), (5, "ann", "new", 3)],
        lapse=timedelta(days=30),
    )
    vectors = np.eye(3, dtype=np.float32)
    world = World(held, Seen(Layout((Space("text", 3),)), vectors))

    both = staged(Scene("", "", "return", None, ALWAYS, 1), world, choosing=None, reporting=None)

    (met,) = both.reporting
    assert names(held, met.occasion.wanted) == {"b"}
