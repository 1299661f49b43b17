import math

import pytest

from app.recommend.answers import Answer
from app.recommend.requests import Wanted
from tests.app.recommend.world import NOW, World


def explained() -> tuple[World, Answer]:
    world = World()
    world.add("bought", [1, 0, 0, 0], [1, 0, 0])
    world.add("viewed", [0, 1, 0, 0])
    world.add("hidden", [0, 0, 1, 0], [0, 1, 0])
    world.add("near", [1, 1, 0, 0], [1, 1, 0])
    world.add("guessed", [1, 0, 1, 0], predicted_image=[1, 0, 1])
    world.did("ann", "purchase", "bought")
    world.did("ann", "view", "bought")
    world.did("ann", "view", "viewed")
    world.did("ann", "hide", "hidden")
    return world, world.recommender().for_you("ann", Wanted(explain=True, limit=2), now=NOW)


def test_reasons_name_each_past_item_and_space_once_largest_first() -> None:
    _, answer = explained()

    near = next(each for each in answer.items if each.item_id == "near")

    assert near.reasons is not None
    named = [(each.name, each.space) for each in near.reasons]
    assert sorted(named) == [
        ("bought", "image"),
        ("bought", "text"),
        ("hidden", "image"),
    ]
    amounts = [each.amount for each in near.reasons]
    assert amounts == sorted(amounts, reverse=True)
    assert near.reasons[-1].name == "hidden"
    assert near.reasons[-1].amount < 0


def test_reasons_sum_to_the_score_and_explaining_does_not_change_the_answer() -> None:
    world, answer = explained()

    plain = world.recommender().for_you("ann", Wanted(limit=2), now=NOW)

    assert [each.item_id for each in answer.items] == [each.item_id for each in plain.items]
    for told, untold in zip(answer.items, plain.items, strict=True):
        assert told.reasons is not None
        assert math.fsum(each.amount for each in told.reasons) == pytest.approx(told.score)
        assert told.score == pytest.approx(untold.score, abs=1e-5)
        assert untold.reasons is None


def test_a_predicted_part_is_marked() -> None:
    _, answer = explained()

    guessed = next(each for each in answer.items if each.item_id == "guessed")

    assert guessed.reasons is not None
    assert {(each.space, each.predicted) for each in guessed.reasons} == {
        ("text", False),
        ("image", True),
    }


def test_similar_splits_by_space_and_names_the_item_asked_about() -> None:
    world, _ = explained()

    answer = world.recommender().similar("near", Wanted(explain=True, limit=1), now=NOW)

    (best,) = answer.items
    assert best.reasons is not None
    assert [(each.name, each.space) for each in best.reasons] == [
        ("near", "text"),
        ("near", "image"),
    ]
    assert math.fsum(each.amount for each in best.reasons) == pytest.approx(best.score)


def test_what_fills_up_has_no_reasons() -> None:
    world, _ = explained()

    answer = world.recommender().for_you("stranger", Wanted(explain=True, limit=1), now=NOW)

    assert answer.items[0].reasons is None
