"""Nothing that is to be found can be learned from."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given as given_any
from hypothesis import strategies as st

from app.evaluation.errors import NothingToEvaluate
from app.evaluation.log import Log
from app.evaluation.splits import (
    Rule,
    carved,
    given,
    latest_share,
    leave_last_out,
    questions,
    random_share,
    time_cut,
)
from tests.app.evaluation.small import DAY, log

RULES: dict[str, Rule] = {
    "cut": latest_share(0.3),
    "last": leave_last_out,
    "per person": random_share(0.25, seed=3),
    "per item": random_share(0.25, per="item", seed=3),
}

logs = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("uvwxyz"), st.integers(0, 9)),
    min_size=2,
    max_size=40,
).map(lambda deeds: log(*deeds))


def rows(held: Log) -> list[tuple[int, int, float]]:
    return sorted(zip(held.person.tolist(), held.item.tolist(), held.when.tolist(), strict=True))


@given_any(whole=logs, rule=st.sampled_from(sorted(RULES)), repeats=st.booleans())
def test_no_interaction_is_both_learned_from_and_to_be_found(
    whole: Log, rule: str, *, repeats: bool
) -> None:
    held = RULES[rule](whole)

    try:
        asked = questions(whole, RULES[rule], repeats=repeats)
    except NothingToEvaluate:
        return

    assert rows(asked.train) == rows(whole.only(~held))
    back = set(zip(whole.person[held].tolist(), whole.item[held].tolist(), strict=True))
    learned = set(zip(asked.train.person.tolist(), asked.train.item.tolist(), strict=True))
    for person, items in zip(asked.people.tolist(), asked.targets, strict=True):
        sought = {(person, item) for item in items.tolist()}
        assert sought
        assert sought <= back
        assert repeats or not sought & learned


@given_any(logs)
def test_after_a_cut_in_time_nothing_learned_is_later_than_anything_to_be_found(
    whole: Log,
) -> None:
    try:
        asked = questions(whole, latest_share(0.3))
    except NothingToEvaluate:
        return

    assert asked.train.when.max() < asked.now.min()


@given_any(logs)
def test_leaving_the_last_out_leaves_nothing_of_a_person_that_is_later(whole: Log) -> None:
    try:
        asked = questions(whole, leave_last_out)
    except NothingToEvaluate:
        return

    histories = asked.train.histories()
    for person, targets, now in zip(
        asked.people.tolist(), asked.targets, asked.now.tolist(), strict=True
    ):
        assert targets.size == 1
        assert asked.train.when[histories.of(person)].max() <= now


@given_any(logs, st.sampled_from(sorted(RULES)))
def test_validation_is_carved_from_what_may_be_learned_from(whole: Log, rule: str) -> None:
    try:
        asked = questions(whole, RULES[rule], repeats=True)
        within = carved(asked, RULES[rule], repeats=True)
    except NothingToEvaluate:
        return

    tested = {
        (person, item)
        for person, items in zip(asked.people.tolist(), asked.targets, strict=True)
        for item in items.tolist()
    }
    learned = rows(asked.train)
    assert len(within.train) < len(asked.train)
    for person, items in zip(within.people.tolist(), within.targets, strict=True):
        for item in items.tolist():
            assert any(row[:2] == (person, item) for row in learned)
    later = {pair for pair in tested if not any(row[:2] == pair for row in learned)}
    validated = {
        (person, item)
        for person, items in zip(within.people.tolist(), within.targets, strict=True)
        for item in items.tolist()
    }
    assert not later & validated


@pytest.mark.parametrize("per", ["person", "item"])
def test_a_random_share_takes_its_share_of_everyone(per: str) -> None:
    random = np.random.default_rng(1)
    deeds = [(f"u{random.integers(20)}", f"i{random.integers(9)}", n) for n in range(400)]
    whole = log(*deeds)

    held = random_share(0.25, per="person" if per == "person" else "item", seed=2)(whole)

    group = whole.person if per == "person" else whole.item
    sizes, taken = np.bincount(group), np.bincount(group[held], minlength=group.max() + 1)
    assert taken.tolist() == np.rint(0.25 * sizes).tolist()


def test_the_same_seed_draws_the_same_share() -> None:
    whole = log(*[("a", f"i{n}", n) for n in range(50)])

    assert np.array_equal(random_share(0.3, seed=1)(whole), random_share(0.3, seed=1)(whole))
    assert not np.array_equal(random_share(0.3, seed=1)(whole), random_share(0.3, seed=2)(whole))


def test_a_cut_at_a_moment_puts_that_moment_on_the_later_side() -> None:
    whole = log(("a", "x", 1), ("a", "y", 2), ("b", "x", 3))

    held = time_cut(datetime.fromtimestamp(2 * DAY, UTC))(whole)

    assert held.tolist() == [False, True, True]


def test_a_split_that_leaves_nothing_to_learn_from_says_so() -> None:
    with pytest.raises(NothingToEvaluate, match="1 interactions, all held back"):
        questions(log(("a", "x", 1)), latest_share(0.5))


def test_a_split_that_leaves_nothing_to_find_says_so() -> None:
    with pytest.raises(NothingToEvaluate, match="none is new to its person"):
        questions(log(("a", "x", 1), ("a", "x", 2)), leave_last_out)


def test_of_people_asked_for_all_but_the_newest_can_be_forgotten() -> None:
    whole = log(*[(user, f"{user}{n}", n) for n in range(6) for user in "abc"])
    asked = questions(whole, leave_last_out).some(np.array([1]))

    two, none = given(asked, 2), given(asked, 0)

    names = [[each.item_id for each in held.train.things] for held in (two, none)]
    rows = [held.train.item[held.train.person == 1] for held in (two, none)]
    assert [names[0][item] for item in rows[0]] == ["b3", "b4"]
    assert rows[1].size == 0
    assert (two.train.person == 0).sum() == 5
    assert two.targets == asked.targets
    with pytest.raises(NothingToEvaluate, match="ask for fewer people"):
        given(questions(whole, leave_last_out), 0)


def test_some_questions_are_asked_of_the_same_training_data() -> None:
    whole = log(*[(user, f"i{n}", n) for n in range(6) for user in "abc"])
    asked = questions(whole, leave_last_out)

    one = asked.some(np.array([1]))

    assert one.people.tolist() == [1]
    assert one.train is asked.train
