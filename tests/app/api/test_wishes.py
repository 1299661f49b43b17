"""What can be wished of an answer, and what it is read as."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from app.api.wishes import EXAMPLE, WISHES, Wishes
from app.recommend.requests import Boost, Cap, Freshness, Pin, Wanted
from indexer.filters import All, Attribute, In, Range, equals

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
AVAILABLE = equals("available", value=True)


def wishes(**fields: object) -> Wishes:
    return Wishes.model_validate(fields)


def refusal(**fields: object) -> str:
    with pytest.raises(ValidationError) as raised:
        wishes(**fields)
    first = raised.value.errors()[0]
    return ".".join(map(str, first["loc"])) + ": " + first["msg"]


def test_nothing_wished_is_the_services_defaults() -> None:
    assert wishes().wanted() == Wanted(where=AVAILABLE)
    assert wishes().given == {}


def test_everything_wished_reaches_the_recommender() -> None:
    wanted = wishes(
        limit=7,
        categories=["Mugs"],
        price_max=9,
        available="any",
        filter={"field": "attributes.brand", "equals": "Acme"},
        weights={"image": 2},
        exclude=["mug-1"],
        boosts=[
            {"filter": {"field": "categories", "equals": "New"}, "multiply": 2, "label": "new"},
            {"add": -0.5, "by": "attributes.margin", "low": 0, "high": 40},
        ],
        pins=[{"item_id": "mug-2", "position": 3, "from": "2026-05-04T12:00:00Z"}],
        caps=[{"field": "attributes.brand", "most": 2}, {"field": "categories", "most": 4}],
        diversity=0,
        freshness={"half_life": "36h", "weight": 0.2},
        exploration=0.1,
        user_impact=1,
        duplicates="keep",
    ).wanted(explain=True, interest="mug-7")

    assert wanted == Wanted(
        limit=7,
        where=All(
            (
                All((In("categories", ("Mugs",)), Range("price", lte=9.0))),
                equals(Attribute("brand"), "Acme"),
            )
        ),
        weights={"image": 2},
        exclude=frozenset({"mug-1"}),
        explain=True,
        interest="mug-7",
        boosts=(
            Boost(equals("categories", "New"), multiply=2, label="new"),
            Boost(add=-0.5, by=Attribute("margin"), low=0, high=40, label="boost 2"),
        ),
        pins=(Pin("mug-2", 3, starts_at=NOON),),
        caps=(Cap(Attribute("brand"), 2), Cap("categories", 4)),
        diversity=0,
        freshness=Freshness(timedelta(hours=36), 0.2),
        exploration=0.1,
        user_impact=1,
        collapse=False,
    )


def test_what_was_given_can_be_read_again() -> None:
    read = wishes(**EXAMPLE)

    assert read.given == EXAMPLE
    assert wishes(**json.loads(json.dumps(read.given))) == read
    assert set(EXAMPLE) < WISHES


@given(st.timedeltas(timedelta(minutes=1), timedelta(days=3650)))
def test_any_half_life_is_written_so_that_it_is_read_the_same(half_life: timedelta) -> None:
    first = wishes(freshness={"half_life": half_life.total_seconds(), "weight": 1})

    assert wishes(**first.given) == first


def test_wishes_come_before_defaults_field_by_field() -> None:
    defaults = wishes(limit=5, boosts=[{"add": 1}], diversity=0.5, exclude=["a"])

    together = wishes(limit=9, boosts=[], diversity=None).over(defaults)

    assert together.given == {"limit": 9, "boosts": [], "diversity": None, "exclude": ["a"]}
    assert defaults.limit == 5
    assert wishes().over(defaults) == defaults


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"limt": 5}, "limt"),
        ({"limit": 0}, "limit"),
        ({"limit": True}, "limit"),
        ({"price_min": 3, "price_max": 2}, "price_min 3.0 is above price_max 2.0"),
        ({"diversity": 1.1}, "diversity"),
        ({"diversity": "0.5"}, "diversity"),
        ({"exploration": -0.1}, "exploration"),
        ({"exploration": None}, "exploration"),
        ({"user_impact": float("nan")}, "user_impact"),
        ({"duplicates": "drop"}, "duplicates"),
        ({"fields": ["colour"]}, "'colour' is not one of title"),
        ({"fields": ["attributes."]}, "fields"),
        ({"fields": ["title"] * 51}, "fields"),
        ({"boosts": [{}]}, "exactly one of multiply and add"),
        ({"boosts": [{"multiply": 2, "add": 1}]}, "exactly one of multiply and add"),
        ({"boosts": [{"multiply": 0}]}, "boosts.0.multiply"),
        ({"boosts": [{"multiply": 1e4}]}, "boosts.0.multiply"),
        ({"boosts": [{"add": float("inf")}]}, "boosts.0.add"),
        ({"boosts": [{"add": 1, "by": "categories"}]}, "price or attributes.NAME"),
        ({"boosts": [{"add": 1, "by": "attributes."}]}, "boosts.0.by"),
        ({"boosts": [{"add": 1, "by": "attributes.a\0"}]}, "NUL"),
        ({"boosts": [{"add": 1, "by": "price", "low": 3, "high": 3}]}, "low 3.0 is not below"),
        ({"boosts": [{"add": 1, "low": 3}]}, "give `by`"),
        ({"boosts": [{"add": 1, "filter": {"field": "x"}}]}, "boosts.0.filter"),
        ({"boosts": [{"add": 1}] * 21}, "boosts"),
        (
            {"boosts": [{"add": 1, "filter": {"any": [{"field": "price", "gt": 1}] * 33}}] * 2},
            "66 conditions; at most 64",
        ),
        ({"boosts": [{"add": 1, "label": ""}]}, "label"),
        ({"pins": [{"item_id": "a/b", "position": 1}]}, "item_id"),
        ({"pins": [{"item_id": "a", "position": 0}]}, "position"),
        ({"pins": [{"item_id": "a", "position": 1, "from": "soon"}]}, "RFC 3339"),
        (
            {
                "pins": [
                    {
                        "item_id": "a",
                        "position": 1,
                        "from": "2026-05-04T12:00:00Z",
                        "until": "2026-05-04T12:00:00Z",
                    }
                ]
            },
            "never hold",
        ),
        (
            {"pins": [{"item_id": "a", "position": 1}, {"item_id": "b", "position": 1}]},
            "two pins want the place 1",
        ),
        (
            {"pins": [{"item_id": "a", "position": 1}, {"item_id": "a", "position": 2}]},
            "'a' is pinned to two places",
        ),
        ({"caps": [{"field": "price", "most": 1}]}, "categories or attributes.NAME"),
        ({"caps": [{"field": "categories", "most": 0}]}, "most"),
        ({"caps": [{"field": "categories", "most": 1}] * 2}, "'categories' has two caps"),
        ({"freshness": {"half_life": "5s", "weight": 1}}, "half_life"),
        ({"freshness": {"half_life": "a week", "weight": 1}}, "not a duration"),
        ({"freshness": {"half_life": "7d"}}, "weight"),
        ({"freshness": {"half_life": "7d", "weight": -1}}, "weight"),
    ],
)
def test_a_wish_that_breaks_a_rule_is_refused(fields: dict[str, object], told: str) -> None:
    assert told in refusal(**fields)


def test_pins_may_follow_one_another_at_one_place() -> None:
    turns = [
        {"item_id": "a", "position": 1, "until": "2026-05-04T12:00:00Z"},
        {"item_id": "b", "position": 1, "from": "2026-05-04T12:00:00Z"},
    ]

    first, second = wishes(pins=turns).wanted().pins

    assert (first.holds(NOON), second.holds(NOON)) == (False, True)
