"""What every answer keeps, whatever world, filter, history and source."""

import math
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from app.interactions.interaction import BUILT_IN_KINDS
from app.recommend.answers import Answer
from app.recommend.pipeline import Recommender
from app.recommend.profile import Choice, Profile, Seed
from app.recommend.requests import Boost, Cap, Event, Freshness, Pin, Subject, Wanted
from app.recommend.settings import RecommendSettings
from indexer.filters import EVERYTHING, All, AnyOf, Exists, Filter, In, Not, Range, equals
from indexer.meaning import matches
from tests.app.recommend.world import LEARNED, NOW, World

NAMES = [f"item-{number}" for number in range(14)]
SEEN_ONLY_BOUGHT = RecommendSettings(excluded_kinds=frozenset({"purchase"}), history_limit=4)

unit = st.floats(-1, 1, width=16)
text = st.none() | st.lists(unit, min_size=4, max_size=4)
image = st.none() | st.lists(unit, min_size=3, max_size=3)
habit = st.lists(unit, min_size=3, max_size=3)
learned = st.just((None, None)) | st.tuples(habit, habit)
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.just(EVERYTHING),
    st.just(equals("available", value=True)),
    st.builds(Range, st.just("price"), gte=st.floats(0, 10)),
    st.just(Exists("price")),
    st.builds(In, st.just("categories"), st.sampled_from([("a",), ("b", "c"), ("d",)])),
    st.lists(st.sampled_from([*NAMES, "nobody"]), min_size=1, max_size=4).map(
        lambda names: In("item_id", tuple(names))
    ),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: All(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: AnyOf(tuple(parts))),
        inner.map(Not),
    ),
    max_leaves=4,
)
wishes = st.builds(
    Wanted,
    limit=st.integers(1, 12),
    where=filters,
    weights=st.sampled_from(
        [
            {},
            {"text": 1.0},
            {"image": 2.0, "text": 0.5},
            {"behaviour": 1.0},
            {"behaviour": 0.0, "text": 1},
        ]
    ),
    exclude=st.frozensets(st.sampled_from([*NAMES, "nobody"]), max_size=3),
    explain=st.booleans(),
    boosts=st.lists(
        st.builds(Boost, where=leaves, multiply=st.floats(0.1, 5))
        | st.builds(Boost, where=leaves, add=st.floats(-1, 1))
        | st.builds(Boost, add=st.floats(-1, 1), by=st.just("price"), high=st.just(20.0)),
        max_size=2,
    ).map(tuple),
    pins=st.lists(
        st.builds(Pin, st.sampled_from([*NAMES, "nobody"]), st.integers(1, 9)), max_size=2
    ).map(tuple),
    caps=st.lists(st.builds(Cap, st.just("categories"), st.integers(1, 3)), max_size=1).map(tuple),
    freshness=st.none() | st.builds(Freshness, st.just(timedelta(days=7)), st.floats(0, 1)),
    diversity=st.none() | st.floats(0, 1),
    exploration=st.sampled_from([0.0, 0.3, 1.0]),
    user_impact=st.none() | st.floats(0, 1),
    collapse=st.booleans(),
)
profiles = st.builds(
    Profile,
    seeds=st.lists(
        st.builds(
            Seed,
            st.just("seed:a"),
            st.just("A seed"),
            st.floats(0.1, 10),
            st.just(NOW),
            items=st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map(tuple),
        ),
        max_size=1,
    ).map(tuple),
    choices=st.lists(
        st.builds(
            Choice,
            st.sampled_from([*NAMES, "seed:a", "session"]),
            st.sampled_from([0.0, 0.5, 4.0]),
            st.just(NOW),
        ),
        max_size=2,
    ).map(tuple),
    forgotten=st.dictionaries(st.sampled_from(NAMES), st.just(NOW), max_size=2),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    world = World(
        down=draw(st.integers(0, 5)) == 0,
        blind=draw(st.booleans()),
        model=draw(st.sampled_from([None, LEARNED])),
    )
    for name in NAMES[: draw(st.integers(1, len(NAMES)))]:
        shows, says = draw(learned)
        world.add(
            name,
            draw(text),
            draw(image),
            categories=draw(st.sampled_from([(), ("a",), ("b",), ("a", "c")])),
            price=draw(st.none() | st.floats(0, 20)),
            available=draw(st.integers(0, 3)) > 0,
            age=timedelta(days=draw(st.integers(0, 50))),
            shows=shows,
            says=says,
        )
    names = [each.item.item_id for each in world.known.values()]
    for _ in range(draw(st.integers(0, 12))):
        world.did(
            draw(st.sampled_from(["ann", "bob"])),
            draw(st.sampled_from(BUILT_IN_KINDS)),
            draw(st.sampled_from([*names, "not-yet"])),
            draw(st.none() | st.floats(1, 5)),
            ago=timedelta(hours=draw(st.integers(0, 2_000))),
        )
    world.profiles["ann"] = draw(profiles)
    for name in draw(st.sets(st.sampled_from(names), max_size=2)):
        world.reprice(name, draw(st.floats(0, 20)))
    for name in draw(st.sets(st.sampled_from(names), max_size=2)):
        world.delete(name)
    return world


def answers(world: World, recommender: Recommender, wanted: Wanted) -> list[Answer]:
    given_ = [
        recommender.for_you("ann", wanted, now=NOW),
        recommender.for_you("stranger", wanted, now=NOW),
        recommender.popular(wanted, now=NOW),
        recommender.trending(wanted, now=NOW),
    ]
    if world.known:
        names = [each.item.item_id for each in world.known.values()]
        asked = names[0]
        for subject in (
            Subject(item_id=asked),
            Subject(item_id=asked, user_id="ann"),
            Subject(positive=(asked,), negative=(names[-1],), user_id="ann"),
            Subject(session=(Event(asked, "like", None, NOW),)),
        ):
            like = recommender.answer(subject, wanted, now=NOW)
            pinned = {pin.item_id for pin in wanted.pins}
            assert asked not in {each.item_id for each in like.items} - pinned
            given_.append(like)
    return given_


@settings(max_examples=80)
@given(worlds(), wishes)
def test_every_item_of_every_answer_keeps_the_rules(world: World, wanted: Wanted) -> None:
    for answer in answers(world, world.recommender(), wanted):
        ids = [each.item_id for each in answer.items]
        known = {each.item.item_id: each for each in world.known.values()}

        assert len(ids) == len(set(ids)) <= wanted.limit
        assert not wanted.exclude & set(ids)
        assert all(matches(wanted.where, known[each].item) for each in ids)
        assert all(math.isfinite(each.score) for each in answer.items)
        assert answer.shortfall is None or answer.shortfall.reasons


@settings(max_examples=50)
@given(worlds(), wishes)
def test_nobody_is_shown_again_what_they_touched(world: World, wanted: Wanted) -> None:
    touched = {each.item_id for each in world.done if each.user_id == "ann"}
    off = {
        each.item_id
        for each in world.done
        if each.user_id == "ann" and each.kind in {"purchase", "hide"}
    }
    unpinned = replace(wanted, pins=())

    by_default = world.recommender().for_you("ann", unpinned, now=NOW)
    configured = world.recommender(SEEN_ONLY_BOUGHT).for_you("ann", unpinned, now=NOW)

    assert not touched & {each.item_id for each in by_default.items}
    assert not off & {each.item_id for each in configured.items}


@settings(max_examples=50)
@given(worlds(), wishes)
def test_no_more_of_a_category_than_its_cap_whatever_the_source(
    world: World, wanted: Wanted
) -> None:
    for answer in answers(world, world.recommender(), wanted):
        for cap in wanted.caps:
            counted = Counter(
                name
                for each in answer.items
                if each.source != "pinned"
                for name in each.candidate.item.categories
            )
            assert all(count <= cap.most for count in counted.values())


@settings(max_examples=50)
@given(worlds(), wishes, st.lists(st.integers(1, 5), min_size=20, max_size=20))
def test_pages_never_repeat_and_end_with_everything_shown(
    world: World, wanted: Wanted, sizes: list[int]
) -> None:
    whole = replace(wanted, pins=(), caps=(), collapse=False)
    recommender = world.recommender()
    keys: set[int] = set()
    shown: list[str] = []

    for size in sizes:
        page = replace(whole, limit=size, shown=frozenset(keys), as_of=NOW)
        items = recommender.for_you("ann", page, now=NOW).items
        shown += [each.item_id for each in items]
        keys |= {each.candidate.item.key for each in items}

    touched = {each.item_id for each in world.done if each.user_id == "ann"}
    admissible = {
        each.item.item_id
        for each in world.known.values()
        if matches(wanted.where, each.item) and each.item.available
    }
    assert len(shown) == len(set(shown))
    assert admissible - touched - wanted.exclude <= set(shown)


@settings(max_examples=50)
@given(worlds(), wishes)
def test_the_same_question_has_the_same_answer(world: World, wanted: Wanted) -> None:
    recommender = world.recommender()

    assert answers(world, recommender, wanted) == answers(world, recommender, wanted)


@settings(max_examples=50)
@given(worlds(), wishes)
def test_reasons_always_sum_to_the_score(world: World, wanted: Wanted) -> None:
    for answer in answers(world, world.recommender(), wanted):
        for each in answer.items:
            if each.source in {"vector", "exploration"} and wanted.explain:
                assert each.reasons is not None
                total = math.fsum(reason.amount for reason in each.reasons)
                assert math.isclose(total, each.score, abs_tol=1e-5)
            else:
                assert each.reasons is None


@settings(max_examples=50)
@given(worlds(), wishes)
def test_an_answer_is_short_only_when_it_says_so(world: World, wanted: Wanted) -> None:
    for answer in answers(world, world.recommender(), wanted):
        if len(answer.items) < wanted.limit:
            assert answer.shortfall is not None
            assert answer.shortfall.found <= len(answer.items)
        if answer.shortfall is not None and world.down and answer.generation is not None:
            raise AssertionError("an index that is down cannot have answered")


@settings(max_examples=40)
@given(worlds(), wishes)
def test_with_the_index_down_every_available_item_still_has_a_chance(
    world: World, wanted: Wanted
) -> None:
    world.down = True
    wanted = replace(wanted, pins=(), caps=())

    answer = world.recommender().for_you("stranger", wanted, now=NOW)

    admitted = [
        each
        for each in world.known.values()
        if each.item.available
        and matches(wanted.where, each.item)
        and each.item.item_id not in wanted.exclude
    ]
    assert len(answer.items) == min(wanted.limit, len(admitted))
