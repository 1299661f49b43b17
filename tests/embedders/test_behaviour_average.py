import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from embedders.behaviour_average import Average


def network(value: float = 0.0) -> nn.Linear:
    made = nn.Linear(2, 1)
    put(made, value)
    return made


def put(held: nn.Linear, value: float) -> None:
    with torch.no_grad():
        for each in held.parameters():
            each.fill_(value)


def values(held: nn.Linear) -> list[float]:
    return [float(one) for each in held.parameters() for one in each.detach().flatten()]


@given(st.lists(st.floats(-100, 100, width=32), min_size=1, max_size=20))
def test_what_stands_in_is_the_mean_of_the_moments_taken(moments: list[float]) -> None:
    held = network()
    average = Average(held)
    for moment in moments:
        put(held, moment)
        average.take()

    with average.standing_in():
        found = values(held)

    assert found == pytest.approx([float(np.mean(moments))] * 3, rel=1e-4, abs=1e-3)


def test_training_goes_on_from_its_own_values_and_not_from_the_mean() -> None:
    held = network()
    optimiser = torch.optim.SGD(held.parameters(), lr=1.0)
    average = Average(held)
    for moment in (1.0, 5.0):
        put(held, moment)
        average.take()

    with pytest.raises(KeyError), average.standing_in():
        raise KeyError
    torch.autograd.backward(sum((each.sum() for each in held.parameters()), torch.tensor(0.0)))
    optimiser.step()

    assert values(held) == [4.0] * 3


def test_what_was_taken_before_a_pass_began_is_forgotten() -> None:
    held = network(9.0)
    average = Average(held)
    average.take()

    average.begin()
    put(held, 3.0)
    average.take()

    with average.standing_in():
        assert values(held) == [3.0] * 3
