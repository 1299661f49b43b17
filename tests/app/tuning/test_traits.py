"""What a log has that ranking could be tuned by."""

from app.evaluation.log import Deed, Log
from app.tuning.traits import Traits


def of(*deeds: tuple[str, str, str, float | None]) -> Traits:
    rows = [Deed(user, item, kind, value, 0.0) for user, item, kind, value in deeds]
    return Traits.of(Log.of("small", rows), neutral_rating=3.0)


def test_kinds_in_favour_are_told_the_most_frequent_first() -> None:
    seen = of(("a", "x", "view", None), ("a", "y", "view", None), ("b", "x", "cart", None))

    assert seen.kinds == ("view", "cart")
    assert seen.mixed
    assert not seen.against
    assert not seen.repeated


def test_dislikes_and_low_ratings_speak_against() -> None:
    assert of(("a", "x", "dislike", None), ("a", "y", "view", None)).against
    assert of(("a", "x", "rating", 2.0)).against
    assert not of(("a", "x", "rating", 3.0), ("a", "y", "rating", None)).against
    assert of(("a", "x", "hide", None)).kinds == ()


def test_the_same_done_again_is_a_repeat_and_something_else_is_not() -> None:
    assert of(("a", "x", "view", None), ("a", "x", "view", None)).repeated
    assert not of(("a", "x", "view", None), ("a", "x", "cart", None)).repeated
