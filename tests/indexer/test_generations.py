from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from indexer.database import Database
from indexer.errors import JobFailed
from indexer.generation import Generation, SpaceModel
from indexer.generations import Generations
from tests.threads import together

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SPACES = (
    SpaceModel("text", 384, "bert", "text:bert"),
    SpaceModel("image", 512, "resnet", "image:resnet18"),
)


@pytest.fixture
def generations(database: Database) -> Generations:
    return Generations(database)


def first(generations: Generations, engine: str = "lite") -> Generation:
    return generations.start(engine, SPACES, geometry=b"geometry", live=True, now=NOON)


def another(generations: Generations) -> Generation:
    return generations.start("lite", SPACES, geometry=None, live=False, now=NOON)


def test_the_first_generation_of_an_engine_is_live_at_once(generations: Generations) -> None:
    made = first(generations)

    assert generations.live("lite") == made
    assert (made.state, made.phase, made.spaces, made.geometry) == (
        "live",
        None,
        SPACES,
        b"geometry",
    )
    assert generations.live("server") is None


def test_of_many_who_make_the_first_all_get_the_same(generations: Generations) -> None:
    made = together(*[partial(first, generations)] * 5)

    assert len({each.generation_id for each in made}) == 1
    assert len(generations.all()) == 1


def test_a_generation_being_built_takes_no_writes_before_it_is_fitted(
    generations: Generations,
) -> None:
    live = first(generations)
    building = another(generations)
    before = generations.writable("lite")

    generations.advance(building.generation_id, phase="embedding", cursor=700)
    during = generations.building("lite")
    generations.advance(building.generation_id, phase="writing", geometry=b"g", fitted_on=9)

    assert before == [live]
    assert during is not None
    assert (during.phase, during.cursor) == ("embedding", 700)
    after = generations.writable("lite")
    assert [each.generation_id for each in after] == [live.generation_id, building.generation_id]
    assert (after[1].cursor, after[1].fitted_on, after[1].geometry) == (0, 9, b"g")


def test_what_is_not_told_of_stays_as_it_was(generations: Generations) -> None:
    building = another(generations)
    generations.advance(
        building.generation_id, phase="writing", geometry=b"g", fitted_on=9, report={"overlap": 1}
    )

    generations.advance(building.generation_id, phase="checking", cursor=4)

    found = generations.get(building.generation_id)
    assert found is not None
    assert (found.phase, found.cursor) == ("checking", 4)
    assert (found.geometry, found.fitted_on, found.report) == (b"g", 9, {"overlap": 1})


def test_one_that_begins_gives_up_another_that_was_being_built(generations: Generations) -> None:
    given_up = another(generations)

    chosen = another(generations)

    assert generations.building("lite") == chosen
    assert [each.generation_id for each in generations.droppable("lite")] == [
        given_up.generation_id
    ]
    assert given_up.collection != chosen.collection


def test_at_most_one_is_being_built_however_many_begin(generations: Generations) -> None:
    together(*[partial(another, generations)] * 5)

    assert len(generations.droppable("lite")) == 4
    assert generations.building("lite") is not None


def test_a_promoted_generation_answers_and_the_old_one_is_kept(generations: Generations) -> None:
    old = first(generations)
    new = another(generations)

    replaced = generations.promote(new.generation_id, now=NOON + timedelta(hours=1))

    assert replaced is not None
    assert replaced.generation_id == old.generation_id
    live = generations.live("lite")
    assert live is not None
    assert (live.generation_id, live.state, live.phase) == (new.generation_id, "live", "done")
    assert live.finished_at == NOON + timedelta(hours=1)
    previous = generations.previous("lite")
    assert previous is not None
    assert (previous.generation_id, previous.state) == (old.generation_id, "kept")


def test_promoting_the_live_generation_changes_nothing(generations: Generations) -> None:
    live = first(generations)

    assert generations.promote(live.generation_id, now=NOON) is None
    assert generations.live("lite") == live


def test_a_rollback_and_a_rollback_of_it_swap_two_generations(generations: Generations) -> None:
    old = first(generations).generation_id
    new = another(generations).generation_id
    generations.promote(new, now=NOON)

    generations.promote(old, now=NOON)
    back = (generations.live("lite"), generations.previous("lite"))
    generations.promote(new, now=NOON)
    forth = (generations.live("lite"), generations.previous("lite"))

    assert [each.generation_id for each in back if each] == [old, new]
    assert [each.generation_id for each in forth if each] == [new, old]


def test_only_one_old_generation_is_kept(generations: Generations) -> None:
    oldest = first(generations).generation_id
    older = another(generations).generation_id
    generations.promote(older, now=NOON)

    newest = another(generations).generation_id
    generations.promote(newest, now=NOON)

    assert [each.generation_id for each in generations.droppable("lite")] == [oldest]
    assert [each.generation_id for each in generations.all()] == [newest, older]
    generations.forget(oldest)
    generations.forget(newest)
    assert generations.get(oldest) is None
    assert generations.get(newest) is not None


def test_a_generation_given_up_meanwhile_cannot_be_made_live(generations: Generations) -> None:
    live = first(generations)
    given_up = another(generations)
    another(generations)

    with pytest.raises(JobFailed, match="was given up for another one"):
        generations.promote(given_up.generation_id, now=NOON)
    with pytest.raises(JobFailed, match="generation 999 is gone"):
        generations.promote(999, now=NOON)

    assert generations.live("lite") == live


def test_engines_have_generations_of_their_own(generations: Generations) -> None:
    on_lite = first(generations)
    on_server = first(generations, "server")

    assert generations.all("server") == [on_server]
    assert generations.all() == [on_server, on_lite]
