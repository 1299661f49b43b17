"""The real pipeline is evaluated as it answers, and knows nothing of what is to be found."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from app.evaluation.log import Log, Thing
from app.evaluation.metrics import NOTHING, found, recall
from app.evaluation.splits import Questions, among_negatives, carved, leave_last_out, questions
from app.for_you import PAUSE, ForYou
from app.laboratory import Laboratory
from indexer.errors import StoreUnavailable
from indexer.memory import MemoryStore
from indexer.milvus import MilvusStore
from tests.app.evaluation.small import log
from tests.app.running import hashed

pytestmark = pytest.mark.usefixtures("learns_here")

GROUPS, SIZE = 3, 6


def grouped() -> Log:
    """Make people who each like one group of items; the groups share words."""
    random = np.random.default_rng(1)
    deeds = []
    for person in range(12):
        chosen = random.permutation(SIZE)[:5].tolist()
        deeds += [(f"u{person}", f"g{person % GROUPS}-{n}", float(d)) for d, n in enumerate(chosen)]
    words = ("red clay mug", "blue desk lamp", "green iron wok")
    things = tuple(
        Thing(f"g{group}-{n}", f"{words[group]} {words[group]} {n}")
        for group in range(GROUPS)
        for n in range(SIZE)
    )
    return log(*deeds, ("u0", "untold", 9.0), ("u1", "untold", 1.5), things=things)


@pytest.fixture(scope="module")
def asked() -> Questions:
    return questions(grouped(), leave_last_out)


@pytest.fixture(scope="module", params=["exact", "approximate"])
def laboratory(
    asked: Questions,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Laboratory]:
    settings = hashed(tmp_path_factory.mktemp("laboratory"), image_model="none")
    exact = request.param == "exact"
    with Laboratory(settings, clock=lambda: datetime.now(UTC), exact=exact) as made:  # noqa: TID251 - leases need the real time
        made.fill(asked.train)
        yield made


def test_kindred_finds_the_rest_of_a_persons_group(
    laboratory: Laboratory, asked: Questions
) -> None:
    ranking = ForYou(laboratory.recommender).rank(asked, 2)

    assert recall(found(ranking, list(asked.targets)), asked.wanted, 2).mean() >= 0.8


@pytest.mark.parametrize("last_only", [False, True])
def test_lists_hold_no_item_twice_and_none_that_was_touched(
    laboratory: Laboratory, asked: Questions, *, last_only: bool
) -> None:
    ranking = ForYou(laboratory.recommender, last_only=last_only).rank(asked, 8)

    touched = asked.train.touches().toarray()
    for person, mine in zip(asked.people.tolist(), ranking, strict=True):
        assert len(set(mine.tolist())) == 8
        assert NOTHING not in mine
        assert not touched[person, mine].any()


@pytest.mark.parametrize("last_only", [False, True])
def test_among_a_few_nothing_else_is_ranked(
    laboratory: Laboratory, asked: Questions, *, last_only: bool
) -> None:
    few = among_negatives(asked, 5, seed=1)

    ranking = ForYou(laboratory.recommender, last_only=last_only).rank(few, 6)

    for mine, only in zip(ranking.tolist(), few.among or (), strict=True):
        assert sorted(mine) == only.tolist()


def test_an_index_that_does_not_answer_once_is_asked_again(
    laboratory: Laboratory, asked: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = ForYou(laboratory.recommender).rank(asked, 8)
    pauses: list[float] = []
    for store in (MemoryStore, MilvusStore):
        monkeypatch.setattr(store, "search", failing_once(store.search))

    ranking = ForYou(laboratory.recommender, pause=pauses.append).rank(asked, 8)

    assert ranking.tolist() == expected.tolist()
    assert pauses == [PAUSE]


def test_where_the_index_does_not_answer_at_all_nothing_is_judged(
    laboratory: Laboratory, asked: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    for store in (MemoryStore, MilvusStore):
        monkeypatch.setattr(store, "search", failing)

    with pytest.raises(StoreUnavailable, match="evaluate again"):
        ForYou(laboratory.recommender, pause=pauses.append).rank(asked, 8)

    assert sum(pauses) >= 60


def failing(*_: object, **__: object) -> object:
    raise StoreUnavailable("it does not answer")


def failing_once(search: Callable[..., object]) -> Callable[..., object]:
    left = [failing]

    def one(*given: object, **named: object) -> object:
        return (left.pop() if left else search)(*given, **named)

    return one


def test_exact_search_is_in_memory_and_the_other_is_milvus(laboratory: Laboratory) -> None:
    assert laboratory.engine in {"memory", "lite"}


def test_what_came_later_is_known_once_time_has_passed(asked: Questions, tmp_path: Path) -> None:
    earlier = carved(asked, leave_last_out)
    later = asked.train.only(leave_last_out(asked.train))
    settings = hashed(tmp_path, image_model="none")
    with Laboratory(settings, clock=lambda: datetime.now(UTC), exact=True) as made:  # noqa: TID251 - leases need the real time
        made.fill(earlier.train)
        before = ForYou(made.recommender).rank(asked, 8)

        made.advance(asked.train, later)

        after = ForYou(made.recommender).rank(asked, 8)
    assert made.spaces == ("behaviour", "text")
    held = dict(zip(later.person.tolist(), later.item.tolist(), strict=True))
    newest = np.array([held[person] for person in asked.people.tolist()])
    assert (before == newest[:, None]).any()
    assert not (after == newest[:, None]).any()


def test_items_that_say_nothing_are_called_by_their_id(tmp_path: Path) -> None:
    whole = log(("a", "x-1", 1.0), ("b", "x-1", 1.0), ("b", "x-2", 2.0))
    settings = hashed(tmp_path, image_model="none")
    with Laboratory(settings, clock=lambda: datetime.now(UTC), exact=True) as made:  # noqa: TID251 - leases need the real time
        made.fill(whole)
        one = questions(
            log(("a", "x-1", 1.0), ("b", "x-2", 1.0), ("a", "x-2", 3.0)), leave_last_out
        )

        ranking = ForYou(made.recommender).rank(one, 2)

    assert ranking.tolist() == [[1, NOTHING]]


@pytest.mark.usefixtures("learns_here")
def test_an_index_is_searched_exactly_where_it_was_searched_approximately(
    asked: Questions, tmp_path: Path
) -> None:
    settings = hashed(tmp_path, image_model="none")
    with Laboratory(settings, clock=lambda: datetime.now(UTC)) as made:  # noqa: TID251 - leases need the real time
        made.fill(asked.train)
        approximate, held = ForYou(made.recommender).rank(asked, 8), made.spaces

    with Laboratory(settings, clock=lambda: datetime.now(UTC), exact=True) as again:  # noqa: TID251 - leases need the real time
        again.resume()
        exact = ForYou(again.recommender).rank(asked, 8)

    assert (again.engine, again.spaces) == ("memory", held)
    # Of so few items the approximate search misses none.
    assert exact.tolist() == approximate.tolist()


def test_what_is_recorded_is_known_at_once_and_nothing_is_learned(
    asked: Questions, tmp_path: Path
) -> None:
    settings = hashed(tmp_path, image_model="none")
    with Laboratory(settings, clock=lambda: datetime.now(UTC), exact=True) as made:  # noqa: TID251 - leases need the real time
        made.stock(asked.train)
        strange = ForYou(made.recommender).rank(asked, 2)

        made.record(asked.train)

        known = ForYou(made.recommender).rank(asked, 2)
    right = [
        float(recall(found(each, list(asked.targets)), asked.wanted, 2).mean())
        for each in (strange, known)
    ]
    assert right[0] < 0.5 < right[1]
    assert made.spaces == ("text",)
