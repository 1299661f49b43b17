import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.recommend.likeness import Likeness
from app.recommend.limits import Limits
from app.recommend.placing import Place, Placer, Pool, Rules
from app.recommend.requests import Cap
from app.recommend.settings import PlacingSettings
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.filters import Attribute, Filterable
from tests.app.recommend.world import LAYOUT, NOW, joined

WEIGHTS = {"text": 0.6, "image": 0.4}


def candidate(number: int, category: str | None = None, brand: str = "none") -> Candidate:
    categories = (category,) if category else ()
    attributes = {"brand": brand}
    item = Filterable(number, f"item-{number:02}", categories, None, True, NOW, attributes)
    return Candidate(item, None, None, 1, 1)


def pool(
    scores: Sequence[float],
    *,
    aspects: Sequence[int] | None = None,
    shares: Sequence[float] = (1.0,),
    vectors: Sequence[Array] | None = None,
    predicted: Sequence[frozenset[str]] | None = None,
    categories: Sequence[str] | None = None,
    uncertain: Sequence[float] | None = None,
) -> Pool:
    count = len(scores)
    likeness = None
    if vectors is not None:
        guessed = predicted or [frozenset()] * count
        likeness = Likeness(np.stack(vectors), guessed, LAYOUT, WEIGHTS, PlacingSettings())
    named: Sequence[str | None] = categories or [None] * count
    return Pool(
        [candidate(number, category) for number, category in enumerate(named)],
        np.array(scores, dtype=np.float64),
        np.array(aspects if aspects is not None else [0] * count, dtype=np.intp),
        np.array(shares),
        np.array(uncertain if uncertain is not None else [0.0] * count),
        likeness,
    )


def place(
    pooled: Pool,
    *,
    limit: int = 10,
    diversity: float = 0.0,
    balance: float = 0.0,
    exploration: float = 0.0,
    caps: Sequence[Cap] = (),
    lot: Callable[[], float] = lambda: 0.5,
) -> list[Place]:
    rules = Rules(limit, diversity, balance, exploration, collapse=True, lot=lot)
    return Placer(pooled, Limits(caps), rules).places()


def rows(places: Sequence[Place]) -> list[int]:
    return [each.row for each in places]


def test_with_nothing_else_asked_scores_give_the_places() -> None:
    given_ = place(pool([0.9, 0.8, 0.1]), limit=2)

    assert rows(given_) == [0, 1]
    assert {(each.why, each.propensity) for each in given_} == {(None, 1.0)}


def test_diversity_puts_something_else_before_more_of_the_same() -> None:
    mugs = [joined([1, 0, 0, 0], None), joined([1, 0.3, 0, 0], None), joined([0, 0, 1, 0], None)]
    scored = pool([0.9, 0.85, 0.6], vectors=mugs)

    assert rows(place(scored, diversity=0.0)) == [0, 1, 2]
    assert rows(place(scored, diversity=0.5)) == [0, 2, 1]
    assert [each.why for each in place(scored, diversity=0.5)] == [None, "diversity", None]


def test_the_same_words_or_picture_are_shown_once() -> None:
    first = joined([1, 0, 0, 0], [1, 0, 0])
    same_words = joined([1, 0, 0, 0], [1, 1, 0])
    same_picture = joined([1, 1, 0, 0], [1, 0, 0])
    other = joined([0, 1, 0, 0], [0, 1, 0])

    given_ = place(pool([0.9, 0.8, 0.7, 0.6], vectors=[first, same_words, same_picture, other]))

    assert rows(given_) == [0, 3]


def test_a_picture_that_says_no_picture_yet_does_not_make_two_items_one() -> None:
    placeholder = [1.0, 0.0, 0.0]
    vectors = [joined([1, 0, 0, 0], placeholder), joined([0, 1, 0, 0], placeholder)]

    assert rows(place(pool([0.9, 0.8], vectors=vectors))) == [0, 1]


def test_a_predicted_picture_makes_no_duplicate() -> None:
    vectors = [joined([1, 1, 0, 0], [1, 0, 0]), joined([1, 0.5, 0, 0], [1, 0, 0])]
    guessed = [frozenset[str](), frozenset({"image"})]

    assert rows(place(pool([0.9, 0.8], vectors=vectors, predicted=guessed))) == [0, 1]


def test_no_more_of_a_category_than_its_cap_allows() -> None:
    kinds = ["mug", "mug", "mug", "pen", "mug", "pen"]
    scored = pool([0.9, 0.8, 0.7, 0.6, 0.5, 0.4], categories=kinds)

    placer = Placer(
        scored, Limits([Cap("categories", 2)]), Rules(6, 0.0, 0.0, 0.0, collapse=True, lot=float)
    )

    assert rows(placer.places()) == [0, 1, 3, 5]
    assert placer.limited


def test_an_attribute_is_capped_by_each_of_its_values() -> None:
    caps = Limits([Cap(Attribute("brand"), 1)])
    acme, other = candidate(1, brand="Acme"), candidate(2, brand="Umbrella")

    caps.place(acme)

    assert not caps.admits(candidate(3, brand="Acme"))
    assert caps.admits(other)


def test_an_interest_that_is_owed_a_place_gets_it() -> None:
    scored = pool([0.9, 0.8, 0.7, 0.6, 0.5], aspects=[0, 0, 0, 0, 1], shares=[0.5, 0.5])

    strict = place(scored, balance=1.0, limit=3)

    assert rows(strict) == [0, 4, 1]
    assert [each.why for each in strict] == [None, "balance", None]


pools = st.integers(1, 25).flatmap(
    lambda count: st.tuples(
        st.lists(st.floats(0.01, 1), min_size=count, max_size=count),
        st.lists(st.integers(0, 2), min_size=count, max_size=count),
        st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    )
)


@given(pools, st.floats(0, 1), st.integers(1, 20))
def test_every_interest_has_its_share_of_the_places_as_long_as_it_has_candidates(
    drawn: tuple[list[float], list[int], list[float]], balance: float, limit: int
) -> None:
    scores, aspects, weights = drawn
    shares = [each / sum(weights) for each in weights]
    scored = pool(sorted(scores, reverse=True), aspects=aspects, shares=shares)

    given_ = rows(place(scored, balance=balance, limit=limit))

    assert len(given_) == min(limit, len(scores)) == len(set(given_))
    for aspect, share in enumerate(shares):
        served = sum(aspects[row] == aspect for row in given_)
        # While others take the places they are owed, one place can be late for each of them.
        owed = math.floor(balance * share * len(given_)) - (len(shares) - 1)
        assert served >= min(owed, aspects.count(aspect))


def test_nothing_is_owed_to_what_is_not_relevant_at_all() -> None:
    scored = pool([0.9, 0.8, -0.2], aspects=[0, 0, 1], shares=[0.5, 0.5])

    assert rows(place(scored, balance=1.0, limit=2)) == [0, 1]


def test_a_lot_gives_a_place_to_what_is_little_known() -> None:
    scored = pool([0.9, 0.8, 0.4], uncertain=[0.0, 0.0, 1.0])

    (first, *_) = place(scored, exploration=0.2, lot=lambda: 0.1)

    assert (first.row, first.why) == (2, "exploration")
    assert first.propensity == pytest.approx(0.2)


def test_what_a_lot_does_not_take_has_the_rest_of_the_probability() -> None:
    scored = pool([0.9, 0.8, 0.4], uncertain=[0.0, 0.0, 1.0])

    (first, *_) = place(scored, exploration=0.2, lot=lambda: 0.9)

    assert (first.row, first.why) == (0, None)
    assert first.propensity == pytest.approx(0.8)


def test_with_nothing_to_learn_nothing_is_left_to_chance() -> None:
    given_ = place(pool([0.9, 0.8]), exploration=1.0)

    assert rows(given_) == [0, 1]
    assert {each.propensity for each in given_} == {1.0}


@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.floats(0.01, 1), st.floats(0, 1)), min_size=1, max_size=8),
    st.floats(0.05, 1),
    st.integers(0, 2**32 - 1),
)
def test_propensities_are_how_often_an_item_comes_first(
    drawn: list[tuple[float, float]], exploration: float, seed: int
) -> None:
    ranked = sorted(drawn, reverse=True)
    scored = pool([score for score, _ in ranked], uncertain=[unsure for _, unsure in ranked])
    lots = np.random.default_rng(seed)
    tries = 400

    firsts = [
        place(scored, exploration=exploration, limit=1, lot=lots.random)[0] for _ in range(tries)
    ]

    told = {each.row: each.propensity for each in firsts}
    for row, propensity in told.items():
        often = sum(each.row == row for each in firsts) / tries
        spread = math.sqrt(propensity * (1 - propensity) / tries)
        assert abs(often - propensity) <= 6 * spread + 1e-9


@given(
    st.lists(st.floats(-1, 1), min_size=1, max_size=20),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(1, 25),
)
def test_places_are_given_once_and_as_many_as_there_are(
    scores: list[float], diversity: float, exploration: float, limit: int
) -> None:
    count = len(scores)
    angles = np.linspace(0, 3, count)
    vectors = [joined([math.cos(each), math.sin(each), 0, 0], None) for each in angles]
    scored = pool(sorted(scores, reverse=True), vectors=vectors, uncertain=[1.0] * count)

    given_ = place(scored, diversity=diversity, exploration=exploration, limit=limit)

    assert len({each.row for each in given_}) == len(given_) == min(limit, count)
    assert all(0 < each.propensity <= 1 + 1e-9 for each in given_)
