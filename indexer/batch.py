"""One batch of work: embed, write to every generation that takes writes, confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from indexer.catalogue import Catalogue
from indexer.generation import Generation
from indexer.items import StoredItem
from indexer.joined import Joiner, of_generation
from indexer.pipeline import EmbeddedItem, Pipeline
from indexer.store import VectorStore

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What became of the items of a batch, by key.

    Attributes:
        confirmed: The index was read back and holds what it should: each item's revision read, or
            nothing where the item was deleted.
        behind: Written, but the read did not show it (a late writer, or a lag): do it again.
        retry: Confirmed, but another try may give a better vector; why.
        hopeless: Nothing of it could be embedded; why. The index holds nothing of it.
    """

    confirmed: Mapping[int, int]
    behind: Sequence[int]
    retry: Mapping[int, str] = field(default_factory=dict)
    hopeless: Mapping[int, str] = field(default_factory=dict)


class Indexer:
    """Writes items to generations. Holds no state of its own.

    A generation being built whose models cannot be had here does not hold up the live one: it is
    left out for a while, and its rebuild finds by their revisions what it missed.
    """

    def __init__(
        self, catalogue: Catalogue, pipeline: Pipeline, joiner: Joiner, store: VectorStore
    ) -> None:
        self._catalogue = catalogue
        self._pipeline = pipeline
        self._joiner = joiner
        self._store = store
        self._left_out: dict[int, datetime] = {}

    def index(
        self, keys: Sequence[int], generations: Sequence[Generation], *, now: datetime
    ) -> Indexed:
        """Bring items in generations up to what SQL says of them now.

        Args:
            keys: Items, deleted ones included, each once.
            generations: Those written to; the first is the one confirmed, and the others are left
                out while their models cannot be had.
            now: Recorded as the time of embedding.

        Raises:
            StoreUnavailable, DatabaseUnavailable, ModelUnavailable: Any part may have been written;
                doing it again is harmless.
        """
        found = self._catalogue.by_keys(keys)
        present = [item for item in found.values() if item.deleted_at is None]
        generations = [
            each for each in generations if each is generations[0] or self._takes(each, now)
        ]
        spaces = [space for each in generations for space in each.content]
        embedded = self._pipeline.embed(present, spaces, now=now)
        expected: dict[int, int] = {}
        for generation in generations:
            held = self._write(generation, found, present, embedded)
            if generation is generations[0]:
                expected = held
        return self._confirm(generations[0], found, expected, embedded)

    def missing(self, generations: Sequence[Generation]) -> list[Generation]:
        """Tell which generations' collections are gone from the engine."""
        there = set(self._store.collections())
        return [each for each in generations if each.collection not in there]

    def _takes(self, generation: Generation, now: datetime) -> bool:
        """Whether a generation beside the confirmed one can be embedded for here."""
        number = generation.generation_id
        if now < self._left_out.get(number, now):
            return False
        self._left_out.pop(number, None)
        if self._pipeline.available(generation.content):
            return True
        log.warning("generation_left_out", generation=number)
        self._left_out[number] = now + LEFT_OUT
        return False

    def _write(
        self,
        generation: Generation,
        found: Mapping[int, StoredItem],
        present: Sequence[StoredItem],
        embedded: Mapping[int, EmbeddedItem],
    ) -> dict[int, int]:
        """Upsert what can be embedded, delete the rest; return the upserted revisions by key."""
        vectors = {key: of_generation(each, generation.content) for key, each in embedded.items()}
        made = self._joiner.rows(generation, present, vectors)
        held = {row.item.key: row.revision for row in made}
        if made:
            self._store.upsert(generation.collection, made)
        gone = found.keys() - held.keys()
        if gone:
            self._store.delete(generation.collection, gone)
        return held

    def _confirm(
        self,
        generation: Generation,
        found: Mapping[int, StoredItem],
        expected: Mapping[int, int],
        embedded: Mapping[int, EmbeddedItem],
    ) -> Indexed:
        seen = self._store.revisions(generation.collection, found.keys())
        behind = [key for key in found if seen.get(key) != expected.get(key)]
        late = set(behind)
        hopeless = {
            key: _why(embedded[key])
            for key, item in found.items()
            if item.deleted_at is None and key not in expected
        }
        retry = {key: each.retry for key, each in embedded.items() if each.retry is not None}
        confirmed = {
            key: item.revision
            for key, item in found.items()
            if key not in late and key not in hopeless
        }
        return Indexed(
            confirmed=confirmed,
            behind=behind,
            retry={key: why for key, why in retry.items() if key not in late},
            hopeless=hopeless,
        )


LEFT_OUT = timedelta(minutes=1)
"""How long a model that could not be had is not asked for again: asking can take seconds."""


def _why(embedded: EmbeddedItem) -> str:
    """Say why an item has no vector at all."""
    problems = "; ".join(f"{space}: {text}" for space, text in sorted(embedded.problems.items()))
    return f"nothing of it could be embedded ({problems or 'its parts are empty'})"
