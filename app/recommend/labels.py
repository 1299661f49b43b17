"""What to call an interest: its category, and the words its items' titles share."""

import math
import re
from collections import defaultdict
from collections.abc import Sequence

from app.recommend.evidence import Liking

MOST_WORDS = 2
SHARED = 0.3
"""Share of the weight, of two items or more, whose titles must have a word that is in the label."""

_JOINING = """
    about all and are for from has her his its not our out she that the their them this was were
    with without you your aus bei das dem den der des die ein eine für ist mit nicht oder ohne und
    vom von zum zur aux avec dans est les leur par pas pour sans sur une con del las los para por
    que sin uno una alla dei della gli nel per sul een het met van voor zonder com dos sem uma
"""
COMMON = frozenset(_JOINING.split())
"""Words that join others and tell no interest apart, in languages shops often write."""

_WORD = re.compile(r"[^\W\d_]{3,}")


def label_of(members: Sequence[Liking], others: Sequence[Liking]) -> str:
    """Name a group of liked items.

    Args:
        members: Of the interest, one or more.
        others: Of the person's other interests, whose words do not tell this one apart.

    Returns:
        The most special category most of the weight has, then up to two words that the titles
        share and the others do not; the heaviest item's title, or else its id, where nothing is
        shared. Ties in alphabetical order.
    """
    category = _heaviest(_by_category(members))
    words = _telling(members, others, besides=category or "")
    parts = [category] if category else []
    if words:
        parts.append(" ".join(words))
    first = members[0]
    return ": ".join(parts) or first.title or first.item_id


def _by_category(members: Sequence[Liking]) -> dict[str, float]:
    """Add up weights by each item's last category, which is the most special."""
    weights: dict[str, float] = defaultdict(float)
    for each in members:
        if each.categories:
            weights[each.categories[-1]] += each.weight
    return weights


def top_categories(members: Sequence[Liking], limit: int) -> tuple[str, ...]:
    """Return the categories with most weight, most first, ties in alphabetical order."""
    weights = _by_category([each for each in members if each.weight > 0])
    return tuple(sorted(weights, key=lambda name: (-weights[name], name))[:limit])


def _heaviest(weights: dict[str, float]) -> str | None:
    return min(weights, key=lambda name: (-weights[name], name)) if weights else None


def _words(liking: Liking) -> set[str]:
    words = {word.lower() for word in _WORD.findall(liking.title or "")}
    return words - COMMON


def _telling(members: Sequence[Liking], others: Sequence[Liking], *, besides: str) -> list[str]:
    """Weigh words by how much of the interest has them, and how little of the rest (tf-idf)."""
    if len(members) < 2:
        return []
    total = math.fsum(each.weight for each in members)
    shares: dict[str, float] = defaultdict(float)
    titles: dict[str, int] = defaultdict(int)
    for each in members:
        for word in _words(each):
            shares[word] += each.weight / total
            titles[word] += 1
    elsewhere: dict[str, int] = defaultdict(int)
    for other in others:
        for word in _words(other):
            elsewhere[word] += 1
    named = besides.lower()
    worth = {
        word: share * math.log((1 + len(others) + len(members)) / (1 + elsewhere[word]))
        for word, share in shares.items()
        if share >= SHARED and titles[word] > 1 and word not in named
    }
    return sorted(worth, key=lambda word: (-worth[word], word))[:MOST_WORDS]
