"""Ranking among a few drawn items, for those who ask for it."""

from dataclasses import replace

import numpy as np
import pytest

from app.evaluation.baselines.counting import Popular, Random, Trending
from app.evaluation.baselines.neighbours import ItemKNN
from app.evaluation.methods import Method
from app.evaluation.metrics import NOTHING
from app.evaluation.result import target_digest
from app.evaluation.splits import Questions, among_negatives, leave_last_out, questions
from tests.app.evaluation.small import log


def asked(*, repeats: bool = False) -> Questions:
    deeds = [
        (f"p{p:02}", f"i{(p * d) % 40 if d else p % 3:02}", float(d))
        for p in range(30)
        for d in range(5)
    ]
    return questions(log(*deeds), leave_last_out, repeats=repeats)


@pytest.mark.parametrize("repeats", [False, True])
def test_what_is_to_be_found_is_among_as_many_others_as_asked_for(*, repeats: bool) -> None:
    put = asked(repeats=repeats)

    drawn = among_negatives(put, 7, seed=1)

    touched = put.train.touches().toarray()
    assert drawn.among is not None
    for person, targets, mine in zip(put.people.tolist(), put.targets, drawn.among, strict=True):
        others = np.setdiff1d(mine, targets)
        assert len(others) == 7
        assert len(mine) == 7 + len(targets)
        assert repeats or not touched[person, others].any()


def test_more_than_there_are_is_all_there_is() -> None:
    put = asked(repeats=True)

    drawn = among_negatives(put, 900)

    assert drawn.among is not None
    assert all(len(mine) == len(put.train.things) for mine in drawn.among)


def test_a_draw_is_the_same_for_a_seed_whoever_else_is_asked_for() -> None:
    put = asked()

    whole, some = (
        among_negatives(put, 5, seed=2),
        among_negatives(put.some(np.array([3, 8])), 5, seed=2),
    )

    assert whole.among is not None
    assert some.among is not None
    assert [each.tolist() for each in whole.some(np.array([3, 8])).among or ()] == [
        each.tolist() for each in some.among
    ]
    other = among_negatives(put, 5, seed=3)
    assert [m.tolist() for m in whole.among] != [m.tolist() for m in other.among or ()]


def test_by_popularity_what_many_like_is_drawn_more_often() -> None:
    put = asked(repeats=True)
    counts = put.liked.popularity()
    popular = counts >= 5

    def share(drawn: Questions) -> float:
        negatives = [
            np.setdiff1d(mine, targets)
            for mine, targets in zip(drawn.among or (), drawn.targets, strict=True)
        ]
        return float(popular[np.concatenate(negatives)].mean())

    uniform = [share(among_negatives(put, 5, seed=seed)) for seed in range(20)]
    weighted = [share(among_negatives(put, 5, by="popularity", seed=seed)) for seed in range(20)]

    # At random as often as there are such items; of three with 1/3 of all likings each, more.
    assert np.mean(uniform) == pytest.approx(popular.mean(), abs=0.05)
    assert min(weighted) > max(uniform)


@pytest.mark.parametrize(
    "method", [Random(), Popular(), Trending(), ItemKNN()], ids=lambda m: m.name
)
def test_nothing_else_is_ranked_and_everything_of_it(method: Method) -> None:
    put = among_negatives(asked(), 4, seed=1)

    ranking = method.rank(put, 8)

    for mine, only in zip(ranking, put.among or (), strict=True):
        there = mine[mine != NOTHING]
        assert len(set(there.tolist())) == len(there)
        assert set(there.tolist()) <= set(only.tolist())
    # What nobody liked has no score, and popularity does not fill up with it.
    assert (ranking[:, 0] != NOTHING).all()


def test_runs_with_and_without_cannot_be_taken_for_each_other() -> None:
    put = asked()

    digests = {
        target_digest(each)
        for each in (put, among_negatives(put, 4), among_negatives(put, 5), replace(put))
    }

    assert len(digests) == 3
