"""What people and operators can ask for, through the whole of a request."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest

from app.recommend.answers import Answer
from app.recommend.errors import UnknownInterest, UnknownItem
from app.recommend.profile import Choice, Profile, Seed
from app.recommend.requests import Boost, Cap, Event, Freshness, Pin, Subject, Wanted
from app.recommend.settings import InterestSettings, RecommendSettings
from indexer.filters import Range, equals
from tests.app.recommend.world import NOW, World, joined

ALONE = RecommendSettings(interests=InterestSettings(session_share=0.0))


def ids(answer: Answer) -> list[str]:
    return [each.item_id for each in answer.items]


def shop() -> World:
    """Twelve red and twelve blue things and one of neither; prices tell them apart."""
    world = World()
    for number in range(12):
        step = number / 8
        world.add(f"red-{number:02}", [1, 0, step, 0], price=10.0 + number, categories=("Red",))
        world.add(f"blue-{number:02}", [0, 1, 0, step], price=50.0 + number, categories=("Blue",))
    world.add("grey", [0.5, 0.5, -1, -1], price=99.0)
    return world


def fan_of_both(world: World) -> None:
    for number in range(3):
        world.did("ann", "like", f"red-{number:02}", ago=timedelta(days=1))
        world.did("ann", "like", f"blue-{number:02}", ago=timedelta(days=2))


def ask(world: World, subject: Subject, **wanted: object) -> Answer:
    chosen = replace(Wanted(limit=10), **wanted)  # type: ignore[arg-type] # any field of Wanted
    return world.recommender(ALONE).answer(subject, chosen, now=NOW)


ANN = Subject(user_id="ann")


def test_both_of_two_interests_are_in_the_first_ten() -> None:
    world = shop()
    fan_of_both(world)

    answer = ask(world, ANN)

    colours = [each.item_id.split("-")[0] for each in answer.items]
    assert colours.count("red") >= 3
    assert colours.count("blue") >= 3
    assert {each.interest for each in answer.items} == {"item:red-01", "item:blue-01"}


def test_a_muted_interest_is_gone_and_its_kind_stays_away() -> None:
    world = shop()
    fan_of_both(world)
    world.profiles["ann"] = Profile(choices=(Choice("red-01", 0.0, NOW),))

    answer = ask(world, ANN, limit=9)

    assert {each.item_id.split("-")[0] for each in answer.items} == {"blue"}


def test_what_is_nearest_to_a_muted_interest_is_not_served_by_another() -> None:
    world = shop()
    world.add("purple", [1, 0.9, 0, 0])
    world.add("violet", [0.9, 1, 0, 0])
    fan_of_both(world)
    world.profiles["ann"] = Profile(choices=(Choice("red-01", 0.0, NOW),))

    answer = ask(world, ANN, limit=10)
    by_name = ask(world, ANN, limit=10, interest="item:red-01")
    asked_for = ask(world, Subject(item_id="red-00", user_id="ann"), limit=3)

    assert "violet" in ids(answer)
    assert "purple" not in ids(answer)
    assert ids(by_name)[0].startswith("red")
    assert ids(asked_for)[0].startswith("red")


def test_a_boosted_interest_gets_more_places() -> None:
    world = shop()
    fan_of_both(world)
    strict = replace(ALONE, interests=replace(ALONE.interests, balance=1.0))
    world.profiles["ann"] = Profile(choices=(Choice("blue-00", 9.0, NOW),))

    answer = world.recommender(strict).answer(ANN, Wanted(limit=10), now=NOW)

    colours = [each.item_id.split("-")[0] for each in answer.items]
    assert colours.count("blue") >= 8


def test_what_was_forgotten_leaves_no_interest() -> None:
    world = shop()
    fan_of_both(world)
    gone = {f"red-{number:02}": NOW for number in range(3)}
    world.profiles["ann"] = Profile(forgotten=gone)

    opened = world.recommender(ALONE).interests("ann", now=NOW)

    assert [each.name for each in opened] == ["item:blue-01"]


def test_one_interest_can_be_asked_for_and_neighbours_fill_it_up() -> None:
    world = shop()
    fan_of_both(world)

    answer = ask(world, ANN, limit=14, interest="item:blue-01", where=Range("price", lte=55.0))

    sources = {each.item_id.split("-")[0]: each.source for each in answer.items}
    assert ids(answer)[:3] == ["blue-03", "blue-04", "blue-05"]
    assert sources == {"blue": "vector", "red": "neighbour"}


def test_an_interest_nobody_has_is_refused_with_those_there_are() -> None:
    world = shop()
    fan_of_both(world)

    with pytest.raises(UnknownInterest, match="item:red-01"):
        ask(world, ANN, interest="item:grey")
    with pytest.raises(UnknownInterest, match="none yet"):
        ask(world, Subject(user_id="stranger"), interest="item:grey")


def test_interests_open_with_label_share_and_what_is_behind_them() -> None:
    world = shop()
    fan_of_both(world)
    world.profiles["ann"] = Profile(choices=(Choice("red-00", 0.0, NOW),))

    blue, red = world.recommender(ALONE).interests("ann", now=NOW)

    assert (blue.label, blue.share, blue.factor) == ("Blue", 1.0, 1.0)
    assert (red.name, red.share, red.factor) == ("item:red-01", 0.0, 0.0)
    assert [(each.item_id, each.kinds) for each in blue.items] == [
        (f"blue-{number:02}", ("like",)) for number in range(3)
    ]
    assert NOW - blue.newest_at == timedelta(days=2)


def test_the_session_can_be_asked_for_alone() -> None:
    world = shop()
    fan_of_both(world)
    world.did("ann", "view", "blue-05", ago=timedelta(minutes=5))

    answer = ask(world, ANN, interest="session", limit=5)

    assert {each.item_id.split("-")[0] for each in answer.items} == {"blue"}
    assert {each.interest for each in answer.items} == {"session"}


def test_a_session_without_anything_in_it_is_nothing_known() -> None:
    world = shop()
    fan_of_both(world)

    answer = ask(world, ANN, interest="session", limit=3)

    assert answer.shortfall is not None
    assert {each.source for each in answer.items} == {"neighbour"}


def test_an_interaction_changes_the_very_next_answer() -> None:
    world = shop()
    world.did("ann", "like", "red-00", ago=timedelta(days=9))
    before = ask(world, ANN, limit=4)
    world.did("ann", "purchase", "blue-00", ago=timedelta(0))

    after = ask(world, ANN, limit=4)

    assert not any(each.startswith("blue") for each in ids(before))
    assert any(each.startswith("blue") for each in ids(after))


def test_an_anonymous_session_is_answered_as_a_person_is() -> None:
    world = shop()
    events = (
        Event("red-00", "like", None, NOW - timedelta(hours=5)),
        Event("unknown", "like", None, NOW),
    )

    answer = ask(world, Subject(session=events), limit=5)

    assert {each.item_id.split("-")[0] for each in answer.items} == {"red"}
    assert "red-00" not in ids(answer)
    assert "recent" not in world.reads


def test_a_newcomer_is_known_by_the_words_they_gave() -> None:
    world = shop()
    world.said["something blue"] = joined([0, 1, 0, 0], None)
    seed = Seed("seed:1", "Blue things", 5.0, NOW, words="something blue")
    world.profiles["ann"] = Profile(seeds=(seed,))

    answer = ask(world, ANN, limit=5, explain=True)

    assert {each.item_id.split("-")[0] for each in answer.items} == {"blue"}
    assert answer.items[0].reasons is not None
    assert {(each.kind, each.space) for each in answer.items[0].reasons} == {("words", "text")}
    assert {each.interest for each in answer.items} == {"seed:1"}


def test_a_newcomer_is_known_by_the_items_they_chose() -> None:
    world = shop()
    seed = Seed("seed:1", "Red things", 5.0, NOW, items=("red-00", "red-01"))
    world.profiles["ann"] = Profile(seeds=(seed,))

    answer = ask(world, ANN, limit=5)

    assert {each.item_id.split("-")[0] for each in answer.items} == {"red"}


def test_a_seed_that_cannot_be_read_now_is_told_and_the_rest_answers() -> None:
    world = shop()
    world.did("ann", "like", "red-00")
    world.mute = True
    seed = Seed("seed:1", "Blue things", 5.0, NOW, words="something blue")
    world.profiles["ann"] = Profile(seeds=(seed,))

    answer = ask(world, ANN, limit=3)

    assert {each.source for each in answer.items} == {"vector"}
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("model_unavailable",)


def test_words_find_what_they_are_near_to() -> None:
    world = shop()
    world.said["blue"] = joined([0, 1, 0, 0], None)

    answer = ask(world, Subject(words="blue"), limit=3)

    assert ids(answer) == ["blue-00", "blue-01", "blue-02"]


def test_words_without_a_model_are_answered_from_what_is_popular_and_it_says_so() -> None:
    world = shop()
    world.mute = True

    answer = ask(world, Subject(words="blue"), limit=3)

    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("model_unavailable",)
    assert len(answer.items) == 3


def test_examples_pull_and_push() -> None:
    world = World()
    world.add("liked", [1, 1, 0, 0])
    world.add("disliked", [0, 1, 0, 0])
    world.add("between", [1, 2, 0, 0])
    world.add("away", [2, 1, -0.5, 0])

    pulled = ask(world, Subject(positive=("liked",)), limit=2)
    pushed = ask(world, Subject(positive=("liked",), negative=("disliked",)), limit=2)

    assert ids(pulled)[0] == "between"
    assert ids(pushed)[0] == "away"
    assert not {"liked", "disliked"} & {*ids(pulled), *ids(pushed)}


def test_a_person_bends_what_is_like_an_item_as_far_as_asked() -> None:
    world = shop()
    world.add("purple", [1, 1, 0, 0])
    for number in range(3):
        world.did("ann", "like", f"blue-{number:02}")
    purple = Subject(item_id="purple", user_id="ann")

    plain = ask(world, purple, limit=6, user_impact=0.0)
    bent = ask(world, purple, limit=6, user_impact=0.5)

    assert len({each.split("-")[0] for each in ids(plain)}) == 2
    assert {each.split("-")[0] for each in ids(bent)} == {"blue"}


def test_what_a_person_knows_may_be_found_when_asked_for_but_not_what_they_hid() -> None:
    world = shop()
    world.did("ann", "view", "red-01")
    world.did("ann", "hide", "red-02")

    answer = ask(world, Subject(item_id="red-00", user_id="ann"), limit=3, user_impact=0.0)

    assert ids(answer) == ["red-01", "red-03", "red-04"]


def test_an_unknown_item_cannot_be_asked_about() -> None:
    with pytest.raises(UnknownItem, match="nothing"):
        ask(shop(), Subject(item_id="nothing"))


def test_a_boost_lifts_what_it_is_for_and_is_a_reason() -> None:
    world = shop()
    world.did("ann", "like", "red-00")
    sale = Boost(where=equals("item_id", "red-09"), add=0.5, label="Sale")

    answer = ask(world, ANN, boosts=(sale,), explain=True, limit=3)

    first = answer.items[0]
    assert first.item_id == "red-09"
    assert first.reasons is not None
    assert ("boost", "Sale", 0.5) in [(each.kind, each.name, each.amount) for each in first.reasons]
    assert math.fsum(each.amount for each in first.reasons) == pytest.approx(first.score)


def test_freshness_lifts_what_is_new() -> None:
    world = World()
    for number in range(5):
        world.add(f"item-{number}", [1, number / 10, 0, 0], age=timedelta(days=100 - 20 * number))
    world.add("liked", [1, 0, 0, 0])
    world.did("ann", "like", "liked")

    plain = ask(world, ANN, limit=1)
    fresh = ask(world, ANN, limit=1, freshness=Freshness(timedelta(days=7), 0.5))

    assert ids(plain) == ["item-0"]
    assert ids(fresh) == ["item-4"]


def test_pins_have_their_places_and_scores_keep_theirs() -> None:
    world = shop()
    world.did("ann", "like", "red-00")
    pins = (Pin("blue-05", 2), Pin("red-03", 4))

    answer = ask(world, ANN, pins=pins, limit=5, explain=True)

    assert ids(answer) == ["red-01", "blue-05", "red-02", "red-03", "red-04"]
    assert [each.source for each in answer.items] == [
        "vector", "pinned", "vector", "pinned", "vector",
    ]  # fmt: skip
    assert [[(move.why, move.places) for move in each.moves] for each in answer.items] == [
        [], [], [("pin", -1)], [], [("pin", -2)],
    ]  # fmt: skip


def test_a_pin_holds_only_in_its_time_and_under_the_filter() -> None:
    world = shop()
    world.did("ann", "like", "red-00")
    over = Pin("blue-05", 1, ends_at=NOW)
    later = Pin("blue-06", 1, starts_at=NOW + timedelta(seconds=1))
    dear = Pin("blue-07", 1)

    answer = ask(world, ANN, pins=(over, later, dear), where=Range("price", lte=20.0), limit=3)

    assert ids(answer) == ["red-01", "red-02", "red-03"]


def test_a_cap_holds_over_all_sources() -> None:
    world = shop()
    world.did("ann", "like", "red-00")

    answer = ask(world, ANN, caps=(Cap("categories", 2),), limit=10)

    counted = [each.candidate.item.categories for each in answer.items]
    assert counted.count(("Red",)) == 2
    assert counted.count(("Blue",)) == 2
    assert len(answer.items) == 5
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("limits",)


def test_exploration_shows_what_nobody_has_touched_and_says_how_likely_it_was() -> None:
    world = shop()
    world.did("ann", "like", "red-00")
    for number in range(1, 12):
        if number != 9:
            for _ in range(9):
                world.did("crowd", "purchase", f"red-{number:02}")

    answer = ask(world, ANN, exploration=1.0, limit=2)

    assert answer.items[0].source == "exploration"
    assert answer.items[0].item_id not in {f"red-{n:02}" for n in range(1, 12) if n != 9}
    assert 0 < answer.items[0].propensity <= 1


def test_what_trends_in_a_persons_categories_comes_before_what_trends_elsewhere() -> None:
    world = shop()
    world.down = True
    world.did("ann", "like", "red-00")
    world.did("bob", "view", "red-07")
    world.did("bob", "purchase", "blue-07")

    answer = ask(world, ANN, limit=2)

    assert [(each.item_id, each.source) for each in answer.items] == [
        ("red-07", "trending_for_you"),
        ("blue-07", "trending"),
    ]


def test_a_dislike_lowers_its_neighbours_without_burying_its_category() -> None:
    world = World()
    world.add("liked", [1, 0, 0, 0], categories=("Mugs",))
    world.add("disliked", [1, 1, 0, 0], categories=("Mugs",))
    world.add("beside-it", [1, 0.9, 0, 0], categories=("Mugs",))
    world.add("another", [1, -0.95, 0, 0], categories=("Mugs",))
    world.did("ann", "like", "liked")
    before = ask(world, ANN)
    world.did("ann", "dislike", "disliked")

    after = ask(world, ANN)

    scores = {each.item_id: each.score for each in before.items}
    assert ids(before)[0] == "beside-it"
    assert ids(after) == ["another", "beside-it"]
    assert after.items[0].score == pytest.approx(scores["another"])


def test_pages_go_on_without_repeats_until_everything_was_shown() -> None:
    world = shop()
    fan_of_both(world)
    seen: list[str] = []
    keys: frozenset[int] = frozenset()
    while True:
        page = ask(world, ANN, limit=4, shown=keys, as_of=NOW, collapse=False)
        if not page.items:
            break
        seen += ids(page)
        keys |= {each.candidate.item.key for each in page.items}

    touched = {each.item_id for each in world.done}
    assert len(seen) == len(set(seen)) == 25 - len(touched)


def test_what_came_after_a_first_page_does_not_change_the_next() -> None:
    world = shop()
    world.did("ann", "like", "red-00", ago=timedelta(hours=2))
    asked_at = NOW - timedelta(hours=1)
    world.did("ann", "purchase", "blue-00", ago=timedelta(minutes=1))

    page = ask(world, ANN, limit=4, as_of=asked_at)
    fresh = ask(world, ANN, limit=4)

    assert {each.split("-")[0] for each in ids(page)} == {"red"}
    assert {each.split("-")[0] for each in ids(fresh)} == {"red", "blue"}


def test_wishes_can_depend_on_who_asks() -> None:
    world = shop()
    world.profiles["ann"] = Profile(attributes={"likes": "blue"})

    def adjusted(profile: Profile) -> Wanted:
        return Wanted(limit=1, where=equals("categories", str(profile.attributes["likes"]).title()))

    answer = world.recommender().answer(ANN, Wanted(), now=NOW, adjust=adjusted)

    assert answer.items[0].candidate.item.categories == ("Blue",)
    assert len(answer.items) == 1


def test_an_ordinary_answer_reads_sql_twice_and_searches_once() -> None:
    world = shop()
    fan_of_both(world)

    ask(world, ANN, limit=5, explain=True)

    assert world.reads == ["recent", "candidates"]
    assert len(world.asked) == 1
