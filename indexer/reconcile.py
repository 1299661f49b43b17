"""Compare a generation with SQL, item by item: what differs is done again."""

from collections.abc import Iterator
from dataclasses import dataclass

from indexer.catalogue import Catalogue
from indexer.generations import Generation
from indexer.items import StoredItem
from indexer.store import VectorStore

PAGE = 1_000
"""Items compared at a time: one SQL read and one strong read of the index."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Items of one page the index holds otherwise than SQL.

    Attributes:
        last_key: Largest key of the page.
        seen: Items looked at.
        keys: Those whose revision in the index is not SQL's: missing, behind, or deleted here.
        unstamped: Those that are right in the index but not stamped searchable at this revision.
    """

    last_key: int
    seen: int
    keys: tuple[int, ...]
    unstamped: tuple[int, ...]


def differences(
    catalogue: Catalogue, store: VectorStore, generation: Generation
) -> Iterator[Difference]:
    """Walk the whole catalogue, tombstones included, a page at a time.

    An item of which nothing can be embedded is in no index and so differs each time.
    """
    after = 0
    while page := catalogue.page(after=after, limit=PAGE, deleted=True):
        held = store.revisions(generation.collection, [item.key for item in page])
        keys = tuple(item.key for item in page if held.get(item.key) != _expected(item))
        differing = set(keys)
        unstamped = tuple(
            item.key
            for item in page
            if item.key not in differing
            and item.deleted_at is None
            and item.indexed_revision != item.revision
        )
        after = page[-1].key
        yield Difference(after, len(page), keys, unstamped)


def _expected(item: StoredItem) -> int | None:
    return None if item.deleted_at is not None else item.revision
