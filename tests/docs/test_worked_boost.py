"""The boosts computed by hand in docs/how-to/requests.md are those the program computes."""

import json
from datetime import UTC, datetime

import pytest

from app.api.wishes import Wishes
from app.recommend.boosts import Adjustment
from indexer.catalogue import Candidate
from indexer.items import filterable
from tests.docs.pages import blocks, page

NOW = datetime(2026, 5, 4, tzinfo=UTC)
PAGE = "how-to/requests.md"


def test_the_boosts_of_the_page_make_the_differences_it_says() -> None:
    (asked,) = (each for each in blocks(PAGE, "sh") if "house brand" in each)
    question = json.loads(asked.partition("-d '")[2].rpartition("'")[0])
    wanted = Wishes.model_validate({"boosts": question["boosts"]}).wanted()
    item = filterable(
        key=1,
        item_id="mug",
        categories=(),
        price=None,
        available=True,
        created_at=NOW,
        attributes={"brand": "Tonwerk", "margin": 0.3},
    )

    adjustment = Adjustment(wanted.boosts, None, NOW)
    reasons = adjustment.reasons(Candidate(item, None, None, 1, 1), 0.60)

    assert [each.name for each in reasons] == ["house brand", "margin"]
    assert [each.amount for each in reasons] == pytest.approx([0.120, 0.075])
    score = 0.60 + sum(each.amount for each in reasons)
    for written in (0.120, 0.075, score):
        assert f"{written:.3f}" in page(PAGE)


def test_the_caps_of_the_page_can_be_asked_for() -> None:
    caps = json.loads(blocks(PAGE, "json")[0])

    assert len(Wishes.model_validate(caps).wanted().caps) == 2
