"""What health, doctor and metrics know of an index that has learned from what people did."""

import pytest

from app.doctor import index
from app.readiness import examine
from app.telemetry import Metrics
from indexer.database import Database
from indexer.generation import Generation
from indexer.inspection import Inspection
from indexer.timetable import request_training
from tests.indexer.house import TEXT_ONLY, House
from tests.indexer.walks import Walks, walked


@pytest.fixture
def shop(sqlite_database: Database) -> tuple[House, Walks]:
    return walked(sqlite_database)


def train(house: House) -> Generation:
    request_training(house.jobs, force=False, now=house.clock())
    assert house.jobs_runner.run_once()
    house.index.refresh()
    found = house.generations.live(house.store.engine)
    assert found is not None
    return found


def test_what_was_learned_is_ready_without_a_model_of_its_own(shop: tuple[House, Walks]) -> None:
    house, _ = shop
    trained = train(house)

    found = examine(house.database, house, house.the_owner, now=house.clock())

    behaviour = found.models[-1]
    assert [each.space for each in found.models] == ["text", "behaviour"]
    assert (behaviour.model, behaviour.training) == (trained.training, "learned")
    assert (behaviour.state, behaviour.problem) == ("ready", None)
    assert (found.status, found.problems) == ("ready", ())


def test_doctor_says_from_what_and_how_well_it_was_learned(shop: tuple[House, Walks]) -> None:
    house, _ = shop
    train(house)

    found = index.live(house.generations, house.store.engine, TEXT_ONLY, {})[1]

    assert found.verdict == "ok"
    assert found.seen.startswith(
        "generation 2, fitted on 20 items, behaviour learned on 2026-01-01 from 360 interactions, "
        "nDCG@10 "
    )


def test_doctor_says_why_a_training_failed_and_what_to_do(shop: tuple[House, Walks]) -> None:
    house, walks = shop
    walks.people = 0
    train(house)

    found = index.history(
        house.generations, Inspection(house.database), house.store.engine, house.clock()
    )

    assert found.verdict == "warn"
    assert "the last training failed: nothing was learned" in found.seen
    assert found.advice == "put right what it says, then run `kindred train`"


def test_the_time_of_the_training_is_a_metric(shop: tuple[House, Walks]) -> None:
    house, _ = shop
    trained = train(house)
    metrics = Metrics()

    def told(generation: Generation | None) -> str:
        at = None if generation is None else generation.trained_at
        page = metrics.page(
            None, generation=1, trained_at=at, log_dropped=0, now=house.clock()
        ).decode()
        (line,) = [each for each in page.splitlines() if each.startswith("kindred_trained_")]
        return line

    assert told(None) == "kindred_trained_timestamp_seconds 0.0"
    value = float(told(trained).split()[1])
    assert value == house.clock().timestamp()
