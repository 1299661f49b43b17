"""Compare a generation with SQL, item by item: what differs is done again."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from indexer.catalogue import Catalogue, Standing
from indexer.generation import Generation
from indexer.store import VectorStore

PAGE = 1_000
"""Items compared at a time: one narrow SQL read and one strong read of the index."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Items of one page the index holds otherwise than SQL.

    Attributes:
        last_key: Largest key of the page.
        seen: Items looked at.
        keys: Those whose revision in the index is not SQL's (missing, behind, or deleted here), to
            SQL's revision.
        pending: Those of `keys` that are not done in the live generation either: the worker has
            them before it.
        unstamped: Those that are right in the index but not stamped searchable at this revision, to
            SQL's revision.
    """

    last_key: int
    seen: int
    keys: Mapping[int, int]
    pending: frozenset[int]
    unstamped: Mapping[int, int]


def differences(
    catalogue: Catalogue, store: VectorStore, generation: Generation
) -> Iterator[Difference]:
    """Walk the whole catalogue, tombstones included, a page at a time.

    An item of which nothing can be embedded is in no index and so differs each time.
    """
    for page in standings(catalogue):
        held = store.revisions(generation.collection, [item.key for item in page])
        differing = [item for item in page if held.get(item.key) != _expected(item)]
        keys = {item.key: item.revision for item in differing}
        yield Difference(
            last_key=page[-1].key,
            seen=len(page),
            keys=keys,
            pending=frozenset(item.key for item in differing if not _stamped(item)),
            unstamped={
                item.key: item.revision
                for item in page
                if item.key not in keys and not item.deleted and not _stamped(item)
            },
        )


def standings(catalogue: Catalogue) -> Iterator[list[Standing]]:
    """Walk the whole catalogue, tombstones included, a page at a time."""
    after = 0
    while page := catalogue.standings(after=after, limit=PAGE):
        after = page[-1].key
        yield page


def _expected(item: Standing) -> int | None:
    return None if item.deleted else item.revision


def _stamped(item: Standing) -> bool:
    """Whether the worker has done an item's newest revision; a deletion takes the stamp away."""
    return item.indexed_revision == _expected(item)
