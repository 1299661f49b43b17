"""The vector stores a contract is held to, and rows for them."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

from embedders.spaces import Array
from indexer.filters import Filterable
from indexer.memory import MemoryStore
from indexer.milvus import MilvusStore
from indexer.store import Row, VectorStore

T = TypeVar("T")

DIMENSIONS = 4
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)

ENGINES = ["memory", "lite", pytest.param("server", marks=pytest.mark.server)]


@contextmanager
def opened(engine: str, folder: Path, server: Callable[[], str]) -> Iterator[VectorStore]:
    """Open an empty store; `server` starts the server and is called only when it is needed."""
    store: VectorStore
    match engine:
        case "memory":
            store = MemoryStore()
        case "lite":
            store = MilvusStore(str(folder / "contract.db"))
        case _:
            store = MilvusStore(server(), timeout=timedelta(seconds=10))
    try:
        yield store
    finally:
        store.close()


def item(
    key: int,
    *,
    categories: tuple[str, ...] = (),
    price: float | None = None,
    available: bool = True,
    created_at: datetime = NOON,
    attributes: Mapping[str, object] | None = None,
) -> Filterable:
    return Filterable(
        key=key,
        item_id=f"item-{key}",
        categories=categories,
        price=price,
        available=available,
        created_at=created_at,
        attributes=attributes or {},
    )


def row(key: int, *vector: float, revision: int = 1, of: Filterable | None = None) -> Row:
    return Row(revision, array(*vector), of or item(key))


def array(*numbers: float) -> Array:
    return np.array(numbers, dtype=np.float32)


def eventually(ask: Callable[[], T], want: Callable[[T], bool], seconds: float = 20) -> T:
    """Ask until the answer is as wanted; fail with the last answer when time is up."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if want(answer):
            return answer
        assert time.monotonic() < deadline, f"still {answer!r} after {seconds} s"
        time.sleep(0.02)
