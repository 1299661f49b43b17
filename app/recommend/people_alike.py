"""People like one: who touched the same telling items, ranked by how alike they are as a whole.

A person's most telling items are those that say most of them and least of everybody: what it says
of them (`app.recommend.evidence`) over log2(2 + c), c being the item's decayed count. Whoever
touched one of them lately is in the pool, weighed by the sum of what is shared. The pool's people
are then compared exactly: by the cosine of their blocks of behaviour, Σ_j a_j ⊙ evidence_j, where
the generation has learned one, and of the decayed means of what they like in content otherwise.

Everything read is bounded by the constants below, however many people there are.
"""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from app.recommend.behaviour import behaviour_mix
from app.recommend.blocks import content_spaces, parted
from app.recommend.evidence import EvidenceSettings, Liking, likings, remembered
from app.recommend.groups import scaled_points
from app.recommend.interests import voice_of
from app.recommend.mix import mixed
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Counts, History, Index, Past, Snapshot
from app.recommend.weights import scaled_weights
from embedders.behaviour import SPACE, BehaviourModel
from embedders.layout import Layout
from embedders.spaces import Array

TELLING_ITEMS = 20
"""Items of a person whose other people are read."""

TOUCHES = 100
"""Newest interactions read with each of those items."""

POOL = 100
"""People compared exactly, those who share the most."""

NEWEST = 50
"""Newest interactions read of each of them."""

SHOWN_SHARED = 5
"""Shared items named."""

Basis = Literal["behaviour", "content"]


class Peers(Protocol):
    """What many people did."""

    def touching(self, item_ids: Collection[str], *, limit: int) -> Mapping[str, Sequence[str]]:
        """Tell who touched items last: item_id to user_ids, of at most `limit` interactions each.

        One indexed read.
        """
        ...

    def pasts(self, user_ids: Collection[str], *, limit: int) -> Mapping[str, Past]:
        """Read the newest `limit` interactions of each of these people, in two indexed reads.

        Of their profiles only what they want forgotten is read.
        """
        ...


@dataclass(frozen=True, slots=True)
class Alike:
    """Somebody like the one asked about.

    Attributes:
        user_id: Who.
        likeness: Cosine, -1 to 1.
        shared: Items that both like, the most telling first: at most SHOWN_SHARED.
        shared_items: How many there are, of those read.
    """

    user_id: str
    likeness: float
    shared: tuple[Liking, ...]
    shared_items: int


@dataclass(frozen=True, slots=True)
class PeopleAlike:
    """An answer.

    Attributes:
        generation: Whose vectors were compared.
        basis: What was compared; None where there was nothing to compare.
        people: Most alike first, ties by user_id.
        known: Whether the person likes anything there is.
    """

    generation: int | None
    basis: Basis | None
    people: tuple[Alike, ...]
    known: bool


class PeopleFinder:
    """Finds people like one; safe for many threads.

    Reads SQL at most six times, each bounded: the person's past, counts of what they like, who
    touched it, the past of those and what they want forgotten, and vectors not in the cache.
    """

    def __init__(
        self,
        index: Index,
        history: History,
        peers: Peers,
        counts: Counts,
        settings: RecommendSettings,
    ) -> None:
        self._index = index
        self._history = history
        self._peers = peers
        self._counts = counts
        self._settings = settings

    def alike(self, user_id: str, *, limit: int, now: datetime) -> PeopleAlike:
        """Find people like one; the person is never among them.

        Args:
            user_id: Like whom.
            limit: People at most, 1 to POOL.
            now: From which ages are counted.

        Raises:
            StoreUnavailable: There is no index now.
            DatabaseUnavailable: SQL cannot be read.
        """
        past = self._history.recent(user_id, limit=self._settings.history_limit)
        liked = _liked(past, self._settings.evidence, now)
        if not liked:
            return PeopleAlike(None, None, (), known=False)
        telling = self._telling(liked, now)
        pasts = self._peers.pasts(self._pool(user_id, telling), limit=NEWEST)
        likes = {each: _liked(held, self._settings.evidence, now) for each, held in pasts.items()}
        # Whoever disliked it, or wants it forgotten, does not share it.
        likes = {each: held for each, held in likes.items() if held.keys() & liked.keys()}
        snapshot = self._index.snapshot()
        everybody = [user_id, *sorted(likes)]
        basis, blocks = _blocks(
            [past, *(pasts[each] for each in everybody[1:])],
            [liked, *(likes[each] for each in everybody[1:])],
            snapshot,
            self._settings,
            now,
        )
        if not blocks[0].any():
            return PeopleAlike(snapshot.generation_id, None, (), known=False)
        likeness = blocks @ blocks[0]
        found = [
            _alike(each, float(likeness[row]), liked, likes[each], telling)
            for row, each in enumerate(everybody)
            if row and blocks[row].any()
        ]
        found.sort(key=lambda each: (-each.likeness, each.user_id))
        return PeopleAlike(snapshot.generation_id, basis, tuple(found[:limit]), known=True)

    def _telling(self, liked: Mapping[str, Liking], now: datetime) -> dict[str, float]:
        """Say how telling a person's items are, by item_id."""
        counts = self._counts.of(liked, "popular", now=now)
        return {
            item_id: each.weight / math.log2(2.0 + max(counts.get(item_id, 0.0), 0.0))
            for item_id, each in liked.items()
        }

    def _pool(self, user_id: str, telling: Mapping[str, float]) -> list[str]:
        """Name the people who touched the most telling items, those who share the most first."""
        best = sorted(telling, key=lambda each: (-telling[each], each))[:TELLING_ITEMS]
        touching = self._peers.touching(best, limit=TOUCHES)
        shares: dict[str, float] = {}
        for item_id in best:
            for each in sorted({*touching.get(item_id, ())} - {user_id}):
                shares[each] = shares.get(each, 0.0) + telling[item_id]
        return sorted(shares, key=lambda each: (-shares[each], each))[:POOL]


def _liked(past: Past, evidence: EvidenceSettings, now: datetime) -> dict[str, Liking]:
    """Say what somebody likes, by item_id."""
    found = likings(past.interactions, evidence, now=now, forgotten=past.profile.forgotten)
    return {each.item_id: each for each in found.values() if each.weight > 0}


def _alike(
    user_id: str,
    likeness: float,
    liked: Mapping[str, Liking],
    theirs: Mapping[str, Liking],
    telling: Mapping[str, float],
) -> Alike:
    both = sorted(liked.keys() & theirs.keys(), key=lambda each: (-telling[each], each))
    shared = tuple(liked[each] for each in both[:SHOWN_SHARED])
    return Alike(user_id, likeness, shared, len(both))


def _blocks(
    pasts: Sequence[Past],
    likes: Sequence[Mapping[str, Liking]],
    snapshot: Snapshot,
    settings: RecommendSettings,
    now: datetime,
) -> tuple[Basis, NDArray[np.float64]]:
    """Make a vector of each person, the one asked about first: shape (n, d), unit length or zero.

    They are of behaviour, unless nothing of the first one's is known in it.
    """
    revisions = {
        each.item_key: each.indexed_revision
        for past in pasts
        for each in past.interactions
        if each.indexed_revision is not None
    }
    vectors = snapshot.evidence(revisions).vectors if revisions else {}
    content, says = parted(vectors, snapshot.layout)
    model = snapshot.behaviour
    if model is not None and says:
        blocks = np.stack(
            [_behaviour(past, says, snapshot, model, settings.evidence, now) for past in pasts]
        )
        if blocks[0].any():
            return "behaviour", blocks
    weights = scaled_weights({}, settings.weights, content_spaces(snapshot.layout))
    means = [_mean(each.values(), content, snapshot.layout) for each in likes]
    return "content", scaled_points(means, snapshot.layout, dict(weights))


def _behaviour(
    past: Past,
    says: Mapping[int, Array],
    snapshot: Snapshot,
    model: BehaviourModel,
    evidence: EvidenceSettings,
    now: datetime,
) -> NDArray[np.float64]:
    """Sum up what somebody did in the space of behaviour: unit length, or zero."""
    done = remembered(past.interactions, past.profile.forgotten)
    mix = behaviour_mix(done, says, snapshot.layout, model, evidence, now=now, known={})
    if mix is None:
        return np.zeros(model.dimensions)
    return mix.blocks[snapshot.layout.slice(SPACE)].astype(np.float64)


def _mean(likes: Collection[Liking], vectors: Mapping[int, Array], layout: Layout) -> Array:
    """Average what somebody likes, age counted, every content space's block of unit length."""
    voices = [voice_of(each, vectors[each.item_key]) for each in likes if each.item_key in vectors]
    mix = mixed(voices, layout)
    return np.zeros(layout.dimensions, dtype=np.float32) if mix is None else mix.blocks
