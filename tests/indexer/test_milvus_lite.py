"""A Milvus Lite file: one owner, and nothing lost when the owner or the engine is killed."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from indexer.errors import OwnedElsewhere, StoreRejected, StoreUnavailable
from indexer.filters import EVERYTHING
from indexer.lite import lite_owner_alive
from indexer.milvus import MilvusStore
from tests.indexer.stores import DIMENSIONS, array, row

NAME = "lite"
QUERY = array(1, 0, 0, 0).reshape(1, DIMENSIONS)

WRITER = """
import sys
from indexer.milvus import MilvusStore
from tests.indexer.stores import row

store = MilvusStore(sys.argv[1])
store.create("lite", 4)
for key in range(1, 1_000_000):
    store.upsert("lite", [row(key, 1, 0, 0, 0, revision=key)])
    print(key, flush=True)
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "milvus.db"


@pytest.fixture
def store(path: Path) -> Iterator[MilvusStore]:
    store = MilvusStore(str(path))
    yield store
    store.close()


def engines(path: Path) -> list[psutil.Process]:
    """The engine processes this one has started on the file."""
    return [each for each in psutil.Process().children() if str(path) in each.cmdline()]


def test_making_a_store_owns_nothing_and_starts_nothing(store: MilvusStore, path: Path) -> None:
    assert store.engine == f"lite:{path}"
    assert not lite_owner_alive(path)
    assert not path.exists()
    assert engines(path) == []


def test_a_file_has_one_owner_until_it_lets_go(store: MilvusStore, path: Path) -> None:
    store.ping()
    other = MilvusStore(str(path))

    with pytest.raises(OwnedElsewhere, match=rf"{path} is owned by process \d+"):
        other.ping()

    store.close()
    assert not lite_owner_alive(path)
    other.ping()
    other.close()


def test_nobody_owns_a_file_that_was_never_opened(path: Path) -> None:
    assert not lite_owner_alive(path)
    assert list(path.parent.iterdir()) == []


def test_closing_ends_the_engine_and_opening_again_finds_everything(
    store: MilvusStore, path: Path
) -> None:
    store.create(NAME, DIMENSIONS)
    store.upsert(NAME, [row(1, 1, 0, 0, 0, revision=5)])
    assert len(engines(path)) == 1

    store.close()

    assert engines(path) == []
    again = MilvusStore(str(path))
    assert again.revisions(NAME, [1]) == {1: 5}
    again.close()


def test_a_killed_engine_is_started_again_without_the_caller_noticing(
    store: MilvusStore, path: Path
) -> None:
    store.create(NAME, DIMENSIONS)
    store.upsert(NAME, [row(1, 1, 0, 0, 0, revision=5)])
    [engine] = engines(path)

    engine.kill()
    engine.wait()
    [hits] = store.search(NAME, QUERY, limit=1, where=EVERYTHING)

    assert [(hit.key, hit.revision) for hit in hits] == [(1, 5)]
    store.upsert(NAME, [row(2, 1, 0, 0, 0)])
    assert store.count(NAME) == 2


def test_what_a_killed_owner_wrote_is_there_for_the_next(path: Path) -> None:
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, path], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for line in writer.stdout:
        if int(line) == 100:
            break
    assert lite_owner_alive(path)
    store = MilvusStore(str(path))
    with pytest.raises(OwnedElsewhere, match=str(writer.pid)):
        store.ping()

    writer.send_signal(signal.SIGKILL)
    rest = writer.communicate()[0].split()

    assert not lite_owner_alive(path)
    last = int(rest[-1]) if rest else 100
    revisions = store.revisions(NAME, range(1, last + 1))
    assert revisions == {key: key for key in range(1, last + 1)}
    store.close()


def test_a_file_that_is_no_database_is_named_with_what_to_do(
    store: MilvusStore, path: Path
) -> None:
    path.write_bytes(b"nothing that Lite wrote" * 1_000)

    with pytest.raises(StoreUnavailable, match=rf"{path}.*reindex"):
        store.ping()

    assert engines(path) == []


@pytest.mark.parametrize("name", ["with space.db", "ünï.db", "x" * 40 + ".db"])
def test_a_name_that_lite_cannot_use_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreRejected, match="Lite cannot use"):
        MilvusStore(str(tmp_path / name))


def test_a_folder_that_is_not_there_is_made_when_the_file_is_first_needed(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "milvus.db"
    store = MilvusStore(str(path))

    store.ping()

    assert path.exists()
    store.close()
