"""Filling an answer up from what is popular or new, under the same rules as everything else."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.recommend.admission import Admission
from app.recommend.answers import Source
from app.recommend.candidates import Found, ordered
from app.recommend.limits import Limits
from app.recommend.sources import Catalog, Counts
from indexer.filters import All, Filter, In

MOST_READ = 1_000
"""Items read at most from one source for one answer, beyond those already placed."""

MOST_CATEGORIES = 8
"""Reads by category at most; a filter naming more is left to the check of each item."""

Read = Callable[[str | None, int], Sequence[Found]]
"""Reads at most so many items (second) of a category (first; None: of any), best first."""


def categories_of(where: Filter) -> tuple[str | None, ...]:
    """Return categories that hold every item obeying the filter, so that reads can be narrowed.

    Returns:
        Sorted, at most MOST_CATEGORIES; only None where the filter does not tell.
    """
    if isinstance(where, In) and where.field == "categories":
        names = sorted({value for value in where.values if isinstance(value, str)})
        return tuple(names) if len(names) <= MOST_CATEGORIES else (None,)
    if isinstance(where, All):
        told = [names for names in map(categories_of, where.parts) if names != (None,)]
        return min(told, key=lambda names: (len(names), names)) if told else (None,)
    return (None,)


@dataclass(frozen=True, slots=True)
class Fill:
    """The sources that need no vector.

    Attributes:
        counts: What is popular.
        catalog: What is new.
        now: When popularity is asked for.
        limits: What may still be placed; counts what is taken.
        favourites: The person's categories, for "trending_for_you".
    """

    counts: Counts
    catalog: Catalog
    now: datetime
    limits: Limits
    favourites: tuple[str, ...] = ()

    def reader(self, source: Source) -> Read:
        """Return how a source is read; scores are decayed counts, or 0 for "newest".

        What is trending only because it usually is comes from "popular".
        """
        if source == "newest":
            return lambda category, limit: [
                Found(each, 0.0) for each in self.catalog.newest(limit=limit, category=category)
            ]
        horizon = "trending" if source == "trending_for_you" else source
        return lambda category, limit: [
            Found(each.candidate, each.count, None if each.risen else "popular")
            for each in self.counts.top(horizon, limit=limit, category=category, now=self.now)
        ]

    def take(
        self, source: Source, wanted: int, admission: Admission, placed: frozenset[int]
    ) -> list[Found]:
        """Take the first admitted items of a source that are not placed yet.

        Reads twice as many until enough are admitted, nothing is left, or MOST_READ is reached.

        Args:
            source: One that needs no vector.
            wanted: How many, 0 or more.
            admission: Who may be in the answer.
            placed: Keys that are in it already.
        """
        read, categories = self.reader(source), categories_of(admission.where)
        if source == "trending_for_you":
            categories = self.favourites
        known = len(placed) + len(admission.keys)
        limit, most = 2 * wanted + known, MOST_READ + known
        checked: set[int] = set(placed)
        taken: list[Found] = []
        if not wanted or not categories:
            return []
        while True:
            pages = [read(category, limit) for category in categories]
            fresh = {
                found.candidate.item.key: found
                for page in pages
                for found in page
                if found.candidate.item.key not in checked
            }
            checked |= fresh.keys()
            candidates = [found.candidate for found in fresh.values()]
            taken += [fresh[each.item.key] for each in admission.admitted(candidates)]
            exhausted = all(len(page) < limit for page in pages)
            chosen = self._within_limits(self._first(source, taken), wanted)
            if len(chosen) >= wanted or exhausted or limit >= most:
                break
            limit = min(limit * 2, most)
        for found in chosen:
            self.limits.place(found.candidate)
        return chosen

    def _within_limits(self, found: Sequence[Found], wanted: int) -> list[Found]:
        limits = self.limits.copy()
        chosen: list[Found] = []
        for each in found:
            if len(chosen) == wanted:
                break
            if limits.admits(each.candidate):
                limits.place(each.candidate)
                chosen.append(each)
        return chosen

    def _first(self, source: Source, taken: list[Found]) -> list[Found]:
        if source == "newest":
            return sorted(
                taken,
                key=lambda each: (
                    self.now - each.candidate.item.created_at,
                    each.candidate.item.item_id,
                ),
            )
        return list(ordered(taken))
