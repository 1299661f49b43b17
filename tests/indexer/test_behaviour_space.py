from dataclasses import dataclass

import numpy as np
import pytest

from embedders.behaviour import SPACE, BehaviourModel
from embedders.decays import Decays
from embedders.layout import Geometry
from embedders.spaces import Array
from indexer.database import Database
from indexer.errors import JobFailed
from indexer.filters import EVERYTHING
from indexer.generation import Generation, SpaceModel
from indexer.items import Item
from indexer.memory import MemoryStore
from indexer.mending import Progress
from tests.indexer.house import House, quiet

D = 4
TRAINED = SpaceModel(SPACE, D, "behaviour:first", SPACE)
TITLES = {"mug": "a blue mug", "lamp": "a lamp", "chair": "a wooden chair"}


def axis(number: int) -> Array:
    return np.eye(D, dtype=np.float32)[[number]]


@dataclass
class Teacher:
    """Knows beforehand what is learned of the mug and the lamp.

    Attributes:
        house: Where it is kept.
    """

    house: House

    def teach(self, building: Generation, geometry: Geometry, progress: Progress) -> BehaviourModel:
        progress("learning", 0, 1)
        assert building.training is not None
        for number, item_id in enumerate(("mug", "lamp")):
            key = self.house.key(item_id)
            self.house.learned.keep(
                building.training, [key], axis(number), np.float32(number + 2) * axis(number)
            )
        lots = np.random.default_rng(0)
        shape = (geometry.layout.dimensions, D)
        one = np.ones(1, dtype=np.float32)
        return BehaviourModel(
            lots.normal(size=shape).astype(np.float32),
            lots.normal(size=shape).astype(np.float32),
            Decays(one, one, np.ones((1, D), dtype=np.float32)),
            context=10,
        )


def furnished(database: Database) -> House:
    """Open a house with what TITLES names in it."""
    made = House(database, MemoryStore()).ready()
    made.put(*(Item(item_id, title=title) for item_id, title in TITLES.items()))
    made.work()
    return made


@pytest.fixture
def house(database: Database) -> House:
    return furnished(database)


def live(house: House) -> Generation:
    found = house.generations.live(house.store.engine)
    assert found is not None
    return found


def train(house: House) -> Generation:
    spaces = (*live(house).content, TRAINED)
    house.rebuilding.reindex(spaces, quiet, teach=Teacher(house).teach)
    house.index.refresh()
    return live(house)


def block(house: House, item_id: str) -> Array:
    """The behaviour block of an item as a candidate."""
    return joined(house, item_id)[house.index.snapshot().layout.slice(SPACE)]


def joined(house: House, item_id: str) -> Array:
    key = house.key(item_id)
    return house.index.snapshot().candidates({key: 1}).vectors[key]


def test_a_training_adds_a_space_whose_blocks_are_what_was_learned(house: House) -> None:
    trained = train(house)

    assert [each.space for each in trained.spaces] == ["text", SPACE]
    snapshot = house.index.snapshot()
    keys = {house.key("mug"): 1, house.key("chair"): 1}
    assert np.array_equal(block(house, "lamp"), axis(1)[0])
    place = snapshot.layout.slice(SPACE)
    assert snapshot.evidence(keys).vectors[house.key("mug")][place].tolist() == [2, 0, 0, 0]
    assert snapshot.behaviour is not None
    predicted = snapshot.candidates(keys).predicted
    assert predicted == {house.key("mug"): frozenset(), house.key("chair"): frozenset({SPACE})}
    assert np.linalg.norm(block(house, "chair")) == pytest.approx(1)


def test_the_index_finds_what_the_vectors_say(house: House) -> None:
    train(house)
    snapshot = house.index.snapshot()
    query = np.zeros((1, snapshot.layout.dimensions), dtype=np.float32)
    query[0, snapshot.layout.slice(SPACE)] = axis(0)[0]

    (hits,) = snapshot.search(query, limit=3, where=EVERYTHING, exclude=())

    scores = {hit.key: hit.score for hit in hits}
    assert scores[house.key("mug")] == pytest.approx(1)
    assert scores[house.key("lamp")] == pytest.approx(0)
    assert scores[house.key("chair")] == pytest.approx(float(block(house, "chair")[0]))


def test_an_item_that_comes_after_the_training_is_searchable_at_once_by_its_content(
    house: House,
) -> None:
    train(house)

    house.put(Item("seat", title="a wooden chair"))
    house.work()

    assert house.held("seat") == 1
    assert np.array_equal(block(house, "seat"), block(house, "chair"))


def test_content_may_change_and_what_was_learned_stays(house: House) -> None:
    train(house)
    before = joined(house, "mug")

    house.put(Item("mug", title="something else altogether"))
    house.work()

    key = house.key("mug")
    after = house.index.snapshot().candidates({key: 2}).vectors[key]
    place = house.index.snapshot().layout.slice("text")
    assert np.array_equal(after[house.index.snapshot().layout.slice(SPACE)], axis(0)[0])
    assert not np.array_equal(after[place], before[place])


def test_a_rebuild_keeps_what_was_learned_and_carries_the_maps_over(house: House) -> None:
    house.put(*(Item(f"item-{n}", title=f"thing number {n}") for n in range(60)))
    house.work()
    first = train(house)
    before = block(house, "chair")
    house.put(*(Item(f"more-{n}", title=f"other number {n}") for n in range(60)))
    house.work()

    house.rebuilding.reindex(first.spaces, quiet)
    house.index.refresh()

    second = live(house)
    assert second.geometry != first.geometry
    assert second.training == TRAINED.model
    assert np.array_equal(block(house, "lamp"), axis(1)[0])
    assert float(block(house, "chair") @ before) > 0.9


def test_a_rebuild_with_another_model_of_words_keeps_what_was_learned(
    database: Database,
) -> None:
    house = furnished(database)
    train(house)
    other = house.models.spaces({"text": "hash:text:48"})

    house.rebuilding.reindex((*other, TRAINED), quiet)
    house.index.refresh()

    assert house.index.snapshot().layout.dimensions == 48 + D
    assert np.array_equal(block(house, "mug"), axis(0)[0])


def test_a_job_of_reindexing_keeps_the_behaviour_space(house: House) -> None:
    train(house)
    house.jobs.request("reindex", {}, now=house.clock())

    assert house.jobs_runner.run_once()

    assert live(house).training == TRAINED.model


def test_a_rollback_takes_the_space_away_and_back(house: House) -> None:
    train(house)

    house.rebuilding.rollback(quiet)
    house.index.refresh()
    without = house.index.snapshot().behaviour
    house.rebuilding.rollback(quiet)
    house.index.refresh()

    assert without is None
    assert np.array_equal(block(house, "mug"), axis(0)[0])


def test_what_was_learned_goes_with_the_last_generation_that_used_it(house: House) -> None:
    train(house)
    content = live(house).content
    for _ in range(2):
        house.rebuilding.reindex(content, quiet)
        house.rebuilding.clean()

    assert house.learned.of_items(TRAINED.model, [house.key("mug")]) == {}


def test_a_space_that_nobody_taught_is_refused(house: House) -> None:
    with pytest.raises(JobFailed, match="start again"):
        house.rebuilding.reindex((*live(house).content, TRAINED), quiet)

    assert live(house).training is None
