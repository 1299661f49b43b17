"""Connections to PostgreSQL that do not wait for ever for a server that has fallen silent.

PostgreSQL's own limits are kept by the server: one that hangs, or a network that loses packets,
keeps none of them, and TCP notices nothing as long as the other machine acknowledges.
"""

import time
from collections.abc import Generator
from datetime import timedelta
from typing import Any, TypeVar

import psycopg
from psycopg.waiting import Ready
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine.interfaces import Dialect

from indexer.patience import shortest

STATEMENT_TIMEOUT = timedelta(seconds=30)
"""How long PostgreSQL works on one statement."""

SILENCE = STATEMENT_TIMEOUT + timedelta(seconds=5)
"""How long its answer is waited for, where nobody waits for ours: then it would have given up."""

CONNECT = timedelta(seconds=5)
"""How long a connection may take to be made; libpq's least is two seconds."""

R = TypeVar("R")


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when one answer takes longer than there is patience for."""

    def wait(self, gen: Generator[Any, Any, R], *args: Any, **kwargs: Any) -> R:  # noqa: ANN401 - as psycopg has them
        """Wait for what a generator of psycopg's asks for.

        Raises:
            psycopg.OperationalError: It took too long; the connection is closed, as what comes of
                the statement is not known.
        """
        limit = shortest(SILENCE)
        try:
            return super().wait(_bounded(gen, limit), *args, **kwargs)
        except _Silent:
            self.close()
            raise psycopg.OperationalError(
                f"no answer within {limit.total_seconds():g} s"
            ) from None


class _Silent(Exception):
    """The server has been waited for long enough."""


def _bounded(gen: Generator[Any, Any, R], limit: timedelta) -> Generator[Any, Any, R]:
    """Go on with a generator until it ends or a limit is over.

    psycopg looks several times a second whether it was interrupted, and then sends that nothing is
    ready.
    """
    deadline = time.monotonic() + limit.total_seconds()
    try:
        wanted = next(gen)
        while True:
            ready = yield wanted
            if ready == Ready.NONE and time.monotonic() > deadline:
                raise _Silent
            wanted = gen.send(ready)
    except StopIteration as end:
        result: R = end.value
        return result


def postgresql(url: URL, lock_wait: timedelta, schema: str | None, **pool: Any) -> Engine:  # noqa: ANN401 - SQLAlchemy's options of a pool
    """Make an engine whose waits are bounded.

    Args:
        url: With psycopg as its driver.
        lock_wait: How long a statement waits for a lock.
        schema: Where all tables are; None: as the role has it.
        pool: More for `create_engine`.
    """
    limits = {
        "statement_timeout": STATEMENT_TIMEOUT,
        "lock_timeout": lock_wait,
        "idle_in_transaction_session_timeout": STATEMENT_TIMEOUT,
    }
    given = url.query.get("options", "")
    options = [given] if isinstance(given, str) else list(given)
    options += [f"-c {name}={limit // timedelta(milliseconds=1)}" for name, limit in limits.items()]
    if schema is not None:
        # Alone: a table missing here must not be found in somebody else's.
        options.append(f"-c search_path={schema}")
    engine = create_engine(
        url,
        connect_args={"options": " ".join(options).strip()},
        pool_pre_ping=True,  # a restarted server costs no request an error
        hide_parameters=True,
        **pool,
    )
    event.listen(engine, "do_connect", _connect)
    return engine


def _connect(
    dialect: Dialect, record: object, arguments: list[Any], named: dict[str, Any]
) -> PatientConnection:
    del dialect, record
    seconds = max(1, round(shortest(CONNECT).total_seconds()))
    return PatientConnection.connect(*arguments, **{"connect_timeout": seconds, **named})
