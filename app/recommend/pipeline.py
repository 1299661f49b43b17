"""From a person or an item to an answer."""

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from app.recommend.admission import Admission, nobody
from app.recommend.candidates import SLACK, search
from app.recommend.errors import UnknownItem
from app.recommend.evidence import affinities
from app.recommend.fill import Fill
from app.recommend.question import Ask, Placed, explained, of_item, of_person
from app.recommend.requests import Answer, Recommended, ShortfallReason, Source, Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.shortfall import lack, shortfall
from app.recommend.sources import Catalog, Counts, History, Index
from app.recommend.weights import scaled_weights
from indexer.errors import StoreUnavailable
from indexer.filters import bound, item_ids

MOST_IDS = 1_000
"""Ids looked up in one read."""

FILL: tuple[Source, ...] = ("trending", "popular", "newest")
"""Where the rest of an answer comes from when vector search alone does not fill it, in order."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """What vector search gave.

    Attributes:
        generation: Which index answered, or None when none did.
        items: Best first, at most as many as were wanted.
        why: Why there are fewer than wanted, or None.
    """

    generation: int | None
    items: tuple[Placed, ...]
    why: ShortfallReason | None


NOTHING_KNOWN = Ranked(None, (), "nothing_known")


class Recommender:
    """Answers requests; safe for many threads, as it holds nothing but its parts.

    An answer for a person reads SQL twice, each read bounded by a constant: the person's newest
    interactions, and the candidates' rows. Each of these adds a read as bounded: ids named in the
    request; a history longer than what was read (were these candidates touched long ago?); another
    round of a search that filters left too few of; vectors not in the index's cache; each source
    that fills up.
    """

    def __init__(
        self,
        index: Index,
        history: History,
        counts: Counts,
        catalog: Catalog,
        settings: RecommendSettings,
        *,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._index = index
        self._history = history
        self._counts = counts
        self._catalog = catalog
        self._settings = settings
        self._new_id = new_id

    def for_you(self, user_id: str, wanted: Wanted, *, now: datetime) -> Answer:
        """Recommend items to a person; to a stranger what is popular.

        Raises:
            UnknownSpace, InvalidWeights: The weights cannot be used.
            DatabaseUnavailable: SQL cannot be read; a vector store that is down raises nothing.
        """
        past = self._history.recent(user_id, limit=self._settings.history_limit)
        keys = self._keys_of(wanted.exclude | item_ids(wanted.where))
        seen = {each.item_key for each in past.interactions if self._settings.bars(each.kind)}
        admission = Admission(
            wanted.where,
            keys=frozenset(seen.union(keys[each] for each in wanted.exclude if each in keys)),
            item_ids=wanted.exclude,
            barred=nobody if past.complete else partial(self._seen_ever, user_id),
        )
        liking = affinities(past.interactions, self._settings.evidence, now=now)
        ask = partial(of_person, past.interactions, liking) if liking else None
        return self._answer(ask, wanted, keys, admission, now=now)

    def similar(self, item_id: str, wanted: Wanted, *, now: datetime) -> Answer:
        """Recommend items like another, which is not among them.

        Raises:
            UnknownItem: No item by that id exists.
            UnknownSpace, InvalidWeights: The weights cannot be used.
            DatabaseUnavailable: SQL cannot be read; a vector store that is down raises nothing.
        """
        keys = self._keys_of(wanted.exclude | item_ids(wanted.where) | {item_id})
        if item_id not in keys:
            raise UnknownItem(f"no item {item_id!r} exists: it was never received, or was deleted")
        excluded = wanted.exclude | {item_id}
        admission = Admission(
            wanted.where,
            keys=frozenset(keys[each] for each in excluded if each in keys),
            item_ids=excluded,
        )
        ask = partial(of_item, item_id, self._catalog.candidates([keys[item_id]]))
        return self._answer(ask, wanted, keys, admission, now=now)

    def popular(self, wanted: Wanted, *, now: datetime) -> Answer:
        """List the items with the largest counts of the longer horizon; weights do not matter."""
        return self._counted("popular", wanted, now=now)

    def trending(self, wanted: Wanted, *, now: datetime) -> Answer:
        """List the items with the largest counts of the shorter horizon; weights do not matter."""
        return self._counted("trending", wanted, now=now)

    def _answer(
        self,
        ask: Ask | None,
        wanted: Wanted,
        keys: Mapping[str, int],
        admission: Admission,
        *,
        now: datetime,
    ) -> Answer:
        try:
            ranked = self._rank(ask, wanted, keys, admission) if ask else NOTHING_KNOWN
        except StoreUnavailable:
            ranked = Ranked(None, (), "index_unavailable")
        items = list(ranked.items)
        fill = Fill(self._counts, self._catalog, now)
        for source in FILL:
            if len(items) >= wanted.limit:
                break
            held = frozenset(each.found.candidate.item.key for each in items)
            taken = fill.take(source, wanted.limit - len(items), admission, held)
            items += [Placed(found, source) for found in taken]
        return self._told(ranked.generation, items, len(ranked.items), ranked.why, wanted)

    def _rank(
        self, ask: Ask, wanted: Wanted, keys: Mapping[str, int], admission: Admission
    ) -> Ranked:
        snapshot = self._index.snapshot()
        spaces = [space.name for space in snapshot.layout.spaces]
        weights = scaled_weights(wanted.weights, self._settings.weights, spaces)
        question = ask(snapshot, weights)
        if question is None:
            return NOTHING_KNOWN
        searched = search(
            snapshot,
            self._catalog,
            question.query,
            limit=wanted.limit,
            widest=self._settings.widest,
            where=bound(wanted.where, keys),
            admission=admission,
        )
        if wanted.explain:
            placed = explained(snapshot, question, searched.found[: wanted.limit + SLACK])
        else:
            placed = [Placed(found, "vector") for found in searched.found]
        why = lack(wanted.where, filtered=searched.filtered)
        return Ranked(snapshot.generation_id, tuple(placed[: wanted.limit]), why)

    def _counted(self, horizon: Source, wanted: Wanted, *, now: datetime) -> Answer:
        admission = Admission(wanted.where, item_ids=wanted.exclude)
        fill = Fill(self._counts, self._catalog, now)
        taken = fill.take(horizon, wanted.limit, admission, frozenset())
        return self._told(None, [Placed(each, horizon) for each in taken], len(taken), None, wanted)

    def _told(
        self,
        generation: int | None,
        items: list[Placed],
        found: int,
        why: ShortfallReason | None,
        wanted: Wanted,
    ) -> Answer:
        return Answer(
            self._new_id(),
            generation,
            tuple(map(_recommended, items)),
            shortfall(
                asked=wanted.limit, found=found, given=len(items), why=why, where=wanted.where
            ),
        )

    def _keys_of(self, named: frozenset[str]) -> dict[str, int]:
        """Look up ids named in a request; those of no existing item are left out."""
        ids = sorted(named)
        keys: dict[str, int] = {}
        for start in range(0, len(ids), MOST_IDS):
            keys.update(self._catalog.keys_of(ids[start : start + MOST_IDS]))
        return keys

    def _seen_ever(self, user_id: str, ids: Collection[str]) -> Collection[str]:
        touched = self._history.touched(user_id, ids)
        return [each for each, kinds in touched.items() if any(map(self._settings.bars, kinds))]


def _recommended(placed: Placed) -> Recommended:
    return Recommended(
        placed.found.candidate, placed.found.score, placed.source, reasons=placed.reasons
    )
