"""How long does it take to read and clean a million interactions, and how much memory?

    python -m bench.behaviour.reading [--rows N] [--items N] [--people N]

Interactions are drawn as in `bench.behaviour.scale`, written into a SQLite file, and read as a
training reads them. Prints the processor's seconds, and the most memory that took.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

from sqlalchemy import insert

from app.interactions.lessons import InteractionLessons
from app.interactions.tables import interactions
from app.recommend.evidence import EvidenceSettings
from app.schema import upgrade
from bench.behaviour.scale import drawn
from bench.machine import describe
from embedders.sequences import Sequences
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
AT_ONCE = 10_000


def fill(database: Database, held: Sequences, items: int) -> None:
    """Write the items and what people did with them."""
    for start in range(0, items, 1_000):
        page = range(start, min(start + 1_000, items))
        puts = [Put(Item(f"item-{n}", title=f"thing {n}"), BEGAN) for n in page]
        Catalogue(database).write(puts, now=BEGAN, recorded=False)
    people = held.people.tolist()
    for start in range(0, len(people), AT_ONCE):
        with database.writing() as connection:
            connection.execute(
                insert(interactions),
                [
                    {
                        "user_id": f"user-{people[row]}",
                        "item_id": f"item-{held.items[row]}",
                        "kind": "view",
                        "happened_at": BEGAN + timedelta(days=float(held.days[row])),
                        "received_at": BEGAN,
                    }
                    for row in range(start, min(start + AT_ONCE, len(people)))
                ],
            )


def held(what: str) -> float:
    """Return MB of this process as Linux counts them; getrusage's are also its parent's."""
    (line,) = [
        each
        for each in Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        if each.startswith(what)
    ]
    return int(line.split()[1]) / 1024


def read(folder: str) -> None:
    """Read everything from a folder's database, and print what that took."""
    database = Database(f"sqlite:///{Path(folder) / 'kindred.db'}")
    lessons = InteractionLessons(database, EvidenceSettings())
    before = held("VmRSS")
    began = time.process_time()
    counted = lessons.since(None)
    counting = time.process_time() - began
    lesson = lessons.read(lambda *_: None)
    took = time.process_time() - began - counting
    memory = held("VmHWM")
    database.close()
    print(
        f"{counted} rows counted in {counting * 1000:.0f} ms; read and cleaned in {took:.0f} s, to "
        f"{len(lesson.sequences.items)} rows; {memory - before:.0f} MB at most, beyond the "
        f"{before:.0f} MB of the program"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.behaviour.reading")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--items", type=int, default=20_000)
    parser.add_argument("--people", type=int, default=20_000)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'kindred.db'}")
        upgrade(database)
        fill(database, drawn(asked.rows, asked.items, asked.people), asked.items)
        database.close()
        print(describe(), flush=True)
        # In a process of its own, so that its memory is not what writing has left.
        reading = get_context("spawn").Process(target=read, args=(folder,))
        reading.start()
        reading.join()


if __name__ == "__main__":
    main()
