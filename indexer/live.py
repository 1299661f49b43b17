"""The live generation as ranking sees it: search, and blocks from a cache that cannot be stale."""

import threading
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from embedders.behaviour import BehaviourModel
from embedders.joining import Joining
from embedders.layout import Layout
from embedders.spaces import Array
from indexer.breaker import Breaker
from indexer.cache import OfRevisions
from indexer.errors import CollectionLost, StoreError, StoreRejected, StoreUnavailable
from indexer.filters import Filter
from indexer.generation import Generation
from indexer.generations import Generations
from indexer.joined import Joiner, raw_batch
from indexer.questions import Questions
from indexer.store import Hit, VectorStore
from indexer.vectors import KeptVectors, RawVectors


@dataclass(frozen=True, slots=True)
class JoinedItem:
    """An item's two joined vectors.

    Attributes:
        evidence: Shape (d,), absent blocks zero.
        candidate: Shape (d,), absent blocks predicted; the same array when the two are equal.
        predicted: Spaces that were predicted.
    """

    evidence: Array
    candidate: Array
    predicted: frozenset[str]


@dataclass(frozen=True, slots=True)
class JoinedItems:
    """Joined vectors by item key; items without any vector are left out."""

    vectors: Mapping[int, Array]
    predicted: Mapping[int, frozenset[str]]


BlockCache = OfRevisions[JoinedItem]
"""The last used joined vectors of one generation.

What is held of a revision never changes, so it cannot be stale. A picture that is had at a later
try changes an item's vectors and not its revision; so an item is not held while something is the
matter with it.
"""


class LiveSnapshot:
    """One generation for the whole of one request."""

    def __init__(
        self,
        generation: Generation,
        joiner: Joiner,
        store: VectorStore,
        kept: KeptVectors,
        cache: BlockCache,
        questions: Questions,
        breaker: Breaker,
    ) -> None:
        self.generation = generation
        self._joiner = joiner
        self._joining: Joining = joiner.joining(generation)
        self._store = store
        self._kept = kept
        self._cache = cache
        self._questions = questions
        self._breaker = breaker
        self._models = generation.models

    @property
    def generation_id(self) -> int:
        """Which one."""
        return self.generation.generation_id

    @property
    def layout(self) -> Layout:
        """Its spaces."""
        return self._joining.layout

    @property
    def behaviour(self) -> BehaviourModel | None:
        """How what a person did is summed up in the space of behaviour; None without one."""
        return self._joining.behaviour

    def search(
        self, queries: Array, *, limit: int, where: Filter, exclude: Collection[int]
    ) -> list[list[Hit]]:
        """Search its collection.

        Raises:
            StoreUnavailable: Also while the collection is gone and waits to be made anew, and at
                once while the store has not answered several times in a row.
        """
        if not self._breaker.admits():
            raise StoreUnavailable(
                "searches go unanswered, so the vector index is left alone for a few seconds"
            )
        collection = self.generation.collection
        try:
            found = self._store.search(
                collection, queries, limit=limit, where=where, exclude=exclude
            )
        except StoreRejected as error:
            self._breaker.succeeded()
            if collection in self._store.collections():
                raise
            raise CollectionLost(f"the collection {collection} of the index is gone") from error
        except StoreUnavailable:
            self._breaker.failed()
            raise
        self._breaker.succeeded()
        return found

    def evidence(self, revisions: Mapping[int, int]) -> JoinedItems:
        """Joined vectors as evidence, by item key and its indexed revision."""
        found = self._joined(revisions)
        return JoinedItems({key: item.evidence for key, item in found.items()}, {})

    def candidates(self, revisions: Mapping[int, int]) -> JoinedItems:
        """Joined vectors as candidates, by item key and its indexed revision."""
        found = self._joined(revisions)
        return JoinedItems(
            {key: item.candidate for key, item in found.items()},
            {key: item.predicted for key, item in found.items()},
        )

    def asked(self, words: Sequence[str] = (), pictures: Sequence[bytes | str] = ()) -> list[Array]:
        """Joined vectors of words and pictures, in this order, each in its own space alone.

        Args:
            words: As people write them.
            pictures: Encoded files, or digests (SHA-256, hex) of pictures that are kept.

        Returns:
            Shape (d,) each; zeros where this generation lacks the space, or nothing can be made of
            it (blank words, a broken picture, none kept by that digest).

        Raises:
            ModelUnavailable: The space's model cannot be used in this process now.
            DatabaseUnavailable: SQL is down.
        """
        raw = self._questions.raw(self.generation.content, words, pictures)
        return list(self._joining.asked(raw_batch(raw, self.generation.content)))

    def _joined(self, revisions: Mapping[int, int]) -> dict[int, JoinedItem]:
        found = self._cache.find(revisions)
        if len(found) == len(revisions):
            return found
        raw = self._kept.of_items(revisions.keys() - found.keys(), self._models)
        made = self._join(raw)
        # A record older than the revision asked for, or one that another try may better, is good
        # for this answer, not for keeps.
        kept = {
            key: item
            for key, item in made.items()
            if raw[key].revision >= revisions[key] and not raw[key].troubled
        }
        self._cache.hold(kept, revisions)
        return found | made

    def _join(self, raw: Mapping[int, RawVectors]) -> dict[int, JoinedItem]:
        joined = self._joiner.join(
            self.generation, {key: held.vectors for key, held in raw.items()}
        )
        vectors = joined.vectors
        guessed = self._joining.predicted(vectors)
        made = {}
        for row, key in enumerate(joined.keys):
            own = vectors.evidence[row].copy()  # a view would keep its whole batch alive
            alike = np.array_equal(own, vectors.candidates[row])
            made[key] = JoinedItem(
                own,
                own if alike else vectors.candidates[row].copy(),
                frozenset(space for space, rows in guessed.items() if rows[row]),
            )
        return made


class LiveIndex:
    """Follows which generation is live, loads it, and hands out snapshots of it.

    Attributes:
        breaker: Of people's searches; the worker, whom nobody waits for, has its own waiting.
    """

    def __init__(
        self,
        store: VectorStore,
        generations: Generations,
        kept: KeptVectors,
        joiner: Joiner,
        questions: Questions,
        *,
        cached_items: int,
        breaker: Breaker | None = None,
    ) -> None:
        self.breaker = breaker or Breaker()
        self._store = store
        self._generations = generations
        self._kept = kept
        self._joiner = joiner
        self._questions = questions
        self._cached_items = cached_items
        self._snapshot: LiveSnapshot | None = None
        self._loading: str | None = None
        self._refreshing = threading.Lock()

    @property
    def loading(self) -> float | None:
        """Share of the collection that is loaded, 0 to 1, while it loads; otherwise None."""
        collection = self._loading
        if collection is None:
            return None
        try:
            return self._store.loaded(collection)
        except StoreError:
            return 0.0

    @property
    def following(self) -> int | None:
        """The generation that answers, or None."""
        held = self._snapshot
        return None if held is None else held.generation_id

    @property
    def state(self) -> str:
        """One sentence on why nothing answers, or that something does."""
        if self._snapshot is not None:
            return "the index answers"
        if self._loading is not None:
            return f"the index is loading ({self.loading or 0.0:.0%})"
        return "no index has been built yet"

    def snapshot(self) -> LiveSnapshot:
        """Return the live generation.

        Raises:
            StoreUnavailable: There is none on this engine yet, or it still loads.
        """
        held = self._snapshot
        if held is None:
            raise StoreUnavailable(self.state)
        return held

    def refresh(self) -> None:
        """Look up which generation is live; load it first if it is another than before.

        Answers keep coming from the one before while the new one loads. Whoever swapped them
        releases the old one later, when every replica has followed.

        Raises:
            DatabaseUnavailable, StoreUnavailable: What was live stays in use.
        """
        with self._refreshing:
            generation = self._generations.live(self._store.engine)
            held = self._snapshot
            if generation is None or generation.geometry is None:
                self._snapshot = None
                return
            if held is not None and held.generation.generation_id == generation.generation_id:
                return
            if generation.collection not in self._store.collections():
                return  # its owner has recorded it and is about to make it
            self._loading = generation.collection
            try:
                self._store.load(generation.collection)
            finally:
                self._loading = None
            self._snapshot = LiveSnapshot(
                generation,
                self._joiner,
                self._store,
                self._kept,
                BlockCache(self._cached_items),
                self._questions,
                self.breaker,
            )
