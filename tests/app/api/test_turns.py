"""Going on with an answer: what is kept from page to page, and what may differ."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.api.questions import MOST_TOKEN, Question
from app.api.turns import Turn, turn_of
from app.errors import NextContradicted
from app.paging import MOST_SHOWN, Page, Pages, Unreadable
from app.recommend.answers import Answer, Recommended, Shortfall
from app.recommend.requests import Wanted
from indexer.catalogue import Candidate
from indexer.items import filterable

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
PAGES = Pages(b"a secret of thirty-two bytes ...")
DID = {"item_id": "mug-1", "type": "view"}


def asked(**fields: object) -> Question:
    return Question.model_validate(fields)


def answer(*keys: int, asked: int = 0) -> Answer:
    """Give an answer of these items, short of what was asked for if that is more."""
    shortfall = Shortfall(asked, 0, ("catalogue",), "") if asked else None
    return Answer("id", 1, tuple(map(recommended, keys)), shortfall)


def recommended(key: int) -> Recommended:
    item = filterable(
        key=key,
        item_id=f"item-{key}",
        categories=(),
        price=None,
        available=True,
        created_at=NOON,
        attributes={},
    )
    return Recommended(Candidate(item, None, None, 1, 1), 0.0, "vector")


def first(question: Question, *keys: int, picture: str | None = None) -> str:
    """Answer a question with these items, as many as were wanted; return where to go on."""
    turn = turn_of(PAGES, question, picture=picture, now=NOON)
    token = turn.next(PAGES, answer(*keys), longest=MOST_TOKEN, now=NOON)
    assert token is not None
    return token


def going_on(token: str, *, picture: str | None = None, **fields: object) -> Turn:
    return turn_of(PAGES, asked(next=token, **fields), picture=picture, now=LATER)


def test_next_asks_what_was_asked_before() -> None:
    question = asked(
        user_id="ana",
        limit=2,
        filter={"field": "price", "lt": 9},
        boosts=[{"add": 1}],
        session=[DID],
    )

    turn = going_on(first(question, 5, 7))

    assert turn.listing == "for-you"
    assert turn.number == 2
    assert turn.begun(LATER) == NOON
    assert turn.question.kept(picture=None) == question.given


def test_what_was_shown_is_left_out_and_the_past_is_as_it_was() -> None:
    turn = going_on(first(asked(user_id="ana"), 5, 7))

    laid = turn.laid(Wanted(limit=2))

    assert laid == Wanted(limit=2, shown=frozenset({5, 7}), as_of=NOON)
    third = turn.next(PAGES, answer(1, 9), longest=MOST_TOKEN, now=LATER)
    assert third is not None
    assert going_on(third).laid(Wanted()).shown == {1, 5, 7, 9}
    assert going_on(third).number == 3


def test_the_length_of_a_page_may_change_and_what_is_shown_of_items() -> None:
    token = first(asked(user_id="ana", limit=2, diversity=0.5), 5, 7)

    turn = going_on(token, limit=9, fields=["price"], explain=True, user_id="ana", diversity=0.5)

    assert turn.question.limit == 9
    assert turn.question.fields == ["price"]
    assert turn.question.explain


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"user_id": "bob"}, "for another user_id"),
        ({"item_id": "mug-1"}, "for another item_id"),
        ({"diversity": 0.4}, "for another diversity"),
        ({"filter": {"field": "price", "lt": 9}}, "for another filter"),
        ({"session": [DID]}, "for another session"),
    ],
)
def test_anything_else_must_be_as_it_was(fields: dict[str, Any], told: str) -> None:
    token = first(asked(user_id="ana", limit=2, diversity=0.5), 5, 7)

    with pytest.raises(NextContradicted, match=told):
        going_on(token, **fields)


def test_what_is_as_by_default_is_the_same_said_or_not() -> None:
    token = first(asked(user_id="ana"), 5, 7)

    assert going_on(token, available=True, exploration=0.0).number == 2


def test_a_list_goes_on_where_it_came_from() -> None:
    token = first(asked(item_id="mug-1", user_id="ana"), 5, 7)

    with pytest.raises(NextContradicted, match="of the kind similar, not for-you"):
        turn_of(PAGES, asked(next=token, user_id="ana"), listing="for-you", now=LATER)


def test_a_picture_is_not_kept_but_must_be_the_same() -> None:
    token = first(asked(picture="data:,x"), 5, 7, picture="abc")

    assert going_on(token, picture="abc").logged == {"picture": "abc", "page": 2}
    with pytest.raises(NextContradicted, match="send it again"):
        going_on(token)
    with pytest.raises(NextContradicted, match="not about this picture"):
        going_on(token, picture="def")
    with pytest.raises(NextContradicted, match="not about this picture"):
        going_on(first(asked(user_id="ana"), 5, 7), picture="abc")


def test_the_last_page_has_no_next() -> None:
    turn = turn_of(PAGES, asked(user_id="ana"), now=NOON)

    def goes_on(given: Answer, longest: int = MOST_TOKEN) -> bool:
        return turn.next(PAGES, given, longest=longest, now=NOON) is not None

    assert not goes_on(answer(5, 7, asked=3))
    assert not goes_on(answer(asked=3))
    assert goes_on(answer(5, 7, asked=2))  # filled up
    assert goes_on(answer(5, 7))
    assert not goes_on(answer(5, 7), longest=10)


def test_the_pages_of_an_answer_end_at_a_bound() -> None:
    almost = Page(NOON, NOON, 5, "popular", {"list": "popular"}, frozenset(range(MOST_SHOWN - 1)))
    turn = going_on(PAGES.token(almost))

    laid = turn.laid(Wanted(limit=20))

    assert laid.limit == 1
    last = answer(MOST_SHOWN)
    assert turn.next(PAGES, last, longest=MOST_TOKEN, now=LATER) is None


def test_a_request_another_version_kept_is_unreadable() -> None:
    kept = Page(NOON, NOON, 1, "for-you", {"user_id": "ana", "colour": "red"}, frozenset())

    with pytest.raises(Unreadable, match="another version"):
        going_on(PAGES.token(kept))


def test_the_log_names_nobody_and_nothing_they_did() -> None:
    question = asked(user_id="ana", session=[DID], words="blue", picture="data:,x", limit=3)

    logged = turn_of(PAGES, question, picture="abc", now=NOON).logged

    assert logged == {"words": "blue", "limit": 3, "picture": "abc", "page": 1}
