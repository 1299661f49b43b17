import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from app.interactions.tables import recommendations
from embedders.errors import WeightsUnavailable
from indexer.database import Database
from tests.app.api.goods import goods
from tests.app.running import RunningApp, hashed
from tests.indexer.test_worker import picture
from tests.service import until

Params = dict[str, str | int | float]


@pytest.fixture(scope="module")
def open_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Three kinds of five items; Ana bought a lamp, and has hidden a mug."""
    with RunningApp(hashed(tmp_path_factory.mktemp("shop"))) as app:
        items = goods(odd="Acme", even="Umbrella")
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        did = [
            {"user_id": "ana", "item_id": "lamp-1", "type": "purchase"},
            {"user_id": "ana", "item_id": "mug-2", "type": "hide"},
        ]
        app.client.post("/v1/interactions", json=did)
        yield app


@pytest.fixture
def shop(open_shop: RunningApp) -> httpx.Client:
    return open_shop.client


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def kinds(answer: httpx.Response) -> set[str]:
    return {each.partition("-")[0] for each in ids(answer)}


def test_words_find_what_they_describe(shop: httpx.Client) -> None:
    answer = shop.get("/v1/search", params={"q": "a mug for tea", "limit": 4})

    assert kinds(answer) == {"mug"}
    body = answer.json()
    assert body["generation"] == 1
    assert body["recommendation_id"]
    assert "shortfall" not in body
    assert {item["source"] for item in body["items"]} == {"vector"}


def test_filters_and_exclusions_hold_for_a_search(shop: httpx.Client) -> None:
    asked: Params = {"q": "a mug for tea", "price_max": 30, "attribute.brand": "Acme", "limit": 2}

    assert sorted(ids(shop.get("/v1/search", params=asked))) == ["mug-1", "mug-3"]
    assert "mug-1" not in ids(shop.get("/v1/search", params={**asked, "exclude": "mug-1"}))
    assert kinds(shop.get("/v1/search", params={"q": "mug", "category": "shoe"})) == {"shoe"}


def test_reasons_sum_to_the_score(shop: httpx.Client) -> None:
    asked: Params = {"q": "mug for coffee", "explain": "true", "limit": 3}
    person: Params = {"user_id": "ana", "user_impact": 0.5}

    alone = shop.get("/v1/search", params=asked).json()["items"]
    bent = shop.get("/v1/search", params={**asked, **person}).json()["items"]

    for item in alone + bent:
        parts = sum(reason["amount"] for reason in item["reasons"])
        assert parts == pytest.approx(item["score"], abs=1e-4)
    assert {reason["kind"] for item in alone for reason in item["reasons"]} == {"words"}
    assert {"words", "item"} <= {reason["kind"] for item in bent for reason in item["reasons"]}


def test_a_search_goes_on_without_repeats(shop: httpx.Client) -> None:
    asked: Params = {"q": "leather for walking", "limit": 5}
    first = shop.get("/v1/search", params=asked)

    second = shop.get("/v1/search", params={"next": first.json()["next"], "limit": 5})

    assert not {*ids(first)} & {*ids(second)}
    elsewhere = shop.get("/v1/popular", params={"next": first.json()["next"]})
    assert elsewhere.status_code == 422
    assert ids(first) + ids(second) == ids(shop.get("/v1/search", params={**asked, "limit": 10}))


def test_a_person_bends_a_search_as_far_as_asked(shop: httpx.Client) -> None:
    asked: Params = {"q": "something for reading tea leaves", "limit": 12}

    alone = shop.get("/v1/search", params=asked)
    person: Params = {**asked, "user_id": "ana"}
    barely = shop.get("/v1/search", params={**person, "user_impact": 0})
    wholly = shop.get("/v1/search", params={**person, "user_impact": 1, "limit": 3})

    assert [each for each in ids(alone) if each != "mug-2"] == ids(barely)[:11]
    assert kinds(wholly) == {"lamp"}


def test_what_a_person_hid_is_not_found_and_what_they_have_may_be(shop: httpx.Client) -> None:
    found = ids(shop.get("/v1/search", params={"q": "lamp or mug", "user_id": "ana"}))

    assert "mug-2" not in found
    assert "lamp-1" in found


def test_weights_are_of_this_request(shop: httpx.Client) -> None:
    whole = shop.get("/v1/search", params={"q": "mug", "weight.text": 1, "limit": 1})
    half = shop.get(
        "/v1/search", params={"q": "mug", "weight.text": 1, "weight.image": 1, "limit": 1}
    )

    scores = [each.json()["items"][0]["score"] for each in (whole, half)]
    assert scores[1] == pytest.approx(scores[0] / 2)


@pytest.mark.parametrize(
    ("params", "rule"),
    [
        ({}, "query: give q, what to look for"),
        ({"q": ""}, "query.q: String should have at least 1 character"),
        ({"q": " \t "}, "query.q: must hold more than spaces"),
        ({"q": "mug\0"}, "query.q: must not hold the character NUL"),
        ({"q": "m" * 1_001}, "query.q: String should have at most 1000 characters"),
        ({"q": "mug", "user_impact": 2}, "query.user_impact"),
        ({"q": "mug", "user_impact": 0.5}, "give user_id"),
        ({"q": "mug", "categroy": "mug"}, "did you mean 'category'"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_rule(
    shop: httpx.Client, params: dict[str, str], rule: str
) -> None:
    answer = shop.get("/v1/search", params=params)

    assert answer.status_code == 422
    assert rule in answer.json()["detail"]


@pytest.mark.parametrize("words", ["m" * 1_000, "杯子 ☕", "x') OR ('1'='1", '"', "%00", "-mug"])
def test_any_words_are_words(shop: httpx.Client, words: str) -> None:
    assert len(ids(shop.get("/v1/search", params={"q": words, "limit": 3}))) == 3


def test_a_search_is_logged_and_counted_without_the_person(open_shop: RunningApp) -> None:
    asked: Params = {"q": "a mug that is logged", "user_id": "ana", "limit": 2}
    answer = open_shop.client.get("/v1/search", params=asked).json()

    shown = _logged(open_shop, answer["recommendation_id"])
    counters = open_shop.client.get("/metrics").text

    assert shown["kind"] == "search"
    assert "'words': 'a mug that is logged'" in str(shown["request"])
    assert "ana" not in str(shown)
    assert 'kindred_recommended_items_total{list="search",source="vector"}' in counters


def _logged(app: RunningApp, answer_id: str) -> dict[str, object]:
    database = Database(app.services.settings.database_url)
    found: list[dict[str, object]] = []

    def there() -> bool:
        with database.reading() as connection:
            rows = connection.execute(
                select(recommendations).where(recommendations.c.recommendation_id == answer_id)
            )
            found.extend(dict(row._mapping) for row in rows)
        return bool(found)

    until(there, seconds=10, what="the answer is in the log")
    database.close()
    return found[0]


def test_without_its_space_a_question_says_what_to_set(tmp_path: Path) -> None:
    asked = {"words": "mug", "picture": picture("red")}
    for space, field in (("text", "words"), ("image", "picture")):
        folder = tmp_path / space
        with RunningApp(hashed(folder, **{f"{space}_model": "none"})) as app:
            answer = app.client.post("/v1/recommendations", json={field: asked[field]})
            search = app.client.get("/v1/search", params={"q": "mug"})

        assert answer.status_code == 422
        assert answer.json()["detail"] == (
            f"{field}: this service has no {space} space for it to speak in; its operator can set "
            f"KINDRED_{space.upper()}_MODEL and run `kindred reindex`."
        )
        assert search.status_code == (422 if space == "text" else 200)


def test_while_the_model_cannot_be_used_what_is_new_fills_the_list_and_the_answer_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.put("mug", title="a mug")
        app.ready()
        models = app.services._assembly.models

        def lost(specification: str) -> None:
            raise WeightsUnavailable(f"no weights for {specification}")

        models._loaded.clear()
        models._reports.clear()
        monkeypatch.setattr(models, "_make", lost)
        answer = app.client.get("/v1/search", params={"q": "mug"})

    assert ids(answer) == ["mug"]
    assert answer.json()["items"][0]["source"] == "newest"
    assert "model_unavailable" in answer.json()["shortfall"]["reasons"]


def test_while_the_model_loads_nobody_waits_longer_than_was_set_and_others_do_not_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunningApp(hashed(tmp_path, ask_timeout="300ms")) as app:
        app.put("mug", title="a mug")
        app.ready()
        models = app.services._assembly.models
        held = models._loaded.copy()
        let, make = threading.Event(), models._make

        def slowly(specification: str) -> object:
            let.wait(timeout=30)
            return make(specification)

        models._loaded.clear()
        models._reports.clear()
        monkeypatch.setattr(models, "_make", slowly)
        loading = app.client.get("/v1/search", params={"q": "mug"})
        meanwhile = app.client.get("/v1/items/mug")
        let.set()
        until(lambda: len(models._loaded) >= 1, seconds=10, what="the model is loaded")
        loaded = app.client.get("/v1/search", params={"q": "mug"})

    assert held
    assert loading.json()["shortfall"]["reasons"][0] == "model_unavailable"
    assert loading.elapsed.total_seconds() < 5
    assert meanwhile.status_code == 200
    assert loaded.json()["items"][0]["source"] == "vector"


def test_a_seed_of_words_and_one_of_a_picture_speak_from_the_next_answer_on(
    tmp_path: Path,
) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.ready()
        app.put("mug", title="a stoneware mug", image_url=picture("red"))
        app.put("lamp", title="a brass lamp", image_url=picture("blue"))
        app.put("shoe", title="a leather shoe", image_url=picture("green"))
        seeds = ({"words": "a brass lamp"}, {"picture": picture("red")})

        for person, seed in zip(("by-words", "by-looks"), seeds, strict=True):
            given = app.client.post(f"/v1/users/{person}/interests", json=seed)
            assert given.status_code == 201, given.text
        by_words = app.client.get("/v1/users/by-words/for-you", params={"limit": 1})
        by_looks = app.client.get("/v1/users/by-looks/for-you", params={"limit": 1})

    assert ids(by_words) == ["lamp"]
    assert ids(by_looks) == ["mug"]
    assert {by_words.json()["items"][0]["source"], by_looks.json()["items"][0]["source"]} == {
        "vector"
    }


def test_words_and_a_picture_can_be_asked_in_a_body(tmp_path: Path) -> None:
    with RunningApp(hashed(tmp_path)) as app:
        app.ready()
        app.put("mug", title="a stoneware mug", image_url=picture("red"))
        app.put("lamp", title="a brass lamp", image_url=picture("blue"))

        seen = app.client.post(
            "/v1/recommendations", json={"picture": picture("blue"), "limit": 1, "explain": True}
        )

    assert ids(seen) == ["lamp"]
    assert [reason["kind"] for reason in seen.json()["items"][0]["reasons"]] == ["picture"]
