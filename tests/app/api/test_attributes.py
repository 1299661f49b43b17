"""Asking every list for items by attribute, in query parameters."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from app.api.filters import FilterError, simple
from indexer.filters import Attribute, In
from tests.app.running import RunningApp, hashed

ATTRIBUTES: dict[str, dict[str, object]] = {
    "mug-1": {"brand": "Tonwerk", "litres": 4, "new": True},
    "mug-2": {"brand": "o'neil", "litres": "4", "new": "true"},
    "mug-3": {"brand": 'say "x") or 1==1', "litres": 4.5, "new": False},
    "mug-4": {"brand": ["Tonwerk", "Acme"], "a=b&c": "x", "litres": 1e20},
    "lamp-1": {"brand": "Tonwerk", "litres": None},
}
LISTS = ("/v1/popular", "/v1/trending", "/v1/items/asked/similar", "/v1/users/ana/for-you")


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Five items that differ in their attributes, and one to ask about; all were looked at."""
    with RunningApp(hashed(tmp_path_factory.mktemp("shop"))) as app:
        for item_id, attributes in ATTRIBUTES.items():
            kind = item_id.partition("-")[0]
            app.put(item_id, title=f"a {kind}", categories=[kind], attributes=attributes)
        app.put("asked", title="a mug and a lamp")
        app.ready()
        looked = [
            {"user_id": f"visitor-{n}", "item_id": item_id, "type": "view"}
            for n, item_id in enumerate([*ATTRIBUTES, "asked"])
        ]
        liked = {"user_id": "ana", "item_id": "asked", "type": "like"}
        app.client.post("/v1/interactions", json=[*looked, liked]).raise_for_status()
        yield app.client


def ids(answer: httpx.Response) -> set[str]:
    assert answer.status_code == 200, answer.text
    return {item["item_id"] for item in answer.json()["items"]}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"attribute.brand": "o'neil"}, {"mug-2"}),
        ({"attribute.brand": ["o'neil", 'say "x") or 1==1']}, {"mug-2", "mug-3"}),
        ({"attribute.brand": "Tonwerk"}, {"mug-1", "mug-4", "lamp-1"}),
        ({"attribute.brand": "Tonwerk", "category": "mug"}, {"mug-1", "mug-4"}),
        ({"attribute.brand": "Tonwerk", "attribute.litres": "4"}, {"mug-1"}),
        ({"attribute.a=b&c": "x"}, {"mug-4"}),
        ({"attribute.brand": "tonwerk"}, set()),
        ({"attribute.brand": ""}, set()),
        ({"attribute.nothing') or ('1'='1": "x"}, set()),
    ],
)
def test_every_list_can_be_asked_for_by_attribute(
    shop: httpx.Client, path: str, params: dict[str, str], expected: set[str]
) -> None:
    answer = shop.get(path, params=params)

    assert ids(answer) == expected


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"attribute.litres": "4"}, {"mug-1", "mug-2"}),
        ({"attribute.litres": "4.0"}, {"mug-1"}),
        ({"attribute.litres": "4.50"}, {"mug-3"}),
        ({"attribute.litres": "04"}, set()),
        ({"attribute.litres": "100000000000000000000"}, {"mug-4"}),
        ({"attribute.litres": "1e999"}, set()),
        ({"attribute.litres": "9" * 5_000}, set()),
        ({"attribute.litres": "null"}, set()),
        ({"attribute.new": "true"}, {"mug-1", "mug-2"}),
        ({"attribute.new": "false"}, {"mug-3"}),
        ({"attribute.new": "1"}, set()),
    ],
)
def test_a_value_means_the_text_and_the_number_or_truth_value_written_so(
    shop: httpx.Client, params: dict[str, str], expected: set[str]
) -> None:
    assert ids(shop.get("/v1/popular", params=params)) == expected


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("attribute.=x", "attribute.NAME"),
        ("attribut.brand=x", "did you mean 'attribute.NAME'"),
        ("attribute.brand=%00", "NUL"),
        ("attribute.%00=x", "NUL"),
        ("&".join(f"attribute.n{number}=x" for number in range(65)), "at most 64"),
        ("&".join("attribute.brand=1" for _ in range(501)), "at most 1000"),
    ],
)
def test_an_attribute_that_breaks_a_rule_is_refused(
    shop: httpx.Client, path: str, query: str, told: str
) -> None:
    answer = shop.get(f"{path}?{query}")

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_popular_and_trending_can_be_asked_for_by_category(shop: httpx.Client) -> None:
    for path in ("/v1/popular", "/v1/trending"):
        assert ids(shop.get(path, params={"category": "lamp"})) == {"lamp-1"}
        assert ids(shop.get(path, params={"category": ["lamp", "mug"]})) == set(ATTRIBUTES)


def test_weights_and_attributes_go_together(shop: httpx.Client) -> None:
    params = {"attribute.brand": "Acme", "weight.text": "1", "weight.image": "0"}

    assert ids(shop.get("/v1/items/asked/similar", params=params)) == {"mug-4"}


@pytest.mark.parametrize("path", ["/v1/popular", "/v1/trending"])
def test_lists_for_everyone_take_no_weights(shop: httpx.Client, path: str) -> None:
    assert shop.get(path, params={"weight.text": "1"}).status_code == 422


def test_openapi_describes_the_parameter_on_every_list(shop: httpx.Client) -> None:
    paths: dict[str, Any] = shop.get("/openapi.json").json()["paths"]
    routes = ("/v1/popular", "/v1/trending", "/v1/items/{item_id}/similar")

    for path in (*routes, "/v1/users/{user_id}/for-you"):
        named = {each["name"]: each for each in paths[path]["get"]["parameters"]}
        assert {"limit", "category", "attribute.NAME"} <= named.keys()
        assert "true" in named["attribute.NAME"]["description"]


def test_a_number_is_asked_for_in_both_its_meanings() -> None:
    where = simple(attributes={"size": ["4", "-0.5e1", "true", "x", "007", ".5", "NaN"]})

    assert where == In(
        Attribute("size"),
        ("4", 4, "-0.5e1", -5.0, "true", True, "x", "007", ".5", "NaN"),
    )


def test_an_attribute_that_cannot_be_asked_for_is_named() -> None:
    with pytest.raises(FilterError, match=r"attribute\.size"):
        simple(attributes={"size": ["\0"]})
