"""`kindred queue` on a real database, as a shell would run it."""

import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.schema import upgrade
from indexer.catalogue import Catalogue
from indexer.database import Database
from indexer.items import Item, Put
from indexer.queue import WorkQueue
from tests.app.commands.conftest import Kindred
from tests.service import HASHED, Service

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
LATER = timedelta(days=36_500)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[WorkQueue]:
    """Two items that wait, and two that were set aside."""
    database = Database(f"sqlite:///{tmp_path / 'kindred.db'}")
    upgrade(database)
    catalogue, found = Catalogue(database), WorkQueue(database)
    for name in ("café", "cup"):
        catalogue.write([Put(Item(name, title=name), NOON)], now=NOON)
    claims = found.claim("worker", limit=2, lease=LATER, now=NOON)
    found.set_aside(claims, reason="no picture", now=NOON)
    for name in ("mug", "lamp"):
        catalogue.write([Put(Item(name, title=name), NOON)], now=NOON)
    yield found
    database.close()


def queued(work: WorkQueue) -> set[str]:
    return {entry.item_id for entry in work.entries()}


def test_rows_are_listed_with_their_reason(kindred: Kindred, work: WorkQueue) -> None:
    done = kindred("queue", "list", "--set-aside")

    assert done.returncode == 0, done.stderr
    assert "no picture" in done.stdout
    assert "mug" not in done.stdout
    assert "2 waiting, 2 set aside" in done.stdout
    assert work.depth().set_aside == 2


def test_set_aside_rows_are_tried_again(kindred: Kindred, work: WorkQueue) -> None:
    done = kindred("queue", "retry", "cup")

    assert done.stdout == "1 queued again\n"
    assert work.depth().set_aside == 1


def test_named_rows_are_dropped_and_it_says_what_that_means(
    kindred: Kindred, work: WorkQueue
) -> None:
    decomposed = "cafe\N{COMBINING ACUTE ACCENT}"

    done = kindred("queue", "drop", "mug", decomposed, "--yes")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("2 dropped: the index keeps what it has of them until")
    assert queued(work) == {"cup", "lamp"}


def test_what_could_not_be_dropped_is_told(kindred: Kindred, work: WorkQueue) -> None:
    held = work.claim("worker", limit=1, lease=LATER, now=NOON)

    done = kindred("queue", "drop", "mug", "lamp", "never[0]", "--yes")

    assert len(held) == 1
    assert done.returncode == 1
    assert done.stdout.startswith("1 dropped")
    assert "being indexed just now, so still queued: mug" in done.stderr
    assert "not in the queue: never[0]" in done.stderr


def test_all_that_is_set_aside_is_dropped_at_once(kindred: Kindred, work: WorkQueue) -> None:
    done = kindred("queue", "drop", "--set-aside", "-y")

    assert done.returncode == 0, done.stderr
    assert queued(work) == {"mug", "lamp"}


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "--set-aside"),
        (("mug", "--set-aside"), "--set-aside"),
        (("mug",), "--yes"),
        (("--set-aside",), "--yes"),
    ],
)
def test_nothing_is_dropped_unless_it_was_said_clearly(
    kindred: Kindred, work: WorkQueue, arguments: tuple[str, ...], told: str
) -> None:
    done = kindred("queue", "drop", *arguments)

    assert done.returncode == 2
    assert told in done.stderr
    assert len(queued(work)) == 4


def test_an_id_no_item_can_have_is_refused(kindred: Kindred, work: WorkQueue) -> None:
    done = kindred("queue", "drop", "a/b", "--yes")

    assert done.returncode == 1
    assert "item_id is 'a/b'" in done.stderr
    assert len(queued(work)) == 4


@pytest.mark.parametrize(("answer", "left"), [(b"y\n", 2), (b"\n", 4)])
def test_on_a_terminal_somebody_is_asked(
    tmp_path: Path, work: WorkQueue, answer: bytes, left: int
) -> None:
    service = Service(tmp_path, HASHED)
    service.client.close()
    keyboard, terminal = pty.openpty()
    os.write(keyboard, answer)

    done = subprocess.run(
        [sys.executable, "-m", "app.cli", "queue", "drop", "--set-aside"],
        env=service.environment,
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(terminal)
    os.close(keyboard)

    assert "Drop 2 rows?" in done.stdout
    assert len(queued(work)) == left
    assert done.returncode == (0 if left == 2 else 1)
