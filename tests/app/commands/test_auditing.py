"""`kindred doctor --audit` and `--repair` on a real Lite file, beside a service and without one."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update

from app.access.audit import Audit
from app.clock import utc_now
from app.interactions.interaction import Interaction
from app.interactions.tables import popularity
from app.services import Services
from indexer.database import Database
from indexer.items import Item, Put
from indexer.tables import item_categories, items
from tests.app.commands.conftest import Done, Kindred
from tests.app.running import hashed
from tests.service import until


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do not wait for what stands still."""
    monkeypatch.setattr("indexer.audit.PAUSES", (0.01,))
    monkeypatch.setattr("app.auditing.audit.MOMENT_SECONDS", 0.01)


@contextmanager
def running(folder: Path) -> Iterator[Services]:
    """A shop of two items, one of them liked, whose index is up to date."""
    services = Services(hashed(folder), clock=utc_now)
    services.start()
    try:
        names = ("mug", "lamp")
        shown = [Item(name, title=f"a {name}", categories=("home",)) for name in names]
        services.catalogue.write([Put(each, as_of=utc_now()) for each in shown], now=utc_now())
        liked = Interaction("ada", "mug", "like", None, utc_now())
        services.interactions.record([liked], now=utc_now())
        services.wake_worker()
        until(
            lambda: services.queue.depth().waiting == 0 and services.generation is not None,
            seconds=60,
            what="both items are searchable",
        )
        yield services
    finally:
        services.stop()


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Database]:
    """The records of such a shop whose service has stopped."""
    with running(tmp_path):
        pass
    database = Database(f"sqlite:///{tmp_path / 'kindred.db'}")
    yield database
    database.close()


def parts(done: Done) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(done.stdout)["checks"]}


def test_whoever_owns_the_file_looks_at_the_index(kindred: Kindred, tmp_path: Path) -> None:
    with running(tmp_path):
        done = kindred("doctor", "--audit", "--json")

    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["verdict"] == "ok"
    looked = {name: each["looked_at"] for name, each in parts(done).items()}
    assert (looked["items"], looked["popularity"], looked["activity"]) == (2, 1, 1)


@pytest.mark.usefixtures("stopped")
def test_without_a_service_the_command_looks_itself(kindred: Kindred) -> None:
    done = kindred("doctor", "--audit")

    assert done.returncode == 0, done.stderr
    assert "items" in done.stdout
    assert "2 looked at, no faults" in done.stdout
    assert "fail" not in done.stdout


def test_what_sql_knows_is_mended_and_said_and_then_there_is_nothing_to_mend(
    kindred: Kindred, stopped: Database, tmp_path: Path
) -> None:
    with stopped.writing() as connection:
        connection.execute(update(items).where(items.c.item_id == "mug").values(revision=2))
        connection.execute(delete(popularity))
        connection.execute(delete(item_categories))

    found = kindred("doctor", "--audit", "--json")
    mended = kindred("doctor", "--repair")
    told = Audit(stopped).page(limit=1)
    with running(tmp_path):
        after = kindred("doctor", "--repair", "--json")

    assert found.returncode == 1
    assert json.loads(found.stdout)["verdict"] == "fail"
    assert parts(found)["items"]["faults"] == {"behind": 1}
    assert parts(found)["items"]["examples"][0]["about"] == "mug"
    assert parts(found)["popularity"]["faults"] == {"miscounted": 1}
    assert "1 behind mended" in mended.stdout
    assert "2 category_differs mended" in mended.stdout
    assert [each.action.action for each in told] == ["doctor.repair"]
    assert after.returncode == 0, after.stdout
    assert json.loads(after.stdout)["verdict"] == "ok"


@pytest.mark.usefixtures("stopped")
def test_a_catalogue_that_is_indexed_elsewhere_is_a_fault(kindred: Kindred) -> None:
    done = kindred("doctor", "--audit", KINDRED_MILVUS_URI="http://127.0.0.1:9")

    assert done.returncode == 1
    assert "no_index" in done.stdout


def test_without_records_there_is_nothing_to_audit(kindred: Kindred, tmp_path: Path) -> None:
    done = kindred("doctor", "--audit")

    assert done.returncode == 1
    assert "there is none yet" in done.stderr
    assert not list(tmp_path.iterdir())
