"""From a question to placed items: search, exact scores, places; wider while they are few."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import MoveReason, Reason, Source, Went
from app.recommend.asked import Asked
from app.recommend.boosts import Adjustment
from app.recommend.candidates import SLACK, Search, revisions_of
from app.recommend.explain import ordered
from app.recommend.likeness import Likeness
from app.recommend.limits import Limits
from app.recommend.placing import Place, Placer, Pool, Rules
from app.recommend.relevance import Question
from app.recommend.requests import Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Catalog, Counts, Snapshot
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.filters import bound

DEEPER = 2
"""Times as many candidates are looked at where something besides relevance places them."""


@dataclass(frozen=True, slots=True)
class Placed:
    """An item that has its place in the answer.

    Attributes:
        interest: The person's that it is nearest to, or None.
        why: What gave it its place, None where its score did.
        reasons: Parts of its score, if it has a relevance and they were asked for.
        went: How often it went together with the item asked about, where that placed it.
    """

    candidate: Candidate
    score: float
    source: Source
    propensity: float = 1.0
    interest: str | None = None
    why: MoveReason | None = None
    reasons: tuple[Reason, ...] | None = None
    went: Went | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """What vector search gave.

    Attributes:
        items: In their places, at most as many as were wanted.
        filtered: Whether the filter is known to have turned candidates away.
        limited: Whether caps or duplicates did.
        limits: What may still be placed after these.
    """

    items: tuple[Placed, ...]
    filtered: bool
    limited: bool
    limits: Limits


class Lots(Protocol):
    """Draws lots (`numpy.random.Generator`)."""

    def random(self) -> float:
        """Draw a number from 0 to below 1."""
        ...


class Ranker:
    """Ranks for one request over one generation.

    Args:
        snapshot: The generation.
        catalog: What is known of items.
        counts: How much is known of them, for exploration.
        settings: How places are given.
        now: The time of the request.
        lots: For exploration.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        catalog: Catalog,
        counts: Counts,
        settings: RecommendSettings,
        *,
        now: datetime,
        lots: Lots,
    ) -> None:
        self._snapshot = snapshot
        self._catalog = catalog
        self._counts = counts
        self._settings = settings
        self._now = now
        self._lots = lots

    def rank(
        self,
        question: Question,
        asked: Asked,
        limit: int,
        limits: Limits,
        *,
        floor: float | None = None,
    ) -> Ranked:
        """Answer a question.

        Args:
            question: With its weights.
            asked: The request it comes from.
            limit: Places.
            limits: What may still be placed; not changed.
            floor: Candidates must score above it, if given.

        Raises:
            StoreUnavailable: The index cannot be searched now.
        """
        wanted = asked.wanted
        search = Search(
            self._snapshot,
            self._catalog,
            question.queries(),
            where=bound(wanted.where, asked.keys),
            admission=asked.admission,
            widest=self._settings.widest,
        )
        adjustment = Adjustment(wanted.boosts, wanted.freshness, self._now)
        rules = self._rules(wanted, limit)
        reorders = adjustment or rules.diversity > 0 or rules.exploration > 0 or limits
        depth = (limit + SLACK) * (DEEPER if reorders or question.dislikes else 1)
        search.gather(limit, depth=depth)
        while True:
            scored = self._scored(question, search.found, adjustment, rules, floor)
            counted = limits.copy()
            placer = Placer(scored.pool, counted, rules)
            places = placer.places()
            if len(places) >= limit or scored.below or not search.widen():
                break
        items = tuple(
            self._placed(place, scored, question, adjustment, explain=wanted.explain)
            for place in places
        )
        return Ranked(items, search.filtered, placer.limited, counted)

    def _rules(self, wanted: Wanted, limit: int) -> Rules:
        placing = self._settings.placing
        return Rules(
            limit,
            diversity=placing.diversity if wanted.diversity is None else wanted.diversity,
            balance=self._settings.interests.balance,
            exploration=wanted.exploration,
            collapse=wanted.collapse,
            lot=self._lots.random,
        )

    def _scored(
        self,
        question: Question,
        found: Sequence[Candidate],
        adjustment: Adjustment,
        rules: Rules,
        floor: float | None,
    ) -> "Scored":
        """Score candidates exactly and put them in order.

        An item whose vectors went away since it was found (its content lost all there was to embed)
        is left out.
        """
        blocks = self._snapshot.candidates(revisions_of(found))
        there = [each for each in found if each.item.key in blocks.vectors]
        stacked = np.empty((len(there), question.layout.dimensions), dtype=np.float32)
        if there:
            held = [blocks.vectors[each.item.key] for each in there]
            np.concatenate(held, out=stacked.reshape(-1))
        relevance, aspects = question.scores(stacked)
        scores = relevance
        if adjustment:
            scores = relevance + [
                sum(reason.amount for reason in adjustment.reasons(each, float(relevant)))
                for each, relevant in zip(there, relevance, strict=True)
            ]
        welcome = ~question.unwelcome(stacked)
        below = floor is not None and bool((scores <= floor).any())
        if floor is not None:
            welcome &= scores > floor
        ranks = [
            (-score, each.item.item_id) for score, each in zip(scores.tolist(), there, strict=True)
        ]
        order = np.array(
            sorted(np.flatnonzero(welcome).tolist(), key=ranks.__getitem__), dtype=np.intp
        )
        kept = [there[row] for row in order.tolist()]
        predicted = [blocks.predicted.get(each.item.key, frozenset()) for each in there]
        likeness = None
        if rules.diversity > 0 or rules.collapse:
            likeness = Likeness(
                stacked, predicted, question.layout, question.weights, self._settings.placing, order
            )
        pool = Pool(
            kept,
            scores[order],
            aspects[order],
            np.array([aspect.share for aspect in question.aspects]),
            self._uncertain(kept, rules),
            likeness,
        )
        return Scored(pool, stacked, order, predicted, relevance, below=below)

    def _uncertain(self, there: Sequence[Candidate], rules: Rules) -> NDArray[np.float64]:
        """Say how much there is to learn of each: 1 where nobody touched it, 0 where many did."""
        if rules.exploration <= 0 or not there:
            return np.zeros(len(there))
        little = self._settings.placing.little_known
        ids = [each.item.item_id for each in there]
        counts = self._counts.of(ids, "popular", now=self._now)
        held = np.array([counts.get(item_id, 0.0) for item_id in ids])
        unsure: NDArray[np.float64] = np.maximum(1.0 - held / little, 0.0)
        return unsure

    def _placed(
        self,
        place: Place,
        scored: "Scored",
        question: Question,
        adjustment: Adjustment,
        *,
        explain: bool,
    ) -> Placed:
        row, pool = place.row, scored.pool
        aspect = int(pool.aspects[row])
        reasons = None
        if explain:
            at = int(scored.order[row])
            parts = question.reasons(scored.vectors[at], aspect, scored.predicted[at])
            changes = adjustment.reasons(pool.candidates[row], float(scored.relevance[at]))
            reasons = ordered((*parts, *changes))
        return Placed(
            pool.candidates[row],
            float(pool.scores[row]),
            "exploration" if place.why == "exploration" else "vector",
            place.propensity,
            question.aspects[aspect].interest,
            place.why,
            reasons,
        )


@dataclass(frozen=True, slots=True)
class Scored:
    """A pool with what its scores were made of.

    Attributes:
        vectors: Shape (n, d), joined vectors as candidates, in no order.
        order: Shape (m,), the row here of each of the pool.
        predicted: The spaces of each of the n that were predicted.
        relevance: Shape (n,), before boosts.
        below: Whether candidates were left out because they score too little; farther ones would.
    """

    pool: Pool
    vectors: Array
    order: NDArray[np.intp]
    predicted: Sequence[Collection[str]]
    relevance: NDArray[np.float64]
    below: bool
