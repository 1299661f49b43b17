"""What snapshots make of words and pictures: the indexer's, and the one ranking is tested on."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from app.recommend.sources import Snapshot
from embedders.spaces import Array
from indexer.database import Database
from indexer.errors import ModelUnavailable
from indexer.memory import MemoryStore
from tests.app.recommend.world import World, joined
from tests.indexer.house import BOTH, House
from tests.indexer.test_worker import png


@dataclass(frozen=True)
class Made:
    """A snapshot.

    Attributes:
        picture: One it can make something of, as of the words "a mug".
        take_away: Takes its models away.
    """

    snapshot: Snapshot
    picture: bytes
    take_away: Callable[[], None]


@pytest.fixture(params=["live", "world"])
def made(request: pytest.FixtureRequest, sqlite_database: Database) -> Iterator[Made]:
    if request.param == "world":
        world = World(said={"a mug": joined([1, 0, 0, 0], None), "red": joined(None, [1, 0, 0])})

        def mute() -> None:
            world.mute = True

        yield Made(world.snapshot(), b"red", mute)
    else:
        house = House(sqlite_database, MemoryStore(), BOTH).ready()
        yield Made(house.index.snapshot(), png("red"), house.questions.close)


def block(snapshot: Snapshot, vector: Array, space: str) -> Array:
    found: Array = vector[snapshot.layout.slice(space)]
    return found


def test_each_speaks_in_its_own_space_alone_in_the_order_asked(made: Made) -> None:
    snapshot = made.snapshot

    words, picture = snapshot.asked(["a mug"], [made.picture])

    for vector, own, other in ((words, "text", "image"), (picture, "image", "text")):
        assert vector.shape == (snapshot.layout.dimensions,)
        assert vector.dtype == np.float32
        assert np.linalg.norm(block(snapshot, vector, own)) == pytest.approx(1)
        assert not block(snapshot, vector, other).any()


def test_what_nothing_can_be_made_of_is_zeros_in_its_place(made: Made) -> None:
    pictures: list[bytes | str] = [b"no picture", made.picture, "0" * 64]

    vectors = made.snapshot.asked(["", "a mug"], pictures)

    assert [bool(vector.any()) for vector in vectors] == [False, True, False, True, False]


def test_nothing_asked_is_nothing_answered(made: Made) -> None:
    assert made.snapshot.asked() == []


def test_without_its_model_a_question_is_refused(made: Made) -> None:
    made.take_away()

    with pytest.raises(ModelUnavailable):
        made.snapshot.asked(["a mug"])
