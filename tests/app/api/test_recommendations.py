from collections.abc import Iterator

import httpx
import pytest

from tests.app.api.goods import WORDS, goods
from tests.app.running import RunningApp, hashed


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Three kinds of five items; Ana bought a mug, many look at shoes."""
    with RunningApp(hashed(tmp_path_factory.mktemp("shop"))) as app:
        items = goods(odd="o'neil", even='say "x") or 1==1')
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        did = [{"user_id": "ana", "item_id": "mug-1", "type": "purchase"}]
        did += [
            {"user_id": f"visitor-{number}", "item_id": "shoe-1", "type": "view"}
            for number in range(9)
        ]
        app.client.post("/v1/interactions", json=did)
        yield app.client


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def test_a_person_is_recommended_more_of_what_they_like(shop: httpx.Client) -> None:
    answer = shop.get("/v1/users/ana/for-you", params={"limit": 3, "explain": "true"})

    assert sorted(ids(answer)) == ["mug-2", "mug-3", "mug-4"]
    body = answer.json()
    assert body["generation"] == 1
    assert "shortfall" not in body
    for item in body["items"]:
        assert item["source"] == "vector"
        assert {reason["item_id"] for reason in item["reasons"]} == {"mug-1"}
        parts = sum(reason["amount"] for reason in item["reasons"])
        assert parts == pytest.approx(item["score"], abs=1e-5)


def test_of_many_reasons_the_small_ones_are_told_as_one_sum(shop: httpx.Client) -> None:
    liked = [f"{kind}-{number}" for kind in WORDS for number in range(1, 6)]
    liked.remove("mug-3")

    answer = shop.post("/v1/recommendations", json={"positive": liked, "limit": 1, "explain": True})

    (item,) = answer.json()["items"]
    *told, others = item["reasons"]
    assert others.keys() == {"kind", "name", "amount", "count"}
    assert (others["kind"], len(told) + others["count"]) == ("others", len(liked))
    parts = sum(reason["amount"] for reason in item["reasons"])
    assert parts == pytest.approx(item["score"], abs=1e-5)


def test_a_stranger_is_recommended_what_is_popular(shop: httpx.Client) -> None:
    answer = shop.get("/v1/users/stranger/for-you", params={"limit": 3})

    assert ids(answer)[0] == "shoe-1"
    assert answer.json()["generation"] is None
    assert answer.json()["shortfall"]["reasons"] == ["nothing_known"]
    assert "reasons" not in answer.json()["items"][0]


def test_similar_items_are_alike(shop: httpx.Client) -> None:
    assert sorted(ids(shop.get("/v1/items/lamp-1/similar", params={"limit": 3}))) == [
        "lamp-2",
        "lamp-3",
        "lamp-4",
    ]


def test_popular_and_trending_count_what_people_do(shop: httpx.Client) -> None:
    for path in ("/v1/popular", "/v1/trending"):
        answer = shop.get(path, params={"limit": 2})
        assert ids(answer) == ["shoe-1", "mug-1"]
        assert answer.json()["items"][0]["source"] == path.removeprefix("/v1/")


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        (
            {"category": ["lamp", "shoe"], "price_max": "20"},
            {"lamp-1", "lamp-2", "shoe-1", "shoe-2"},
        ),
        ({"category": "mug", "price_min": "30", "price_max": "40"}, {"mug-3", "mug-4"}),
        ({"category": "mug", "available": "false"}, {"mug-5"}),
        ({"category": "mug", "available": "any"}, {"mug-2", "mug-3", "mug-4", "mug-5"}),
        ({"category": "mug", "exclude": ["mug-2", "mug-3"]}, {"mug-4"}),
        ({"category": "nothing') or ('1'='1"}, set()),
    ],
)
def test_every_item_obeys_the_filters_whatever_its_source(
    shop: httpx.Client, params: dict[str, str], expected: set[str]
) -> None:
    answer = shop.get("/v1/users/ana/for-you", params={"limit": 50, **params})

    assert set(ids(answer)) == expected
    assert answer.json()["shortfall"]["asked"] == 50


@pytest.mark.parametrize(
    ("tree", "expected"),
    [
        (
            {"field": "attributes.brand", "equals": 'say "x") or 1==1'},
            {"mug-2", "mug-4", "lamp-2", "lamp-4", "shoe-2", "shoe-4"},
        ),
        (
            {
                "all": [
                    {"field": "attributes.brand", "in": ["o'neil"]},
                    {"not": {"field": "categories", "equals": "mug"}},
                    {"any": [{"field": "price", "lt": 15}, {"field": "price", "gt": 45}]},
                ]
            },
            {"lamp-1", "shoe-1"},
        ),
        ({"field": "item_id", "in": ["lamp-1", "lamp-9", "x') or ('1'='1"]}, {"lamp-1"}),
        ({"field": "created_at", "lt": "2001-01-01T00:00:00Z"}, set()),
        ({"field": "attributes.x') or exists(brand", "exists": True}, set()),
    ],
)
def test_a_filter_tree_full_of_quotes_means_what_it_says(
    shop: httpx.Client, tree: dict[str, object], expected: set[str]
) -> None:
    question = {"user_id": "ana", "limit": 50, "filter": tree}

    assert set(ids(shop.post("/v1/recommendations", json=question))) == expected


def test_a_body_asks_what_parameters_ask(shop: httpx.Client) -> None:
    asked = shop.get(
        "/v1/users/ana/for-you",
        params={
            "limit": 4,
            "category": "lamp",
            "price_max": 30,
            "weight.text": 1,
            "weight.image": 0,
            "exclude": "lamp-1",
            "available": "any",
        },
    )
    posted = shop.post(
        "/v1/recommendations",
        json={
            "user_id": "ana",
            "limit": 4,
            "categories": ["lamp"],
            "price_max": 30,
            "weights": {"text": 1, "image": 0},
            "exclude": ["lamp-1"],
            "available": "any",
        },
    )

    assert asked.json()["items"] == posted.json()["items"]
    assert len(ids(asked)) == 2


def test_behaviour_may_be_weighed_before_anything_was_learned(shop: httpx.Client) -> None:
    plain = shop.get("/v1/users/ana/for-you?weight.text=1")

    weighed = shop.get("/v1/users/ana/for-you?weight.text=1&weight.behaviour=5")

    assert weighed.status_code == 200
    assert weighed.json()["items"] == plain.json()["items"]


def test_a_body_can_ask_for_every_list(shop: httpx.Client) -> None:
    similar = shop.post("/v1/recommendations", json={"item_id": "lamp-1", "limit": 3})
    popular = shop.post("/v1/recommendations", json={"list": "popular", "limit": 1})

    assert ids(similar) == ids(shop.get("/v1/items/lamp-1/similar", params={"limit": 3}))
    assert ids(popular) == ["shoe-1"]
    gone = shop.post("/v1/recommendations", json={"item_id": "never", "limit": 3})
    assert gone.status_code == 404


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=many", "limit"),
        ("limt=5", "did you mean 'limit'"),
        ("available=maybe", "available"),
        ("price_min=-1", "price_min"),
        ("price_min=nan", "price_min"),
        ("price_min=5&price_max=4", "above price_max"),
        ("category=", "category"),
        ("category=%00", "NUL"),
        ("exclude=a/b", "exclude"),
        ("weight.text=-1", "weight.text"),
        ("weight.text=inf", "weight.text"),
        ("weight.sound=x", "weight.sound"),
        ("weight.sound=nan", "weight.sound"),
        ("weight.sound=1", "sound"),
        ("weight.text=0", "0"),
        ("explain=perhaps", "explain"),
    ],
)
def test_a_parameter_that_breaks_a_rule_is_refused(
    shop: httpx.Client, query: str, told: str
) -> None:
    answer = shop.get(f"/v1/users/ana/for-you?{query}")

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ({}, "at least one"),
        ({"list": "popular", "item_id": "b"}, "list stands alone"),
        ({"user_id": "a/b"}, "user_id"),
        ({"user_id": "a", "limit": "5"}, "limit"),
        ({"user_id": "a", "limt": 5}, "limt"),
        ({"user_id": "a", "filter": {"all": [{"field": "colour"}]}}, "filter.all.0.field"),
        ({"user_id": "a", "filter": []}, "filter"),
        ({"user_id": "a", "weights": {"text": -1}}, "weights.text"),
        ({"user_id": "a", "exclude": ["x"] * 501}, "exclude"),
        ({"user_id": "a", "available": "maybe"}, "available"),
        ({"list": "newest"}, "list"),
    ],
)
def test_a_question_that_breaks_a_rule_is_refused(
    shop: httpx.Client, question: dict[str, object], told: str
) -> None:
    answer = shop.post("/v1/recommendations", json=question)

    assert answer.status_code == 422
    assert told in answer.json()["detail"]
