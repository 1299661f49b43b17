"""The JSON form of a rule on a person: the grammar of filters, over other fields.

A node is one of

    {"all": [node, …]}    {"any": [node, …]}    {"not": node}
    {"field": "segments", "equals": name}   also in and exists
    {"field": "interactions", "lte": 5}     also gte, gt, lt, equals and in
    {"field": "attributes.NAME", …}         equals, in, exists, or gte, gt, lte, lt
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, WithJsonSchema

from app.api.field_errors import shown
from app.api.filters import ATTRIBUTES, FilterError, filter_from
from app.scenarios.rules import INTERACTIONS, SEGMENTS
from indexer.filters import Filter

SEGMENTS_FIELD = "segments"
INTERACTIONS_FIELD = "interactions"
ROOT = "when"

COMPARISONS = ("equals", "in", "gte", "gt", "lte", "lt")
"""What can be asked of a number."""


def rule_from(tree: object) -> Filter:
    """Read a rule and check it whole.

    Returns:
        A filter over `app.scenarios.rules.SEGMENTS`, `INTERACTIONS` and attributes.

    Raises:
        FilterError: The message names the path, the value and the rule.
    """
    return filter_from(_translated(tree, ROOT), root=ROOT)


def _translated(node: object, path: str) -> object:
    """Name fields as filters do; what is no node is left for the filter's own errors."""
    if isinstance(node, list):
        return [_translated(part, f"{path}.{number}") for number, part in enumerate(node)]
    if not isinstance(node, Mapping):
        return node
    if "field" in node:
        return {**node, "field": _field(node, path)}
    return {name: _translated(part, f"{path}.{name}") for name, part in node.items()}


def _field(leaf: Mapping[str, object], path: str) -> object:
    conditions = {name: value for name, value in leaf.items() if name != "field"}
    name = leaf["field"]
    if name == SEGMENTS_FIELD:
        _check_segments(conditions, path)
        return SEGMENTS
    if name == INTERACTIONS_FIELD:
        _check_interactions(conditions, path)
        return INTERACTIONS
    if isinstance(name, str) and name.startswith(ATTRIBUTES):
        return name
    raise FilterError(
        f"{path}.field is {shown(name)}: a rule is about a person, whose fields are "
        f"{SEGMENTS_FIELD}, {INTERACTIONS_FIELD} and {ATTRIBUTES}NAME"
    )


def _check_segments(conditions: Mapping[str, object], path: str) -> None:
    match dict(conditions):
        case {"equals": str()} | {"exists": bool()}:
            return
        case {"in": [*names]} if names and all(isinstance(name, str) for name in names):
            return
    raise FilterError(
        f"{path} asks of segments what they cannot answer: they equal a name, are in a list of "
        "names, or exist"
    )


def _check_interactions(conditions: Mapping[str, object], path: str) -> None:
    for name, value in conditions.items():
        values = value if name == "in" and isinstance(value, list) else [value]
        known = name in COMPARISONS and all(type(each) in {int, float} for each in values)
        if not known:
            raise FilterError(
                f"{path} asks of interactions what they cannot answer: they are a number, which "
                f"takes {', '.join(COMPARISONS)}"
            )


_SCHEMA: dict[str, object] = {
    "type": "object",
    "description": (
        "A tree as filters are, over the person: `segments`, `interactions` (how many things they "
        "did) and `attributes.NAME`. Somebody who is not known, and a request without a person, "
        "has no segments, no attributes and 0 interactions. At most 64 conditions, 8 levels deep."
    ),
    "examples": [
        {
            "any": [
                {"field": "segments", "equals": "champions"},
                {"field": "attributes.plan", "in": ["gold", "platinum"]},
            ]
        }
    ],
}


def _checked(tree: dict[str, Any]) -> dict[str, Any]:
    rule_from(tree)
    return tree


RuleTree = Annotated[dict[str, Any], AfterValidator(_checked), WithJsonSchema(_SCHEMA)]
"""A rule in a pydantic model, kept as the JSON it came as, which `rule_from` reads."""
