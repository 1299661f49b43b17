"""A training is a job: it learns what comes next, and is used unless it is surely worse."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from embedders.behaviour import SPACE, summed
from embedders.learning import Learned, Learner
from indexer.database import Database
from indexer.generation import Generation
from indexer.items import Item
from indexer.jobs import Job
from indexer.lease import Interrupted
from indexer.memory import MemoryStore
from indexer.timetable import request_training
from tests.indexer.house import House
from tests.indexer.walks import BEGAN, RING, SMALL, Walks, walked


def train(house: House, *, force: bool = False) -> Job:
    """Train to the end, well or not."""
    asked = request_training(house.jobs, force=force, now=house.clock())
    assert house.jobs_runner.run_once()
    done = house.jobs.get(asked.job_id)
    assert done is not None
    return done


def live(house: House) -> Generation:
    found = house.generations.live(house.store.engine)
    assert found is not None
    return found


def next_of(house: House, past: list[int]) -> str:
    """Say what the live index puts first for somebody who touched items one after the other."""
    house.index.refresh()
    snapshot = house.index.snapshot()
    where, model = snapshot.layout.slice(SPACE), snapshot.behaviour
    assert model is not None
    items = {item.key: item for item in house.catalogue.page(limit=1_000)}
    revisions = {key: item.revision for key, item in items.items()}
    says, shows = snapshot.evidence(revisions).vectors, snapshot.candidates(revisions).vectors
    touched = [house.key(f"item-{number}") for number in past]
    evidence = np.stack([says[key][where] for key in touched])
    ago = np.arange(len(past))[::-1] / 1_000 + 0.001
    ones = np.ones(len(past), dtype=np.float32)
    block = summed(model.coefficients(evidence, ones, ago), evidence)
    scores = {key: float(shows[key][where] @ block) for key in items if key not in touched}
    return items[max(scores, key=lambda key: scores[key])].item.item_id


def worse(learner: Learner) -> Learner:
    """A learner that is of no use on what came last."""

    def learn(*given: object, **named: object) -> Learned:
        found: Learned = learner(*given, **named)  # type: ignore[arg-type]  # passed on as it came
        assert found.trial is not None
        return replace(found, trial=replace(found.trial, gains=np.zeros_like(found.trial.gains)))

    return learn


def teach_badly(house: House) -> House:
    """Open the same house with a learner that is of no use."""
    again = House(
        house.database,
        house.store,
        lessons=house.lessons,
        teaching=replace(SMALL, learner=worse(SMALL.learner)),
    )
    again.time = house.time
    return again


def test_a_training_learns_what_comes_next(database: Database) -> None:
    house, _ = walked(database)

    done = train(house)

    assert done.error is None
    assert live(house).training == done.arguments["training"]
    assert [next_of(house, [start, start + 1]) for start in (0, 5, 11)] == [
        "item-2", "item-7", "item-13",
    ]  # fmt: skip


def test_a_training_embeds_nothing_anew(sqlite_database: Database) -> None:
    house, _ = walked(sqlite_database)
    before = dict(house.counting.embedded)

    train(house)

    assert house.counting.embedded == before


def test_a_first_training_is_compared_with_content_alone(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["judged"]["against"] == "content"
    assert training["judged"]["ndcg"] > training["judged"]["against_ndcg"]
    assert training["judged"]["low"] > 0
    assert (training["interactions"], training["people"]) == (walks.since(None), 60)
    assert training["dropped"] == {"repeats": 3}
    assert live(house).trained_at == house.clock()


def test_lists_are_examined_with_items_nobody_touched_that_were_there(
    sqlite_database: Database,
) -> None:
    house, _ = walked(sqlite_database)
    old = [Item(f"old-{n}", title="dust", created_at=BEGAN - timedelta(days=9)) for n in range(3)]
    house.put(*old, Item("young", title="fresh", created_at=BEGAN + timedelta(days=900)))
    house.work()
    seen: list[int] = []

    def watched(*given: object, **named: object) -> Learned:
        seen.append(len(given[1]))  # type: ignore[arg-type]  # the content of the items
        found: Learned = SMALL.learner(*given, **named)  # type: ignore[arg-type]  # passed on
        return found

    again = House(
        house.database, house.store, lessons=house.lessons, teaching=replace(SMALL, learner=watched)
    )
    again.time = house.time

    done = train(again)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert seen == [RING + 3]
    assert training["items"] == RING


def test_a_later_one_is_compared_with_the_live_one_on_what_neither_has_seen(
    sqlite_database: Database,
) -> None:
    house, walks = walked(sqlite_database)
    train(house)
    walks.people += 30

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["judged"]["against"] == "live"
    # A fifth of what there is, at most, and by half of the people.
    assert 30 <= training["judged"]["answers"] <= 0.2 * walks.since(None)


def test_the_same_again_is_not_refused_for_what_the_live_one_had_learned_from(
    sqlite_database: Database,
) -> None:
    house, _ = walked(sqlite_database)
    train(house)

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["judged"]["against"] == "content"


def test_people_who_change_are_followed(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)
    train(house)
    walks.backwards, walks.people = 60, 240

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["judged"]["low"] > 0
    assert next_of(house, [9, 8]) == "item-7"


def test_what_is_surely_worse_is_refused_and_the_live_one_stays(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)
    train(house)
    before = live(house)
    walks.people += 30
    bad = teach_badly(house)

    done = train(bad)

    assert done.state == "failed"
    assert done.error is not None
    assert "surely worse than the live index: nDCG@10 0.0000 against" in done.error
    assert "--force" in done.error
    assert live(bad) == before
    assert bad.generations.building(bad.store.engine) is None
    assert set(bad.store.collections()) == {each.collection for each in bad.generations.all()}
    assert bad.learned.of_items(str(done.arguments["training"]), walks.keys) == {}
    assert next_of(bad, [4, 5]) == "item-6"


def test_what_is_worse_is_used_when_it_must_be(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)
    train(house)
    walks.people += 30
    bad = teach_badly(house)

    done = train(bad, force=True)

    assert done.error is None
    assert live(bad).training == done.arguments["training"]


def test_with_too_little_to_tell_a_training_is_used_and_says_so(sqlite_database: Database) -> None:
    house, _ = walked(sqlite_database, 12)

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["judged"] is None


def test_nothing_to_learn_from_is_told_in_a_sentence(sqlite_database: Database) -> None:
    house, _ = walked(sqlite_database, 0)

    done = train(house)

    assert done.error is not None
    assert "nothing was learned from what people did: 0 people with 0 interactions" in done.error
    assert live(house).training is None
    assert house.generations.building(house.store.engine) is None


@pytest.mark.parametrize("phase", ["reading", "learning", "keeping", "writing"])
def test_a_training_interrupted_anywhere_is_taken_up_and_done(
    sqlite_database: Database, phase: str
) -> None:
    house, _ = walked(sqlite_database)
    teacher = house.teacher()
    assert teacher is not None
    spaces = (*live(house).content, replace(live(house).content[0], space=SPACE, dimensions=12))

    with pytest.raises(Interrupted):
        house.rebuilding.reindex(spaces, stop_at(phase), teach=teacher.teach)
    building = house.generations.building(house.store.engine)
    report = house.rebuilding.reindex(spaces, stop_at("never"), teach=teacher.teach)

    assert building is not None
    assert report.generation == building.generation_id
    assert next_of(house, [4, 5]) == "item-6"


def stop_at(phase: str) -> Callable[[str, int, int], None]:
    def progress(reached: str, done: int, total: int) -> None:
        del done, total
        if reached.split(",")[0] == phase:
            raise Interrupted(phase)

    return progress


def test_an_item_that_comes_after_a_training_is_searchable_with_what_its_content_says(
    sqlite_database: Database,
) -> None:
    house, _ = walked(sqlite_database)
    train(house)

    house.put(Item("twin", title="thing 7"))
    house.work()

    house.index.refresh()
    snapshot = house.index.snapshot()
    twin = snapshot.candidates({house.key("twin"): 1})
    assert house.held("twin") == 1
    assert twin.predicted[house.key("twin")] == {SPACE}
    assert np.linalg.norm(twin.vectors[house.key("twin")][snapshot.layout.slice(SPACE)]) > 0.99


def test_an_item_deleted_meanwhile_is_left_out(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)
    house.delete("item-3")
    house.work()

    done = train(house)

    training = done.progress["training"]
    assert isinstance(training, dict)
    assert training["items"] == RING - 1
    assert training["interactions"] < walks.since(None)
    assert next_of(house, [8, 9]) == "item-10"


def test_a_rebuild_after_a_training_keeps_it_and_what_is_known_of_it(
    sqlite_database: Database,
) -> None:
    house, _ = walked(sqlite_database)
    train(house)
    before = live(house)
    house.put(*(Item(f"more-{n}", title=f"other {n}") for n in range(30)))
    house.work()
    house.jobs.request("reindex", {"spaces": []}, now=house.clock())

    house.jobs_runner.run_once()

    after = live(house)
    assert after.generation_id != before.generation_id
    assert after.training == before.training
    assert after.trained_at == before.trained_at
    assert next_of(house, [4, 5]) == "item-6"


def test_a_rollback_goes_back_to_what_was_learned_before(sqlite_database: Database) -> None:
    house, walks = walked(sqlite_database)
    train(house)
    before = live(house)
    walks.backwards, walks.people = 60, 240
    train(house)

    house.jobs.request("rollback", {}, now=house.clock())
    house.jobs_runner.run_once()

    assert live(house).training == before.training
    assert next_of(house, [4, 5]) == "item-6"


def test_a_catalogue_that_is_not_indexed_yet_is_trained_as_it_is_configured(
    sqlite_database: Database,
) -> None:
    house, _ = walked(sqlite_database)
    elsewhere = House(house.database, Elsewhere(), lessons=house.lessons, teaching=house.teaching)

    done = train(elsewhere)

    assert done.error is None
    assert [each.space for each in live(elsewhere).spaces] == ["text", SPACE]


class Elsewhere(MemoryStore):
    """A store on another machine."""

    @property
    def engine(self) -> str:
        return "memory:elsewhere"


def test_a_process_without_what_people_did_says_that_it_cannot_learn(
    sqlite_database: Database,
) -> None:
    house = House(sqlite_database, MemoryStore()).ready()

    done = train(house)

    assert done.error is not None
    assert "cannot learn" in done.error


def test_two_who_ask_for_a_training_get_the_same_one(sqlite_database: Database) -> None:
    house, _ = walked(sqlite_database)

    asked = [request_training(house.jobs, force=False, now=house.clock()) for _ in range(2)]
    forced = request_training(house.jobs, force=True, now=house.clock())

    assert asked[0] == asked[1]
    assert forced.job_id != asked[0].job_id


def test_walks_are_what_they_are_said_to_be() -> None:
    lesson = Walks(2).read(lambda *_: None)

    assert len(lesson.sequences.items) == 12
    assert set(np.diff(lesson.sequences.items.reshape(2, -1) % RING).ravel() % RING) == {1}
