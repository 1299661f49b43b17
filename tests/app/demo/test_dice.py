import pytest

from app.demo.dice import Dice


def test_the_same_name_throws_the_same() -> None:
    one, other = Dice(7, "mug"), Dice(7, "mug")

    thrown = [[dice.share() for _ in range(50)] for dice in (one, other)]

    assert thrown[0] == thrown[1]


def test_other_names_throw_otherwise() -> None:
    dice = [Dice(7, "mug"), Dice(8, "mug"), Dice(7, "vase")]

    first = {each.share() for each in dice}

    assert len(first) == 3


def test_shares_spread_evenly() -> None:
    dice = Dice("spread")

    shares = [dice.share() for _ in range(4_000)]

    assert all(0 <= share < 1 for share in shares)
    assert sum(shares) / len(shares) == pytest.approx(0.5, abs=0.02)


def test_heavier_options_are_picked_more_often() -> None:
    dice = Dice("weights")

    picked = [dice.pick("abc", weights=(1, 3, 0)) for _ in range(4_000)]

    assert picked.count("b") / len(picked) == pytest.approx(0.75, abs=0.03)
    assert "c" not in picked


def test_several_are_different_and_at_most_all() -> None:
    dice = Dice("several")

    some, many = dice.several("abcdef", 3), dice.several("abc", 10)

    assert len(set(some)) == 3
    assert sorted(many) == ["a", "b", "c"]
