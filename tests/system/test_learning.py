"""Training through a running service: what it changes, and what kill -9 amid it does not."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from embedders.behaviour_apart import MODULE
from indexer.database import Database
from indexer.generations import Generations
from indexer.jobs import Job, Jobs
from tests.milvus_server import MilvusServer
from tests.postgres_server import PostgresServer
from tests.service import HASHED, Service, until

RING = 20
PEOPLE = 60
STEPS = 6
SETTINGS = {
    **HASHED,
    "KINDRED_TRAIN_EVERY": "0",  # by command alone
    "KINDRED_TRAIN_DIMENSIONS": "12",
    "KINDRED_TRAIN_PASSES": "30",
    "KINDRED_TRAIN_DEVICE": "cpu",
}
# Who learns has the lowest priority, and gets little of a busy machine.
pytestmark = pytest.mark.timeout(480)

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Service(tmp_path, SETTINGS) as running:
        fill(running)
        yield running


@pytest.fixture
def served(
    tmp_path: Path, milvus_server: MilvusServer, postgres_server: PostgresServer
) -> Iterator[Service]:
    """A service on servers of Milvus and PostgreSQL."""
    name = postgres_server.create_database()
    servers = {
        "KINDRED_MILVUS_URI": milvus_server.uri,
        "KINDRED_DATABASE_URL": postgres_server.url(name),
    }
    with Service(tmp_path, {**SETTINGS, **servers}) as running:
        fill(running)
        yield running
    postgres_server.drop_database(name)


@pytest.fixture(params=["service", pytest.param("served", marks=pytest.mark.server)])
def anywhere(request: pytest.FixtureRequest) -> Service:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Service)
    return found


def fill(service: Service) -> None:
    """Items in a ring that are all alike, people who walk along it, and Ann who has begun to."""
    service.ready()
    items = [{"item_id": f"item-{n}", "title": f"thing {n}"} for n in range(RING)]
    service.client.post("/v1/items:batch", json={"items": items}).raise_for_status()
    walks = [
        viewed(f"walker-{person}", person * 7 + step, BEGAN + timedelta(hours=3 * person + step))
        for person in range(PEOPLE)
        for step in range(STEPS)
    ]
    now = datetime.now(UTC)  # noqa: TID251 - the service under test reads the real clock
    anns = [viewed("ann", 3 + step, now - timedelta(hours=2 - step)) for step in range(2)]
    service.client.post("/v1/interactions", json=[*walks, *anns]).raise_for_status()
    until(lambda: indexed(service), seconds=60, what="everything is indexed")


def viewed(user_id: str, number: int, at: datetime) -> dict[str, str]:
    return {
        "user_id": user_id,
        "item_id": f"item-{number % RING}",
        "type": "view",
        "timestamp": at.isoformat(),
    }


def indexed(service: Service) -> bool:
    return bool(service.client.get("/health/ready").json()["queue"]["waiting"] == 0)


def for_ann(service: Service) -> dict[str, Any]:
    """What is answered, which is always to come from the index."""
    answer = service.client.get("/v1/users/ann/for-you", params={"limit": 3, "explain": "true"})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert {each["source"] for each in found["items"]} == {"vector"}
    return found


def spaces(answer: dict[str, Any]) -> set[str]:
    return {reason["space"] for item in answer["items"] for reason in item["reasons"]}


def job(service: Service) -> Job:
    database = Database(f"sqlite:///{service.folder / 'kindred.db'}")
    try:
        found = Jobs(database).last("train")
    finally:
        database.close()
    assert found is not None
    return found


def states(service: Service) -> dict[int, str]:
    """The generations, read from SQL beside the running service."""
    database = Database(f"sqlite:///{service.folder / 'kindred.db'}")
    try:
        return {each.generation_id: each.state for each in Generations(database).all()}
    finally:
        database.close()


def learner(service: Service) -> psutil.Process:
    """The process that learns, once there is one: it takes seconds to load what it learns with."""
    found: list[psutil.Process] = []

    def begun() -> bool:
        found[:] = [
            each
            for each in psutil.Process(service.pid).children(recursive=True)
            if MODULE in each.cmdline()
        ]
        return bool(found)

    until(begun, seconds=60, what="a process learns")
    return found[0]


@contextmanager
def asked_all_the_time(service: Service, answers: list[dict[str, Any]]) -> Iterator[None]:
    """Have Ann ask again and again from a thread of its own."""
    over = threading.Event()
    wrong: list[BaseException] = []

    def ask() -> None:
        while not over.wait(0.1) and not wrong:
            try:
                answers.append(for_ann(service))
            except (AssertionError, httpx.HTTPError) as error:
                wrong.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    try:
        yield
    finally:
        over.set()
        asking.join()
    assert wrong == []


def test_what_people_go_on_to_comes_first_once_the_running_service_has_learned_it(
    anywhere: Service,
) -> None:
    before = for_ann(anywhere)
    answers: list[dict[str, Any]] = []

    with asked_all_the_time(anywhere, answers):
        done = anywhere.run("train", seconds=240)
        until(
            lambda: answers[-1]["generation"] != before["generation"],
            seconds=30,
            what="the new generation answers",
        )

    assert done.returncode == 0, done.stderr
    assert "learned from" in done.stdout
    after = for_ann(anywhere)
    assert spaces(before) == {"text"}
    assert spaces(after) == {"text", "behaviour"}
    assert after["items"][0]["item_id"] == "item-5"
    assert {each["generation"] for each in answers} == {before["generation"], after["generation"]}
    assert changes(answers) == 1


def test_a_killed_learner_fails_its_training_and_a_killed_services_next_one_does_it(
    service: Service,
) -> None:
    before = for_ann(service)
    answers: list[dict[str, Any]] = []

    with asked_all_the_time(service, answers):
        with service.background("train", "--no-wait"):
            learner(service).kill()
        until(lambda: job(service).state == "failed", seconds=60, what="the training has failed")

    assert "was killed, perhaps for want of memory" in (job(service).error or "")
    assert states(service) == {before["generation"]: "live"}
    assert {each["generation"] for each in answers} == {before["generation"]}

    with service.background("train", "--no-wait"):
        learning = learner(service)
        os.kill(service.pid, signal.SIGKILL)  # the service alone, not what it started
    until(lambda: ended(learning), seconds=30, what="the learner ends with the service")

    assert states(service)[before["generation"]] == "live"

    service.kill()
    service.start()
    service.ready()
    answers = [for_ann(service)]
    with asked_all_the_time(service, answers):
        until(
            lambda: answers[-1]["generation"] != before["generation"],
            seconds=120,
            what="what was learned answers",
        )
    until(lambda: job(service).state == "done", seconds=30, what="the training is done")

    assert changes(answers) <= 1
    assert spaces(for_ann(service)) == {"text", "behaviour"}
    assert sorted(states(service).values()) == ["kept", "live"]


def changes(answers: list[dict[str, Any]]) -> int:
    """How often an answer came from another generation than the one before it."""
    seen = [each["generation"] for each in answers]
    return sum(one != other for one, other in pairwise(seen))


def ended(process: psutil.Process) -> bool:
    """Whether a process has ended, also where nobody has asked how yet."""
    try:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
