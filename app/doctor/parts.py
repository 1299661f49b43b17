"""The parts that are reached over a connection: the service, the database and Milvus."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from types import TracebackType
from typing import Self

from app.doctor import index, machine, records, service
from app.doctor.findings import QUICK, Finding, within
from app.settings import Settings
from indexer.database import Database
from indexer.generations import Generations
from indexer.inspection import Inspection
from indexer.jobs import Jobs
from indexer.lite import lite_owner_alive
from indexer.milvus import MilvusStore
from indexer.queue import WorkQueue


class Parts:
    """Asks each part how it is; a context manager, which lets go of them.

    Args:
        settings: Say where they are.
        identities: Of the models that were loaded, by specification.
        now: Reads the machine's clock.
    """

    def __init__(
        self, settings: Settings, identities: Mapping[str, str], *, now: Callable[[], datetime]
    ) -> None:
        self._settings = settings
        self._identities = identities
        self._now = now
        self._closing = ExitStack()
        self._told: service.Told | None = None
        self._database: Database | None = None
        self._engine: str | None = None
        self._store: MilvusStore | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.close()

    def findings(self) -> Iterator[Finding]:
        """Yield what is found; may be called once."""
        for name, look in (
            ("service", self._service),
            ("database", self._records),
            ("clock", self._clock),
            ("milvus", self._milvus),
        ):
            yield within(QUICK, name, look)
        database, engine = self._database, self._engine
        for name, ask in (
            ("index", self._index),
            ("generations", self._generations),
            ("queue", self._queue),
            ("workers", self._workers),
        ):
            if database is None or engine is None:
                yield Finding(name, "skip", "what tells of it cannot be read: see above")
            else:
                yield within(QUICK, name, lambda ask=ask: ask(database, engine))  # type: ignore[misc] # mypy does not infer a default's type

    def _service(self) -> Finding:
        self._told, found = service.ask(self._settings)
        return found

    def _records(self) -> Finding:
        nothing = records.missing(self._settings)
        if nothing is not None:
            return nothing
        opened = Database(self._settings.database_url, schema=self._settings.namespace)
        self._closing.callback(opened.close)
        found = records.database(opened)
        if found.verdict == "ok":
            self._database = opened
        return found

    def _clock(self) -> Finding:
        now = self._now()
        wrong = None
        if self._database is not None:
            wrong = records.database_clock(Inspection(self._database), now)
        return wrong or machine.clock(now)

    def _milvus(self) -> Finding:
        settings = self._settings
        store = index.opened(settings)
        self._engine = store.engine
        if settings.uses_lite:
            missing = index.lite_missing(settings)
            if missing is not None:
                return missing
            if lite_owner_alive(settings.milvus_uri):
                return index.lite_elsewhere(settings, self._told)
        self._closing.callback(store.close)
        found = index.milvus(store)
        self._store = store
        return found

    def _index(self, database: Database, engine: str) -> Finding:
        generations = Generations(database)
        specifications = self._settings.embedder_specifications()
        live, found = index.live(generations, engine, specifications, self._identities)
        if live is None:
            return found
        if self._store is None:
            return index.uncounted(live, self._told, found)
        return index.counted(live, self._store, Inspection(database), WorkQueue(database), found)

    def _generations(self, database: Database, engine: str) -> Finding:
        return index.history(Generations(database), Inspection(database), engine, self._now())

    def _queue(self, database: Database, engine: str) -> Finding:
        del engine  # one queue serves every engine
        return records.queue(WorkQueue(database), Inspection(database), self._now())

    def _workers(self, database: Database, engine: str) -> Finding:
        return records.workers(
            Jobs(database), WorkQueue(database), self._settings, engine, self._now()
        )
