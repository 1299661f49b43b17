from dataclasses import dataclass, field

import pytest

from app.recommend.answers import Answer
from app.recommend.errors import UnknownItem
from app.recommend.pipeline import Recommender
from app.recommend.requests import Cap, Subject, Together, Wanted
from app.recommend.settings import RecommendSettings
from app.recommend.sources import Companion, Companions
from indexer.filters import equals
from tests.app.recommend.world import NOW, World


@dataclass
class HeldPairs:
    """Lists of kind "any", by item key."""

    lists: dict[int, list[Companion]] = field(default_factory=dict)

    def of(self, item_key: int, kind: str, *, limit: int) -> Companions:
        listed = tuple(self.lists.get(item_key, [])[:limit])
        return Companions(counted=kind == "any", items=listed if kind == "any" else ())


@pytest.fixture
def world() -> World:
    """Cups and saucers alike in nothing; more cups than saucers."""
    world = World()
    for number in range(1, 5):
        world.add(f"cup-{number}", (1.0, 0.2 * number, 0, 0), categories=("cups",))
    for number in range(1, 4):
        world.add(f"saucer-{number}", (0, 0, 1.0, 0.2 * number), categories=("saucers",))
    return world


def asked(
    world: World,
    *,
    fill: bool = False,
    kind: str = "any",
    user_id: str | None = None,
    item_id: str = "cup-1",
    **wanted: object,
) -> Answer:
    """Ask for what goes with cup 1: saucer 3 and 2, equally surprising, and saucer 1, less so."""
    pairs = HeldPairs()
    if "cup-1" in {each.item.item_id for each in world.known.values()}:
        pairs.lists[world.key("cup-1")] = [
            Companion(7, 9, 10, 4.0, 50.0),
            Companion(6, 9, 10, 4.0, 50.0),
            Companion(5, 4, 4, 2.0, 20.0),
        ]
    recommender = Recommender(
        world, world, world, world, RecommendSettings(), pairings=pairs, new_id=lambda: "an-answer"
    )
    subject = Subject(item_id=item_id, user_id=user_id, together=Together(kind, fill=fill))
    return recommender.answer(subject, Wanted(**wanted), now=NOW)  # type: ignore[arg-type]


def ids(answer: Answer) -> list[str]:
    return [each.item_id for each in answer.items]


def test_the_most_surprising_comes_first_and_ties_end_in_item_id(world: World) -> None:
    answer = asked(world, limit=3)

    assert ids(answer) == ["saucer-2", "saucer-3", "saucer-1"]
    assert answer.items[0].went is not None
    assert (answer.items[0].went.people, answer.items[0].went.baskets) == (9, 10)
    assert answer.shortfall is None
    assert answer.generation is None  # no index was asked


def test_it_takes_two_reads_beyond_those_of_the_item(world: World) -> None:
    asked(world, limit=3)

    assert world.reads == ["keys_of", "candidates", "candidates"]
    assert world.asked == []


def test_what_was_deleted_or_hidden_since_is_left_out(world: World) -> None:
    world.delete("saucer-3")
    world.did("ana", "hide", "saucer-2")
    world.did("ana", "purchase", "saucer-1")  # what is only known may go with it all the same

    assert ids(asked(world, user_id="ana")) == ["saucer-1"]


def test_a_short_list_stays_short_unless_it_is_to_be_filled(world: World) -> None:
    answer = asked(world, limit=5)

    assert len(answer.items) == 3
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("evidence",)


def test_filled_up_it_goes_on_with_what_is_alike(world: World) -> None:
    answer = asked(world, limit=5, fill=True)

    assert ids(answer) == ["saucer-2", "saucer-3", "saucer-1", "cup-2", "cup-3"]
    assert [each.source for each in answer.items] == ["together"] * 3 + ["vector"] * 2
    assert answer.generation == 7
    assert answer.shortfall is not None
    assert answer.shortfall.found == 3


def test_filled_up_and_still_short_it_says_why_twice(world: World) -> None:
    answer = asked(world, limit=9, fill=True)

    assert len(answer.items) == 6
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("evidence", "catalogue")


def test_without_an_index_it_still_answers_and_says_what_is_missing(world: World) -> None:
    world.down = True

    answer = asked(world, limit=5, fill=True)

    assert ids(answer) == ["saucer-2", "saucer-3", "saucer-1"]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("evidence", "index_unavailable")


def test_baskets_that_were_not_counted_are_told_from_such_without_pairs(world: World) -> None:
    answer = asked(world, kind="cart")

    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("not_counted",)


def test_caps_hold_across_what_goes_together_and_what_fills_up(world: World) -> None:
    answer = asked(world, limit=5, fill=True, caps=(Cap("categories", 2),))

    assert ids(answer) == ["saucer-2", "saucer-3", "cup-2", "cup-3"]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("limits",)


def test_filters_hold_and_are_named_when_they_leave_too_few(world: World) -> None:
    answer = asked(world, where=equals("item_id", value="saucer-3"))

    assert ids(answer) == ["saucer-3"]
    assert answer.shortfall is not None
    assert answer.shortfall.reasons == ("filters",)


def test_with_reasons_it_says_so_in_a_sentence(world: World) -> None:
    answer = asked(world, explain=True)

    assert answer.items[0].because == "9 people had both at once, 4.0 times as often as by chance."
    assert answer.items[0].reasons is None


def test_an_item_that_is_not_there_goes_with_nothing(world: World) -> None:
    with pytest.raises(UnknownItem):
        asked(world, item_id="nothing")
