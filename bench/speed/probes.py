"""The searches that requests contain, heard from the pipeline, and made by pymilvus alone."""

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import psutil
from pymilvus import MilvusClient

from app.api.questions import Question
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.ranking import recommend_settings
from app.recommend.pipeline import Recommender
from app.recommend.requests import Wanted
from app.settings import Settings
from bench.speed.filling import SERVED, SPACES, assembled, clock, opened
from embedders.spaces import Array
from indexer.assembly import Assembly
from indexer.dialect import LITE, SERVER, expression
from indexer.filters import Filter
from indexer.memory import MemoryStore
from indexer.store import Hit


@dataclass(frozen=True, slots=True)
class Call:
    """A search as the pipeline asks for it.

    Attributes:
        queries: Shape (k, d).
        said: Filter and exclusions in the engine's language.
        limit: Hits a query.
    """

    queries: Array
    said: str
    limit: int


class Listener(MemoryStore):
    """Takes the place of the engine: notes what is searched for and finds nothing."""

    def __init__(self, engine: str) -> None:
        super().__init__()
        self._engine = engine
        self._collection = ""
        self.heard: list[Call] = []

    @property
    def engine(self) -> str:
        """The engine it stands for."""
        return self._engine

    def stand_for(self, collection: str) -> None:
        """Say that this collection is there."""
        self._collection = collection
        self.create(collection, sum(each.dimensions for each in SPACES))

    def search(
        self,
        collection: str,
        queries: Array,
        *,
        limit: int,
        where: Filter,
        exclude: Collection[int] = (),
    ) -> list[list[Hit]]:
        """Note it and find nothing, as only a request's first search is of interest.

        Raising instead would trip the breaker, and the next requests would not be heard.
        """
        del collection
        dialect = LITE if self._engine.startswith("lite:") else SERVER
        said = expression(where, dialect, sorted(exclude))
        self.heard.append(Call(queries, said or "", limit))
        return [[] for _ in queries]


class Questions:
    """What a folder's index would be asked, without asking it. A context of its own records."""

    def __init__(self, folder: Path, engine: str) -> None:
        self._database = opened(folder)
        self._listener = Listener(engine)
        self._assembly: Assembly = assembled(self._database, self._listener)
        live = self._assembly.generations.live(engine)
        if live is None:
            message = f"{folder} has no index on {engine}"
            raise ValueError(message)
        self.collection = live.collection
        self._live = live
        self._listener.stand_for(live.collection)
        self._assembly.index.refresh()
        settings = Settings.from_environment({**SERVED, "KINDRED_DATA_DIR": str(folder)})
        popularity = Popularity(self._database)
        self._recommender = Recommender(
            self._assembly.index,
            Interactions(self._database, popularity),
            popularity,
            self._assembly.catalogue,
            recommend_settings(settings),
        )

    def for_you(self, user_id: str, *, limit: int, now: datetime | None = None) -> Call | None:
        """What a person's list searches for first; None for a stranger."""
        return self._heard(
            lambda at: self._recommender.for_you(user_id, _wanted(limit), now=at), now
        )

    def similar(self, item_id: str, *, limit: int, now: datetime | None = None) -> Call | None:
        """What a list of items like another searches for first."""
        return self._heard(
            lambda at: self._recommender.similar(item_id, _wanted(limit), now=at), now
        )

    def vectors(self, size: int) -> Array:
        """Every item's vector as the index holds it: shape (size, d), row key - 1."""
        made = np.zeros((size, sum(each.dimensions for each in SPACES)), dtype=np.float32)
        for start in range(1, size + 1, 1_000):
            keys = range(start, min(start + 1_000, size + 1))
            raw = self._assembly.kept.of_items(keys, self._live.models)
            joined = self._assembly.joiner.join(
                self._live, {key: held.vectors for key, held in raw.items()}
            )
            made[np.array(joined.keys) - 1] = joined.vectors.candidates
        return made

    def close(self) -> None:
        """Let go of the records."""
        self._database.close()

    def _heard(self, ask: "Ask", now: datetime | None) -> Call | None:
        self._listener.heard.clear()
        ask(now or clock())
        return self._listener.heard[0] if self._listener.heard else None


Ask = Callable[[datetime], object]


class Bare:
    """The search alone, as pymilvus's client does it; a context manager is not needed.

    Args:
        uri: Of the engine that also serves the service: a server's, or the socket of the Lite
            engine that the service has started.
        collection: Of the live generation.
    """

    def __init__(self, uri: str, collection: str) -> None:
        # Lite's engine hangs up on who asks whether it is there as often as pymilvus does.
        patient = {"grpc.keepalive_time_ms": 300_000}
        self._client = MilvusClient(uri, dedicated=True, timeout=60, grpc_options=patient)
        self._collection = collection

    def search(self, call: Call) -> list[list[int]]:
        """Search; return keys, best first."""
        found = self._client.search(
            self._collection,
            data=list(call.queries),
            anns_field="vector",
            filter=call.said,
            limit=call.limit,
            output_fields=["revision"],
            search_params={"params": {"ef": max(200, 2 * call.limit)}},
            consistency_level="Bounded",
        )
        return [[int(each["id"]) for each in mine] for mine in found]

    def close(self) -> None:
        """Disconnect."""
        self._client.close()


def lite_socket(pid: int) -> str:
    """Find the address of the Lite engine that a process (or a child of it) has started."""
    for child in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):
            for word in child.cmdline():
                if word.endswith(".sock") or word.startswith("unix:"):
                    return word if word.startswith("unix:") else f"unix:{word}"
    message = f"process {pid} has started no Lite engine"
    raise ValueError(message)


def recall(found: Sequence[Sequence[int]], exact: Sequence[Sequence[int]]) -> float:
    """The mean share of each exact list that was found."""
    shares = [len(set(a) & set(b)) / len(b) for a, b in zip(found, exact, strict=True) if b]
    return float(np.mean(shares))


def _wanted(limit: int) -> Wanted:
    """What a GET that says no more than its limit comes to: only items that can be had."""
    return Question(user_id="anyone", limit=limit).wanted()
