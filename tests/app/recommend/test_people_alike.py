from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from app.recommend.people_alike import POOL, TELLING_ITEMS, TOUCHES, PeopleAlike, PeopleFinder
from app.recommend.profile import Profile
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Past
from embedders.behaviour import SPACE, BehaviourModel
from embedders.decays import Decays
from embedders.layout import Layout
from embedders.spaces import Array, Space
from indexer.errors import StoreUnavailable
from tests.app.recommend.world import LAYOUT, NOW, Generation, HeldBlocks, World

RED, BLUE = (1.0, 0, 0, 0), (0, 0, 1.0, 0)
LEARNED = Layout((*LAYOUT.spaces, Space(SPACE, 2)))


@dataclass(frozen=True)
class WorldPeers:
    """What many people of a world did."""

    world: World

    def touching(self, item_ids: Collection[str], *, limit: int) -> Mapping[str, Sequence[str]]:
        assert len(item_ids) <= TELLING_ITEMS
        newest = sorted(self.world.done, key=lambda each: each.happened_at, reverse=True)
        found: dict[str, list[str]] = {}
        for item_id in item_ids:
            touched = [each.user_id for each in newest if each.item_id == item_id][:limit]
            found[item_id] = list(dict.fromkeys(touched))
        return found

    def pasts(self, user_ids: Collection[str], *, limit: int) -> Mapping[str, Past]:
        assert len(user_ids) <= POOL
        return {each: self.world.recent(each, limit=limit) for each in user_ids}


@dataclass(frozen=True)
class Learned(Generation):
    """A generation with a space of behaviour, two numbers an item."""

    layout: Layout = LEARNED

    @property
    def behaviour(self) -> BehaviourModel:
        decays = Decays(*(np.zeros(1, np.float32),) * 2, np.ones((1, 2), np.float32))
        maps = np.zeros((LAYOUT.dimensions, 2), np.float32)
        return BehaviourModel(maps, maps, decays, 50)

    def evidence(self, revisions: Mapping[int, int]) -> HeldBlocks:
        content = super().evidence(revisions).vectors
        return HeldBlocks(
            {key: np.concatenate([vector, self._says(key)]) for key, vector in content.items()}, {}
        )

    def _says(self, key: int) -> Array:
        """Items of even keys are done by one kind of people, of odd keys by another."""
        return np.array([key % 2, 1 - key % 2], dtype=np.float32)


@dataclass(frozen=True)
class LearnedIndex:
    world: World

    def snapshot(self) -> Learned:
        return Learned(self.world)


def finder(world: World, *, learned: bool = False) -> PeopleFinder:
    index = LearnedIndex(world) if learned else world
    return PeopleFinder(index, world, WorldPeers(world), world, RecommendSettings())


def names(found: PeopleAlike) -> list[str]:
    return [each.user_id for each in found.people]


@pytest.fixture
def world() -> World:
    """Ana and Ben like red, Cleo likes one red and much blue, Dora only blue."""
    world = World()
    for number in range(1, 5):
        world.add(f"red-{number}", RED)
        world.add(f"blue-{number}", BLUE)
    for item_id in ("red-1", "red-2"):
        world.did("ana", "purchase", item_id)
    for item_id in ("red-1", "red-3"):
        world.did("ben", "purchase", item_id)
    for item_id in ("red-1", "blue-1", "blue-2", "blue-3"):
        world.did("cleo", "purchase", item_id)
    world.did("dora", "purchase", "blue-1")
    return world


def test_who_shares_something_is_ranked_by_taste_and_nobody_else_is_looked_at(
    world: World,
) -> None:
    found = finder(world).alike("ana", limit=10, now=NOW)

    assert names(found) == ["ben", "cleo"]
    assert found.basis == "content"
    assert found.generation == 7
    assert found.people[0].likeness == pytest.approx(1.0)
    assert found.people[1].likeness == pytest.approx(1 / np.sqrt(10))


def test_what_is_shared_is_the_reason_the_most_telling_first(world: World) -> None:
    world.did("ben", "view", "red-2")
    for number in range(30):
        world.did(f"crowd-{number}", "view", "red-1")

    ben = finder(world).alike("ana", limit=1, now=NOW).people[0]

    assert ben.user_id == "ben"
    assert [each.item_id for each in ben.shared] == ["red-2", "red-1"]  # few know red-2
    assert ben.shared_items == 2


def test_where_behaviour_was_learned_it_decides(world: World) -> None:
    world.did("cleo", "purchase", "red-4")

    found = finder(world, learned=True).alike("ana", limit=10, now=NOW)

    # Red keys are odd, blue ones even; what Ben did is all odd.
    assert found.basis == "behaviour"
    assert names(found) == ["ben", "cleo"]
    assert found.people[0].likeness == pytest.approx(1.0)
    assert found.people[1].likeness == pytest.approx(2 / np.sqrt(2**2 + 3**2))


def test_who_disliked_what_the_person_likes_does_not_share_it(world: World) -> None:
    world.did("ben", "hide", "red-1")
    world.did("ben", "dislike", "red-1")

    assert names(finder(world).alike("ana", limit=10, now=NOW)) == ["cleo"]


def test_what_somebody_wants_forgotten_is_no_reason(world: World) -> None:
    world.profiles["ben"] = Profile(forgotten={"red-1": NOW})
    world.profiles["cleo"] = Profile(forgotten={"blue-1": NOW})

    assert names(finder(world).alike("ana", limit=10, now=NOW)) == ["cleo"]


def test_only_as_many_as_asked_for_are_given(world: World) -> None:
    assert names(finder(world).alike("ana", limit=1, now=NOW)) == ["ben"]


def test_a_stranger_is_like_nobody(world: World) -> None:
    world.did("hater", "hide", "red-1")

    for user_id in ("stranger", "hater"):
        found = finder(world).alike(user_id, limit=10, now=NOW)
        assert found == PeopleAlike(None, None, (), known=False)


def test_somebody_whose_items_are_not_searchable_yet_is_like_nobody(world: World) -> None:
    world.add("new")
    world.did("eve", "view", "new")
    world.did("fay", "view", "new")

    found = finder(world).alike("eve", limit=10, now=NOW)

    assert (found.people, found.known) == ((), False)


def test_without_an_index_it_says_so(world: World) -> None:
    world.down = True

    with pytest.raises(StoreUnavailable):
        finder(world).alike("ana", limit=10, now=NOW)


def test_a_crowd_is_read_as_far_as_the_bounds_go(world: World) -> None:
    for number in range(3 * TOUCHES):
        world.did(f"one-{number:03}", "view", "red-1", ago=timedelta(minutes=number))
        world.did(f"two-{number:03}", "view", "red-2", ago=timedelta(minutes=number))
        world.did("ana", "view", f"blue-{1 + number % 4}")

    found = finder(world).alike("ana", limit=POOL, now=NOW)

    assert len(found.people) <= POOL
    assert "one-299" not in names(found)
