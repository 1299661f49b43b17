from dataclasses import replace
from datetime import timedelta

import pytest

from app.recommend.answers import Answer
from app.recommend.errors import InvalidWeights, UnknownItem, UnknownSpace
from app.recommend.requests import Wanted
from app.recommend.settings import RecommendSettings
from indexer.filters import All, In, Range, equals
from tests.app.recommend.world import NOW, World

RED = [1, 0, 0, 0]
BLUE = [0, 1, 0, 0]


def ids(answer: Answer) -> list[str]:
    return [each.item_id for each in answer.items]


def shop() -> World:
    """Ten red and ten blue things, the first of each closest to its colour."""
    world = World()
    for number in range(10):
        world.add(f"red-{number}", [1, 0, number / 10, 0], price=10.0 + number)
        world.add(f"blue-{number}", [0, 1, number / 10, 0], price=20.0 + number)
    return world


def test_an_item_near_a_persons_taste_ranks_above_one_far_from_it() -> None:
    world = shop()
    world.did("ann", "purchase", "red-0")

    answer = world.recommender().for_you("ann", Wanted(limit=19), now=NOW)

    assert ids(answer)[:9] == [f"red-{number}" for number in range(1, 10)]
    assert {each.source for each in answer.items} == {"vector"}
    assert answer.shortfall is None
    assert answer.generation == 7
    assert answer.recommendation_id == "an-answer"


def test_a_fresh_interaction_outweighs_an_old_one() -> None:
    world = shop()
    world.did("ann", "like", "red-0", ago=timedelta(days=300))
    world.did("ann", "like", "blue-0")

    answer = world.recommender().for_you("ann", Wanted(limit=5), now=NOW)

    assert ids(answer) == [f"blue-{number}" for number in range(1, 6)]


def test_what_was_hidden_pulls_its_likes_down() -> None:
    world = World()
    world.add("liked", [1, 1, 0, 0])
    world.add("hidden", [0, 1, 0, 0])
    world.add("like-both", [1, 1, 0, 0])
    world.add("unlike-hidden", [1, 0, 0, 0])
    world.did("ann", "like", "liked")
    world.did("ann", "hide", "hidden")

    answer = world.recommender().for_you("ann", Wanted(limit=2), now=NOW)

    assert ids(answer) == ["unlike-hidden", "like-both"]


def test_a_stranger_gets_what_trends_or_is_popular_then_what_is_new() -> None:
    world = shop()
    world.add("brand-new", RED, age=timedelta(minutes=1))
    world.did("bob", "view", "blue-3", ago=timedelta(minutes=5))
    world.did("bob", "purchase", "blue-4", ago=timedelta(days=40))

    answer = world.recommender().for_you("stranger", Wanted(limit=4), now=NOW)

    assert [(each.item_id, each.source) for each in answer.items] == [
        ("blue-4", "popular"),
        ("blue-3", "trending"),
        ("brand-new", "newest"),
        ("blue-0", "newest"),
    ]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("nothing_known",)
    assert (answer.shortfall.asked, answer.shortfall.found) == (4, 0)
    assert answer.generation is None


def test_a_person_whose_evidence_cancels_out_is_a_stranger() -> None:
    world = shop()
    world.did("ann", "like", "red-0")
    world.did("ann", "dislike", "red-0")

    answer = world.recommender().for_you("ann", Wanted(limit=3), now=NOW)

    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("nothing_known",)
    assert "red-0" not in ids(answer)


def test_an_item_known_only_later_counts_once_it_is_there() -> None:
    world = shop()
    world.did("ann", "like", "not-yet")
    before = world.recommender().for_you("ann", Wanted(limit=3), now=NOW)
    world.add("not-yet", BLUE)

    after = world.recommender().for_you("ann", Wanted(limit=3), now=NOW)

    assert before.shortfall is not None
    assert ids(after) == ["blue-0", "blue-1", "blue-2"]


def test_with_the_index_down_popularity_answers_and_says_so() -> None:
    world = shop()
    world.did("ann", "purchase", "red-0")
    world.did("bob", "view", "blue-3")
    world.down = True

    for_you = world.recommender().for_you("ann", Wanted(limit=3), now=NOW)
    similar = world.recommender().similar("red-0", Wanted(limit=3), now=NOW)

    assert ids(for_you)[0] == "blue-3"
    assert ids(similar)[0] == "blue-3"
    for answer, item in ((for_you, "red-0"), (similar, "red-0")):
        assert answer.shortfall is not None
        assert answer.shortfall.reasons == ("index_unavailable",)
        assert "3 were filled in" in answer.shortfall.detail
        assert answer.generation is None
        assert item not in ids(answer)


def test_a_search_widens_when_the_index_cannot_apply_the_filter() -> None:
    world = World(blind=True)
    for number in range(300):
        world.add(f"thing-{number:03}", [1, number / 300, 0, 0], price=float(number))
    world.add("liked", RED)
    world.did("ann", "like", "liked")
    dear = Wanted(limit=10, where=Range("price", gte=200.0), collapse=False)

    answer = world.recommender().for_you("ann", dear, now=NOW)

    assert ids(answer) == [f"thing-{number}" for number in range(200, 210)]
    assert answer.shortfall is None
    assert world.asked == [30, 60, 120, 240]


def test_widening_ends_at_its_bound_and_popularity_fills_up() -> None:
    world = World(blind=True)
    for number in range(300):
        world.add(f"thing-{number:03}", [1, number / 300, 0, 0], price=float(number))
    world.add("liked", RED)
    world.did("ann", "like", "liked")
    dear = Wanted(limit=10, where=Range("price", gte=295.0))

    answer = world.recommender(RecommendSettings(widest=100)).for_you("ann", dear, now=NOW)

    assert world.asked == [30, 60, 100]
    assert sorted(ids(answer)) == [f"thing-{number}" for number in range(295, 300)]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("filters",)


def test_the_catalogue_decides_where_the_index_is_behind() -> None:
    world = shop()
    world.did("ann", "like", "red-0")
    world.reprice("red-1", 500.0)
    world.delete("red-2")
    cheap = Wanted(limit=3, where=Range("price", lte=100.0))

    answer = world.recommender().for_you("ann", cheap, now=NOW)

    assert ids(answer) == ["red-3", "red-4", "red-5"]


def test_an_answer_with_everything_there_is_says_that_the_catalogue_ends() -> None:
    world = shop()
    world.did("ann", "like", "red-0")

    answer = world.recommender().for_you("ann", Wanted(limit=50), now=NOW)

    assert len(answer.items) == 19
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("catalogue",)
    assert answer.shortfall.found == 19


def test_excluded_items_are_in_no_answer() -> None:
    world = shop()
    world.did("ann", "like", "red-0")
    wanted = Wanted(limit=50, exclude=frozenset({"red-1", "blue-0", "no such item"}))

    answers = [
        world.recommender().for_you("ann", wanted, now=NOW),
        world.recommender().similar("red-0", wanted, now=NOW),
        world.recommender().popular(wanted, now=NOW),
    ]

    assert not any(wanted.exclude & set(ids(answer)) for answer in answers)


def test_which_kinds_keep_an_item_away_is_a_setting_but_hiding_always_does() -> None:
    world = shop()
    for kind in ("view", "purchase", "hide"):
        world.did("ann", kind, f"red-{len(world.done)}")
    only_bought = RecommendSettings(excluded_kinds=frozenset({"purchase"}))

    by_default = world.recommender().for_you("ann", Wanted(limit=50), now=NOW)
    configured = world.recommender(only_bought).for_you("ann", Wanted(limit=50), now=NOW)

    assert {"red-0", "red-1", "red-2"} & set(ids(by_default)) == set()
    assert {"red-0", "red-1", "red-2"} & set(ids(configured)) == {"red-0"}


def test_items_touched_longer_ago_than_is_read_stay_away_too() -> None:
    world = shop()
    world.did("ann", "hide", "red-1", ago=timedelta(days=9))
    world.did("ann", "hide", "blue-1", ago=timedelta(days=8))
    for minutes in range(1, 4):
        world.did("ann", "view", "red-0", ago=timedelta(minutes=minutes))

    short = replace(RecommendSettings(), history_limit=3)
    answer = world.recommender(short).for_you("ann", Wanted(limit=50), now=NOW)

    assert len(answer.items) == 17
    assert {"red-1", "blue-1"} & set(ids(answer)) == set()


def test_an_ordinary_answer_reads_history_and_candidates_and_nothing_else() -> None:
    world = shop()
    world.did("ann", "like", "red-0")

    world.recommender().for_you("ann", Wanted(limit=5), now=NOW)

    assert world.reads == ["recent", "candidates"]
    assert world.asked == [25]


def test_similar_finds_what_is_alike_but_not_the_item_itself() -> None:
    world = shop()

    answer = world.recommender().similar("blue-0", Wanted(limit=3), now=NOW)

    assert ids(answer) == ["blue-1", "blue-2", "blue-3"]
    assert answer.items[0].score == pytest.approx(0.6 / 1.01**0.5)


def test_similar_by_looks_alone_is_the_image_weight_alone() -> None:
    world = World()
    world.add("asked", RED, [1, 0, 0])
    world.add("reads-alike", RED, [0, 1, 0])
    world.add("looks-alike", BLUE, [1, 0, 0])

    answer = world.recommender().similar("asked", Wanted(weights={"image": 2.0}), now=NOW)

    assert ids(answer) == ["looks-alike", "reads-alike"]
    assert [each.score for each in answer.items] == pytest.approx([1.0, 0.0])


def test_similar_to_an_item_without_vectors_is_filled_from_elsewhere() -> None:
    world = shop()
    world.add("bare")

    answer = world.recommender().similar("bare", Wanted(limit=3), now=NOW)

    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("nothing_known",)
    assert ids(answer) == ["blue-0", "blue-1", "blue-2"]


def test_similar_to_nothing_is_an_error() -> None:
    with pytest.raises(UnknownItem, match="'nothing'"):
        shop().recommender().similar("nothing", Wanted(), now=NOW)


def test_a_filter_by_item_id_reaches_the_index_as_keys() -> None:
    world = shop()
    world.did("ann", "like", "red-0")
    where = In("item_id", ("red-5", "blue-5", "nothing"))

    answer = world.recommender().for_you("ann", Wanted(where=where), now=NOW)

    assert ids(answer) == ["red-5", "blue-5"]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("filters",)


def test_weights_that_cannot_be_used_are_refused() -> None:
    recommender = shop().recommender()

    with pytest.raises(UnknownSpace, match="smell"):
        recommender.similar("red-0", Wanted(weights={"smell": 1.0}), now=NOW)
    with pytest.raises(InvalidWeights, match="all 0"):
        recommender.similar("red-0", Wanted(weights={"text": 0.0}), now=NOW)


def test_popular_and_trending_rank_by_counts_under_the_filter() -> None:
    world = shop()
    world.did("bob", "purchase", "red-1", ago=timedelta(days=20))
    for _ in range(3):
        world.did("bob", "view", "red-2")
    world.did("bob", "view", "blue-2")
    cheap = Wanted(limit=5, where=All((Range("price", lt=15.0), equals("available", value=True))))

    popular = world.recommender().popular(cheap, now=NOW)
    trending = world.recommender().trending(cheap, now=NOW)

    assert ids(popular) == ["red-1", "red-2"]
    assert ids(trending) == ["red-2", "red-1"]
    assert {each.source for each in popular.items} == {"popular"}
    assert popular.items[1].score == pytest.approx(3.0, rel=0.01)
    assert popular.shortfall is not None
    assert popular.shortfall.reasons == ("filters",)


def test_a_filter_by_category_narrows_what_fills_up() -> None:
    world = World()
    for number in range(30):
        world.add(f"shoe-{number:02}", RED, categories=("shoes",))
        world.did("bob", "like", f"shoe-{number:02}")
    world.add("hat", BLUE, categories=("hats", "wool"))
    world.did("bob", "view", "hat")
    hats = Wanted(limit=2, where=In("categories", ("hats", "wool")))

    answer = world.recommender().popular(hats, now=NOW)

    assert ids(answer) == ["hat"]
    assert world.reads == ["popular", "popular"]
