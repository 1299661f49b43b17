"""How long a thread waits for SQL: somebody who asked waits less than a job does."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

_LIMIT: ContextVar[timedelta | None] = ContextVar("kindred_patience", default=None)


@contextmanager
def patience(limit: timedelta) -> Iterator[None]:
    """Wait no longer than this for an answer of SQL in what is called from here.

    A shorter limit that holds already is kept.

    Args:
        limit: For each statement, and for making a connection.
    """
    token = _LIMIT.set(shortest(limit))
    try:
        yield
    finally:
        _LIMIT.reset(token)


def shortest(limit: timedelta) -> timedelta:
    """Return this limit, or the one that holds here if that is shorter."""
    held = _LIMIT.get()
    return limit if held is None else min(held, limit)
