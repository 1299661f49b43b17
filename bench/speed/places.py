"""Where things run: a filled folder on an engine, and a service over it."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.speed.filling import SERVED, Filled, filled, indexed, is_indexed, opened_store
from bench.speed.probes import Bare, Questions, lite_socket
from bench.speed.shop import Shop
from tests.milvus_server import MilvusServer
from tests.service import Service

EngineName = Literal["lite", "server"]
ENGINES: tuple[EngineName, ...] = ("lite", "server")

QUIET = {
    "KINDRED_LOG_LEVEL": "warning",
    "KINDRED_CACHED_ITEMS": "200000",
    "KINDRED_TRAIN_EVERY": "0",
    "KINDRED_TOGETHER_EVERY": "0",
}
"""How the measured service is set: a line a request is the log's cost, a cache for 200,000 items
takes 800 MB, which a machine for a million items has, and a new shop would be learned from at once,
while it is measured; what that costs people is another question."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A shop in a folder, indexed on an engine that is up.

    Attributes:
        uri: Of the engine, as `KINDRED_MILVUS_URI` takes it.
        engine: As generations name it.
    """

    name: EngineName
    shop: Shop
    folder: Path
    filled: Filled
    uri: str
    engine: str


@contextlib.contextmanager
def ground(name: EngineName, size: int, *, interactions: int, root: Path) -> Iterator[Ground]:
    """Fill and index a shop where that has not been done, and have its engine run."""
    shop = Shop(size)
    folder = root / f"shop-{size}"
    held = filled(folder, shop, interactions=interactions)
    with contextlib.ExitStack() as stack:
        uri = str(folder / "milvus.db")
        if name == "server":
            (folder / "server").mkdir(exist_ok=True)
            # Asked to stop it takes all the time it is given; and the next one waits until a killed
            # one's session has ended, which by default made every start here take a minute.
            server = MilvusServer(folder / "server", session_seconds=5)
            stack.callback(server.kill)
            server.start()
            uri = server.uri
        with opened_store(uri) as store:
            indexed(folder, name, store)
            engine = store.engine
        yield Ground(name, shop, folder, held, uri, engine)


@contextlib.contextmanager
def copied(name: EngineName, size: int, *, interactions: int, root: Path) -> Iterator[Ground]:
    """The same over a copy of the folder, for what writes into it; gone afterwards."""
    folder = root / f"shop-{size}"
    if not is_indexed(folder, name):
        with ground(name, size, interactions=interactions, root=root):
            pass
    with tempfile.TemporaryDirectory(dir=root) as held:
        shutil.copytree(folder, Path(held) / folder.name, ignore=shutil.ignore_patterns("*.sock"))
        with ground(name, size, interactions=interactions, root=Path(held)) as at:
            yield at


@contextlib.contextmanager
def served(at: Ground, settings: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run `kindred serve` over it until it is ready."""
    given = {**SERVED, **QUIET, "KINDRED_MILVUS_URI": at.uri, **(settings or {})}
    with Service(at.folder, given) as service:
        service.ready(seconds=600)
        yield service


@contextlib.contextmanager
def bare(at: Ground, service: Service) -> Iterator[Bare]:
    """A bare client of the engine the service uses: on Lite, of the one it has started."""
    uri = at.uri if at.name == "server" else lite_socket(service.pid)
    with contextlib.closing(questions(at)) as asked:
        collection = asked.collection
    client = Bare(uri, collection)
    try:
        yield client
    finally:
        client.close()


def questions(at: Ground) -> Questions:
    """What its index would be asked."""
    return Questions(at.folder, at.engine)
