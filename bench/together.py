"""What counting what goes together costs, and whether it finds what was planted.

    python -m bench.together [--interactions 1000000] [--folder FOLDER]

Makes a shop's log up: people come now and then, look at some items of a heavy-tailed popularity in
a visit, and buy a few. Every popular item has one companion, which is in one basket in five that it
is in. The log is written into a SQLite file in the order in which things happened, so that a
person's rows lie scattered, and counted in a process of its own, whose memory is measured. Then
lists are read, and who touched what. A log made before in the folder is used again.
"""

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import text

from app.clock import utc_now
from app.interactions.peers import PeerHistory
from app.recommend.people_alike import NEWEST, POOL, TELLING_ITEMS, TOUCHES
from app.schema import upgrade
from app.together.pairs import Pairs
from app.together.refresh import refresh
from app.together.settings import ANY, TogetherSettings
from bench.machine import describe
from indexer.database import Database

SEED = 5
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 180
PER_PERSON = 20
"""Interactions of a person on average."""

PER_ITEM = 30
"""Interactions of an item on average."""

PER_VISIT = 5
PLANTED = 0.2
BOUGHT = 0.15
CHUNK = 100_000
SURE = 200
"""Baskets an item must be in for its companion to be expected."""

Rows = list[tuple[str, str, str, int, int]]


def made_up(count: int) -> Iterator[Rows]:
    """Make a log up, oldest first, in chunks of rows for SQL."""
    dice = np.random.default_rng(SEED)
    people, items = max(count // PER_PERSON, 10), max(count // PER_ITEM, 10)
    worth = 1.0 / np.arange(10, items + 10) ** 0.8
    edges = np.cumsum(worth / worth.sum())
    done = 0
    while done < count:
        visits = CHUNK // PER_VISIT
        sizes = dice.geometric(1 / PER_VISIT, visits)
        rows = int(sizes.sum())
        visit = np.repeat(np.arange(visits), sizes)
        person = dice.integers(people, size=visits)[visit]
        item = np.minimum(np.searchsorted(edges, dice.random(rows)), items - 1)
        goes = dice.random(rows) < PLANTED
        item[1:] = np.where(goes[1:] & (visit[1:] == visit[:-1]), item[:-1] ^ 1, item[1:])
        begun = np.sort(dice.random(visits)) + done / CHUNK
        seconds = begun * (DAYS * 86_400 * CHUNK / count)
        moment = (seconds[visit] + 20.0 * _place(visit)) * 1e6
        bought = dice.random(rows) < BOUGHT
        some = slice(0, count - done)
        yield _as_rows(person[some], item[some], bought[some], moment.astype(np.int64)[some])
        done += rows


def _place(visit: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number the rows of each visit from 0."""
    first = np.flatnonzero(np.diff(visit, prepend=-1))
    return np.arange(len(visit)) - np.repeat(first, np.diff(first, append=len(visit)))


def _as_rows(
    person: NDArray[np.int64],
    item: NDArray[np.int64],
    bought: NDArray[np.bool_],
    moment: NDArray[np.int64],
) -> Rows:
    since = int((START - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    return [
        (f"person-{p}", f"item-{i}", "purchase" if b else "view", since + m, since + m)
        for p, i, b, m in zip(
            person.tolist(), item.tolist(), bought.tolist(), moment.tolist(), strict=True
        )
    ]


def fill(database: Database, count: int) -> None:
    """Write the log and its items."""
    items = max(count // PER_ITEM, 10)
    with database.writing() as connection:
        connection.execute(
            text(
                "INSERT INTO items (key, item_id, revision, title, categories, available, "
                "created_at, attributes, as_of, received_at, fence) VALUES "
                "(:key, :item, 1, :item, '[]', 1, 0, '{}', 0, 0, 0)"
            ),
            [{"key": number + 1, "item": f"item-{number}"} for number in range(items)],
        )
    for rows in made_up(count):
        with database.writing() as connection:
            connection.exec_driver_sql(
                "INSERT INTO interactions (user_id, item_id, kind, happened_at, received_at) "
                "VALUES (?, ?, ?, ?, ?)",
                rows,
            )


def count(url: str) -> None:
    """Count, and print what it took; called in a process of its own."""
    before = held_megabytes("VmRSS")
    began, phases = time.perf_counter(), dict[str, float]()

    def note(phase: str, done: int, total: int) -> None:
        del done, total
        phases.setdefault(phase, time.perf_counter() - began)

    database = Database(url)
    report = refresh(database, TogetherSettings(), owner="bench", clock=utc_now, progress=note)
    database.close()
    seconds = time.perf_counter() - began
    processor = resource.getrusage(resource.RUSAGE_SELF)
    print(report)
    print("phases begin after s:", {phase: round(each, 1) for phase, each in phases.items()})
    print(
        f"{seconds:.1f} s ({processor.ru_utime + processor.ru_stime:.1f} s of a core), "
        f"{held_megabytes('VmHWM') - before:.0f} MB more than the {before:.0f} MB before"
    )


def held_megabytes(name: str) -> float:
    """Read how much memory this process holds (VmRSS), or held at most (VmHWM)."""
    # Not getrusage: its maximum is that of the process this one was forked from, too.
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def found(database: Database, items: int) -> str:
    """Say how many of the planted companions come first, and what else is in lists."""
    pairs = Pairs(database)
    sure = first = there = 0
    for number in range(0, min(items, 4_000), 7):
        companions = pairs.of(number + 1, ANY, limit=50).items
        keys = [each.item_key for each in companions]
        partner = (number ^ 1) + 1
        with database.reading() as connection:
            baskets = connection.execute(
                text("SELECT count(*) FROM interactions WHERE item_id = :item"),
                {"item": f"item-{number}"},
            ).scalar_one()
        if baskets >= SURE:
            sure += 1
            first += keys[:1] == [partner]
            there += partner in keys
    return (
        f"of {sure} items seen {SURE} times, the companion comes first for {first} and is in the "
        f"list of {there}"
    )


def timed(what: str, calls: list[float]) -> str:
    """Put times into words."""
    cuts = statistics.quantiles(calls, n=20)
    return f"{what}: median {1e3 * statistics.median(calls):.1f} ms, p95 {1e3 * cuts[-1]:.1f} ms"


def reads(database: Database, items: int) -> Iterator[str]:
    """Time the reads of both answers, one call after another."""
    dice = np.random.default_rng(SEED)
    pairs, peers = Pairs(database), PeerHistory(database)
    lists, touching, pasts = [], [], []
    for _ in range(200):
        began = time.perf_counter()
        pairs.of(int(dice.integers(min(items, 4_000))) + 1, ANY, limit=500)
        lists.append(time.perf_counter() - began)
    for _ in range(30):
        wanted = [f"item-{each}" for each in dice.integers(min(items, 4_000), size=TELLING_ITEMS)]
        began = time.perf_counter()
        people = peers.touching(wanted, limit=TOUCHES)
        touching.append(time.perf_counter() - began)
        pool = sorted({each for some in people.values() for each in some})[:POOL]
        began = time.perf_counter()
        peers.pasts(pool, limit=NEWEST)
        pasts.append(time.perf_counter() - began)
    yield timed("one item's list", lists)
    yield timed(f"who touched {TELLING_ITEMS} items", touching)
    yield timed(f"the pasts of {POOL} people", pasts)


def main() -> None:
    """Make, count, look and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--interactions", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--count", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.count:
        count(given.count)
        return
    print(describe())
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        path = folder / f"together-{given.interactions}.db"
        fresh = not path.exists()
        database = Database(f"sqlite:///{path}")
        upgrade(database)
        if fresh:
            fill(database, given.interactions)
        command = [sys.executable, "-m", "bench.together", "--count", f"sqlite:///{path}"]
        subprocess.run(command, check=True)
        items = max(given.interactions // PER_ITEM, 10)
        print(found(database, items))
        for line in reads(database, items):
            print(line)
        print(f"the file: {path.stat().st_size / 1e6:.0f} MB")
        database.close()


if __name__ == "__main__":
    main()
