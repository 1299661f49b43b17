"""What ranking reaches through its seams, at a moment of the past: in memory, and exact.

The product's own `Recommender` answers over it; nothing that happened later can be seen.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from app.recommend.evidence import EvidenceSettings, kind_weight
from app.recommend.pipeline import Recommender
from app.recommend.popularity import TRENDING_PRIOR, steadied
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Counted, Past, PastInteraction
from bench.interests.occasions import Occasion
from bench.interests.recorded import Recorded, at
from bench.interests.vectors import Seen
from embedders.behaviour import BehaviourModel
from embedders.layout import Layout
from embedders.spaces import Array, Mask
from indexer.catalogue import Candidate
from indexer.filters import EVERYTHING, Filter, Filterable
from indexer.meaning import matches
from indexer.store import Hit

HALF_LIVES = {"popular": timedelta(days=30), "trending": timedelta(days=1)}
"""The service's defaults."""

LONGEST = 500
"""Newest interactions of a person that can be read."""

LONG_AGO = datetime(1990, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Held:
    """Joined vectors of items."""

    vectors: Mapping[int, Array]
    predicted: Mapping[int, frozenset[str]]


class World:
    """A data set with its vectors; an item's key is its row plus 1.

    Args:
        recorded: The data.
        seen: Its vectors.
    """

    def __init__(self, recorded: Recorded, seen: Seen) -> None:
        self.recorded = recorded
        self.layout = seen.layout
        self.vectors = seen.vectors
        self.present: Mask = np.asarray(seen.vectors.any(axis=1))
        self.items = tuple(
            Candidate(
                Filterable(
                    key=row + 1,
                    item_id=each.item_id,
                    categories=each.categories,
                    price=None,
                    available=True,
                    created_at=LONG_AGO,
                    attributes={},
                ),
                each.title,
                None,
                1,
                1 if self.present[row] else None,
            )
            for row, each in enumerate(recorded.items)
        )
        self.keys = {each.item_id: row + 1 for row, each in enumerate(recorded.items)}
        ids = sorted(self.keys)
        self.by_id = np.empty(len(ids), dtype=np.int64)
        for place, item_id in enumerate(ids):
            self.by_id[self.keys[item_id] - 1] = place
        settings = EvidenceSettings()
        self.weights = np.array(
            [
                kind_weight(recorded.kind, None if np.isnan(value) else value, settings)
                for value in recorded.value.tolist()
            ]
        )

    def at(self, occasion: Occasion) -> "Moment":
        """Return what was known on an occasion."""
        return Moment(self, occasion)


class Moment:
    """A world as one person met it: history, counts, catalogue and index in one.

    Attributes:
        there: Shape (n,), the items that could be had.
        known: item_ids of everything the person ever touched.
    """

    def __init__(self, world: World, occasion: Occasion) -> None:
        self._world = world
        self._occasion = occasion
        self._before = int(np.searchsorted(world.recorded.when, occasion.now, side="left"))
        self.there = self._on_sale()
        newest = occasion.past[::-1][:LONGEST].tolist()
        self._past = tuple(self._interaction(row) for row in newest)
        ids = [world.recorded.items[item].item_id for item in world.recorded.what[occasion.past]]
        self.known = frozenset(ids)

    @property
    def now(self) -> datetime:
        """When it is."""
        return at(self._occasion.now)

    def recommender(self, settings: RecommendSettings) -> Recommender:
        """Make the product's recommender over it."""
        return Recommender(self, self, self, self, settings, new_id=lambda: "an-answer")

    @property
    def kind(self) -> str:
        """Of all interactions."""
        return self._world.recorded.kind

    # History

    def recent(self, user_id: str, *, limit: int, as_of: datetime | None = None) -> Past:
        """Read the person's newest interactions; nobody else's are known."""
        if user_id != self._world.recorded.people[self._occasion.person]:
            return Past((), complete=True)
        known = [each for each in self._past if as_of is None or each.happened_at <= as_of]
        return Past(tuple(known[:limit]), complete=len(self._occasion.past) < limit)

    def touched(self, user_id: str, item_ids: Collection[str]) -> Mapping[str, frozenset[str]]:
        """Tell which of these items the person ever touched."""
        if user_id != self._world.recorded.people[self._occasion.person]:
            return {}
        kinds = frozenset({self._world.recorded.kind})
        return {each: kinds for each in item_ids if each in self.known}

    # Counts

    def top(
        self, horizon: str, *, limit: int, category: str | None, now: datetime
    ) -> Sequence[Counted]:
        """Read what was chosen most before, as `app.interactions.counts` does; ties by item_id."""
        del now  # the moment's own
        counts = self._counts(horizon)
        risen = np.ones(len(counts), dtype=bool)
        if horizon == "trending":
            share = HALF_LIVES["trending"] / HALF_LIVES["popular"]
            usual = self._counts("popular") * share
            risen = counts > usual
            pairs = zip(counts.tolist(), usual.tolist(), strict=True)
            counts = np.array([steadied(*pair, prior=TRENDING_PRIOR) for pair in pairs])
        listed: list[Counted] = []
        for row in np.lexsort((self._world.by_id, -counts)).tolist():
            if counts[row] <= 0 or len(listed) == limit:
                break
            item = self._world.items[row]
            if self.there[row] and (category is None or category in item.item.categories):
                listed.append(Counted(item, float(counts[row]), risen=bool(risen[row])))
        return listed

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> Mapping[str, float]:
        """Read decayed counts."""
        del now
        counts = self._counts(horizon)
        held = {each: float(counts[self._world.keys[each] - 1]) for each in item_ids}
        return {item_id: count for item_id, count in held.items() if count > 0}

    # Catalogue

    def candidates(self, keys: Collection[int]) -> Mapping[int, Candidate]:
        """Read items that could be had, or were touched."""
        return {key: self._world.items[key - 1] for key in keys}

    def newest(
        self, *, limit: int, category: str | None = None, before: datetime | None = None
    ) -> Sequence[Candidate]:
        """Read items by item_id: the data does not say how old they are."""
        del before
        there = [self._world.items[row] for row in np.flatnonzero(self.there).tolist()]
        held = [each for each in there if category is None or category in each.item.categories]
        return sorted(held, key=lambda each: each.item.item_id)[:limit]

    def keys_of(self, item_ids: Collection[str]) -> Mapping[str, int]:
        """Look up keys."""
        return {each: self._world.keys[each] for each in item_ids if each in self._world.keys}

    # Index

    def snapshot(self) -> "Generation":
        """Return the one generation there is, of what could be had."""
        return Generation(self._world, self.there)

    def _interaction(self, row: int) -> PastInteraction:
        recorded = self._world.recorded
        item = self._world.items[int(recorded.what[row])]
        value = float(recorded.value[row])
        return PastInteraction(
            item.item.key,
            item.item.item_id,
            item.indexed_revision,
            recorded.kind,
            None if np.isnan(value) else value,
            at(int(recorded.when[row])),
            item.title,
            item.item.categories,
        )

    def _on_sale(self) -> Mask:
        """Tell which items were touched before, and not too long ago."""
        recorded = self._world.recorded
        if recorded.lapse is None:
            return np.ones(len(recorded.items), dtype=np.bool_)
        oldest = self._occasion.now - int(recorded.lapse.total_seconds())
        first = int(np.searchsorted(recorded.when, oldest, side="left"))
        there: Mask = np.zeros(len(recorded.items), dtype=np.bool_)
        there[recorded.what[first : self._before]] = True
        return there

    def _counts(self, horizon: str) -> NDArray[np.float64]:
        recorded, before = self._world.recorded, self._before
        ages = self._occasion.now - recorded.when[:before]
        decays = np.exp2(-ages / HALF_LIVES[horizon].total_seconds())
        gains = np.maximum(self._world.weights[:before], 0.0) * decays
        counts: NDArray[np.float64] = np.bincount(
            recorded.what[:before], gains, minlength=len(recorded.items)
        ).astype(np.float64)
        return counts


@dataclass(frozen=True, slots=True)
class Generation:
    """An exact index of the items that could be had.

    Attributes:
        world: The items.
        there: Shape (n,), which of them it holds.
    """

    world: World
    there: Mask

    @property
    def generation_id(self) -> int:
        """Always 1."""
        return 1

    @property
    def layout(self) -> Layout:
        """Text alone."""
        return self.world.layout

    @property
    def behaviour(self) -> BehaviourModel | None:
        """Nothing is learned here."""
        return None

    def search(
        self, queries: Array, *, limit: int, where: Filter, exclude: Collection[int]
    ) -> list[list[Hit]]:
        """Find the items of the greatest inner product, exactly; ties by key."""
        able = self.there & self.world.present
        able[[key - 1 for key in exclude]] = False
        if where != EVERYTHING:
            able &= np.array([matches(where, each.item) for each in self.world.items])
        rows = np.flatnonzero(able)
        found = []
        for every in queries @ self.world.vectors.T:
            scores = every[rows]
            first = np.argsort(-scores, kind="stable")[:limit]
            pairs = zip(rows[first].tolist(), scores[first].tolist(), strict=True)
            found.append([Hit(row + 1, 1, score) for row, score in pairs])
        return found

    def evidence(self, revisions: Mapping[int, int]) -> Held:
        """Read vectors; text speaks the same as evidence and as a candidate."""
        present, vectors = self.world.present, self.world.vectors
        return Held({key: vectors[key - 1] for key in revisions if present[key - 1]}, {})

    def candidates(self, revisions: Mapping[int, int]) -> Held:
        """Read vectors."""
        return self.evidence(revisions)

    def asked(self, words: Sequence[str] = (), pictures: Sequence[bytes | str] = ()) -> list[Array]:
        """Nothing is asked for in words here: zeros."""
        nothing = np.zeros(self.layout.dimensions, dtype=np.float32)
        return [nothing for _ in [*words, *pictures]]
