"""A small world for ranking: catalogue, index, history and counts in memory, exact."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from app.recommend.evidence import EvidenceSettings, kind_weight
from app.recommend.pipeline import Recommender
from app.recommend.popularity import (
    NO_LEVEL,
    TRENDING_PRIOR,
    count_at,
    level_of,
    level_sum,
    steadied,
)
from app.recommend.profile import NO_PROFILE, Profile
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Counted, Past, PastInteraction
from embedders.behaviour import SPACE, BehaviourModel, unit
from embedders.decays import Decays
from embedders.layout import Layout
from embedders.spaces import Array, Space
from indexer.catalogue import Candidate
from indexer.errors import ModelUnavailable, StoreUnavailable
from indexer.filters import EVERYTHING, Filter, Filterable
from indexer.meaning import matches
from indexer.store import Hit, Row

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
LAYOUT = Layout((Space("text", 4), Space("image", 3)))
LEARNED = BehaviourModel(
    candidate_map=np.eye(7, 3, dtype=np.float32),
    evidence_map=np.roll(np.eye(7, 3, dtype=np.float32), 1, axis=1),
    decays=Decays(
        per_interaction=np.array([0.7, 0.0], dtype=np.float32),
        per_day=np.array([0.0, 0.1], dtype=np.float32),
        mix=np.array([[1.0, 1.0, 0.5], [0.5, 0.2, 1.0]], dtype=np.float32),
    ),
    context=50,
)
"""Something learned: whoever touches an item of the first word goes on to items of the second, from
these to those of the third, and from these back to the first."""

HALF_LIVES = {"popular": timedelta(days=30), "trending": timedelta(days=1)}


def joined(text: Sequence[float] | None, image: Sequence[float] | None) -> Array:
    """Put unit blocks side by side, zeros where there is none."""
    vector = np.zeros(LAYOUT.dimensions, dtype=np.float32)
    for space, block in (("text", text), ("image", image)):
        if block is not None and any(block):
            vector[LAYOUT.slice(space)] = np.asarray(block) / np.linalg.norm(block)
    return vector


def _block(numbers: Sequence[float]) -> Array:
    return unit(np.asarray(numbers, dtype=np.float32))


@dataclass(frozen=True)
class HeldBlocks:
    vectors: Mapping[int, Array]
    predicted: Mapping[int, frozenset[str]]


@dataclass(frozen=True)
class Done:
    """Something a person did, by the item's id."""

    user_id: str
    item_id: str
    kind: str
    value: float | None
    happened_at: datetime


@dataclass
class World:
    """Everything ranking reaches through its seams.

    Attributes:
        down: Whether the index answers nothing.
        blind: Whether the index applies no filter itself.
        asked: The limits of all searches so far.
        reads: How often each reading method was called.
        said: Words, and pictures' bytes or digests as text, to their joined vectors.
        mute: Whether no model can be used.
        model: What was learned of behaviour, if anything was.
    """

    down: bool = False
    blind: bool = False
    mute: bool = False
    generation_id: int = 7
    model: BehaviourModel | None = None
    asked: list[int] = field(default_factory=list)
    reads: list[str] = field(default_factory=list)
    known: dict[int, Candidate] = field(default_factory=dict)
    rows: dict[int, Row] = field(default_factory=dict)
    own: dict[int, Array] = field(default_factory=dict)
    guessed: dict[int, frozenset[str]] = field(default_factory=dict)
    done: list[Done] = field(default_factory=list)
    profiles: dict[str, Profile] = field(default_factory=dict)
    said: dict[str, Array] = field(default_factory=dict)

    def add(
        self,
        item_id: str,
        text: Sequence[float] | None = None,
        image: Sequence[float] | None = None,
        *,
        categories: tuple[str, ...] = (),
        price: float | None = None,
        available: bool = True,
        age: timedelta = timedelta(days=100),
        predicted_image: Sequence[float] | None = None,
        shows: Sequence[float] | None = None,
        says: Sequence[float] | None = None,
    ) -> int:
        """Add an item, not searchable without blocks; `predicted_image` fills a missing one.

        `shows` and `says` were learned, as candidate and as evidence; both or neither are given.
        """
        key = len(self.known) + 1
        item = Filterable(key, item_id, categories, price, available, NOW - age, {})
        own, shown = joined(text, image), joined(text, predicted_image or image)
        guessed = frozenset({"image"} if predicted_image is not None else ())
        if self.model is not None:
            block, learned = self.model.candidates(own[np.newaxis])[0], self.model.evidence(own)
            if shows is not None and says is not None:
                block, learned = _block(shows), np.asarray(says, np.float32)
            elif block.any():
                guessed |= {SPACE}
            own, shown = np.concatenate([own, learned]), np.concatenate([shown, block])
        searchable = bool(own.any() or shown.any())
        self.known[key] = Candidate(item, item_id.title(), None, 1, 1 if searchable else None)
        if searchable:
            self.own[key] = own
            self.guessed[key] = guessed
            self.rows[key] = Row(1, shown, item)
        return key

    @property
    def layout(self) -> Layout:
        """The content spaces, and behaviour last if anything was learned."""
        if self.model is None:
            return LAYOUT
        return Layout((*LAYOUT.spaces, Space(SPACE, self.model.dimensions)))

    def reprice(self, item_id: str, price: float) -> None:
        """Change what the catalogue knows; the index goes on with what it held."""
        key = self.key(item_id)
        held = self.known[key]
        self.known[key] = replace(held, item=replace(held.item, price=price), revision=2)

    def delete(self, item_id: str) -> None:
        """Delete an item from the catalogue; the index goes on finding it."""
        del self.known[self.key(item_id)]

    def key(self, item_id: str) -> int:
        return next(key for key, each in self.known.items() if each.item.item_id == item_id)

    def did(
        self,
        user_id: str,
        kind: str,
        item_id: str,
        value: float | None = None,
        *,
        ago: timedelta = timedelta(hours=1),
    ) -> None:
        self.done.append(Done(user_id, item_id, kind, value, NOW - ago))

    def recommender(self, settings: RecommendSettings | None = None) -> Recommender:
        chosen = settings or RecommendSettings()
        return Recommender(self, self, self, self, chosen, new_id=lambda: "an-answer")

    # History

    def recent(self, user_id: str, *, limit: int, as_of: datetime | None = None) -> Past:
        self.reads.append("recent")
        mine = [
            each
            for each in self.done
            if each.user_id == user_id and (as_of is None or each.happened_at <= as_of)
        ]
        newest = sorted(mine, key=lambda each: each.happened_at, reverse=True)[:limit]
        there = {each.item.item_id: each for each in self.known.values()}
        return Past(
            tuple(
                PastInteraction(
                    there[each.item_id].item.key,
                    each.item_id,
                    there[each.item_id].indexed_revision,
                    each.kind,
                    each.value,
                    each.happened_at,
                    there[each.item_id].title,
                    there[each.item_id].item.categories,
                )
                for each in newest
                if each.item_id in there
            ),
            complete=len(newest) < limit,
            profile=self.profiles.get(user_id, NO_PROFILE),
        )

    def touched(self, user_id: str, item_ids: Collection[str]) -> dict[str, frozenset[str]]:
        self.reads.append("touched")
        kinds: dict[str, set[str]] = {}
        for each in self.done:
            if each.user_id == user_id and each.item_id in item_ids:
                kinds.setdefault(each.item_id, set()).add(each.kind)
        return {item_id: frozenset(found) for item_id, found in kinds.items()}

    # Counts

    def top(
        self, horizon: str, *, limit: int, category: str | None, now: datetime
    ) -> list[Counted]:
        self.reads.append(horizon)
        counts, fallen = self._counts(horizon, now), frozenset[str]()
        if horizon == "trending":
            share = HALF_LIVES["trending"] / HALF_LIVES["popular"]
            usual = {name: share * count for name, count in self._counts("popular", now).items()}
            fallen = frozenset(name for name, count in counts.items() if count <= usual[name])
            counts = {
                item_id: steadied(count, usual[item_id], prior=TRENDING_PRIOR)
                for item_id, count in counts.items()
            }
        counted = [
            Counted(each, counts[each.item.item_id], each.item.item_id not in fallen)
            for each in self.known.values()
            if each.item.item_id in counts
            and each.item.available
            and (category is None or category in each.item.categories)
        ]
        counted.sort(key=lambda each: (-each.count, each.candidate.item.item_id))
        return counted[:limit]

    def of(self, item_ids: Collection[str], horizon: str, *, now: datetime) -> dict[str, float]:
        self.reads.append("of")
        counts = self._counts(horizon, now)
        return {item_id: count for item_id, count in counts.items() if item_id in item_ids}

    def _counts(self, horizon: str, now: datetime) -> dict[str, float]:
        levels: dict[str, float] = {}
        for each in self.done:
            weight = kind_weight(each.kind, each.value, EvidenceSettings())
            level = level_of(weight, each.happened_at, half_life=HALF_LIVES[horizon])
            levels[each.item_id] = level_sum(levels.get(each.item_id, NO_LEVEL), level)
        return {
            item_id: count_at(level, now, half_life=HALF_LIVES[horizon])
            for item_id, level in levels.items()
            if level > NO_LEVEL
        }

    # Catalog

    def candidates(self, keys: Collection[int]) -> dict[int, Candidate]:
        self.reads.append("candidates")
        return {key: self.known[key] for key in keys if key in self.known}

    def newest(
        self, *, limit: int, category: str | None = None, before: datetime | None = None
    ) -> list[Candidate]:
        self.reads.append("newest")
        listed = [
            each
            for each in self.known.values()
            if each.item.available
            and (category is None or category in each.item.categories)
            and (before is None or each.item.created_at < before)
        ]
        listed.sort(key=lambda each: (NOW - each.item.created_at, each.item.item_id))
        return listed[:limit]

    def keys_of(self, item_ids: Collection[str]) -> dict[str, int]:
        self.reads.append("keys_of")
        return {
            each.item.item_id: key
            for key, each in self.known.items()
            if each.item.item_id in item_ids
        }

    # Index and snapshot

    def snapshot(self) -> "Generation":
        if self.down:
            raise StoreUnavailable("the index is loading")
        return Generation(self)


@dataclass(frozen=True)
class Generation:
    """The world's one generation."""

    world: World

    @property
    def layout(self) -> Layout:
        return self.world.layout

    @property
    def generation_id(self) -> int:
        return self.world.generation_id

    @property
    def behaviour(self) -> BehaviourModel | None:
        return self.world.model

    def search(
        self,
        queries: Array,
        *,
        limit: int,
        where: Filter = EVERYTHING,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        self.world.asked.append(limit)
        found = []
        for query in queries:
            hits = [
                Hit(key, row.revision, float(row.vector @ query))
                for key, row in self.world.rows.items()
                if key not in exclude and (self.world.blind or matches(where, row.item))
            ]
            found.append(sorted(hits, key=lambda hit: (-hit.score, hit.key))[:limit])
        return found

    def evidence(self, revisions: Mapping[int, int]) -> HeldBlocks:
        own = self.world.own
        return HeldBlocks({key: own[key] for key in revisions if key in own}, {})

    def candidates(self, revisions: Mapping[int, int]) -> HeldBlocks:
        rows = self.world.rows
        return HeldBlocks(
            {key: rows[key].vector for key in revisions if key in rows},
            {key: self.world.guessed[key] for key in revisions if key in rows},
        )

    def asked(self, words: Sequence[str] = (), pictures: Sequence[bytes | str] = ()) -> list[Array]:
        if self.world.mute:
            raise ModelUnavailable("the model is loading")
        names = [*words, *(each if isinstance(each, str) else each.decode() for each in pictures)]
        heard = [np.zeros(self.layout.dimensions, dtype=np.float32) for _ in names]
        for vector, name in zip(heard, names, strict=True):
            if name in self.world.said:
                vector[: LAYOUT.dimensions] = self.world.said[name]
        return heard
