from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.interactions.interaction import BUILT_IN_KINDS
from app.recommend.evidence import EvidenceSettings, affinities, decay, kind_weight
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


def test_interactions_with_one_item_add_up_and_what_cancels_out_says_nothing() -> None:
    done = [past(1, "view"), past(1, "like"), past(2, "like"), past(2, "dislike"), past(3, "hide")]

    liking = affinities(done, SETTINGS, now=NOW)

    assert liking == {1: 4.0, 3: -5.0}


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

    assert affinities(shuffled, SETTINGS, now=NOW) == affinities(done, SETTINGS, now=NOW)
