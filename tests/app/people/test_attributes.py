import pytest

from app.people import attributes
from app.people.errors import InvalidAttributes


def test_texts_numbers_truths_and_lists_of_them_are_attributes() -> None:
    given = {"country": "PT", "age": 41, "member": True, "sizes": [38, 39.5], "left": None}

    held = attributes.checked(given)

    assert held == {"country": "PT", "age": 41, "member": True, "sizes": [38, 39.5]}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "JSON object"),
        ({"address": {"city": "Porto"}}, "attributes.address must be a text, a number"),
        ({"sizes": [[1]]}, "attributes.sizes must be"),
        ({"sizes": [None]}, "attributes.sizes must be"),
        ({"": 1}, "no name"),
        ({"a\0": 1}, "free of NUL"),
        ({"note": "x" * 16_001}, "at most 16,000 bytes"),
        ({"n": 2**63}, "within 64 bits"),
        ({"segments": "vip"}, "attributes.segments must be a list"),
        ({"segments": [""]}, "attributes.segments must be a list"),
        ({"segments": ["rfm:champions"]}, "do not begin with 'rfm:'"),
        ({"segments": ["a\nb"]}, "is not"),
        ({"segments": [f"s{n}" for n in range(65)]}, "at most 64 names"),
    ],
)
def test_anything_else_is_refused_with_the_rule(given: object, told: str) -> None:
    with pytest.raises(InvalidAttributes, match=told):
        attributes.checked(given)


def test_a_change_replaces_what_it_names_and_null_removes() -> None:
    held = {"country": "PT", "age": 41, "member": True}

    assert attributes.changed(held, {"age": 42, "member": None}) == {"country": "PT", "age": 42}
    assert held == {"country": "PT", "age": 41, "member": True}


def test_a_change_that_makes_the_whole_too_large_is_refused() -> None:
    with pytest.raises(InvalidAttributes, match="at most 16,000 bytes"):
        attributes.changed({"a": "x" * 9_000}, {"b": "x" * 9_000})


def test_of_two_peoples_attributes_mine_win_and_what_does_not_fit_stays_out() -> None:
    mine = {"country": "PT", "note": "x" * 12_000}

    held = attributes.united(mine, {"age": 41, "country": "ES", "long": "y" * 12_000})

    assert held == {**mine, "age": 41}


def test_segments_are_the_names_an_operator_gave() -> None:
    assert attributes.named_segments({"segments": ["vip", "b2b", "vip"]}) == ("b2b", "vip")
    assert attributes.named_segments({"country": "PT"}) == ()
