"""The made-up shop in a data folder: records, kept vectors and an index, made once and reused.

Vectors are kept as if models had made them, so that the rebuild which makes the index is Kindred's
own. The models named are the hash embedders at the default models' lengths: nothing here embeds,
and a service over such a folder needs no weights.
"""

import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, update

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.schema import upgrade
from bench.speed.shop import IMAGE, TEXT, Batch, Shop
from embedders import factory
from embedders.hashing import HashEmbedder
from embedders.items import Content
from embedders.options import EmbedderOptions
from embedders.spaces import Array
from indexer.assembly import Assembly
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.generation import SpaceModel
from indexer.generations import Generations
from indexer.images import PictureFetcher
from indexer.items import Put
from indexer.milvus import MilvusStore
from indexer.store import VectorStore
from indexer.tables import generations, items, live, work
from indexer.vectors import KeptVectors, VectorRecord

MADE = 2
"""Raised when what is made changes, so that folders of before are made anew."""

AT_ONCE = 1_000
"""Interactions recorded in one transaction at most."""

WRITE = timedelta(minutes=5)
"""A busy machine's longest batch; nobody waits for it."""

SPACES = (
    SpaceModel("text", TEXT, f"hash-text:{TEXT}", f"hash:text:{TEXT}"),
    SpaceModel("image", IMAGE, f"hash-image:{IMAGE}", f"hash:image:{IMAGE}"),
)
SERVED = {"KINDRED_TEXT_MODEL": "hash", "KINDRED_IMAGE_MODEL": "hash"}
"""Settings of a service over such a folder."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What a folder holds, and what making it took.

    Attributes:
        items, interactions: How many.
        made: MADE of the making.
        written, recorded: Seconds to write items with their vectors, and interactions.
        indexed: Engine ("lite" or "server") to seconds the rebuild took.
        engines: Engine to the address the index was last at.
        up_to: RFC 3339.
    """

    items: int
    interactions: int
    made: int
    written: float
    recorded: float
    indexed: dict[str, float]
    engines: dict[str, str]
    up_to: str

    @property
    def now(self) -> datetime:
        """The moment up to which people did things; asked as of then, answers are the same."""
        return datetime.fromisoformat(self.up_to)


def clock() -> datetime:
    """The time, with an offset."""
    return datetime.now(UTC)  # noqa: TID251 - a benchmark is an entry point


def filled(folder: Path, shop: Shop, *, interactions: int) -> Filled:
    """Write the shop into a folder, unless it is there already; the index comes later."""
    held = _noted(folder)
    if held and (held.items, held.made) == (shop.size, MADE) and held.interactions == interactions:
        return held
    if held:
        message = f"{folder} holds another shop: delete it"
        raise ValueError(message)
    folder.mkdir(parents=True, exist_ok=True)
    database = opened(folder)
    try:
        began = time.perf_counter()
        _write_items(database, shop)
        written = time.perf_counter() - began
        began = time.perf_counter()
        now = clock()
        _record(database, shop, interactions, now=now)
        recorded = time.perf_counter() - began
    finally:
        database.close()
    made = Filled(shop.size, interactions, MADE, written, recorded, {}, {}, now.isoformat())
    _note(folder, made)
    return made


def indexed(folder: Path, engine: str, store: VectorStore) -> float:
    """Build the index on an engine, unless it is there already; return the seconds it took.

    A server that was started again has another address; its index is told of it.

    Raises:
        ValueError: The engine has lost what was built: half of it would be measured, as a worker
            writes it again meanwhile.
    """
    held = _noted(folder)
    if held is None:
        message = f"{folder} has not been filled"
        raise ValueError(message)
    database = opened(folder)
    try:
        if engine in held.indexed:
            _move(database, held.engines[engine], store.engine)
            _note(folder, replace(held, engines={**held.engines, engine: store.engine}))
            there = Generations(database).live(store.engine)
            if there is None or there.collection not in store.collections():
                message = f"the {engine} index of {folder} is gone: delete the folder"
                raise ValueError(message)
            return held.indexed[engine]
        began = time.perf_counter()
        assembled(database, store).rebuild().reindex(SPACES, lambda *_: None)
        took = time.perf_counter() - began
        # The rebuild leaves to the worker what it already knows to be right.
        with database.writing() as connection:
            connection.execute(delete(work))
    finally:
        database.close()
    _note(
        folder,
        replace(
            held,
            indexed={**held.indexed, engine: took},
            engines={**held.engines, engine: store.engine},
        ),
    )
    return took


def is_indexed(folder: Path, engine: str) -> bool:
    """Say whether a folder is filled and was indexed on an engine."""
    held = _noted(folder)
    return held is not None and engine in held.indexed


def opened(folder: Path) -> Database:
    """Open the records of a data folder, their schema up to date."""
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(f"sqlite:///{folder / 'kindred.db'}", lock_wait=timedelta(seconds=60))
    upgrade(database)
    return database


@contextmanager
def opened_store(uri: str) -> Iterator[MilvusStore]:
    """Open a vector store with patience for a busy machine."""
    store = MilvusStore(uri, timeout=timedelta(seconds=60), write_timeout=WRITE)
    try:
        yield store
    finally:
        store.close()


def assembled(database: Database, store: VectorStore, *, cached_items: int = 20_000) -> Assembly:
    """Put the indexer's parts together over generated vectors."""
    return Assembly(
        database,
        store,
        PictureFetcher(allow_private=False),
        lambda specification: factory.make(specification, EmbedderOptions()),
        {each.space: each.specification for each in SPACES},
        factory.prior_mean,
        cached_items=cached_items,
        clock=clock,
    )


def _write_items(database: Database, shop: Shop) -> None:
    catalogue, kept = Catalogue(database), KeptVectors(database)
    for batch in shop.batches():
        now = clock()
        changes = [Put(item, as_of=now) for item in batch.items]
        catalogue.write(changes, now=now, recorded=False)
        keys = catalogue.keys_of([item.item_id for item in batch.items])
        vectors, records = _vectors(batch, keys)
        kept.keep(vectors, records, now=now)
        pictures = {
            (record.item_key, 1): record.digest
            for record in records
            if record.space == "image" and record.digest is not None
        }
        catalogue.set_image_digests(pictures)
        with database.writing() as connection:
            connection.execute(delete(work))
            stamped = update(items).where(items.c.key.in_(list(keys.values())))
            connection.execute(stamped.values(indexed_revision=1, searchable_at=now))


def _vectors(
    batch: Batch, keys: dict[str, int]
) -> tuple[dict[tuple[str, str, str], Array], list[VectorRecord]]:
    """Vectors by (space, model, digest), and which item uses which."""
    text, image = SPACES
    words = HashEmbedder("text", TEXT)
    vectors: dict[tuple[str, str, str], Array] = {}
    records = []
    for row, item in enumerate(batch.items):
        content = Content(item.title, item.description, item.categories)
        said = hashlib.sha256(words.source(content) or b"").hexdigest()
        shown = hashlib.sha256((item.image_url or "").encode()).hexdigest()
        vectors[text.space, text.model, said] = batch.text[row]
        key = keys[item.item_id]
        records.append(VectorRecord(key, text.space, text.model, 1, said))
        pictured = bool(batch.pictured[row])
        if pictured:
            vectors[image.space, image.model, shown] = batch.image[row]
        records.append(VectorRecord(key, image.space, image.model, 1, shown if pictured else None))
    return vectors, records


def _record(database: Database, shop: Shop, count: int, *, now: datetime) -> None:
    popularity = Popularity(database)
    popularity.prepare()
    kept = Interactions(database, popularity)
    held: list[Interaction] = []
    for done in shop.interactions(count, now=now):
        if len(held) + len(done) > AT_ONCE:
            kept.record(held, now=now)
            held = []
        held += done
    kept.record(held, now=now)


def _move(database: Database, old: str, new: str) -> None:
    if old == new:
        return
    with database.writing() as connection:
        for table in (generations, live):
            connection.execute(update(table).where(table.c.engine == old).values(engine=new))


def _noted(folder: Path) -> Filled | None:
    note = folder / "filled.json"
    if not note.exists():
        return None
    held = Filled(**json.loads(note.read_text(encoding="utf-8")))
    if held.made != MADE:
        message = f"{folder} was made by another version of this: delete it"
        raise ValueError(message)
    return held


def _note(folder: Path, made: Filled) -> None:
    (folder / "filled.json").write_text(json.dumps(asdict(made), indent=1), encoding="utf-8")
