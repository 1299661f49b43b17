from collections import Counter
from datetime import timedelta

import pytest

from app.demo.catalogue import SEED
from app.demo.people import NAMES, SPAN, Person, interactions, people
from app.demo.tour import PERSON
from app.interactions.interaction import BUILT_IN_KINDS
from indexer.items import Item
from tests.app.demo.conftest import NOW


@pytest.fixture(scope="module")
def shoppers(items: list[Item]) -> list[Person]:
    return people(SEED, NOW, items)


def test_there_are_three_dozen_people_who_all_did_something(shoppers: list[Person]) -> None:
    names = [person.user_id for person in shoppers]

    assert names == list(NAMES)
    assert len(set(names)) == 36
    assert min(len(person.interactions) for person in shoppers) >= 10


def test_everything_happened_in_the_last_thirty_days_and_after_the_item_was_there(
    shoppers: list[Person], items: list[Item]
) -> None:
    created = {item.item_id: item.created_at for item in items}

    for person in shoppers:
        for done in person.interactions:
            since = created[done.item_id]
            assert since is not None
            assert max(NOW - SPAN, since) <= done.happened_at <= NOW


def test_interactions_come_oldest_first_and_are_of_known_kinds(shoppers: list[Person]) -> None:
    for person in shoppers:
        times = [done.happened_at for done in person.interactions]
        assert times == sorted(times)
        assert {done.kind for done in person.interactions} <= set(BUILT_IN_KINDS)


def test_the_same_seed_gives_the_same_deeds_whatever_the_hour(
    shoppers: list[Person], items: list[Item]
) -> None:
    def deeds(of: list[Person]) -> set[tuple[str | None, str]]:
        return {(done.interaction_id, done.item_id) for who in of for done in who.interactions}

    later = people(SEED, NOW + timedelta(hours=5), items)

    assert deeds(later) == deeds(shoppers)


def test_ids_of_interactions_are_never_given_twice(items: list[Item]) -> None:
    done = interactions(SEED, NOW, items)

    ids = [each.interaction_id for each in done]

    assert None not in ids
    assert len(set(ids)) == len(ids)
    assert len(ids) > 1_000


def test_people_mostly_follow_their_taste_and_sometimes_do_not(shoppers: list[Person]) -> None:
    fitting = Counter(
        done.item_id.rpartition("-")[0] in person.kinds
        for person in shoppers
        for done in person.interactions
    )

    assert 0.75 < fitting[True] / fitting.total() < 0.95


def test_people_like_their_colours_more_than_chance_would(
    shoppers: list[Person], items: list[Item]
) -> None:
    colours = {item.item_id: (item.attributes or {})["colour"] for item in items}
    touched = [
        colours[done.item_id] in person.colours
        for person in shoppers
        for done in person.interactions
    ]

    assert sum(touched) / len(touched) > 0.25


def test_the_person_of_the_tour_has_the_taste_the_tour_says(shoppers: list[Person]) -> None:
    guide = next(person for person in shoppers if person.user_id == PERSON)

    assert guide.taste == "mug, teapot, notebook in blue or violet, up to 120"
