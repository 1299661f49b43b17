"""Candidates from the vector index, checked against the catalogue."""

from dataclasses import dataclass

import numpy as np

from app.recommend.admission import Admission
from app.recommend.sources import Catalog, Snapshot
from embedders.spaces import Array
from indexer.catalogue import Candidate
from indexer.filters import Filter
from indexer.store import Hit

SLACK = 20
"""Hits asked for beyond the limit: a server's default reads may return a few rows just deleted."""


@dataclass(frozen=True, slots=True)
class Found:
    """A checked candidate and its relevance."""

    candidate: Candidate
    score: float


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found.

    Attributes:
        found: Best first, ties by item_id; may be more than were wanted.
        filtered: Whether the catalogue's filter turned some hits away.
    """

    found: tuple[Found, ...]
    filtered: bool


def ordered(found: list[Found]) -> tuple[Found, ...]:
    """Put candidates in the order of an answer: best first, ties by item_id."""
    return tuple(sorted(found, key=lambda each: (-each.score, each.candidate.item.item_id)))


def search(
    snapshot: Snapshot,
    catalog: Catalog,
    query: Array,
    *,
    limit: int,
    widest: int,
    where: Filter,
    admission: Admission,
) -> Searched:
    """Search once, check the hits in one read, and widen while too few of them are left.

    A hit counts only if the catalogue says that the item exists, is searchable and is admitted.
    Which revision the index holds does not matter for that: the catalogue's word is the newest.

    Args:
        snapshot: The generation to search.
        catalog: What is known of items.
        query: Shape (d,), weighed.
        limit: Candidates wanted.
        widest: Hits asked for at most; each round asks for twice as many as the one before.
        where: The filter for the index, its `item_id` leaves turned into keys.
        admission: Who may be in the answer.

    Raises:
        StoreUnavailable: The index cannot be searched now.
    """
    queries = query[np.newaxis, :]
    checked: set[int] = set()
    found: list[Found] = []
    filtered = False
    asked = min(limit + SLACK, widest)
    while True:
        hits = snapshot.search(queries, limit=asked, where=where, exclude=admission.keys)[0]
        fresh = [hit for hit in hits if hit.key not in checked]
        checked.update(hit.key for hit in fresh)
        known = _known(catalog, fresh)
        admitted = {each.item.key for each in admission.admitted(list(known.values()))}
        found += [Found(known[hit.key], hit.score) for hit in fresh if hit.key in admitted]
        filtered = filtered or not all(map(admission.obeys, known.values()))
        if len(found) >= limit or len(hits) < asked or asked >= widest:
            return Searched(ordered(found), filtered)
        asked = min(asked * 2, widest)


def _known(catalog: Catalog, hits: list[Hit]) -> dict[int, Candidate]:
    """Read the hits' items that are searchable, in the order of the hits."""
    if not hits:
        return {}
    read = catalog.candidates([hit.key for hit in hits])
    return {
        hit.key: read[hit.key]
        for hit in hits
        if hit.key in read and read[hit.key].indexed_revision is not None
    }
