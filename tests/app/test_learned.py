"""What was learned of behaviour, from SQL through the live index to an answer."""

import math
from datetime import timedelta

import pytest

from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.interactions.interaction import Interaction
from app.recommend.answers import Answer
from app.recommend.pipeline import Recommender
from app.recommend.requests import Wanted
from app.recommend.settings import RecommendSettings
from embedders.behaviour import SPACE
from indexer.database import Database
from tests.indexer.house import House
from tests.indexer.test_behaviour_space import furnished, train

EXPLAINED = Wanted(explain=True, weights={"text": 1.0, SPACE: 2.0})


@pytest.fixture
def house(sqlite_database: Database) -> House:
    return furnished(sqlite_database)


def for_ann(house: House) -> Answer:
    counts = Popularity(house.database)
    counts.prepare()
    people = Interactions(house.database, counts)
    now = house.time()
    liked = Interaction(
        "ann", "mug", "like", None, now - timedelta(hours=1), interaction_id="the-one"
    )
    people.record([liked], now=now)
    recommender = Recommender(house.index, people, counts, house.catalogue, RecommendSettings())
    return recommender.for_you("ann", EXPLAINED, now=now)


def test_training_adds_a_term_to_the_answers_of_a_live_index(house: House) -> None:
    before = for_ann(house)
    train(house)

    after = for_ann(house)

    spaces = [
        {reason.space for each in answer.items for reason in each.reasons or ()}
        for answer in (before, after)
    ]
    assert spaces == [{"text"}, {"text", SPACE}]


def test_over_a_live_index_reasons_sum_to_the_score_and_tell_what_was_predicted(
    house: House,
) -> None:
    train(house)

    answer = for_ann(house)

    scored = {each.item_id: each for each in answer.items if each.source == "vector"}
    for each in scored.values():
        assert each.reasons is not None
        assert math.fsum(reason.amount for reason in each.reasons) == pytest.approx(
            each.score, abs=1e-5
        )
    # The lamp was learned of, on another axis than the mug; the chair is known by its words alone.
    (chair,) = (each for each in scored["chair"].reasons or () if each.space == SPACE)
    assert (chair.name, chair.predicted) == ("mug", True)
    assert not any(each.space == SPACE for each in scored["lamp"].reasons or ())
