from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interactions.interaction import BUILT_IN_KINDS
from app.recommend.evidence import (
    EvidenceSettings,
    decay,
    deed_weight,
    kind_weight,
    likings,
    session_of,
)
from app.recommend.sources import PastInteraction
from tests.app.recommend.world import NOW

SETTINGS = EvidenceSettings()


def past(
    key: int, kind: str, value: float | None = None, *, ago: timedelta = timedelta(0)
) -> PastInteraction:
    return PastInteraction(key, f"item-{key}", 1, kind, value, NOW - ago)


@pytest.mark.parametrize(
    ("kind", "value", "weight"),
    [
        ("view", None, 1.0),
        ("click", None, 1.5),
        ("like", None, 3.0),
        ("dislike", None, -3.0),
        ("cart", None, 4.0),
        ("purchase", 10.0, 5.0),
        ("share", None, 3.0),
        ("hide", None, -5.0),
        ("rating", 5.0, 4.0),
        ("rating", 3.0, 0.0),
        ("rating", 2.0, -2.0),
        ("rating", 900.0, 4.0),
        ("rating", None, 0.0),
        ("dwell", 0.0, 0.0),
        ("dwell", -5.0, 0.0),
        ("dwell", 60.0, 1.5),
        ("dwell", None, 0.0),
        ("never heard of", None, 0.0),
    ],
)
def test_each_kind_has_its_weight(kind: str, value: float | None, weight: float) -> None:
    assert kind_weight(kind, value, SETTINGS) == weight


@pytest.mark.parametrize("stars", [0.5, 1.0, 3.0, 5.0])
def test_having_rated_weighs_the_same_as_a_deed_whatever_the_stars(stars: float) -> None:
    assert deed_weight("rating", stars, SETTINGS) == kind_weight("rating", 5.0, SETTINGS)


def test_a_rating_without_stars_is_no_deed() -> None:
    assert deed_weight("rating", None, SETTINGS) == 0.0


@pytest.mark.parametrize("kind", [kind for kind in BUILT_IN_KINDS if kind != "rating"])
def test_other_kinds_weigh_as_deeds_what_they_weigh_as_evidence(kind: str) -> None:
    assert deed_weight(kind, 30.0, SETTINGS) == kind_weight(kind, 30.0, SETTINGS)


def test_every_built_in_kind_says_something() -> None:
    silent = {kind for kind in BUILT_IN_KINDS if kind_weight(kind, 5.0, SETTINGS) == 0.0}

    assert silent == set()


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_dwelling_longer_never_says_less_and_never_more_than_its_bound(
    one: float, other: float
) -> None:
    shorter, longer = sorted([one, other])

    weights = [kind_weight("dwell", seconds, SETTINGS) for seconds in (shorter, longer)]

    assert 0.0 <= weights[0] <= weights[1] <= SETTINGS.dwell_most


def test_a_configured_kind_weighs_what_settings_say() -> None:
    settings = EvidenceSettings(kind_weights={"wishlist": 2.5})

    assert kind_weight("wishlist", None, settings) == 2.5


def test_evidence_halves_with_its_half_life_and_does_not_grow_before_its_time() -> None:
    month = timedelta(days=30)

    left = [decay(NOW - age, NOW, half_life=month) for age in (-month, 0 * month, month, 2 * month)]

    assert left == [1.0, 1.0, 0.5, 0.25]


def weights(done: list[PastInteraction], settings: EvidenceSettings = SETTINGS) -> dict[int, float]:
    return {key: each.weight for key, each in likings(done, settings, now=NOW).items()}


def test_interactions_with_one_item_add_up_and_what_cancels_out_says_nothing() -> None:
    done = [past(1, "view"), past(1, "like"), past(2, "like"), past(2, "dislike"), past(3, "hide")]

    assert weights(done) == {1: 4.0, 3: -5.0}


def test_doing_the_same_again_says_less_each_time() -> None:
    counts = [1, 2, 3, 50]

    said = [weights([past(1, "view")] * count)[1] for count in counts]

    assert said == [1.0, 1.5, 1.75, pytest.approx(2.0)]


def test_another_kind_with_the_same_item_is_no_repetition() -> None:
    assert weights([past(1, "view"), past(1, "purchase")]) == {1: 6.0}


def test_a_rating_replaces_the_ratings_before_it() -> None:
    changed = [past(1, "rating", 5.0, ago=timedelta(days=1)), past(1, "rating", 1.0)]

    assert weights(changed) == {1: -4.0}


def test_a_rating_of_two_stars_speaks_against() -> None:
    assert weights([past(1, "rating", 2.0)]) == {1: -2.0}


def test_each_kind_ages_with_its_own_half_life() -> None:
    settings = EvidenceSettings(half_lives={"view": timedelta(days=1)})
    days_ago = timedelta(days=30)

    said = weights([past(1, "view", ago=days_ago), past(2, "click", ago=days_ago)], settings)

    assert said == {1: pytest.approx(2**-30), 2: 0.75}


def test_what_was_forgotten_says_nothing_and_what_came_after_does() -> None:
    done = [
        past(1, "like", ago=timedelta(hours=3)),
        past(1, "view", ago=timedelta(hours=1)),
        past(2, "like", ago=timedelta(hours=3)),
    ]
    before = {"item-1": NOW - timedelta(hours=2), "item-2": NOW - timedelta(hours=2)}

    left = likings(done, SETTINGS, now=NOW, forgotten=before)

    assert {key: each.kinds for key, each in left.items()} == {1: ("view",)}


def test_a_liking_names_what_was_done_and_when() -> None:
    done = [past(1, "view", ago=timedelta(hours=3)), past(1, "cart", ago=timedelta(hours=1))]

    liking = likings(done, SETTINGS, now=NOW)[1]

    assert liking.kinds == ("cart", "view")
    assert (NOW - liking.latest, NOW - liking.earliest) == (timedelta(hours=1), timedelta(hours=3))


def test_a_session_ends_with_the_first_long_pause() -> None:
    minutes = [1, 20, 45, 80, 90]
    done = [past(number, "view", ago=timedelta(minutes=ago)) for number, ago in enumerate(minutes)]

    session = session_of(done, now=NOW, gap=timedelta(minutes=30))

    assert [each.item_key for each in session] == [0, 1, 2]


def test_somebody_who_has_been_away_has_no_session() -> None:
    done = [past(1, "view", ago=timedelta(minutes=31))]

    assert session_of(done, now=NOW, gap=timedelta(minutes=30)) == ()


@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(BUILT_IN_KINDS), st.integers(0, 400)),
        max_size=30,
    ),
    st.randoms(use_true_random=False),
)
def test_the_order_of_interactions_does_not_matter(
    told: list[tuple[int, str, int]], random: Random
) -> None:
    done = [past(key, kind, 4.0, ago=timedelta(days=days)) for key, kind, days in told]
    shuffled = list(done)
    random.shuffle(shuffled)

    assert weights(shuffled) == weights(done)


@given(
    st.sampled_from(["view", "like", "purchase", "hide"]),
    st.integers(0, 400),
    st.integers(0, 400),
)
def test_the_older_of_two_never_says_more(kind: str, one: int, other: int) -> None:
    newer, older = sorted([one, other])

    said = weights(
        [past(1, kind, ago=timedelta(days=newer)), past(2, kind, ago=timedelta(days=older))]
    )

    assert abs(said[1]) >= abs(said[2])
