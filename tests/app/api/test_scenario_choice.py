"""What a request is answered with: its own wishes over those of a scenario."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.questions import Listing
from app.api.scenario_bodies import ScenarioBody
from app.api.scenario_choice import Applied, Choice, resolved, usable
from app.api.scenario_reading import Book, Scenario
from app.api.wishes import Wishes
from app.errors import NotFound
from app.recommend.profile import NO_PROFILE, Profile
from app.recommend.requests import Wanted
from indexer.filters import Filterable
from indexer.meaning import matches

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

fields: dict[str, st.SearchStrategy[Any]] = {
    "limit": st.integers(1, 500),
    "categories": st.lists(st.sampled_from("abc"), min_size=1, max_size=2),
    "price_min": st.integers(0, 2),
    "price_max": st.integers(3, 5),
    "available": st.sampled_from([True, False, "any"]),
    "filter": st.sampled_from(
        [
            {"field": "price", "lt": 4},
            {"not": {"field": "categories", "equals": "a"}},
            {"field": "attributes.brand", "equals": "x"},
        ]
    ),
    "exclude": st.lists(st.sampled_from(["i1", "i2", "i3"]), max_size=2),
    "weights": st.sampled_from([{}, {"text": 1.0}, {"text": 1.0, "image": 2.0}]),
    "boosts": st.sampled_from([[], [{"add": 0.1}], [{"multiply": 2.0, "label": "up"}]]),
    "pins": st.sampled_from([[], [{"item_id": "p", "position": 2}]]),
    "caps": st.sampled_from([[], [{"field": "categories", "most": 2}]]),
    "diversity": st.sampled_from([None, 0.0, 0.5]),
    "freshness": st.sampled_from([None, {"half_life": "7d", "weight": 0.2}]),
    "exploration": st.sampled_from([0.0, 0.3]),
    "user_impact": st.sampled_from([None, 0.4]),
    "duplicates": st.sampled_from(["collapse", "keep"]),
    "fields": st.sampled_from([["title"], ["price", "attributes.brand"]]),
}
bodies = st.fixed_dictionaries({}, optional=fields)
items = st.builds(
    Filterable,
    key=st.just(1),
    item_id=st.sampled_from(["i1", "i2", "i3"]),
    categories=st.lists(st.sampled_from("abc"), max_size=2).map(tuple),
    price=st.none() | st.integers(0, 6).map(float),
    available=st.booleans(),
    created_at=st.just(NOW),
    attributes=st.sampled_from([{}, {"brand": "x"}, {"brand": "y"}]),
)

REPLACED = {
    "limit": "limit",
    "weights": "weights",
    "boosts": "boosts",
    "pins": "pins",
    "caps": "caps",
    "diversity": "diversity",
    "freshness": "freshness",
    "exploration": "exploration",
    "user_impact": "user_impact",
    "duplicates": "collapse",
}
"""Field of a body to field of Wanted, for those that one side alone decides."""


def wishes(body: dict[str, Any]) -> Wishes:
    return Wishes.model_validate(body)


def laid(asked: dict[str, Any], defaults: dict[str, Any]) -> Wanted:
    said = wishes(asked)
    return resolved(said, wishes(defaults), said.wanted(explain=True, interest="x"))


@given(bodies, bodies)
def test_what_a_request_says_wins_and_what_it_does_not_say_is_the_scenarios(
    asked: dict[str, Any], defaults: dict[str, Any]
) -> None:
    wanted = laid(asked, defaults)

    for field, name in REPLACED.items():
        source = asked if field in asked else defaults
        assert getattr(wanted, name) == getattr(wishes(source).wanted(), name), field
    assert wanted.explain
    assert wanted.interest == "x"


@given(bodies, bodies)
def test_what_either_excludes_is_excluded(asked: dict[str, Any], defaults: dict[str, Any]) -> None:
    wanted = laid(asked, defaults)

    assert wanted.exclude == {*asked.get("exclude", []), *defaults.get("exclude", [])}


@given(bodies, bodies, items)
def test_the_filters_of_both_are_obeyed(
    asked: dict[str, Any], defaults: dict[str, Any], item: Filterable
) -> None:
    wanted = laid(asked, defaults)

    decides = asked if "available" in asked else defaults
    parts = [
        wishes({**asked, "available": "any"}).where,
        wishes({**defaults, "available": "any"}).where,
        wishes({"available": decides.get("available", True)}).where,
    ]
    assert matches(wanted.where, item) is all(matches(part, item) for part in parts)


@given(bodies)
def test_a_scenario_without_defaults_changes_nothing(asked: dict[str, Any]) -> None:
    assert laid(asked, {}) == wishes(asked).wanted(explain=True, interest="x")


@given(bodies)
def test_a_request_that_says_nothing_gets_the_whole_scenario(defaults: dict[str, Any]) -> None:
    wanted = resolved(Wishes(), wishes(defaults), Wanted(shown=frozenset({7}), as_of=NOW))

    assert wanted.shown == {7}
    assert wanted.as_of == NOW
    for name in (*REPLACED.values(), "exclude"):
        assert getattr(wanted, name) == getattr(wishes(defaults).wanted(), name)


def test_filters_may_be_larger_together_than_each_may_be() -> None:
    many = {"filter": {"any": [{"field": "price", "equals": n} for n in range(64)]}}

    wanted = laid(many, many)

    assert matches(wanted.where, Filterable(1, "i", (), 3, True, NOW, {}))


def scenario(name: str, body: dict[str, Any]) -> Scenario:
    return Scenario.drafted(name, ScenarioBody.model_validate(body))


BOOK = Book(
    {
        each.name: each
        for each in (
            scenario("plain", {"defaults": {"limit": 1}}),
            scenario(
                "gold",
                {
                    "when": {"field": "attributes.plan", "equals": "gold"},
                    "for": ["for-you"],
                    "priority": 1,
                    "defaults": {"limit": 2, "fields": ["price"]},
                },
            ),
            scenario("everyone", {"when": {"all": []}, "defaults": {"limit": 3}}),
        )
    }
)
GOLD = Profile({"plan": "gold"})


def choice(
    asked: dict[str, Any] | None = None,
    *,
    named: str | None = None,
    lenient: bool = False,
    listing: Listing = "for-you",
) -> Choice:
    said = wishes(asked or {})
    return Choice(BOOK, said, said.wanted(), listing=listing, named=named, lenient=lenient)


@pytest.mark.parametrize(
    ("named", "profile", "limit", "applied"),
    [
        ("plain", GOLD, 1, Applied("plain", 0, "request", ())),
        (None, GOLD, 2, Applied("gold", 0, "rule", ())),
        (None, NO_PROFILE, 3, Applied("everyone", 0, "rule", ())),
        ("none", GOLD, 20, None),
    ],
)
def test_a_named_scenario_comes_before_one_that_holds_by_itself(
    named: str | None, profile: Profile, limit: int, applied: Applied | None
) -> None:
    chosen = choice(named=named)

    wanted = chosen(profile)

    assert wanted.limit == limit
    assert chosen.applied == applied


def test_what_a_request_says_comes_before_any_scenario() -> None:
    chosen = choice({"limit": 9})

    wanted = chosen(GOLD)

    assert wanted.limit == 9
    assert chosen.wishes.limit == 9
    assert chosen.wishes.fields == ["price"]


def test_a_rule_for_other_lists_does_not_hold() -> None:
    assert choice(listing="similar")(GOLD).limit == 3


def test_a_name_nobody_knows_is_refused_with_those_there_are() -> None:
    with pytest.raises(NotFound, match="no scenario 'sale'; there are everyone, gold, plain"):
        choice(named="sale")
    with pytest.raises(NotFound, match="there is none yet"):
        Choice(Book({}), Wishes(), Wanted(), listing="search", named="sale")


def test_a_name_nobody_knows_means_none_to_the_lenient() -> None:
    chosen = choice(named="sale", lenient=True)

    assert chosen(GOLD).limit == 20
    assert chosen.applied is None


@pytest.mark.parametrize(
    ("weights", "spaces", "left", "without"),
    [
        ({"text": 1.0}, {"text", "image"}, {"text": 1.0}, ()),
        ({"text": 1.0, "sound": 2.0}, {"text"}, {"text": 1.0}, ("defaults.weights.sound",)),
        ({"sound": 2.0}, {"text"}, {}, ("defaults.weights.sound",)),
        ({"text": 0.0, "sound": 2.0}, {"text"}, {}, ("defaults.weights.sound",)),
        ({"sound": 2.0}, None, {"sound": 2.0}, ()),
    ],
)
def test_weights_of_spaces_that_are_gone_are_left_out(
    weights: dict[str, float],
    spaces: set[str] | None,
    left: dict[str, float],
    without: tuple[str, ...],
) -> None:
    defaults = wishes({"weights": weights, "limit": 3})

    usable_now, left_out = usable(defaults, spaces)

    assert usable_now.weights == left
    assert usable_now.limit == 3
    assert left_out == without
