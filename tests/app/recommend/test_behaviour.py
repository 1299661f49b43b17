import math
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.behaviour.cleaning import Rules, clean
from app.behaviour.collecting import EPOCH, Happened, collect
from app.recommend.answers import Answer, Reason
from app.recommend.behaviour import behaviour_mix
from app.recommend.evidence import EvidenceSettings, deed_weight, kind_weight
from app.recommend.profile import Choice, Profile, Seed
from app.recommend.requests import Event, Subject, Wanted
from app.recommend.sources import PastInteraction
from embedders.behaviour import SPACE, summed
from embedders.layout import Layout
from embedders.spaces import Space
from tests.app.recommend.world import LAYOUT, LEARNED, NOW, World, joined

RED, BLUE, GREEN = [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]
COLOURS = {"red": RED, "blue": BLUE, "green": GREEN}
ALONE = {SPACE: 1.0}


def shop(*, trained: bool = True) -> World:
    """Four things of each colour; people go on from red to blue, to green, and to red again."""
    world = World(model=LEARNED if trained else None)
    for name, colour in COLOURS.items():
        for number in range(4):
            world.add(f"{name}-{number}", [*colour[:3], number / 10])
    return world


def did(world: World, *done: tuple[str, float], user_id: str = "ann") -> World:
    """Let somebody like items, so many hours ago."""
    for item_id, hours in done:
        world.did(user_id, "like", item_id, ago=timedelta(hours=hours))
    return world


def for_ann(world: World, weights: Mapping[str, float] | None = None, **wanted: object) -> Answer:
    asked = replace(Wanted(limit=20, weights=weights or {}, explain=True), **wanted)  # type: ignore[arg-type] # fields by their names
    return world.recommender().for_you("ann", asked, now=NOW)


def colours(answer: Answer) -> list[str]:
    return [each.item_id.split("-")[0] for each in answer.items if each.source == "vector"]


def scores(answer: Answer) -> dict[str, float]:
    return {each.item_id: each.score for each in answer.items if each.source == "vector"}


def behind(answer: Answer, space: str = SPACE) -> set[str]:
    """Return the names of everything that speaks in a space."""
    return {
        reason.name
        for each in answer.items
        for reason in each.reasons or ()
        if reason.space == space
    }


def reasons_of(answer: Answer, item_id: str) -> tuple[Reason, ...]:
    (reasons,) = (each.reasons for each in answer.items if each.item_id == item_id)
    assert reasons is not None
    return reasons


def test_what_people_went_on_to_comes_before_what_is_like_it() -> None:
    plain = for_ann(did(shop(trained=False), ("red-0", 1)))

    learned = for_ann(did(shop(), ("red-0", 1)))

    assert colours(plain)[:3] == ["red"] * 3
    assert colours(learned)[:4] == ["blue"] * 4


def test_one_interaction_is_a_block_of_unit_length() -> None:
    answer = for_ann(did(shop(), ("red-0", 1)), ALONE)

    assert scores(answer)["blue-0"] == pytest.approx(1.0, abs=1e-6)
    assert scores(answer)["green-0"] == pytest.approx(0.0, abs=1e-6)


def test_the_order_of_two_interactions_matters() -> None:
    one = for_ann(did(shop(), ("red-0", 2), ("blue-0", 1)), ALONE)
    other = for_ann(did(shop(), ("red-0", 1), ("blue-0", 2)), ALONE)

    assert scores(one)["green-1"] > scores(other)["green-1"]
    assert scores(other)["blue-1"] > scores(one)["blue-1"]


def test_what_was_done_at_one_moment_has_no_order() -> None:
    one = for_ann(did(shop(), ("red-0", 1), ("blue-0", 1)))
    other = for_ann(did(shop(), ("blue-0", 1), ("red-0", 1)))

    assert scores(one) == scores(other)


def test_how_long_ago_it_was_matters() -> None:
    lately = for_ann(did(shop(), ("red-0", 2), ("blue-0", 1)), ALONE)
    long_ago = for_ann(did(shop(), ("red-0", 2_000), ("blue-0", 1)), ALONE)

    assert scores(long_ago)["blue-1"] < scores(lately)["blue-1"]


def test_a_new_interaction_changes_the_next_answer() -> None:
    world = did(shop(), ("red-0", 5))
    before = for_ann(world)
    did(world, ("blue-0", 0))

    after = for_ann(world)

    assert colours(before)[0] == "blue"
    assert colours(after)[0] == "green"


def test_reasons_split_the_score_over_items_and_not_over_interactions() -> None:
    world = did(shop(), ("red-0", 30), ("red-0", 20), ("green-0", 10), ("red-0", 1))

    answer = for_ann(world)

    for each in answer.items:
        if each.source == "vector":
            reasons = each.reasons or ()
            named = [(reason.name, reason.space) for reason in reasons]
            assert len(named) == len(set(named))
            assert math.fsum(reason.amount for reason in reasons) == pytest.approx(each.score)
    assert behind(answer) == {"red-0", "green-0"}


def test_a_repeat_of_a_moment_before_says_nothing_more() -> None:
    once = for_ann(did(shop(), ("red-0", 2), ("blue-0", 1)), ALONE)
    twice = for_ann(did(shop(), ("red-0", 2), ("blue-0", 1), ("blue-0", 1 - 5 / 3_600)), ALONE)

    assert scores(twice) == pytest.approx(scores(once))


def test_what_is_older_than_learning_looked_at_says_nothing() -> None:
    short = World(model=replace(LEARNED, context=1))
    for name, colour in COLOURS.items():
        short.add(name, colour)

    answer = for_ann(did(short, ("red", 2), ("blue", 1)), ALONE)

    assert behind(answer) == {"blue"}


def test_what_was_turned_down_speaks_against_what_people_go_on_to() -> None:
    world = did(shop(), ("red-0", 1))
    liked = scores(for_ann(world, ALONE))
    world.did("ann", "hide", "blue-0", ago=timedelta(hours=2))

    answer = for_ann(world, ALONE)

    assert scores(answer)["green-1"] < liked["green-1"]
    assert "blue-0" in behind(answer)


def test_whoever_only_turned_things_down_has_no_taste_yet() -> None:
    world = shop()
    world.did("ann", "hide", "red-0")

    answer = for_ann(world)

    assert scores(answer) == {}
    assert answer.shortfall is not None


@pytest.mark.parametrize("stars", [1.0, 3.0, 5.0])
def test_people_go_on_from_what_they_rated_whatever_its_stars(stars: float) -> None:
    world = did(shop(), ("red-0", 5))
    world.did("ann", "rating", "blue-0", stars, ago=timedelta(hours=1))

    answer = for_ann(world, ALONE)

    assert colours(answer)[0] == "green"
    assert scores(answer)["green-1"] > scores(for_ann(did(shop(), ("red-0", 5)), ALONE))["green-1"]


def test_whoever_rated_nothing_well_has_no_taste_yet() -> None:
    world = shop()
    world.did("ann", "rating", "red-0", 1.0)

    answer = for_ann(world)

    assert scores(answer) == {}


def test_an_item_nobody_touched_is_reached_through_its_content_and_says_so() -> None:
    world = did(shop(), ("red-0", 1))
    world.add("well-known", [0, 0, 0, 1], shows=[0, 1, 0], says=[1, 0, 0])

    answer = for_ann(world, ALONE)

    (cold,) = reasons_of(answer, "blue-0")
    (known,) = reasons_of(answer, "well-known")
    assert (cold.space, cold.predicted) == (SPACE, True)
    assert (known.space, known.predicted) == (SPACE, False)


def test_an_item_without_content_is_recommended_by_what_people_did() -> None:
    world = did(shop(), ("red-0", 1))
    world.add("bare", shows=[0, 1, 0.1], says=[1, 0, 0])

    answer = for_ann(world)

    assert answer.items[0].item_id.startswith("blue")
    assert reasons_of(answer, "bare")[0].space == SPACE


def test_whoever_touched_only_items_without_content_has_behaviour_alone() -> None:
    world = shop()
    world.add("bare", shows=[0, 1, 0], says=[0, 0, 2])

    answer = for_ann(did(world, ("bare", 1)))

    assert colours(answer)[:4] == ["green"] * 4
    assert {each.interest for each in answer.items} == {None}
    assert answer.shortfall is None or "nothing_known" not in answer.shortfall.reasons


def test_what_was_forgotten_says_nothing() -> None:
    world = did(shop(), ("red-0", 2), ("blue-0", 1))
    world.profiles["ann"] = Profile(forgotten={"blue-0": NOW})

    answer = for_ann(world)

    assert behind(answer) == {"red-0"}


def test_a_muted_interest_says_nothing_and_stays_away() -> None:
    world = did(shop(), ("red-0", 2), ("red-1", 2), ("blue-0", 1))
    world.profiles["ann"] = Profile(choices=(Choice("red-0", 0.0, NOW),))

    answer = for_ann(world, ALONE)

    assert behind(answer) == {"blue-0"}
    assert "red" not in colours(answer)


def test_a_muted_visit_says_nothing() -> None:
    world = did(shop(), ("red-0", 40), ("blue-0", 0.1))
    world.profiles["ann"] = Profile(choices=(Choice("session", 0.0, NOW),))

    assert behind(for_ann(world)) == {"red-0"}


def test_of_an_interest_asked_for_by_name_only_the_members_speak() -> None:
    world = did(shop(), ("red-0", 3), ("red-1", 2), ("blue-0", 1))

    answer = for_ann(world, interest="item:red-0", limit=2)

    assert behind(answer) == {"red-0", "red-1"}


def test_in_a_visit_asked_for_by_name_only_its_events_speak() -> None:
    world = did(shop(), ("red-0", 50), ("red-0", 49), ("green-0", 0.1))
    again = did(shop(), ("red-0", 50), ("red-0", 0.2), ("green-0", 0.1))

    visit, both = (
        for_ann(each, ALONE, interest="session", limit=2).items[0] for each in (world, again)
    )

    assert {each.name for each in visit.reasons or ()} == {"green-0"}
    assert both.score < visit.score


def test_a_visitor_without_a_name_is_followed_too() -> None:
    subject = Subject(session=(Event("red-0", "view", None, NOW),))

    answer = shop().recommender().answer(subject, Wanted(limit=4), now=NOW)

    assert colours(answer) == ["blue"] * 4


def test_interests_are_the_same_whatever_was_learned() -> None:
    past = [("red-0", 50.0), ("red-1", 20.0), ("blue-0", 3.0), ("green-0", 0.1)]

    told = [
        did(shop(trained=trained), *past).recommender().interests("ann", now=NOW)
        for trained in (True, False)
    ]

    assert told[0] == told[1]


def test_similar_compares_what_people_do_with_both() -> None:
    world = World(model=LEARNED)
    world.add("asked", RED, shows=[0, 1, 0], says=[1, 0, 0])
    world.add("same-people", GREEN, shows=[0, 2, 0], says=[0, 0, 1])
    world.add("next", [0, 0, 0, 1], shows=[1, 0, 0], says=[0, 0, 1])

    answer = world.recommender().similar("asked", Wanted(explain=True), now=NOW)

    assert [each.item_id for each in answer.items] == ["same-people", "next"]
    assert [(each.space, each.name) for each in reasons_of(answer, "same-people")] == [
        (SPACE, "asked")
    ]
    assert answer.items[0].because == "100% like “Asked” (people choose both 100%)."


def test_examples_too_are_compared_as_candidates() -> None:
    world = World(model=LEARNED)
    world.add("one", RED, shows=[0, 1, 0], says=[1, 0, 0])
    world.add("two", RED, shows=[0, 1, 0.1], says=[1, 0, 0])
    world.add("same-people", GREEN, shows=[0, 2, 0], says=[0, 0, 1])
    world.add("next", [0, 0, 0, 1], shows=[1, 0, 0], says=[0, 0, 1])

    subject = Subject(positive=("one", "two"))
    answer = world.recommender().answer(subject, Wanted(), now=NOW)

    assert answer.items[0].item_id == "same-people"
    assert scores(answer)["next"] == pytest.approx(0.0, abs=1e-6)


def test_impact_scales_what_a_person_did() -> None:
    world = did(shop(), ("green-0", 1))

    def behaviour_of(impact: float) -> float:
        wanted = Wanted(user_impact=impact, explain=True)
        subject = Subject(item_id="red-0", user_id="ann")
        answer = world.recommender().answer(subject, wanted, now=NOW)
        given_ = reasons_of(answer, "red-1")
        return math.fsum(each.amount for each in given_ if each.name == "green-0")

    assert behaviour_of(0.5) == pytest.approx(5 * behaviour_of(0.1))
    assert behaviour_of(0.5) > 0


def test_words_weigh_against_a_person_what_they_do_without_behaviour() -> None:
    def words_of(*, trained: bool) -> float:
        world = did(shop(trained=trained), ("green-0", 1))
        world.said["red things"] = joined(RED, None)
        subject = Subject(words="red things", user_id="ann")
        answer = world.recommender().answer(subject, Wanted(explain=True), now=NOW)
        return next(each.amount for each in reasons_of(answer, "red-0") if each.kind == "words")

    assert words_of(trained=True) == pytest.approx(words_of(trained=False))


def test_a_dislike_costs_what_it_does_without_behaviour() -> None:
    def cost(*, trained: bool) -> float:
        world = did(shop(trained=trained), ("green-0", 1))
        world.did("ann", "hide", "red-0")
        given_ = reasons_of(for_ann(world), "red-1")
        return next(each.amount for each in given_ if (each.name, each.space) == ("red-0", "text"))

    assert cost(trained=True) == pytest.approx(cost(trained=False))
    assert cost(trained=True) < -0.3


def test_where_nothing_is_asked_of_behaviour_the_answer_is_as_without_it() -> None:
    seed = Seed("seed:a", "Reds", 5.0, NOW, items=("red-0",))
    answers = []
    for trained in (True, False):
        world = shop(trained=trained)
        world.profiles["ann"] = Profile(seeds=(seed,))
        answers.append(scores(for_ann(world)))

    assert answers[0] == pytest.approx(answers[1])


def test_behaviour_weighs_nothing_before_it_is_learned() -> None:
    world = did(shop(trained=False), ("red-0", 1))
    plain = for_ann(world)

    alone, beside = for_ann(world, ALONE), for_ann(world, {SPACE: 5.0, "text": 0.6, "image": 0.4})

    assert scores(alone) == scores(plain)
    assert scores(beside) == scores(plain)


def test_items_that_the_same_people_touch_are_no_duplicates() -> None:
    world = did(shop(), ("red-0", 1))
    for name, text in (("one", [0, 1, 2, 0]), ("other", [0, 1, 0, 2])):
        world.add(name, text, shows=[0, 1, 0], says=[1, 0, 0])

    assert {"one", "other"} <= scores(for_ann(world, collapse=True)).keys()


def test_a_sentence_says_what_people_went_on_to() -> None:
    world = did(shop(), ("red-0", 1))

    alone = for_ann(world, ALONE).items[0].because
    world.add("both", [1, 1, 0, 0])
    both = next(each.because for each in for_ann(world).items if each.item_id == "both")

    assert alone == "100% because people who liked “Red-0” went on to this."
    assert both is not None
    assert "because you liked “Red-0” (people went on to this" in both


def test_a_sentence_does_not_say_that_somebody_liked_what_they_turned_down() -> None:
    world = World(model=LEARNED)
    world.add("liked", shows=[1, 0, 0], says=[0, 0.1, 0])
    world.add("hidden", shows=[1, 0, 0], says=[0, 0, -1])
    world.add("shown", shows=[0, 0, 1], says=[0, 0, 1])
    world.did("ann", "hide", "hidden")
    did(world, ("liked", 1))

    answer = for_ann(world, ALONE)

    assert (
        answer.items[0].because == "100% because people who turned down “Hidden” went on to this."
    )


def test_a_sentence_does_not_say_that_somebody_rated_well_what_they_did_not() -> None:
    world = shop()
    world.did("ann", "rating", "red-0", 5.0, ago=timedelta(days=300))
    world.did("ann", "rating", "blue-0", 2.0)

    answer = for_ann(world, ALONE)

    assert answer.items[0].item_id.startswith("green")
    assert answer.items[0].because is not None
    assert "because people who rated “Blue-0” went on to this" in answer.items[0].because


happenings = st.lists(
    st.tuples(
        st.integers(1, 6),
        st.sampled_from(["view", "like", "hide", "rating", "purchase"]),
        st.none() | st.floats(1, 5),
        st.integers(0, 40),
    ),
    min_size=1,
    max_size=12,
)


@given(happenings)
def test_a_person_is_summed_up_from_the_rows_that_training_sees(
    done: list[tuple[int, str, float | None, int]],
) -> None:
    settings = EvidenceSettings()
    past = [
        PastInteraction(key, f"i{key}", 1, kind, value, NOW - timedelta(seconds=4 * ago))
        for key, kind, value, ago in done
    ]
    held = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
    log = collect(
        Happened("ann", e.item_key, e.kind, deed_weight(e.kind, e.value, settings), e.happened_at)
        for e in past
    )
    weighty = log.log.kept(np.flatnonzero(log.log.weights))
    trained = clean(weighty, Rules(item_people=1, person_items=1)).log.sequences(1)
    evidence = held[np.array(log.item_keys)[trained.items]]
    now = (NOW - EPOCH) / timedelta(days=1)
    block = summed(LEARNED.coefficients(evidence, trained.weights, now - trained.days), evidence)

    mix = behaviour_mix(
        past,
        {key: held[key] for key in range(7)},
        Layout((*LAYOUT.spaces, Space(SPACE, 3))),
        LEARNED,
        settings,
        now=NOW,
        known={},
    )

    if mix is None:
        liked = any(kind_weight(each.kind, each.value, settings) > 0 for each in past)
        assert not liked or not (trained.weights > 0).any() or not block.any()
    else:
        assert mix.blocks[-3:] == pytest.approx(block, abs=1e-5)
        assert mix.blocks[-3:] == pytest.approx(mix.rows.sum(axis=0)[-3:], abs=1e-6)
