from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest

from app.recommend.evidence import Liking
from app.recommend.interests import (
    Interest,
    chosen,
    found_interests,
    named,
    seed_interests,
    session_interest,
    shares,
)
from app.recommend.mix import Voice
from app.recommend.profile import Choice, Seed
from app.recommend.settings import InterestSettings
from embedders.spaces import Array
from tests.app.recommend.world import LAYOUT, NOW, joined

WEIGHTS = {"text": 0.6, "image": 0.4}
SETTINGS = InterestSettings()
NEAR = [joined([1, 0, 0, 0], None), joined([1, 0.2, 0, 0], None), joined([1, -0.2, 0, 0], None)]
FAR = [joined([0, 0, 1, 0], None), joined([0, 0, 1, 0.2], None)]
VECTORS = dict(enumerate([*NEAR, *FAR]))


def liking(key: int, weight: float = 1.0, *, category: str = "Things") -> Liking:
    return Liking(key, f"item-{key}", f"Item {key}", (category,), 1, weight, ("like",), NOW, NOW)


def found(likings: Sequence[Liking], vectors: dict[int, Array] | None = None) -> list[Interest]:
    return found_interests(likings, vectors or VECTORS, LAYOUT, WEIGHTS, SETTINGS, most=9)


def test_likings_of_two_sorts_are_two_interests_the_heavier_first() -> None:
    interests = found([liking(key, 2.0 if key > 2 else 1.0) for key in range(5)])

    members = [{member.item_key for member in each.members} for each in interests]
    assert members == [{3, 4}, {0, 1, 2}]
    assert [each.weight for each in interests] == [4.0, 3.0]


def test_an_interest_is_named_by_its_middle_and_found_by_any_of_its_items() -> None:
    interests = found([liking(key) for key in range(5)])

    assert interests[0].name == "item:item-0"
    assert named(interests, "item:item-0") is interests[0]
    assert named(interests, "item:item-2") is interests[0]
    assert named(interests, "item-4") is interests[1]
    assert named(interests, "item-9") is None


def test_only_the_heaviest_are_looked_at() -> None:
    liked = [liking(key, 2.0 if key > 2 else 1.0) for key in range(5)]

    (one,) = found_interests(liked, VECTORS, LAYOUT, WEIGHTS, SETTINGS, most=1)

    assert {member.item_key for member in one.members} == {3, 4}


def test_dislikes_and_items_without_a_vector_make_no_interest() -> None:
    assert found([liking(0, -3.0), liking(77)]) == []


def test_a_session_has_its_share_beside_everything_else() -> None:
    everything = found([liking(key) for key in range(5)])

    session = session_interest([liking(3)], VECTORS, LAYOUT, everything, SETTINGS)

    assert session is not None
    parts = shares([*everything, session])
    assert parts[-1] == pytest.approx(SETTINGS.session_share)
    np.testing.assert_allclose(session.mix.blocks, VECTORS[3])


def test_seeds_fade_as_evidence_arrives() -> None:
    seed = Seed("seed:a", "Mugs", 5.0, NOW, words="mugs")
    voices = [(seed, [Voice("words", "mugs", 1.0, joined([1, 0, 0, 0], None))])]

    weights = [
        seed_interests(voices, LAYOUT, evidence, SETTINGS)[0].weight
        for evidence in (0.0, SETTINGS.seed_half, 10 * SETTINGS.seed_half)
    ]

    assert weights == [5.0, 2.5, pytest.approx(5.0 / 1024)]


def test_a_seed_that_says_nothing_makes_no_interest() -> None:
    seed = Seed("seed:a", "Mugs", 5.0, NOW, words="mugs")

    assert seed_interests([(seed, [])], LAYOUT, 0.0, SETTINGS) == []


def choose(interests: Sequence[Interest], *choices: Choice) -> list[float]:
    made = chosen(interests, choices, {}, LAYOUT, WEIGHTS, SETTINGS)
    return [each.weight for each in made]


def test_a_choice_holds_for_the_interest_its_anchor_belongs_to() -> None:
    interests = found([liking(key) for key in range(5)])

    muted = choose(interests, Choice("item-2", 0.0, NOW))
    boosted = choose(interests, Choice("item-4", 3.0, NOW))

    assert muted == [0.0, 2.0]
    assert boosted == [3.0, 6.0]


def test_the_later_of_two_choices_wins() -> None:
    interests = found([liking(key) for key in range(5)])
    earlier, later = Choice("item-0", 0.0, NOW - timedelta(hours=1)), Choice("item-1", 2.0, NOW)

    assert choose(interests, later, earlier) == [6.0, 2.0]


def test_a_choice_outlives_its_anchor_for_what_is_near_it() -> None:
    interests = found([liking(key) for key in range(5)])
    anchors = {"long-ago": joined([1, 0.1, 0, 0], None)}

    made = chosen(interests, [Choice("long-ago", 0.0, NOW)], anchors, LAYOUT, WEIGHTS, SETTINGS)

    assert [each.weight for each in made] == [0.0, 2.0]


def test_shares_sum_to_one_unless_everything_is_muted() -> None:
    interests = found([liking(key) for key in range(5)])
    muted = chosen(
        interests,
        [Choice("item-0", 0.0, NOW), Choice("item-3", 0.0, NOW)],
        {},
        LAYOUT,
        WEIGHTS,
        SETTINGS,
    )

    assert shares(interests).sum() == pytest.approx(1.0)
    assert shares(muted).tolist() == [0.0, 0.0]
