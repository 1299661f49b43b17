import math
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.boosts import Adjustment, boost_difference, freshness_gain
from app.recommend.requests import Boost, Freshness
from indexer.catalogue import Candidate
from indexer.filters import Attribute, Filterable, equals
from tests.app.recommend.world import NOW

scores = st.floats(-1, 1)


def item(*, price: float | None = 20.0, margin: object = 0.5, days: int = 7) -> Filterable:
    attributes = {} if margin is None else {"margin": margin}
    return Filterable(1, "mug", ("mugs",), price, True, NOW - timedelta(days=days), attributes)


@given(scores, st.floats(1.0, 10))
def test_multiplying_by_more_than_one_never_lowers(score: float, factor: float) -> None:
    assert boost_difference(Boost(multiply=factor), item(), score) >= -1e-12
    assert boost_difference(Boost(multiply=1 / factor), item(), score) <= 1e-12


def test_a_boost_is_the_difference_it_makes() -> None:
    assert boost_difference(Boost(multiply=1.5), item(), 0.4) == pytest.approx(0.2)
    assert boost_difference(Boost(multiply=2.0), item(), -0.4) == pytest.approx(0.2)
    assert boost_difference(Boost(add=-0.3), item(), 0.4) == pytest.approx(-0.3)


def test_what_the_filter_turns_away_is_not_boosted() -> None:
    others = Boost(where=equals("categories", "pens"), add=1.0)

    assert boost_difference(others, item(), 0.4) == 0.0


@pytest.mark.parametrize(
    ("margin", "share"),
    [(0.5, 0.5), (2.0, 1.0), (-1.0, 0.0), (None, 0.0), ("high", 0.0), (True, 0.0), (1, 1.0)],
)
def test_a_boost_by_a_number_gives_its_share(margin: object, share: float) -> None:
    by_margin = Boost(add=0.2, by=Attribute("margin"))

    assert boost_difference(by_margin, item(margin=margin), 0.4) == pytest.approx(0.2 * share)


def test_a_boost_by_price_counts_from_low_to_high() -> None:
    dear = Boost(multiply=2.0, by="price", low=10.0, high=30.0)

    assert boost_difference(dear, item(price=20.0), 0.4) == pytest.approx(0.2)
    assert boost_difference(dear, item(price=None), 0.4) == 0.0


def test_freshness_halves_with_age_and_the_future_is_new() -> None:
    week = Freshness(timedelta(days=7), 0.2)

    gains = [freshness_gain(week, NOW - timedelta(days=days), NOW) for days in (-3, 0, 7, 14)]

    assert gains == pytest.approx([0.2, 0.2, 0.1, 0.05])


@given(
    scores,
    st.lists(
        st.builds(Boost, multiply=st.floats(0.1, 10)) | st.builds(Boost, add=st.floats(-1, 1)),
        max_size=4,
    ),
    st.none() | st.builds(Freshness, st.just(timedelta(days=7)), st.floats(0, 1)),
)
def test_reasons_add_up_to_the_score_after_all_boosts(
    relevance: float, boosts: list[Boost], freshness: Freshness | None
) -> None:
    adjustment = Adjustment(boosts, freshness, NOW)
    expected = relevance + (0.0 if freshness is None else freshness.weight / 2)
    for boost in boosts:
        if boost.add is not None:
            expected += boost.add
        else:
            factor = boost.multiply or 1.0
            expected = expected * factor if expected >= 0 else expected / factor

    reasons = adjustment.reasons(Candidate(item(), None, None, 1, 1), relevance)

    assert relevance + math.fsum(each.amount for each in reasons) == pytest.approx(expected)
    assert all(each.amount for each in reasons)
