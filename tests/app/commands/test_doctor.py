"""`kindred doctor` beside a real service, and without one."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from rich.console import Console

from app.commands.doctor import show
from app.doctor.findings import Finding
from tests.service import HASHED, Service, until

FOUND = [
    Finding("disk", "ok", "plenty [free]"),
    Finding("milvus", "fail", "down", "start it [now]"),
]


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A shop of two items whose service has stopped; what it said while it ran is kept."""
    with Service(tmp_path_factory.mktemp("doctor"), HASHED) as service:
        service.ready()
        items = [{"item_id": name, "title": f"a {name}"} for name in ("mug", "lamp")]
        service.client.post("/v1/items:batch", json={"items": items}).raise_for_status()

        def searchable() -> bool:
            return bool(service.client.get("/health/ready").json()["queue"]["waiting"] == 0)

        until(searchable, seconds=30, what="both items are searchable")
        (service.folder / "running.json").write_text(service.run("doctor", "--json").stdout)
        service.stop()
        yield service


def checks(written: str) -> dict[str, Any]:
    return {each["name"]: each for each in json.loads(written)["checks"]}


def test_beside_a_service_that_owns_the_file_the_service_is_asked(stopped: Service) -> None:
    written = (stopped.folder / "running.json").read_text()

    found = checks(written)

    assert json.loads(written)["verdict"] == "warn"  # hashes are no models
    assert found["service"]["verdict"] == found["workers"]["verdict"] == "ok"
    assert "which owns" in found["milvus"]["seen"]
    assert found["milvus"]["verdict"] == "ok"
    assert "rows not counted" in found["index"]["seen"]
    assert found["index"]["verdict"] == "ok"


def test_without_a_service_the_index_is_counted(stopped: Service) -> None:
    done = stopped.run("doctor", "--json")

    found = checks(done.stdout)
    assert done.returncode == 0, done.stderr
    assert found["service"]["verdict"] == "skip"
    assert found["milvus"]["seen"].startswith("milvus-lite 2.5")
    assert "2 rows, 2 searchable items in SQL" in found["index"]["seen"]
    assert found["workers"]["verdict"] == "warn"


def test_a_failure_is_the_exit_status_and_a_line(stopped: Service) -> None:
    moved = Service(stopped.folder, {**HASHED, "KINDRED_MILVUS_URI": "http://127.0.0.1:9"})

    done = moved.run("doctor", "--quick")
    moved.client.close()

    assert done.returncode == 1
    lines = done.stdout.splitlines()
    assert [line.split(":")[0] for line in lines if line.startswith("fail")] == [
        "fail  milvus",
        "fail  index",
    ]
    assert "Traceback" not in done.stdout + done.stderr


def test_off_a_terminal_each_part_is_a_line() -> None:
    written = io.StringIO()

    show(FOUND, Console(file=written, width=20))

    assert written.getvalue().splitlines() == [
        "ok    disk: plenty [free]",
        "fail  milvus: down -> start it [now]",
    ]


def test_on_a_terminal_the_parts_are_a_table() -> None:
    written = io.StringIO()

    show(FOUND, Console(file=written, width=80, force_terminal=True, color_system=None))

    assert "what to do" in written.getvalue()
    assert "plenty [free]" in written.getvalue()
    assert "start it [now]" in written.getvalue()
