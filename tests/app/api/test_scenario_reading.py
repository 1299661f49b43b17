"""Stored scenarios are read once, and never stand in the way of an answer."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.scenario_bodies import EXAMPLE, ScenarioBody
from app.api.scenario_reading import Reader, readable
from app.api.wishes import Wishes
from app.scenarios.store import Live, StoredScenario

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)


def stored(body: dict[str, Any], name: str = "sale", version: int = 1) -> StoredScenario:
    return StoredScenario(name, version, body, None, NOW)


def test_a_body_reads_back_as_it_was_written() -> None:
    body = ScenarioBody.model_validate(EXAMPLE)

    again = readable(stored(body.given))

    assert body.given == EXAMPLE
    assert again.rule == body.rule
    assert again.defaults == body.defaults
    assert again.left_out == ()


@pytest.mark.parametrize(
    ("change", "left_out"),
    [
        ({"colour": "red"}, ("colour",)),
        ({"when": {"field": "age", "gte": 3}}, ("when", "for", "priority")),
        ({"defaults": {"limit": 0, "diversity": 0.5}}, ("defaults.limit",)),
        ({"defaults": {"mood": "good", "limit": -1, "diversity": 0.5}}, None),
        ({"defaults": {"price_min": 3, "price_max": 2}}, ("defaults",)),
        ({"defaults": 3}, ("defaults",)),
    ],
)
def test_what_cannot_be_read_any_more_is_left_out_and_the_rest_holds(
    change: dict[str, Any], left_out: tuple[str, ...] | None
) -> None:
    read = readable(stored({**EXAMPLE, **change}))

    expected = ("defaults.limit", "defaults.mood") if left_out is None else left_out
    assert read.left_out == tuple(sorted(expected))
    assert (read.rule is None) is ("when" in read.left_out)
    if isinstance(change.get("defaults"), dict) and "diversity" in change["defaults"]:
        assert read.defaults.diversity == 0.5


def test_what_did_not_change_is_not_read_again() -> None:
    reader = Reader()
    one, two = stored({"defaults": {}}, "one"), stored({"defaults": {}}, "two")
    first_live = Live(1, {"one": one, "two": two})

    first = reader.book(first_live)
    same = reader.book(first_live)
    second = reader.book(Live(2, {"one": one, "two": stored({"defaults": {"limit": 3}}, "two", 2)}))

    assert same is first
    assert second.scenarios["one"] is first.scenarios["one"]
    assert second.scenarios["two"].defaults.limit == 3


scalars = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from(["", "x", "segments"])
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["field", "all", "equals", "in", "text"]), inner)
    ),
    max_leaves=8,
)
fields = st.sampled_from([*ScenarioBody.model_fields, "for", "other"])
wishes = st.sampled_from([*Wishes.model_fields, "other"])
broken = st.dictionaries(fields, anything | st.dictionaries(wishes, anything))


@given(broken)
def test_whatever_is_stored_can_be_answered_with(body: dict[str, Any]) -> None:
    read = readable(stored(body))

    defaults = body.get("defaults")
    parts = {f"defaults.{name}" for name in defaults} if isinstance(defaults, dict) else set()
    assert set(read.left_out) <= {*body, *parts}
    assert read.defaults.wanted().limit >= 1
