"""The rules of a person's attributes, and the groups an operator puts people into by them."""

from collections.abc import Mapping

from app.people.errors import InvalidAttributes
from app.people.segments import PREFIX
from indexer import rules
from indexer.errors import InvalidItem

SEGMENTS = "segments"
"""The attribute whose names are segments the person is in."""

MAX_SEGMENTS = 64
MAX_SEGMENT = 64

Attributes = Mapping[str, object]


def checked(attributes: object) -> dict[str, object]:
    """Hold attributes to the rules; those that are null are left out.

    Texts, numbers, truth values and lists of them, at most 16,000 bytes as JSON. `segments` is a
    list of names that do not begin like those that are computed.

    Raises:
        InvalidAttributes: With the attribute, the value and the rule.
    """
    try:
        held = rules.some_attributes("attributes", attributes)
    except InvalidItem as error:
        raise InvalidAttributes(str(error)) from error
    for name, value in held.items():
        _check(name, value)
    return {name: value for name, value in held.items() if value is not None}


def changed(attributes: Attributes, changes: object) -> dict[str, object]:
    """Replace the attributes that are named, and remove those that are named with null.

    Raises:
        InvalidAttributes: A rule is broken by the changes, or by the whole.
    """
    if not isinstance(changes, Mapping):
        raise InvalidAttributes("attributes must be a JSON object")
    return checked({**attributes, **changes})


def united(mine: Attributes, others: Attributes) -> dict[str, object]:
    """Add others' attributes to mine, which win; those that no longer fit are left out."""
    held = dict(mine)
    for name in sorted(others):
        if name not in held:
            try:
                held = checked({**held, name: others[name]})
            except InvalidAttributes:
                continue
    return held


def named_segments(attributes: Attributes) -> tuple[str, ...]:
    """Return the segments an operator put the person into, sorted."""
    given = attributes.get(SEGMENTS)
    return tuple(sorted(set(map(str, given)))) if isinstance(given, list) else ()


def _check(name: str, value: object) -> None:
    if not name:
        raise InvalidAttributes("an attribute has no name, but must have one")
    if name == SEGMENTS and value is not None:
        _check_segments(value)
    parts = value if isinstance(value, list) else [value]
    for part in parts:
        if isinstance(part, list | Mapping) or (part is None and parts is value):
            raise InvalidAttributes(
                f"attributes.{name[: rules.SHOWN]} must be a text, a number, true, false or a list "
                "of such"
            )


def _check_segments(value: object) -> None:
    rule = (
        f"attributes.{SEGMENTS} must be a list of at most {MAX_SEGMENTS} names of 1 to "
        f"{MAX_SEGMENT} printable characters that do not begin with {PREFIX!r}"
    )
    if not isinstance(value, list) or len(value) > MAX_SEGMENTS:
        raise InvalidAttributes(rule)
    for name in value:
        if not isinstance(name, str) or not 1 <= len(name) <= MAX_SEGMENT:
            raise InvalidAttributes(rule)
        if not name.isprintable() or name.startswith(PREFIX):
            raise InvalidAttributes(f"{rule}; {name!r} is not")
