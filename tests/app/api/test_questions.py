"""What may be asked together, and which list it is."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from app.api.events import events_of
from app.api.queries import ForYouQuery, ListQuery, SimilarQuery
from app.api.questions import Question, SessionQuestion
from app.errors import Invalid
from app.interactions.interaction import BUILT_IN_KINDS
from app.recommend.requests import Event, Subject

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
MORNING = datetime(2026, 5, 4, 9, 30, tzinfo=UTC)
DID = {"item_id": "mug-1", "type": "view"}


@pytest.mark.parametrize(
    ("asked", "listing"),
    [
        ({"user_id": "ana"}, "for-you"),
        ({"user_id": "ana", "session": [DID], "interest": "session"}, "for-you"),
        ({"session": [DID]}, "session"),
        ({"session": []}, "session"),
        ({"item_id": "mug-1"}, "similar"),
        ({"item_id": "mug-1", "user_id": "ana", "user_impact": 0.5}, "similar"),
        ({"positive": ["mug-1"], "negative": ["mug-2"]}, "similar"),
        ({"words": "blue", "positive": ["mug-1"]}, "search"),
        ({"picture": "data:,", "user_id": "ana"}, "search"),
        ({"user_id": "ana", "negative": ["mug-2"]}, "for-you"),
        ({"list": "popular"}, "popular"),
        ({"list": "trending", "categories": ["Mugs"]}, "trending"),
    ],
)
def test_what_is_asked_says_which_list_it_is(asked: dict[str, object], listing: str) -> None:
    assert Question.model_validate(asked).listing == listing


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({}, "at least one of user_id, session, item_id"),
        ({"limit": 5}, "at least one of"),
        ({"negative": ["mug-1"]}, "something to be like"),
        ({"list": "popular", "user_id": "ana"}, "list stands alone"),
        ({"list": "popular", "negative": ["mug-1"]}, "list stands alone"),
        ({"item_id": "mug-1", "interest": "mug-2"}, "give user_id or session"),
        ({"item_id": "mug-1", "user_impact": 0.5}, "user_impact"),
        ({"user_id": "ana", "user_impact": 0.5}, "user_impact"),
        ({"positive": ["a", "b"], "negative": ["b"]}, "both in positive and in negative"),
        ({"words": " "}, "words"),
        ({"words": "a\0"}, "NUL"),
        ({"words": "a" * 1_001}, "words"),
        ({"positive": ["a"] * 51}, "positive"),
        ({"session": [DID] * 201}, "session"),
        ({"session": [{**DID, "type": "rating"}]}, "from 1 to 5"),
        ({"session": [{**DID, "user_id": "ana"}]}, "user_id"),
        ({"next": ""}, "next"),
        ({"next": "a" * 262_145}, "next"),
        ({"user_id": "ana", "interest": "a\n"}, "interest"),
        ({"user_id": "ana", "limt": 5}, "limt"),
    ],
)
def test_what_makes_no_sense_is_refused(asked: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        Question.model_validate(asked)

    first = raised.value.errors()[0]
    assert told in ".".join(map(str, first["loc"])) + ": " + first["msg"]


def test_next_stands_for_all_that_is_left_out() -> None:
    assert Question.model_validate({"next": "abc", "negative": ["mug-1"]}).next == "abc"
    assert SessionQuestion.model_validate({"next": "abc"}).question().session is None


def test_a_question_becomes_a_subject_without_what_is_unknown() -> None:
    asked = Question.model_validate(
        {
            "user_id": "ana",
            "item_id": "mug-1",
            "positive": ["mug-2", "gone"],
            "negative": ["mug-3", "never"],
            "words": "blue",
        }
    )
    did = (Event("mug-4", "view", None, NOON),)

    subject = asked.subject(session=did, picture=b"...", without=frozenset({"gone", "never"}))

    assert subject == Subject(
        user_id="ana",
        session=did,
        item_id="mug-1",
        positive=("mug-2",),
        negative=("mug-3",),
        words="blue",
        picture=b"...",
    )


def test_events_of_a_session_happened_when_they_say_or_now() -> None:
    asked = SessionQuestion.model_validate(
        {"interactions": [{**DID, "timestamp": "2026-05-04T09:30:00Z"}, {**DID, "type": "like"}]}
    )

    events = events_of(asked.question().session or (), BUILT_IN_KINDS, field="x", now=NOON)

    assert events == (
        Event("mug-1", "view", None, MORNING),
        Event("mug-1", "like", None, NOON),
    )


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ({**DID, "type": "vew"}, "session.1.type: there is no such kind; did you mean 'view'?"),
        ({**DID, "timestamp": "2026-05-04T12:06:00Z"}, "session.1.timestamp: is more than five"),
    ],
)
def test_an_event_there_cannot_be_is_refused(event: dict[str, object], told: str) -> None:
    asked = Question.model_validate({"session": [DID, event]})

    with pytest.raises(Invalid) as raised:
        events_of(asked.session or (), BUILT_IN_KINDS, field="session", now=NOON)

    assert told in raised.value.detail
    assert raised.value.extra["errors"]


def test_a_session_needs_its_interactions() -> None:
    for asked in ({}, {"limit": 5}, {"interactions": [DID], "user_impact": 0.5}):
        with pytest.raises(ValidationError):
            SessionQuestion.model_validate(asked)


def test_a_session_is_a_question_like_any_other() -> None:
    asked = SessionQuestion.model_validate({"interactions": [DID], "limit": 5, "fields": []})

    assert asked.question() == Question.model_validate({"session": [DID], "limit": 5, "fields": []})


def test_parameters_ask_what_a_body_asks() -> None:
    query = ForYouQuery.model_validate(
        {
            "limit": "4",
            "category": ["lamp"],
            "available": "any",
            "price_max": "30",
            "attribute.size": ["4", "x"],
            "weight.text": "1",
            "freshness.half_life": "7d",
            "freshness.weight": "0.2",
            "exploration": "0.1",
            "diversity": "0",
            "fields": ["title,price", "attributes.brand"],
            "interest": "lamp-1",
            "scenario": "home",
            "explain": "true",
        }
    )

    assert query.question(user_id="ana") == Question.model_validate(
        {
            "user_id": "ana",
            "limit": 4,
            "categories": ["lamp"],
            "available": "any",
            "price_max": 30,
            "filter": {"field": "attributes.size", "in": ["4", 4, "x"]},
            "weights": {"text": 1},
            "freshness": {"half_life": "7d", "weight": 0.2},
            "exploration": 0.1,
            "diversity": 0,
            "fields": ["title", "price", "attributes.brand"],
            "interest": "lamp-1",
            "scenario": "home",
            "explain": True,
        }
    )


def test_parameters_left_out_say_nothing() -> None:
    assert ListQuery().question(list="popular").model_fields_set == {"list"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"freshness.weight": "1"}, "go together"),
        ({"freshness.half_life": "7d"}, "go together"),
        ({"freshness.half_life": "long", "freshness.weight": "1"}, "not a duration"),
        ({"diversity": "nan"}, "diversity"),
        ({"exploration": "2"}, "exploration"),
        ({"fields": ["title,,price"]}, "'' is not one of title"),
        ({"fields": ["colour"]}, "'colour' is not one of title"),
        ({"boosts": "x"}, "there is no parameter 'boosts'"),
        ({"next": "a" * 8_001}, "next"),
    ],
)
def test_a_parameter_out_of_bounds_is_refused(given: dict[str, object], told: str) -> None:
    with pytest.raises(ValidationError) as raised:
        SimilarQuery.model_validate(given)

    first = raised.value.errors()[0]
    assert told in ".".join(map(str, first["loc"])) + ": " + first["msg"]


def test_the_impact_of_nobody_is_refused() -> None:
    query = SimilarQuery.model_validate({"user_impact": "0.5"})

    with pytest.raises(Invalid, match="user_impact weighs a person"):
        query.question(item_id="mug-1")
