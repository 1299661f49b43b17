import numpy as np
import pytest
import torch

from embedders.behaviour_exam import Contender, asked_since, best_of, compared, gains, last_as_good
from embedders.behaviour_network import BehaviourNetwork
from embedders.behaviour_stopping import held_out
from embedders.decays import Decays
from embedders.learning import Trial
from embedders.sequences import Sequences, sequences

ITEMS = 30


def wandering(people: int = 40, each: int = 12) -> Sequences:
    """People who do anything, two things at one moment now and then, over a day each."""
    random = np.random.default_rng(0)
    rows = people * each
    return sequences(
        np.repeat(np.arange(people), each),
        random.integers(ITEMS, size=rows),
        random.choice(np.array([1.0, 2.0, -1.0], dtype=np.float32), rows),
        random.integers(0, 8, size=rows) / 8,
        count=people,
    )


def test_vectors_are_scored_here_as_the_network_scores_them_while_it_learns() -> None:
    held = wandering()
    network = BehaviourNetwork(
        torch.randn(ITEMS, 5, generator=torch.Generator().manual_seed(1)),
        torch.full((ITEMS, 1), 0.5),
        8,
        torch.Generator().manual_seed(2),
    )
    _, exam = held_out(held, 0.5, context=192)
    assert exam is not None

    by_network = exam.trial(exam.lists(network, torch.device("cpu")), length=1.0)
    rows = torch.arange(ITEMS)
    with torch.no_grad():
        contender = Contender(
            network.candidates(rows).numpy(),
            network.evidence(rows).numpy(),
            Decays(network.per_interaction.numpy(), network.per_day.numpy(), network.mix.numpy()),
        )
    here = gains(held, by_network, contender)

    assert len(by_network.rows) > 30
    assert len(np.unique(by_network.gains)) > 5
    assert here == pytest.approx(by_network.gains, abs=1e-6)


def test_passes_are_chosen_by_other_people_than_those_they_are_judged_by() -> None:
    held = wandering()

    _, exam = held_out(held, 0.5, context=192)

    assert exam is not None
    people = held.people
    assert not set(people[exam.stopping]) & set(people[exam.judging])


def test_what_cannot_be_predicted_is_not_asked() -> None:
    held = sequences(
        np.array([0, 0, 0, 0, 0, 1]),
        np.array([1, 2, 1, 3, 4, 5]),
        np.array([1, 1, 1, -1, 1, 1], dtype=np.float32),
        np.array([0.0, 1.0, 2.0, 3.0, 4.0, 5.0]),
        count=2,
    )

    # The first of each person, what they knew already, and what speaks against are left out.
    assert asked_since(held, 0.0).tolist() == [1, 4]
    assert asked_since(held, 1.5).tolist() == [4]


def test_a_list_is_scored_by_the_place_of_the_answer_among_what_is_new() -> None:
    held = sequences(
        np.zeros(3, dtype=np.int64),
        np.array([0, 1, 2]),
        np.ones(3, dtype=np.float32),
        np.arange(3, dtype=np.float64),
        count=1,
    )
    line = np.array([[1.0], [0.9], [0.5], [0.7]], dtype=np.float32)
    one = np.ones(1, dtype=np.float32)
    trial = Trial(np.array([2]), np.array([0]), np.zeros(1, dtype=np.float32))

    # Items 0 and 1 are known; item 3 comes before the answer, item 2.
    found = gains(held, trial, Contender(line, np.ones_like(line), Decays(one, one, one[:, None])))

    assert found.tolist() == pytest.approx([1 / np.log2(3)])


def test_what_is_worse_for_everybody_is_surely_worse() -> None:
    random = np.random.default_rng(0)
    theirs = random.random(200).astype(np.float32)

    found = compared(theirs - np.float32(0.1), theirs, np.arange(200) // 4)

    assert found.worse
    assert found.low == pytest.approx(-0.1, abs=1e-3)
    assert (found.answers, found.people) == (200, 50)


def test_what_is_worse_by_chance_is_not_surely_worse() -> None:
    random = np.random.default_rng(0)
    mine, theirs = random.random((2, 60)).astype(np.float32)

    found = compared(mine, theirs, np.arange(60))

    assert not found.worse
    assert found.low < found.mine - found.theirs < found.high


def test_one_person_with_many_answers_does_not_make_it_sure() -> None:
    people = np.array([0] * 50 + [1, 2, 3])
    mine = np.zeros(53, dtype=np.float32)
    theirs = np.where(people == 0, 0.5, -0.01).astype(np.float32)

    assert compared(mine, theirs, np.arange(53)).worse
    assert not compared(mine, theirs, people).worse


def gained(*each: float, people: int = 40) -> list[np.ndarray]:
    """Gains of one answer a person, evenly spread around each mean."""
    around = np.linspace(-0.1, 0.1, people)
    # In another order each time: differences then spread as well.
    return [
        (mean + np.roll(around, 7 * place)).astype(np.float32) for place, mean in enumerate(each)
    ]


def test_the_last_that_chance_may_have_put_behind_the_best_is_as_good() -> None:
    people = np.arange(40)
    tried = gained(0.3, 0.5, 0.495, 0.49, 0.2)

    assert best_of(tried) == 1
    assert last_as_good(tried, people) == 3


def test_what_is_as_good_by_many_people_is_not_by_two() -> None:
    # Half of the answers are predicted worse, the other half better, by less.
    other = np.repeat(np.array([0.38, 0.58], dtype=np.float32), 200)
    tried = [np.full(400, 0.3, np.float32), np.full(400, 0.5, np.float32), other]

    assert last_as_good(tried, np.arange(400)) == 1
    assert last_as_good(tried, np.arange(400) // 200) == 2


def test_one_that_was_tried_is_the_best_and_the_last() -> None:
    assert last_as_good(gained(0.0), np.arange(40)) == 0
