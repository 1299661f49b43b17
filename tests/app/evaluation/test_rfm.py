"""The segments of an evaluation are those the service gives the same people."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.clock import utc_now
from app.evaluation.log import Deed, Log, Thing
from app.evaluation.rfm import segments
from app.people.segments import LEAST_PEOPLE
from app.retelling import interactions_of
from app.services import Services
from indexer.items import Item, Put
from indexer.memory import MemoryStore
from tests.app.running import hashed

START = datetime(2026, 3, 1, tzinfo=UTC).timestamp()


def town(people: int) -> Log:
    """Make people who come at different times, do more or less, and buy some of it."""
    random = np.random.default_rng(2)
    deeds = [
        Deed(
            f"u{person:02}",
            f"i{random.integers(9)}",
            "purchase" if random.random() < 0.4 else "view",
            float(random.integers(1, 4)) if random.random() < 0.5 else None,
            START + float(random.integers(5_000_000)),
        )
        for person in range(people)
        for _ in range(int(random.integers(1, 12)))
    ]
    things = [Thing(f"i{n}", f"thing {n}", price=None if n == 0 else 2.5 * n) for n in range(9)]
    return Log.of("town", deeds, things)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = Services(hashed(tmp_path), clock=utc_now, store=MemoryStore())
    yield made
    made.stop()


@pytest.mark.parametrize("people", [LEAST_PEOPLE, 63])
def test_they_are_those_the_service_gives(services: Services, people: int) -> None:
    log = town(people)
    now = utc_now()
    items = [Item(each.item_id, each.title, price=each.price) for each in log.things]
    services.catalogue.write([Put(each, as_of=now) for each in items], now=now)
    services.interactions.record(interactions_of(log, range(len(log))), now=now)
    services.people.measure(now=now)

    found = segments(log, np.arange(people))

    served = [services.people.read(each).profile.segments for each in log.people]
    assert [(each,) for each in found] == served
    assert len(set(found)) > 4


def test_few_people_and_strangers_have_none() -> None:
    few, enough = town(LEAST_PEOPLE - 1), town(LEAST_PEOPLE)
    stranger = enough.only(enough.person != 0)
    more = town(LEAST_PEOPLE + 1)

    assert set(segments(few, np.arange(LEAST_PEOPLE - 1))) == {None}
    assert set(segments(stranger, np.arange(LEAST_PEOPLE))) == {None}
    assert segments(more.only(more.person != 0), np.array([0, 1]))[0] is None
    assert segments(more.only(more.person != 0), np.array([0, 1]))[1] is not None
