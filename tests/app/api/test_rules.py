"""The JSON form of rules on a person."""

import pytest

from app.api.filters import FilterError
from app.api.rules import rule_from
from app.scenarios.rules import INTERACTIONS, SEGMENTS
from indexer.filters import All, AnyOf, Attribute, Exists, In, Not, Range, equals


def test_a_rule_is_a_filter_over_a_person() -> None:
    tree = {
        "all": [
            {"any": [{"field": "segments", "equals": "vip"}, {"field": "segments", "in": ["a"]}]},
            {"not": {"field": "segments", "exists": True}},
            {"field": "attributes.age", "gte": 18, "lt": 30},
            {"field": "attributes.segments", "equals": True},
            {"field": "interactions", "gt": 5, "lte": 50},
        ]
    }

    assert rule_from(tree) == All(
        (
            AnyOf((equals(SEGMENTS, "vip"), In(SEGMENTS, ("a",)))),
            Not(Exists(SEGMENTS)),
            Range(Attribute("age"), gte=18, lt=30),
            equals(Attribute("segments"), value=True),
            Range(INTERACTIONS, gt=5, lte=50),
        )
    )


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ({"field": "price", "lt": 3}, "when.field is 'price': a rule is about a person"),
        ({"field": "categories", "equals": "a"}, "when.field is 'categories'"),
        ({"all": [{"field": "segments", "gte": 3}]}, "when.all.0 asks of segments"),
        ({"field": "segments", "equals": 3}, "when asks of segments"),
        ({"field": "segments", "in": []}, "when asks of segments"),
        ({"field": "segments", "equals": "a", "in": ["b"]}, "when has the conditions"),
        ({"field": "interactions", "gte": "3"}, "when asks of interactions"),
        ({"field": "interactions", "in": [1, True]}, "when asks of interactions"),
        ({"field": "interactions", "exists": True}, "when asks of interactions"),
        ({"field": "attributes.", "equals": "a"}, "when.field is 'attributes.'"),
        ({"not": [{"field": "segments", "equals": "a"}]}, "when.not is list of 1"),
        ({"any": 3}, "when.any is 3"),
        ("vip", "when is 'vip'"),
        ({}, "when has nothing"),
        ({"any": [{"field": "segments", "equals": "a"}] * 65}, "65 conditions"),
    ],
)
def test_what_is_no_rule_is_refused_with_its_place(tree: object, message: str) -> None:
    with pytest.raises(FilterError) as raised:
        rule_from(tree)

    assert message in str(raised.value)
