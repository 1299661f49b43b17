"""Candidates from the vector index, checked against the catalogue."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from app.recommend.admission import Admission
from app.recommend.answers import Source
from app.recommend.sources import Catalog, Snapshot
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.filters import Filter
from indexer.store import Hit

SLACK = 20
"""Hits asked for beyond the limit: a server's default reads may return a few rows just deleted."""


@dataclass(frozen=True, slots=True)
class Found:
    """A checked candidate and its score.

    Attributes:
        candidate: The item.
        score: By which it was found.
        source: Where it comes from, if that is not the source that was asked.
    """

    candidate: Candidate
    score: float
    source: Source | None = None


def ordered(found: Sequence[Found]) -> tuple[Found, ...]:
    """Put candidates in the order of an answer: best first, ties by item_id."""
    return tuple(sorted(found, key=lambda each: (-each.score, each.candidate.item.item_id)))


def revisions_of(known: Iterable[Candidate]) -> dict[int, int]:
    """Return key to revision, by which vectors are read; what is not searchable is left out."""
    return {
        each.item.key: each.indexed_revision for each in known if each.indexed_revision is not None
    }


class Search:
    """A search for all aspects of a question in one call, widened while too little of it is left.

    A hit counts only if the catalogue says that the item exists, is searchable and is admitted.
    Which revision the index holds does not matter for that: the catalogue's word is the newest.

    Args:
        snapshot: The generation to search.
        catalog: What is known of items.
        queries: Shape (k, d), weighed.
        where: The filter for the index, its `item_id` leaves turned into keys.
        admission: Who may be in the answer.
        widest: Hits asked for at most, a query.

    Attributes:
        found: Admitted candidates so far, in no order.
        filtered: Whether the catalogue's filter turned some hits away.
        ended: Whether there is nothing more to be found.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        catalog: Catalog,
        queries: Array,
        *,
        where: Filter,
        admission: Admission,
        widest: int,
    ) -> None:
        self._snapshot = snapshot
        self._catalog = catalog
        self._queries = queries
        self._where = where
        self._admission = admission
        self._widest = widest
        self._asked = 0
        self._checked: set[int] = set()
        self.found: list[Candidate] = []
        self.filtered = False
        self.ended = False

    def gather(self, wanted: int, *, depth: int) -> None:
        """Search until so many candidates are found, or nothing more can be.

        Args:
            wanted: Candidates.
            depth: Hits asked for at first; each round asks for twice as many as the one before.

        Raises:
            StoreUnavailable: The index cannot be searched now.
        """
        while len(self.found) < wanted and not self.ended:
            self._round(max(depth, 2 * self._asked))

    def widen(self) -> bool:
        """Ask for twice as many; say whether there was anything left to ask for."""
        if self.ended:
            return False
        self._round(2 * self._asked)
        return True

    def _round(self, depth: int) -> None:
        self._asked = min(depth, self._widest)
        lists = self._snapshot.search(
            self._queries, limit=self._asked, where=self._where, exclude=self._admission.keys
        )
        self.ended = self._asked >= self._widest or all(len(hits) < self._asked for hits in lists)
        fresh = [key for key in _keys(lists) if key not in self._checked]
        self._checked.update(fresh)
        if not fresh:
            return
        read = self._catalog.candidates(fresh)
        found = [read[key] for key in fresh if key in read]
        known = [each for each in found if each.indexed_revision is not None]
        obeying = self._admission.obeying(known)
        self.found += self._admission.admitted(obeying, obeying=True)
        self.filtered = self.filtered or len(obeying) < len(known)


def _keys(lists: Sequence[Sequence[Hit]]) -> list[int]:
    """Return the keys of all hits once, in the order of the lists."""
    return list(dict.fromkeys(hit.key for hits in lists for hit in hits))
