from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.clock import utc_now
from app.interactions.interaction import Interaction
from app.ranking import together_settings
from app.together.refresh import refresh
from indexer.database import Database
from tests.app.running import RunningApp, hashed
from tests.service import until

WORDS = {
    "cup": "stoneware cup for coffee",
    "saucer": "small plate under it",
    "lamp": "brass lamp for reading",
}


def count(app: RunningApp) -> None:
    """Count what goes together now, as the worker does every few hours."""
    database = Database(app.services.settings.database_url)
    report = refresh(
        database, together_settings(app.services.settings), owner="test", clock=utc_now
    )
    database.close()
    assert report is not None


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """Cups of number 1 are bought with saucers 1 to 4, the fewer the higher; Ana hid saucer 1."""
    with RunningApp(hashed(tmp_path_factory.mktemp("together"))) as app:
        items = [
            {
                "item_id": f"{kind}-{number}",
                "title": f"{words} {number}",
                "categories": [kind],
                "price": 10.0 * number,
                "available": (kind, number) != ("saucer", 4),
                "attributes": {"brand": "Acme" if number % 2 else "Umbrella"},
            }
            for kind, words in WORDS.items()
            for number in range(1, 6)
        ]
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        start = datetime(2026, 5, 4, 9, tzinfo=UTC)
        baskets = [
            ["cup-1", f"saucer-{number}"] for number in (1, 2, 3, 4) for _ in range(9 - number)
        ]
        baskets += [["lamp-1"]] * 60
        done = [
            Interaction(
                f"buyer-{person}", item_id, "purchase", None, start + timedelta(hours=person)
            )
            for person, basket in enumerate(baskets)
            for item_id in basket
        ]
        done.append(Interaction("ana", "saucer-1", "hide", None, start))
        app.services.interactions.record(done, now=utc_now())
        count(app)
        yield app


@pytest.fixture
def client(shop: RunningApp) -> httpx.Client:
    return shop.client


def ids(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["item_id"] for item in answer.json()["items"]]


def test_what_people_bought_with_it_comes_with_how_often(client: httpx.Client) -> None:
    answer = client.get("/v1/items/cup-1/together", params={"kind": "purchase", "explain": "true"})

    assert ids(answer) == ["saucer-1", "saucer-2", "saucer-3"]
    body = answer.json()
    first = body["items"][0]
    assert first["source"] == "together"
    assert first["together"]["kind"] == "purchase"
    assert first["together"]["people"] == first["together"]["baskets"] == 8
    assert first["together"]["lift"] == pytest.approx(8 * 86 / (26 * 8))
    assert first["because"] == "8 people bought both at once, 3.3 times as often as by chance."
    assert "reasons" not in first
    assert [each["score"] for each in body["items"]] == sorted(
        (each["score"] for each in body["items"]), reverse=True
    )
    assert body["generation"] is None


def test_where_too_few_went_together_the_answer_is_short_and_says_so(client: httpx.Client) -> None:
    shortfall = client.get("/v1/items/lamp-1/together").json()["shortfall"]

    assert (shortfall["asked"], shortfall["found"]) == (20, 0)
    assert shortfall["reasons"] == ["evidence"]


def test_it_is_filled_up_from_what_is_like_it_only_when_asked(client: httpx.Client) -> None:
    answer = client.get("/v1/items/cup-1/together", params={"limit": 5, "fill": "similar"})

    sources = [item["source"] for item in answer.json()["items"]]
    assert sources == ["together"] * 3 + ["vector"] * 2
    assert len({*ids(answer)}) == 5
    assert all("together" not in item for item in answer.json()["items"][3:])
    assert answer.json()["generation"] == 1
    assert "2 were filled in from what is like it" in answer.json()["shortfall"]["detail"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"limit": 1}, ["saucer-1"]),
        ({"exclude": ["saucer-1"]}, ["saucer-2", "saucer-3"]),
        ({"category": "lamp"}, []),
        ({"price_max": "20"}, ["saucer-1", "saucer-2"]),
        ({"attribute.brand": "Acme"}, ["saucer-1", "saucer-3"]),
        ({"available": "any"}, ["saucer-1", "saucer-2", "saucer-3", "saucer-4"]),
        ({"user_id": "ana"}, ["saucer-2", "saucer-3"]),
    ],
)
def test_filters_exclusions_and_what_the_person_hid_hold(
    client: httpx.Client, params: dict[str, str], expected: list[str]
) -> None:
    assert ids(client.get("/v1/items/cup-1/together", params=params)) == expected


def test_what_filters_leave_out_is_told_as_such(client: httpx.Client) -> None:
    answer = client.get("/v1/items/cup-1/together", params={"category": "lamp"})

    assert answer.json()["shortfall"]["reasons"] == ["filters"]


def test_fields_are_given_as_asked_for(client: httpx.Client) -> None:
    answer = client.get("/v1/items/cup-1/together", params={"fields": "price,attributes.brand"})

    assert answer.json()["items"][0]["price"] == 10.0
    assert answer.json()["items"][0]["attributes"] == {"brand": "Acme"}
    assert "title" not in answer.json()["items"][0]


def test_a_body_asks_the_same_with_pins_and_caps(client: httpx.Client) -> None:
    body = {
        "item_id": "cup-1",
        "together": {"kind": "purchase"},
        "caps": [{"field": "attributes.brand", "most": 1}],
        "pins": [{"item_id": "lamp-2", "position": 1}],
    }

    answer = client.post("/v1/recommendations", json=body)

    assert ids(answer) == ["lamp-2", "saucer-1"]  # both caps are full then
    assert answer.json()["shortfall"]["reasons"] == ["limits"]


def test_pages_go_on_without_repeats_and_into_what_fills_up(client: httpx.Client) -> None:
    path = "/v1/items/cup-1/together"
    first = client.get(path, params={"limit": 2, "fill": "similar", "kind": "purchase"})
    second = client.get(path, params={"next": first.json()["next"]})
    third = client.get(path, params={"next": second.json()["next"]})

    assert ids(first) == ["saucer-1", "saucer-2"]
    assert ids(second)[0] == "saucer-3"
    assert second.json()["items"][1]["source"] == "vector"
    assert {item["source"] for item in third.json()["items"]} == {"vector"}
    shown = ids(first) + ids(second) + ids(third)
    assert len({*shown}) == len(shown) == 6


def test_a_page_does_not_go_on_with_other_baskets(client: httpx.Client) -> None:
    path = "/v1/items/cup-1/together"
    first = client.get(path, params={"limit": 2, "kind": "purchase"}).json()["next"]

    answer = client.get(path, params={"next": first, "kind": "any"})

    assert answer.status_code == 422
    assert "together" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "status", "told"),
    [
        ("/v1/items/nothing/together", 404, "nothing"),
        ("/v1/items/cup-1/together?kind=cart", 422, "counted are any, purchase, view"),
        ("/v1/items/cup-1/together?kind=No!", 422, "kind"),
        ("/v1/items/cup-1/together?fill=popular", 422, "fill"),
        ("/v1/items/cup-1/together?weight.text=1", 422, "there is no parameter 'weight.text'"),
    ],
)
def test_what_cannot_be_answered_is_a_problem_that_says_why(
    client: httpx.Client, path: str, status: int, told: str
) -> None:
    answer = client.get(path)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert told in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"together": {}, "user_id": "ana"}, "give item_id as well"),
        ({"together": {}, "item_id": "cup-1", "words": "red"}, "asks for what goes with one item"),
        ({"together": {"of": "x"}, "item_id": "cup-1"}, "together.of"),
    ],
)
def test_a_body_that_makes_no_sense_is_refused(
    client: httpx.Client, body: dict[str, object], told: str
) -> None:
    answer = client.post("/v1/recommendations", json=body)

    assert answer.status_code == 422
    assert told in answer.json()["detail"]


def test_answers_are_logged_and_counted_as_a_list_of_their_own(shop: RunningApp) -> None:
    answer = shop.client.get("/v1/items/cup-1/together", params={"user_id": "ana"}).json()

    until(
        lambda: any(each.kind == "together" for each in shop.services.log.newest(limit=1_000)),
        seconds=20,
        what="the answer is logged",
    )
    assert answer["recommendation_id"]
    metrics = shop.client.get("/metrics").text
    assert 'kindred_recommended_items_total{list="together",source="together"}' in metrics
    assert 'kindred_shortfalls_total{list="together",reason="evidence"}' in metrics


def test_a_scenario_may_hold_for_it(client: httpx.Client) -> None:
    made = client.put("/v1/scenarios/short", json={"defaults": {"limit": 1}})
    assert made.is_success, made.text

    answer = client.get("/v1/items/cup-1/together", params={"scenario": "short"})

    client.delete("/v1/scenarios/short")
    assert ids(answer) == ["saucer-1"]
    assert answer.json()["scenario"]["name"] == "short"


def test_before_the_first_count_it_says_that_nothing_was_counted(
    serve: Callable[..., RunningApp],
) -> None:
    app = serve()
    app.ready()
    app.put("cup")

    shortfall = app.client.get("/v1/items/cup/together").json()["shortfall"]

    assert shortfall["reasons"] == ["not_counted"]
