"""From a person, an item, examples, words or a picture to an answer."""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from app.recommend.admission import Admission
from app.recommend.answers import Answer, ShortfallReason, Source
from app.recommend.asked import Adjust, Asked, Reader, without
from app.recommend.fill import Fill
from app.recommend.labels import top_categories
from app.recommend.limits import Limits
from app.recommend.opened import opened
from app.recommend.person import interests_in
from app.recommend.pins import pinned
from app.recommend.posing import posed, refuse_unknown
from app.recommend.profile import OpenInterest
from app.recommend.ranking import Placed, Ranked, Ranker
from app.recommend.requests import Subject, Together, Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.shortfall import lack, shortfall
from app.recommend.sources import Catalog, Counts, History, Index, NoPairings, Pairings
from app.recommend.together import gone_together
from app.recommend.told import recommended
from indexer.catalogue import Candidate
from indexer.errors import ModelUnavailable, StoreUnavailable

FILL: tuple[Source, ...] = ("trending_for_you", "trending", "popular", "newest")
"""Where the rest of an answer comes from when vector search alone does not fill it, in order."""

FAVOURITES = 3
"""Categories of a person that are read for what trends in them."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What came of vector search.

    Attributes:
        generation: Which index answered, or None when none did.
        items: In their places.
        why: Why there are fewer than wanted, or None.
        unread: Why a part of the question could not be read, or None.
    """

    generation: int | None
    items: tuple[Placed, ...]
    limits: Limits
    why: ShortfallReason | None
    unread: str | None = None


class Recommender:
    """Answers requests; safe for many threads, as it holds nothing but its parts.

    An answer for a person reads SQL twice, each read bounded by a constant: the person's newest
    interactions with their profile, and the candidates' rows. Each of these adds a read as bounded:
    ids named in the request, in seeds or in pins; a history longer than what was read (were these
    candidates touched long ago?); another round of a search that filters left too few of; vectors
    not in the index's cache; counts, where something is explored; each source that fills up. What
    goes together with an item is read from its list instead of being searched for.
    """

    def __init__(
        self,
        index: Index,
        history: History,
        counts: Counts,
        catalog: Catalog,
        settings: RecommendSettings,
        *,
        pairings: Pairings | None = None,
        new_id: Callable[[], str] = lambda: str(uuid.uuid4()),
    ) -> None:
        self._index = index
        self._pairings = pairings or NoPairings()
        self._reader = Reader(history, catalog, settings)
        self._counts = counts
        self._catalog = catalog
        self._settings = settings
        self._new_id = new_id

    def for_you(self, user_id: str, wanted: Wanted, *, now: datetime) -> Answer:
        """Recommend items to a person; to a stranger what is popular. See `answer`."""
        return self.answer(Subject(user_id=user_id), wanted, now=now)

    def similar(self, item_id: str, wanted: Wanted, *, now: datetime) -> Answer:
        """Recommend items like another, which is not among them. See `answer`."""
        return self.answer(Subject(item_id=item_id), wanted, now=now)

    def answer(
        self, subject: Subject, wanted: Wanted, *, now: datetime, adjust: Adjust | None = None
    ) -> Answer:
        """Recommend to a person, or what is like what was asked for, or both.

        Args:
            subject: For whom, or like what.
            wanted: What the answer must be like.
            now: From which ages are counted.
            adjust: Called with the person's profile, once; what it returns is wanted instead.

        Raises:
            UnknownItem: No item by `subject.item_id` exists.
            UnknownInterest: The person has none of the name asked for.
            UnknownSpace, InvalidWeights: The weights cannot be used.
            DatabaseUnavailable: SQL cannot be read; a vector store that is down raises nothing.
        """
        asked = self._reader.read(subject, wanted, adjust, now=now)
        wanted = asked.wanted
        answer_id = self._new_id()
        pins = pinned(wanted, asked.keys, asked.items, asked.admission, now)
        asked = replace(asked, admission=without(asked.admission, pins.values()))
        limits = Limits(wanted.caps)
        for candidate in pins.values():
            limits.place(candidate)
        limit = wanted.limit - len(pins)
        if subject.together is not None:
            return self._together(asked, subject.together, pins, limits, answer_id)
        searched = self._searched(asked, limit, limits, answer_id)
        items = self._filled(asked, list(searched.items), limit, searched.limits)
        return Answer(
            answer_id,
            searched.generation,
            recommended(items, pins, explain=wanted.explain, asked=subject.item_id),
            shortfall(
                asked=wanted.limit,
                found=sum(each.source != "neighbour" for each in searched.items) + len(pins),
                given=len(items) + len(pins),
                why=searched.why,
                where=wanted.where,
                unread=searched.unread,
            ),
        )

    def _together(
        self,
        asked: Asked,
        wish: Together,
        pins: Mapping[int, Candidate],
        limits: Limits,
        answer_id: str,
    ) -> Answer:
        """Answer with what goes together, filled up with what is alike only where that is asked."""
        wanted = asked.wanted
        limit = wanted.limit - len(pins)
        gone = gone_together(asked, wish, limit, limits, self._pairings, self._catalog)
        alike = Searched(None, (), limits, None)
        if wish.fill and len(gone.items) < limit:
            rest = without(asked.admission, [each.candidate for each in gone.items])
            alike = self._searched(
                replace(asked, admission=rest), limit - len(gone.items), limits, answer_id
            )
        items = [*gone.items, *alike.items]
        short = shortfall(
            asked=wanted.limit,
            found=len(gone.items) + len(pins),
            given=len(items) + len(pins),
            why=gone.why,
            where=wanted.where,
            filled_from="what is like it",
            then=alike.why if wish.fill else None,
        )
        told = recommended(items, pins, explain=wanted.explain, asked=asked.subject.item_id)
        return Answer(answer_id, alike.generation, told, short)

    def interests(self, user_id: str, *, now: datetime) -> tuple[OpenInterest, ...]:
        """Tell a person's interests, heaviest first, muted ones last.

        Raises:
            StoreUnavailable: There is no index now.
            DatabaseUnavailable: SQL cannot be read.
        """
        person = self._reader.person(user_id, now=now)
        if not person.known:
            return ()
        found = interests_in(person, self._index.snapshot(), self._catalog, self._settings)
        return opened(found.all)

    def popular(self, wanted: Wanted, *, now: datetime) -> Answer:
        """List the items with the largest counts of the longer horizon; weights do not matter."""
        return self._counted("popular", wanted, now=now)

    def trending(self, wanted: Wanted, *, now: datetime) -> Answer:
        """List the items with the largest counts of the shorter horizon; weights do not matter."""
        return self._counted("trending", wanted, now=now)

    def _searched(self, asked: Asked, limit: int, limits: Limits, answer_id: str) -> Searched:
        """Search, or say why not."""
        try:
            return self._search(asked, limit, limits, answer_id)
        except StoreUnavailable:
            return Searched(None, (), limits, "index_unavailable")
        except ModelUnavailable:
            return Searched(None, (), limits, "model_unavailable")

    def _search(self, asked: Asked, limit: int, limits: Limits, answer_id: str) -> Searched:
        """Put the question to the live generation, and to neighbouring interests if need be."""
        why: ShortfallReason
        if not (asked.person.known or asked.subject.asks):
            refuse_unknown(asked.wanted.interest, ())
            why = "opted_out" if asked.person.opted_out else "nothing_known"
            return Searched(None, (), limits, why)
        snapshot = self._index.snapshot()
        put = posed(asked, snapshot, self._catalog, self._settings)
        lots = np.random.default_rng(_seed(answer_id))
        ranker = Ranker(
            snapshot, self._catalog, self._counts, self._settings, now=asked.now, lots=lots
        )
        items: tuple[Placed, ...] = ()
        why = "nothing_known"
        if put.question is not None:
            # Before what is not like one interest at all comes what is like another.
            floor = None if put.neighbours is None else 0.0
            ranked = ranker.rank(put.question, asked, limit, limits, floor=floor)
            items, limits, why = ranked.items, ranked.limits, _lack(ranked, asked.wanted)
        if len(items) < limit and put.neighbours is not None:
            admission = without(asked.admission, [each.candidate for each in items])
            rest = replace(asked, admission=admission)
            ranked = ranker.rank(put.neighbours, rest, limit - len(items), limits)
            items += tuple(replace(each, source="neighbour") for each in ranked.items)
            limits = ranked.limits
        generation = snapshot.generation_id if items or put.question is not None else None
        return Searched(generation, items, limits, why, put.unread)

    def _filled(
        self, asked: Asked, items: list[Placed], limit: int, limits: Limits
    ) -> list[Placed]:
        """Add what is popular or new until there are enough."""
        if len(items) >= limit:
            return items
        favourites = top_categories(list((asked.person.likings or {}).values()), FAVOURITES)
        fill = Fill(self._counts, self._catalog, asked.now, limits, favourites)
        for source in FILL:
            if len(items) >= limit:
                break
            held = frozenset(each.candidate.item.key for each in items)
            taken = fill.take(source, limit - len(items), asked.admission, held)
            items += [Placed(each.candidate, each.score, each.source or source) for each in taken]
        return items

    def _counted(self, horizon: Source, wanted: Wanted, *, now: datetime) -> Answer:
        admission = Admission(wanted.where, keys=wanted.shown, item_ids=wanted.exclude)
        fill = Fill(self._counts, self._catalog, now, Limits(wanted.caps))
        taken = fill.take(horizon, wanted.limit, admission, frozenset())
        items = [Placed(each.candidate, each.score, each.source or horizon) for each in taken]
        found = len(taken)
        return Answer(
            self._new_id(),
            None,
            recommended(items, {}, explain=wanted.explain, asked=None),
            shortfall(asked=wanted.limit, found=found, given=found, why=None, where=wanted.where),
        )


def _lack(ranked: Ranked, wanted: Wanted) -> ShortfallReason:
    """Say why vector search found no more."""
    if ranked.limited and not ranked.filtered:
        return "limits"
    return lack(wanted.where, filtered=ranked.filtered)


def _seed(answer_id: str) -> int:
    """Draw lots by the answer's id, so that an answer can be looked into later."""
    return int.from_bytes(hashlib.sha256(answer_id.encode()).digest()[:8])
