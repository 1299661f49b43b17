from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from app.behaviour.baskets import baskets
from app.behaviour.collecting import EPOCH, Happened, collect

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

happened = st.builds(
    Happened,
    user_id=st.sampled_from(["ann", "ben", "cem"]),
    item_key=st.integers(1, 9),
    kind=st.sampled_from(["view", "purchase"]),
    weight=st.sampled_from([-3.0, 1.0, 5.0]),
    happened_at=st.integers(0, 10_000).map(lambda seconds: NOON + timedelta(seconds=seconds)),
)


@given(stream=st.lists(happened, max_size=20))
def test_what_was_collected_reads_back_as_it_came(stream: list[Happened]) -> None:
    collected = collect(iter(stream))

    log = collected.log
    read = [
        Happened(
            collected.user_ids[log.people[row]],
            collected.item_keys[log.items[row]],
            collected.kinds[log.kinds[row]],
            float(log.weights[row]),
            EPOCH + timedelta(seconds=round(log.days[row] * 86_400)),
        )
        for row in range(len(log))
    ]
    assert read == stream


def test_a_pause_ends_a_visit() -> None:
    minutes = [0, 20, 45, 90, 0]
    people = ["ann", "ann", "ann", "ann", "ben"]
    collected = collect(
        Happened(person, 1, "view", 1.0, NOON + timedelta(minutes=minute))
        for person, minute in zip(people, minutes, strict=True)
    )

    assert baskets(collected.log).tolist() == [0, 0, 0, 1, 2]
    assert baskets(collected.log, gap=timedelta(0)).tolist() == [0, 1, 2, 3, 4]


@given(stream=st.lists(happened, max_size=20), seed=st.integers(0, 99))
def test_visits_do_not_depend_on_the_order_of_the_log(stream: list[Happened], seed: int) -> None:
    log = collect(stream).log
    order = np.random.default_rng(seed).permutation(len(log))

    shuffled = baskets(log.kept(order))

    assert shuffled.tolist() == baskets(log)[order].tolist()
