"""Which scenario holds for a person without anybody naming one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from app.recommend.profile import Profile
from indexer.filters import Field, Filter, Filterable
from indexer.meaning import matches

SEGMENTS: Field = "categories"
"""The field of a filter that sees a person's segments; attributes are attributes."""

INTERACTIONS: Field = "price"
"""The field of a filter that sees how many things a person did."""


@dataclass(frozen=True, slots=True)
class Rule:
    """For whom and where a scenario holds by itself.

    Attributes:
        when: Over SEGMENTS, INTERACTIONS and attributes of the person; who is not known has no
            segments, no attributes and 0 interactions.
        priority: Of the rules that hold the largest is chosen.
        lists: Names of the lists it holds for, or None for all.
    """

    when: Filter
    priority: int = 0
    lists: frozenset[str] | None = None


def ordered(rules: Mapping[str, Rule]) -> tuple[tuple[str, Rule], ...]:
    """Put rules, by the name of their scenario, in the order in which they are tried.

    The largest priority comes first, of equals the first by name.
    """
    return tuple(sorted(rules.items(), key=lambda each: (-each[1].priority, each[0])))


def chosen(rules: Iterable[tuple[str, Rule]], *, listing: str, profile: Profile) -> str | None:
    """Choose by rule.

    Args:
        rules: As `ordered` puts them.
        listing: Which list is asked for.
        profile: Of the person it is for.

    Returns:
        The name of the first that holds, or None.
    """
    person = _seen(profile)
    holding = (
        name
        for name, rule in rules
        if (rule.lists is None or listing in rule.lists) and matches(rule.when, person)
    )
    return next(holding, None)


def _seen(profile: Profile) -> Filterable:
    """Show a person to a filter as it sees items."""
    return Filterable(
        key=0,
        item_id="",
        categories=profile.segments,
        price=float(profile.interactions),
        available=True,
        created_at=_NEVER,
        attributes=profile.attributes,
    )


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
