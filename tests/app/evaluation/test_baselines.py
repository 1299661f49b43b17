"""Every baseline finds what is there by construction, and obeys the rules of lists."""

from collections.abc import Callable
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from app.evaluation.baselines.content import Words
from app.evaluation.baselines.counting import Popular, Random, Trending
from app.evaluation.baselines.factors import Factors
from app.evaluation.baselines.linear import EASE, ELSA, _slope, _unit
from app.evaluation.baselines.neighbours import ItemKNN, neighbours
from app.evaluation.errors import MethodUnavailable
from app.evaluation.log import Log, Thing
from app.evaluation.methods import Method
from app.evaluation.metrics import NOTHING, found, recall
from app.evaluation.splits import Questions, leave_last_out, questions
from tests.app.evaluation.small import log

GROUPS, SIZE = 4, 6

needs_implicit = pytest.mark.skipif(
    find_spec("implicit") is None, reason="the extra `evaluate` is not installed"
)

LEARNERS: dict[str, Callable[[], Method]] = {
    "item-knn": ItemKNN,
    "item-knn-last": lambda: ItemKNN(last_only=True),
    "ease": lambda: EASE(penalty=1.0),
    "ease-recent": lambda: EASE(penalty=10.0, half=2.0),
    "elsa": lambda: ELSA(dimensions=8, rounds=40, batch=16),
    "words": Words,
    "words-last": lambda: Words(last_only=True),
}
FACTORS: dict[str, Callable[[], Method]] = {
    "als": lambda: Factors("als", dimensions=4),
    "bpr": lambda: Factors("bpr", dimensions=8),
}
ALL = [
    *(pytest.param(make, id=name) for name, make in LEARNERS.items()),
    *(pytest.param(make, id=name, marks=needs_implicit) for name, make in FACTORS.items()),
]
COUNTERS = [pytest.param(make, id=make().name) for make in (Random, Popular, Trending)]


def grouped() -> Log:
    """Make people who each like one group of items, and leave a different one out each."""
    random = np.random.default_rng(4)
    deeds = []
    for person in range(48):
        group = person % GROUPS
        chosen = random.permutation(SIZE)[:5]
        deeds += [(f"u{person:02}", f"g{group}-{item}", day) for day, item in enumerate(chosen)]
    things = tuple(
        Thing(f"g{group}-{item}", f"thing {item} of kind{group}", categories=(f"kind{group}",))
        for group in range(GROUPS)
        for item in range(SIZE)
    )
    return log(*[(u, i, float(d)) for u, i, d in deeds], things=things)


@pytest.fixture(scope="module")
def asked() -> Questions:
    return questions(grouped(), leave_last_out)


@pytest.mark.parametrize("make", ALL)
def test_a_learner_finds_the_rest_of_a_persons_group(
    asked: Questions, make: Callable[[], Method]
) -> None:
    ranking = make().rank(asked, 2)

    # Four of six were liked, so two are left, and one of them is to be found.
    hits = found(ranking, list(asked.targets))
    assert recall(hits, asked.wanted, 2).mean() == 1.0


@pytest.mark.parametrize("make", [*ALL, *COUNTERS])
def test_lists_have_no_item_twice_and_none_that_was_touched(
    asked: Questions, make: Callable[[], Method]
) -> None:
    ranking = make().rank(asked, 10)

    touched = asked.train.touches().toarray()
    for person, mine in zip(asked.people.tolist(), ranking, strict=True):
        assert len(set(mine.tolist())) == 10
        assert (mine != NOTHING).all()
        assert not touched[person, mine].any()


@pytest.mark.parametrize("make", [*ALL, *COUNTERS])
def test_somebody_unknown_gets_a_list_all_the_same(make: Callable[[], Method]) -> None:
    deeds = [(f"u{person}", f"i{item}", 1.0) for person in range(6) for item in range(person, 8)]
    whole = log(
        *deeds, ("new", "i7", 9), things=tuple(Thing(f"i{n}", f"one {n}") for n in range(8))
    )
    one = questions(whole, lambda held: held.when > 86_400 * 5)

    ranking = make().rank(one, 3)

    assert (ranking != NOTHING).all()


@pytest.mark.parametrize("make", [*ALL, *COUNTERS])
def test_the_same_question_has_the_same_answer(
    asked: Questions, make: Callable[[], Method]
) -> None:
    assert np.array_equal(make().rank(asked, 5), make().rank(asked, 5))


def test_what_trends_is_what_was_liked_lately() -> None:
    old = [(f"u{n}", "old", 1.0) for n in range(5)]
    whole = log(*old, ("v", "new", 40), ("w", "new", 41), ("x", "other", 2), ("x", "old", 50))
    one = questions(whole, lambda held: held.when > 86_400 * 45)

    assert Trending(timedelta(days=1)).rank(one, 2)[0].tolist() == [0, 1]
    assert Popular().rank(one, 2)[0].tolist() == [1, 0]


def test_neighbours_are_shrunk_cosines() -> None:
    touches = log(("p", "a", 1), ("p", "b", 1), ("q", "a", 1), ("r", "c", 1)).touches()

    near = neighbours(touches, 10.0, 5).toarray()

    assert near[0, 1] == pytest.approx(1 / (np.sqrt(2 * 1) + 10))
    assert near[0, 0] == 0
    assert near[0, 2] == 0


def test_only_the_nearest_neighbours_are_kept() -> None:
    deeds = [("p", "a", 1.0), ("p", "b", 1.0), ("p", "c", 1.0), ("q", "a", 1.0), ("q", "b", 1.0)]

    near = neighbours(log(*deeds).touches(), 0.0, 1).toarray()

    assert np.count_nonzero(near[0]) == 1
    assert near[0, 1] > 0


def test_ease_solves_its_least_squares_problem() -> None:
    random = np.random.default_rng(2)
    deeds = [(f"u{p}", f"i{i}", 1.0) for p in range(30) for i in range(7) if random.random() < 0.4]
    touches = log(*deeds).touches()

    between = EASE(penalty=2.0)._between(touches)

    # Column j: ridge regression of item j on all others.
    held = touches.toarray().astype(np.float64)
    others = np.delete(held, 3, axis=1)
    best = np.linalg.solve(others.T @ others + 2.0 * np.eye(6), others.T @ held[:, 3])
    assert np.delete(between[:, 3], 3) == pytest.approx(best, abs=1e-5)
    assert between[3, 3] == 0


def test_elsas_slope_is_that_of_its_error() -> None:
    random = np.random.default_rng(0)
    # Doubles, so that differences are exact.
    given: Any = (random.random((5, 7)) < 0.5).astype(np.float64)
    given[:, 0] = 1
    free: Any = random.normal(size=(7, 3))

    slope = _slope(given, free)

    assert slope == pytest.approx(_differences(given, free), abs=1e-6)


def _differences(given: Any, free: Any) -> Any:  # noqa: ANN401 - doubles, as above
    def error(rows: Any) -> float:  # noqa: ANN401 - doubles, as above
        placed = _unit(rows)
        gap = _unit(given @ placed @ placed.T - given) - _unit(given)
        return float((gap * gap).sum() / given.shape[0])

    found_slope = np.zeros_like(free)
    for place in np.ndindex(*free.shape):
        step = np.zeros_like(free)
        step[place] = 1e-6
        found_slope[place] = (error(free + step) - error(free - step)) / 2e-6
    return found_slope


def test_a_missing_library_is_told_with_the_extra_that_has_it(
    asked: Questions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "implicit.cpu.als", None)

    with pytest.raises(MethodUnavailable, match=r"kindred\[evaluate\]"):
        Factors("als").rank(asked, 2)
