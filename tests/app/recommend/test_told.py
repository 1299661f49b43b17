from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.recommend.answers import Evidence, Move, MoveReason, Reason, ReasonKind
from app.recommend.evidence import Liking
from app.recommend.explain import ENOUGH, MOST, WHOLE, brief, ordered, sentence
from app.recommend.labels import label_of, top_categories
from app.recommend.moves import moves_of
from app.recommend.relevance import total
from tests.app.recommend.world import NOW

BOUGHT = Evidence(("purchase", "view"), NOW - timedelta(days=3), 5.0)


def reason(amount: float, space: str | None = "text", name: str = "mug-1") -> Reason:
    return Reason("item", name, space, amount, evidence=BOUGHT, title="Blue mug")


def test_a_sentence_says_what_was_done_and_how_it_is_alike() -> None:
    reasons = [reason(0.4), reason(0.21, "image"), reason(0.39, name="pen-1")]

    said = sentence("vector", reasons)

    assert said == (
        "61% because you bought “Blue mug” (reads alike 40%, looks alike 21%), and 1 more reason."
    )


@pytest.mark.parametrize(
    ("spoken", "said"),
    [
        (Reason("words", "a mug", "text", 0.5), "because it matches “a mug”"),
        (Reason("picture", "picture", "image", 0.5), "because it looks like the picture"),
        (Reason("boost", "Sale", None, 0.5), "because of “Sale”"),
        (Reason("freshness", "freshness", None, 0.5), "because it is new"),
        (Reason("item", "mug-1", "text", 0.5), "because it is like “mug-1”"),
        (
            replace(reason(0.5), evidence=Evidence(("wishlist",), NOW, 1.0)),
            "because you chose “Blue mug”",
        ),
    ],
)
def test_every_kind_of_reason_has_its_words(spoken: Reason, said: str) -> None:
    assert said in sentence("vector", [spoken])


def test_what_speaks_against_is_no_reason_to_show_something() -> None:
    assert "mug" not in sentence("vector", [reason(-0.2)])


def test_sources_without_relevance_have_sentences_of_their_own() -> None:
    assert sentence("newest", []) == "New here."
    assert "these days" in sentence("trending_for_you", [])


@given(st.lists(st.tuples(st.floats(-1, 1), st.sampled_from(["item", "boost"])), max_size=60))
def test_what_is_told_of_many_reasons_adds_up_to_all_of_them(
    drawn: list[tuple[float, ReasonKind]],
) -> None:
    reasons = ordered(
        [Reason(kind, f"{row:02}", None, amount) for row, (amount, kind) in enumerate(drawn)]
    )

    told = brief(reasons)

    assert total(told) == pytest.approx(total(reasons), abs=1e-12)
    one_by_one = [each for each in told if each.kind != "others"]
    assert one_by_one == [each for each in reasons if each in one_by_one]
    assert len(reasons) == len(one_by_one) + sum(each.count for each in told[len(one_by_one) :])
    assert {each.name for each in reasons if each.kind == "boost"} <= {each.name for each in told}
    assert len(told) <= max(MOST, sum(each.kind == "boost" for each in reasons)) + 1


def test_a_dozen_reasons_are_all_told() -> None:
    reasons = ordered([reason(0.5**row, name=f"item-{row}") for row in range(WHOLE)])

    assert brief(reasons) == reasons


def test_of_more_the_largest_for_and_against_are_told_and_one_sum_of_the_others() -> None:
    for_it = [reason(0.5**row, name=f"item-{row:02}") for row in range(30)]
    against = [reason(-0.4, name="hidden"), reason(-0.001, name="rated")]

    *told, others = brief(ordered([*for_it, *against]))

    assert [each.name for each in told] == [*(f"item-{row:02}" for row in range(4)), "hidden"]
    # Without the least of them, item-03, it would be less.
    share = sum(abs(each.amount) for each in told) / (2 + 0.4 + 0.001)
    assert share - 0.125 / 2.401 < ENOUGH <= share
    assert (others.kind, others.space, others.count) == ("others", None, 27)
    assert others.amount == pytest.approx(2 - 1.875 - 0.001)


def test_of_many_alike_a_score_are_told() -> None:
    told = brief(ordered([reason(0.01, name=f"item-{row:03}") for row in range(200)]))

    assert len(told) == MOST + 1
    assert told[-1].count == 200 - MOST
    assert told[-1].amount == pytest.approx(0.01 * (200 - MOST))


def test_a_sentence_counts_all_reasons_also_those_that_are_told_as_one_sum() -> None:
    reasons = ordered([reason(0.01, name=f"item-{row:03}") for row in range(200)])

    assert sentence("vector", reasons).endswith("and 199 more reasons.")


def liking(number: int, title: str, category: str, weight: float = 1.0) -> Liking:
    return Liking(number, f"i{number}", title, ("All", category), 1, weight, ("like",), NOW, NOW)


def test_a_label_is_the_category_and_the_words_its_items_share() -> None:
    mugs = [liking(1, "Blue stoneware mug", "Mugs"), liking(2, "Blue enamel mug", "Mugs")]
    pens = [liking(3, "Black ink pen", "Pens")]

    assert label_of(mugs, pens) == "Mugs: blue"


def test_joining_words_are_in_no_label() -> None:
    mugs = [liking(1, "Mug with dots", "Kitchen"), liking(2, "Cup with stripes", "Kitchen")]

    assert label_of(mugs, []) == "Kitchen"


def test_a_label_falls_back_to_the_title_and_then_to_the_id() -> None:
    bare = replace(liking(1, "Blue mug", ""), categories=())

    assert label_of([bare], []) == "Blue mug"
    assert label_of([replace(bare, title=None)], []) == "i1"


def test_a_persons_categories_are_those_with_most_weight() -> None:
    liked = [
        liking(1, "", "Mugs", 2.0),
        liking(2, "", "Pens", 3.0),
        liking(3, "", "Hats", -9.0),
        liking(4, "", "Mugs", 2.0),
    ]

    assert top_categories(liked, 5) == ("Mugs", "Pens")
    assert top_categories(liked, 1) == ("Mugs",)


whys = st.sampled_from([None, "diversity", "balance", "exploration"])


@given(st.lists(st.tuples(st.floats(-1, 1), whys), max_size=12))
def test_moves_of_an_answer_cancel_out(drawn: list[tuple[float, MoveReason | None]]) -> None:
    scores = [score for score, _ in drawn]
    ids = [f"{number:02}" for number in range(len(drawn))]

    moves = moves_of(scores, ids, ["balance" if why is None else why for _, why in drawn])

    assert sum(move.places for move in moves if move is not None) == 0


def test_what_is_passed_is_moved_by_what_passed_it() -> None:
    moves = moves_of([0.9, 0.5, 0.8], ["a", "b", "c"], [None, "diversity", None])

    assert moves == [None, Move("diversity", 1), Move("diversity", -1)]


def test_an_answer_in_the_order_of_its_scores_has_no_moves() -> None:
    assert moves_of([0.9, 0.9, 0.1], ["a", "b", "c"], [None] * 3) == [None] * 3
