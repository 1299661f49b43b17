"""Steering an answer over HTTP: what is asked for is what comes."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from sqlalchemy import select

from app.interactions.tables import interactions, recommendations
from tests.app.api.goods import WORDS
from tests.app.running import RunningApp, hashed

DATES = {1: "2020-01-01T00:00:00Z", 2: "2021-01-01T00:00:00Z"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Three kinds of six items of two brands; Ana bought a mug, many look at shoes."""
    with RunningApp(hashed(tmp_path_factory.mktemp("shop"))) as started:
        items = [
            {
                "item_id": f"{kind}-{number}",
                "title": f"{words} {number}",
                "image_url": f"https://shop.example/{kind}-{number}.jpg",
                "categories": ["Things", kind],
                "price": 10.0 * number,
                "created_at": DATES.get(number, "2022-01-01T00:00:00Z"),
                "attributes": {
                    "brand": "Acme" if number % 2 else "Tonwerk",
                    "margin": number / 10,
                    "on_sale": number == 4,
                },
            }
            for kind, words in WORDS.items()
            for number in range(1, 7)
        ]
        posted = started.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        posted.raise_for_status()
        started.ready()
        did = [{"user_id": "ana", "item_id": "mug-1", "type": "purchase"}]
        long_ago = "2025-01-01T12:00:00Z"
        did += [{"user_id": "ben", "item_id": "shoe-6", "type": "purchase", "timestamp": long_ago}]
        did += [
            {"user_id": f"visitor-{number}", "item_id": "shoe-1", "type": "view"}
            for number in range(9)
        ]
        started.client.post("/v1/interactions", json=did).raise_for_status()
        yield started


@pytest.fixture
def shop(app: RunningApp) -> httpx.Client:
    return app.client


def ask(shop: httpx.Client, **question: object) -> dict[str, Any]:
    answer = shop.post("/v1/recommendations", json=question)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def ids(answer: dict[str, Any]) -> list[str]:
    return [each["item_id"] for each in answer["items"]]


def reasons(item: dict[str, Any], kind: str) -> dict[str, float]:
    return {each["name"]: each["amount"] for each in item["reasons"] if each["kind"] == kind}


def test_a_boost_changes_scores_by_the_difference_it_tells(shop: httpx.Client) -> None:
    question = {"item_id": "mug-1", "limit": 17, "explain": True}
    boosts = [
        {
            "filter": {"field": "attributes.brand", "equals": "Tonwerk"},
            "multiply": 1.5,
            "label": "house brand",
        },
        {"add": 0.4, "by": "attributes.margin", "low": 0.1, "high": 0.5},
    ]

    plain = {each["item_id"]: each["score"] for each in ask(shop, **question)["items"]}
    boosted = ask(shop, **question, boosts=boosts)["items"]

    for item in boosted:
        number = int(item["item_id"][-1])
        before = plain[item["item_id"]]
        score = before if number % 2 else (before * 1.5 if before >= 0 else before / 1.5)
        assert reasons(item, "boost").get("house brand", 0) == pytest.approx(score - before)
        margin = 0.4 * min((number / 10 - 0.1) / 0.4, 1)
        assert reasons(item, "boost").get("boost 2", 0) == pytest.approx(margin)
        assert item["score"] == pytest.approx(score + margin)
        assert sum(each["amount"] for each in item["reasons"]) == pytest.approx(item["score"])
    assert len(boosted) == 17


def test_a_pinned_item_has_its_place_and_the_others_say_why_they_moved(
    shop: httpx.Client,
) -> None:
    pins = [
        {"item_id": "shoe-3", "position": 1},
        {"item_id": "shoe-4", "position": 2, "until": "2021-01-01T00:00:00Z"},
        {"item_id": "nowhere", "position": 3},
    ]

    plain = ask(shop, item_id="mug-1", limit=3)
    answer = ask(shop, item_id="mug-1", limit=4, pins=pins, explain=True)

    assert ids(answer) == ["shoe-3", *ids(plain)]
    assert [each["source"] for each in answer["items"]] == ["pinned"] + 3 * ["vector"]
    assert [each["moves"] for each in answer["items"][1:]] == 3 * [[{"why": "pin", "places": -1}]]
    assert "reasons" not in answer["items"][0]


def test_a_pin_beyond_a_page_has_its_place_on_the_next(shop: httpx.Client) -> None:
    pins = [{"item_id": "shoe-3", "position": 5}]

    first = ask(shop, item_id="mug-1", limit=3, pins=pins)
    second = ask(shop, next=first["next"])

    assert "shoe-3" not in ids(first)
    assert ids(second)[1] == "shoe-3"


def test_no_more_than_so_many_of_a_kind_are_shown(shop: httpx.Client) -> None:
    caps = [{"field": "attributes.brand", "most": 2}, {"field": "categories", "most": 3}]

    answer = ask(shop, item_id="mug-1", limit=10, caps=caps)

    assert ids(answer)[:2] == ids(ask(shop, item_id="mug-1", limit=2))
    assert len(ids(answer)) == 3  # all are things
    assert answer["shortfall"]["reasons"] == ["limits"]
    assert "next" not in answer


def test_what_is_new_comes_first_when_it_is_worth_it(shop: httpx.Client) -> None:
    query: dict[str, str | int] = {"freshness.half_life": "365d", "freshness.weight": 100}

    answer = shop.get(
        "/v1/items/mug-3/similar", params={**query, "limit": 17, "explain": "true"}
    ).json()

    assert [int(each[-1]) < 3 for each in ids(answer)] == 11 * [False] + 6 * [True]
    assert reasons(answer["items"][0], "freshness")["freshness"] > 0
    posted = ask(shop, item_id="mug-3", limit=17, freshness={"half_life": "365d", "weight": 100})
    assert ids(posted) == ids(answer)


def test_explored_items_say_how_likely_they_were(shop: httpx.Client) -> None:
    answer = ask(shop, item_id="mug-1", limit=5, exploration=1)

    for item in answer["items"]:
        assert item["source"] == "exploration"
        assert 0 < item["propensity"] < 1
    assert all("propensity" not in each for each in ask(shop, item_id="mug-1")["items"])


def test_the_fields_that_are_named_come_back(shop: httpx.Client) -> None:
    fixed = {"item_id", "score", "source"}

    usual = ask(shop, item_id="mug-1", limit=1)["items"][0]
    none = ask(shop, item_id="mug-1", limit=1, fields=[])["items"][0]
    some = shop.get(
        "/v1/items/mug-1/similar",
        params={"limit": 1, "fields": ["price,categories", "attributes.brand", "attributes.x"]},
    ).json()["items"][0]
    every = ask(shop, item_id="mug-1", limit=1, fields=["attributes", "available", "created_at"])[
        "items"
    ][0]

    assert usual.keys() - fixed == {"title", "image_url"}
    assert none.keys() - fixed == set()
    assert some.keys() - fixed == {"price", "categories", "attributes"}
    assert some["categories"][0] == "Things"
    assert some["attributes"].keys() == {"brand"}
    assert every["attributes"].keys() == {"brand", "margin", "on_sale"}
    assert every["available"] is True
    assert every["created_at"].endswith("Z")


def test_examples_are_asked_by_what_they_have_in_common(shop: httpx.Client) -> None:
    answer = ask(
        shop, positive=["lamp-1", "lamp-2", "gone-1"], negative=["gone-2"], limit=4, explain=True
    )

    assert sorted(ids(answer)) == ["lamp-3", "lamp-4", "lamp-5", "lamp-6"]
    assert answer["unknown_items"] == ["gone-1", "gone-2"]
    named = {each["item_id"] for each in answer["items"][0]["reasons"]}
    assert named == {"lamp-1", "lamp-2"}


def test_examples_of_which_none_exists_are_not_found(shop: httpx.Client) -> None:
    answer = shop.post("/v1/recommendations", json={"positive": ["gone-1"], "user_id": "ana"})

    assert answer.status_code == 404
    assert "'gone-1'" in answer.json()["detail"]
    assert answer.json()["unknown_items"] == ["gone-1"]


def test_a_person_bends_what_is_asked_for(shop: httpx.Client) -> None:
    def mugs(impact: float) -> int:
        asked: dict[str, str | float] = {"user_id": "ana", "user_impact": impact, "limit": 5}
        answer = shop.get("/v1/items/lamp-1/similar", params=asked)
        return sum(each.startswith("mug") for each in ids(answer.json()))

    assert mugs(0) == 0
    assert mugs(1) == 5


def test_a_reason_tells_the_evidence_behind_it(shop: httpx.Client) -> None:
    item = shop.get("/v1/users/ana/for-you", params={"limit": 1, "explain": "true"}).json()[
        "items"
    ][0]

    first = item["reasons"][0]
    assert first["kind"] == "item"
    assert first["item_id"] == first["name"] == "mug-1"
    assert first["space"] == "text"
    assert first["predicted"] is False
    assert first["evidence"]["kinds"] == ["purchase"]
    assert first["evidence"]["weight"] > 0
    assert item["because"].endswith(".")
    assert item["moves"] == []
    assert item["interest"]


def test_words_find_what_they_describe(shop: httpx.Client) -> None:
    answer = ask(shop, words="a lamp for my desk", limit=6, explain=True, weights={"text": 1})

    assert all(each.startswith("lamp") for each in ids(answer))
    assert {each["kind"] for each in answer["items"][0]["reasons"]} == {"words"}
    assert reasons(answer["items"][0], "words").keys() == {"a lamp for my desk"}


def test_a_picture_is_asked_with_and_its_digest_alone_is_kept(tmp_path: Path) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.ready()
        for number in range(3):
            app.put(f"item-{number}", image_url=picture(number))
        first = ask(app.client, picture=picture(1), limit=1)
        bare = app.client.post("/v1/recommendations", json={"next": first["next"]})
        second = ask(app.client, next=first["next"], picture=picture(1))
        app.services.log.stop()
        with app.services._database.reading() as connection:
            rows = {
                row.recommendation_id: row for row in connection.execute(select(recommendations))
            }

    assert ids(first) == ["item-1"]
    assert bare.json()["type"] == "urn:kindred:problem:next-contradicted"
    assert ids(first) != ids(second)
    digest = hashlib.sha256(b64decode(picture(1).partition(",")[2])).hexdigest()
    kept = rows[second["recommendation_id"]]
    assert kept.kind == "search"
    assert kept.request == {"picture": digest, "limit": 1, "page": 2}


def picture(number: int) -> str:
    """Paint a small picture, another one for each number; as a data URL."""
    stored = BytesIO()
    Image.new("RGB", (8, 8), (80 * number, 20, 200 - 60 * number)).save(stored, "PNG")
    return "data:image/png;base64," + b64encode(stored.getvalue()).decode()


def test_an_interest_nobody_has_is_not_found(shop: httpx.Client) -> None:
    answer = shop.get("/v1/users/ana/for-you", params={"interest": "boats"})

    assert answer.status_code == 404
    assert "'boats'" in answer.json()["detail"]


def test_an_anonymous_session_is_recommended_more_of_what_it_saw(shop: httpx.Client) -> None:
    seen = [
        {"item_id": "lamp-1", "type": "view", "timestamp": "2026-05-04T09:30:00Z"},
        {"item_id": "nowhere", "type": "like"},
    ]

    answer = shop.post("/v1/sessions/for-you", json={"interactions": seen, "limit": 5})

    assert sorted(ids(answer.json())) == [f"lamp-{number}" for number in range(2, 7)]


def test_an_empty_session_is_a_stranger(shop: httpx.Client) -> None:
    answer = shop.post("/v1/sessions/for-you", json={"interactions": [], "limit": 3}).json()

    assert ids(answer)[0] == "shoe-1"
    assert answer["shortfall"]["reasons"] == ["nothing_known"]


def test_a_session_beside_a_person_counts_at_once(shop: httpx.Client) -> None:
    answer = ask(
        shop,
        user_id="ben",
        session=[{"item_id": "lamp-1", "type": "view"}],
        interest="session",
        limit=3,
    )

    assert all(each.startswith("lamp") for each in ids(answer))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "interactions"),
        ({"interactions": [{"item_id": "mug-1", "type": "veiw"}]}, "did you mean 'view'"),
        ({"interactions": [{"item_id": "mug-1"}]}, "interactions.0.type"),
        ({"interactions": [{"item_id": "mug-1", "type": "dwell"}]}, "its seconds"),
        ({"interactions": [], "user_id": "ana"}, "user_id"),
    ],
)
def test_a_session_that_breaks_a_rule_is_refused(
    shop: httpx.Client, body: dict[str, object], told: str
) -> None:
    answer = shop.post("/v1/sessions/for-you", json=body)

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_nothing_of_a_session_is_kept_but_what_was_shown(tmp_path: Path) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.ready()
        app.put("lamp-1", title=WORDS["lamp"])
        app.put("lamp-2", title=WORDS["lamp"] + " 2")
        seen = [{"item_id": "lamp-1", "type": "view"}]
        first = app.client.post("/v1/sessions/for-you", json={"interactions": seen, "limit": 1})
        whole = {"session": seen, "user_id": "ana", "limit": 1, "diversity": 0.2}
        second = ask(app.client, **whole)
        third = ask(app.client, next=second["next"])
        app.services.log.stop()
        with app.services._database.reading() as connection:
            kept = connection.execute(select(interactions)).all()
            rows = {
                row.recommendation_id: row for row in connection.execute(select(recommendations))
            }

    assert kept == []
    anonymous = rows[first.json()["recommendation_id"]]
    assert (anonymous.kind, anonymous.person) == ("session", None)
    assert anonymous.request == {"limit": 1, "page": 1}
    assert anonymous.items[0]["item_id"] == "lamp-2"
    assert anonymous.items[0]["propensity"] == 1
    assert rows[second["recommendation_id"]].request == {"limit": 1, "diversity": 0.2, "page": 1}
    assert rows[third["recommendation_id"]].request == {"limit": 1, "diversity": 0.2, "page": 2}
    assert rows[third["recommendation_id"]].person == rows[second["recommendation_id"]].person


VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**19), 10**19)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5)
    | st.sampled_from(["mug-1", "price", "attributes.margin", "7d", "view", "data:,x"])
    | st.just("2026-05-04T09:30:00Z"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["field", "equals", "in", "gte", "all", "not", "multiply", "add", "by", "low",
                 "most", "position", "item_id", "type", "half_life", "weight", "text", "from",
                 "until"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)  # fmt: skip
BODIES = st.dictionaries(
    st.sampled_from(
        ["user_id", "session", "item_id", "positive", "negative", "list", "interest", "next",
         "limit", "filter", "categories", "price_min", "available", "exclude", "weights", "boosts",
         "pins", "caps", "diversity", "freshness", "exploration", "user_impact", "duplicates",
         "fields", "explain", "interactions", "picture", "words"]
    ),
    VALUES,
    max_size=6,
)  # fmt: skip
HOSTILE = settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


@HOSTILE
@given(BODIES)
def test_whatever_is_asked_is_answered_or_refused(
    shop: httpx.Client, body: dict[str, object]
) -> None:
    for path in ("/v1/recommendations", "/v1/sessions/for-you"):
        answer = shop.post(path, json=body)

        assert answer.status_code in {200, 400, 404, 422}, answer.text


PARAMETERS = st.dictionaries(
    st.sampled_from(
        ["limit", "category", "price_max", "available", "exclude", "fields", "next", "interest",
         "diversity", "exploration", "freshness.half_life", "freshness.weight", "weight.text",
         "attribute.brand", "user_id", "user_impact", "explain", "scenario"]
    ),
    st.text(max_size=8) | st.sampled_from(["0.5", "1e400", "-0", "7d", "true", "title", "1_0"]),
    max_size=4,
)  # fmt: skip


@HOSTILE
@given(PARAMETERS)
def test_whatever_parameters_say_is_answered_or_refused(
    shop: httpx.Client, parameters: dict[str, str]
) -> None:
    for path in ("/v1/users/ana/for-you", "/v1/items/mug-1/similar", "/v1/popular"):
        answer = shop.get(path, params=parameters)

        assert answer.status_code in {200, 400, 404, 422}, answer.text


NUMBERS = st.one_of(
    st.floats(1e-300, 1e300), st.floats(-1, 1), st.integers(0, 10), st.sampled_from([1e308, 5e-324])
)
BOOST = st.fixed_dictionaries(
    {},
    optional={
        "multiply": NUMBERS,
        "add": NUMBERS,
        "by": st.sampled_from(["price", "attributes.margin", "attributes.brand"]),
        "low": NUMBERS,
        "high": NUMBERS,
    },
)


@HOSTILE
@given(
    boosts=st.lists(BOOST, max_size=20),
    weight=NUMBERS,
    diversity=st.floats(0, 1),
    exploration=st.floats(0, 1),
)
def test_every_score_is_a_number_however_it_is_steered(
    shop: httpx.Client,
    boosts: list[dict[str, object]],
    weight: float,
    diversity: float,
    exploration: float,
) -> None:
    question = {
        "item_id": "mug-1",
        "boosts": boosts,
        "freshness": {"half_life": "1m", "weight": weight},
        "diversity": diversity,
        "exploration": exploration,
        "explain": True,
    }

    answer = shop.post("/v1/recommendations", json=question)

    assert answer.status_code in {200, 422}, answer.text
    for item in answer.json().get("items", ()):
        parts = sum(each["amount"] for each in item["reasons"])
        assert parts == pytest.approx(item["score"], rel=1e-6, abs=1e-4)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (b'{"user_id": "ana", "diversity": NaN}', "NaN"),
        (b'{"user_id": "ana", "diversity": 1e999}', "too large for a double"),
        (b'{"user_id": "ana", "limit": 1' + b"0" * 400 + b"}", "more than 20 digits"),
        (b'{"user_id": "ana", "filter": ' + b'{"not":' * 40 + b"1" + b"}" * 41, "nests deeper"),
        (b'{"user_id": "ana", "user_id": "bob"}', "twice"),
        (b'{"words": "\\ud800"}', "surrogate"),
    ],
)
def test_a_body_that_is_no_json_is_refused(shop: httpx.Client, body: bytes, told: str) -> None:
    answer = shop.post(
        "/v1/recommendations", content=body, headers={"content-type": "application/json"}
    )

    assert answer.status_code == 400
    assert told in answer.json()["detail"]


def test_text_that_is_no_picture_is_refused(shop: httpx.Client) -> None:
    answer = shop.post("/v1/recommendations", json={"picture": "no picture"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "picture"
