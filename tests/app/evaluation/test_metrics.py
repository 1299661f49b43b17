"""The metrics agree with other people's libraries and with numbers worked out by hand."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import ndcg_score

from app.evaluation.metrics import METRICS, NOTHING, Flags, Ints, found, ndcg

ANSWERS: dict[str, Any] = json.loads(Path(__file__).with_name("answers.json").read_text())
"""Recorded by bench/quality/answers.py."""

LENGTH = 10


def recorded() -> tuple[Flags, Ints]:
    lists = [[*mine, *[NOTHING] * (LENGTH - len(mine))] for mine in ANSWERS["lists"]]
    targets = [np.array(mine, dtype=np.int64) for mine in ANSWERS["wanted"]]
    ranking = np.array(lists, dtype=np.int32)
    return found(ranking, targets), np.array([len(mine) for mine in targets])


@pytest.mark.parametrize("k", [1, 5, 10])
@pytest.mark.parametrize("name", sorted(METRICS))
def test_every_metric_answers_as_ranx_does_person_by_person(name: str, k: int) -> None:
    hits, wanted = recorded()

    values = METRICS[name](hits, wanted, k)

    theirs = ANSWERS["ranx"][f"{'hit_rate' if name == 'hit' else name}@{k}"]
    assert values == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize("k", [1, 5, 10])
@pytest.mark.parametrize("name", ["ndcg", "recall", "precision", "map"])
def test_every_mean_is_the_one_recommenders_answers(name: str, k: int) -> None:
    hits, wanted = recorded()

    mean = METRICS[name](hits, wanted, k).mean()

    assert mean == pytest.approx(ANSWERS["recommenders"][f"{name}@{k}"])


def test_ndcg_answers_as_scikit_learn_does() -> None:
    random = np.random.default_rng(3)
    relevant = random.random((20, 30)) < 0.2
    relevant[:, 0] = True
    scores = random.permuted(np.tile(np.arange(30.0), (20, 1)), axis=1)

    order = np.argsort(-scores, axis=1)
    hits = np.take_along_axis(relevant, order, axis=1)

    theirs = [
        ndcg_score(true[None], each[None], k=10)
        for true, each in zip(relevant, scores, strict=True)
    ]
    assert ndcg(hits, relevant.sum(axis=1), 10) == pytest.approx(theirs)


def test_metrics_of_one_list_are_those_worked_out_by_hand() -> None:
    hits = np.array([[False, True, False, True, False]])
    wanted = np.array([3])

    values = {name: metric(hits, wanted, 5)[0] for name, metric in METRICS.items()}

    gained = 1 / math.log2(3) + 1 / math.log2(5)
    best = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert values == pytest.approx(
        {
            "ndcg": gained / best,
            "recall": 2 / 3,
            "precision": 2 / 5,
            "map": (1 / 2 + 2 / 4) / 3,
            "mrr": 1 / 2,
            "hit": 1.0,
        }
    )


def test_a_list_that_ended_early_hits_nothing_where_it_has_no_item() -> None:
    ranking = np.array([[4, NOTHING, NOTHING]], dtype=np.int32)

    hits = found(ranking, [np.array([4, 7])])

    assert hits.tolist() == [[True, False, False]]


@st.composite
def _lists(draw: st.DrawFn) -> tuple[Flags, Ints]:
    hits = np.array([draw(st.lists(st.booleans(), min_size=8, max_size=8))])
    more = draw(st.integers(0, 5))
    return hits, np.array([max(1, int(hits.sum()) + more)])


@given(_lists(), st.integers(1, 8), st.sampled_from(sorted(METRICS)))
def test_every_metric_is_between_0_and_1_and_0_exactly_without_a_hit(
    lists: tuple[Flags, Ints], k: int, name: str
) -> None:
    hits, wanted = lists

    value = METRICS[name](hits, wanted, k)[0]

    assert 0 <= value <= 1 + 1e-12
    assert (value == 0) == (not hits[0, :k].any())


@given(_lists(), st.integers(0, 6), st.sampled_from(sorted(METRICS)))
def test_moving_a_hit_to_the_front_never_makes_a_list_worse(
    lists: tuple[Flags, Ints], place: int, name: str
) -> None:
    hits, wanted = lists
    if hits[0, place] or not hits[0, place + 1]:
        return

    better = hits.copy()
    better[0, [place, place + 1]] = True, False

    assert METRICS[name](better, wanted, 5)[0] >= METRICS[name](hits, wanted, 5)[0] - 1e-12
