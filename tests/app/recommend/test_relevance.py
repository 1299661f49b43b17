import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.mix import Mix, Voice, mixed
from app.recommend.relevance import Aspect, Dislike, Part, Question, strength, total
from embedders.spaces import Array
from tests.app.recommend.test_mix import WEIGHTS, tastes, vectors
from tests.app.recommend.world import LAYOUT, joined

RED, BLUE = joined([1, 0, 0, 0], None), joined([0, 1, 0, 0], None)


def mix_of(*given_: Array) -> Mix:
    mix = mixed([Voice("item", f"i{n}", 1.0, each) for n, each in enumerate(given_)], LAYOUT)
    assert mix is not None
    return mix


def dislike(vector: Array, name: str = "disliked", power: float = 1.0) -> Dislike:
    return Dislike(Voice("item", name, 3.0, vector), power)


def scored(question: Question, *candidates: Array) -> list[float]:
    scores: list[float] = question.scores(np.stack(candidates))[0].tolist()
    return scores


def test_relevance_is_the_best_of_the_aspects() -> None:
    both = tuple(
        Aspect(name, 0.5, (Part(mix_of(each), 1.0),))
        for name, each in (("red", RED), ("blue", BLUE))
    )
    question = Question(LAYOUT, WEIGHTS, both)

    scores, best = question.scores(np.stack([RED, BLUE]))

    assert scores.tolist() == pytest.approx([0.7, 0.7])
    assert best.tolist() == [0, 1]


def test_queries_find_what_scores_rank() -> None:
    aspect = Aspect(None, 1.0, (Part(mix_of(RED), 0.75), Part(mix_of(BLUE), 0.25)))
    question = Question(LAYOUT, WEIGHTS, (aspect,))

    queries = question.queries()

    assert scored(question, RED, BLUE) == pytest.approx((queries @ np.stack([RED, BLUE]).T)[0])
    assert scored(question, RED, BLUE) == pytest.approx([0.7 * 0.75, 0.7 * 0.25])


def test_a_dislike_costs_its_near_neighbours_and_nothing_farther_away() -> None:
    aspect = Aspect(None, 1.0, (Part(mix_of(RED), 1.0),))
    near, farther = joined([1, 0, 0.2, 0], None), joined([1, 0, -3, 0], None)
    liked = Question(LAYOUT, WEIGHTS, (aspect,))
    disliked = Question(LAYOUT, WEIGHTS, (aspect,), (dislike(joined([1, 0, 1, 0], None)),), 0.5)

    lost = np.array(scored(liked, near, farther)) - scored(disliked, near, farther)

    assert lost[0] > 0.1
    assert lost[1] == pytest.approx(0.0)


def test_ten_dislikes_of_a_kind_cost_no_more_than_one() -> None:
    aspect = Aspect(None, 1.0, (Part(mix_of(RED), 1.0),))
    one = Question(LAYOUT, WEIGHTS, (aspect,), (dislike(RED),), 0.3)
    ten = Question(LAYOUT, WEIGHTS, (aspect,), tuple(dislike(RED, f"d{n}") for n in range(10)), 0.3)

    assert scored(one, RED) == pytest.approx(scored(ten, RED))


@given(tastes, tastes, st.lists(vectors, max_size=4), vectors, st.floats(0, 1))
def test_blended_and_disliked_the_reasons_still_sum_to_the_score(
    one: list[tuple[Array, float]],
    other: list[tuple[Array, float]],
    disliked: list[Array],
    candidate: Array,
    impact: float,
) -> None:
    mixes = [
        mixed([Voice("item", f"i{n}", w, v) for n, (v, w) in enumerate(taste)], LAYOUT)
        for taste in (one, other)
    ]
    parts = tuple(
        Part(mix, worth)
        for mix, worth in zip(mixes, (1 - impact, impact), strict=True)
        if mix is not None
    )
    if not parts:
        return
    against = tuple(dislike(each, f"d{n}", 1.5) for n, each in enumerate(disliked))
    aspects = (Aspect(None, 1.0, parts), Aspect("x", 1.0, parts[:1]))
    question = Question(LAYOUT, WEIGHTS, aspects, against, 0.2)

    scores, best = question.scores(candidate[np.newaxis, :])
    reasons = question.reasons(candidate, int(best[0]), ())

    assert total(reasons) == pytest.approx(float(scores[0]), abs=1e-5)
    assert all(each.amount != 0 for each in reasons)
    named = [(each.name, each.space, each.amount > 0) for each in reasons]
    assert len(named) == len(set(named))


def test_aspects_without_a_word_in_the_weighed_spaces_are_left_out() -> None:
    seen = mix_of(joined(None, [1, 0, 0]))
    aspects = (
        Aspect("looks", 0.5, (Part(seen, 1.0),)),
        Aspect("red", 0.5, (Part(mix_of(RED), 1.0),)),
    )

    by_words = Question(LAYOUT, {"text": 1.0, "image": 0.0}, aspects).speaking()
    nothing = Question(LAYOUT, {"text": 1.0, "image": 0.0}, aspects[:1]).speaking()

    assert by_words is not None
    assert [each.interest for each in by_words.aspects] == ["red"]
    assert nothing is None


@given(st.floats(-100, -0.001), st.floats(-100, -0.001))
def test_more_evidence_against_costs_more_up_to_a_bound(one: float, other: float) -> None:
    worse, better = sorted([one, other])

    costs = [strength(each, most=2.0, half=3.0) for each in (worse, better)]

    assert 2.0 > costs[0] >= costs[1] > 0
    assert strength(-3.0, most=2.0, half=3.0) == 1.0
