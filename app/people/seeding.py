"""From what a newcomer says they are after to a seed: categories become items at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import chain, islice, zip_longest

from app.people.errors import UnknownNames
from app.recommend.profile import Seed
from app.recommend.sources import Catalog, Counts
from indexer.catalogue import Candidate

MAX_ITEMS = 20
"""Of categories: enough to speak for a few kinds of things, few enough to be read fast."""

MAX_LABEL = 200
LABELLED = 3
"""Titles a label is made of."""


class Seeding:
    """Makes seeds, whose name is given when they are kept."""

    def __init__(self, counts: Counts, catalog: Catalog) -> None:
        self._counts = counts
        self._catalog = catalog

    def words(self, words: str, *, label: str | None, weight: float, now: datetime) -> Seed:
        """Make a seed of words."""
        return Seed("", _label(label, [words]), weight, now, words=words)

    def picture(self, *, label: str | None, weight: float, now: datetime) -> Seed:
        """Make a seed of a picture, whose digest is given when it is kept."""
        return Seed("", _label(label, ["picture"]), weight, now)

    def items(
        self, item_ids: Sequence[str], *, label: str | None, weight: float, now: datetime
    ) -> Seed:
        """Make a seed of chosen items, labelled with their first titles.

        Raises:
            UnknownNames: Some do not exist.
        """
        chosen = tuple(dict.fromkeys(item_ids))
        keys = self._catalog.keys_of(chosen)
        unknown = [each for each in chosen if each not in keys]
        if unknown:
            raise UnknownNames(f"There are no items {_named(unknown)}.")
        first = [keys[each] for each in chosen[:LABELLED]]
        known = self._catalog.candidates(first)
        titles = [known[key].title or known[key].item.item_id for key in first if key in known]
        return Seed("", _label(label, titles), weight, now, items=chosen)

    def categories(
        self, categories: Sequence[str], *, label: str | None, weight: float, now: datetime
    ) -> Seed:
        """Make a seed of the items of categories: the most popular in turns, then the newest.

        Raises:
            UnknownNames: Some have no available item.
        """
        wanted = tuple(dict.fromkeys(categories))
        newest = {
            each: self._catalog.newest(limit=MAX_ITEMS, category=each, before=None)
            for each in wanted
        }
        empty = [each for each, found in newest.items() if not found]
        if empty:
            raise UnknownNames(f"There are no items to be had in the categories {_named(empty)}.")
        popular = [
            [
                counted.candidate
                for counted in self._counts.top("popular", limit=MAX_ITEMS, category=each, now=now)
            ]
            for each in wanted
        ]
        in_turns = chain(_in_turns(popular), _in_turns(newest.values()))
        ids = dict.fromkeys(candidate.item.item_id for candidate in in_turns)
        items = tuple(islice(ids, MAX_ITEMS))
        return Seed("", _label(label, wanted), weight, now, items=items)


def _in_turns(lists: Iterable[Sequence[Candidate]]) -> Iterable[Candidate]:
    """Take the first of each list, then the second of each, and so on."""
    return (each for row in zip_longest(*lists) for each in row if each is not None)


def _label(given: str | None, made: Iterable[str]) -> str:
    label = " ".join((given or ", ".join(made)).split())
    return label if len(label) <= MAX_LABEL else label[: MAX_LABEL - 1] + "…"


def _named(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))
