import base64
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.app.api.goods import WORDS
from tests.app.running import RunningApp, hashed


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """Three kinds of six items."""
    with RunningApp(hashed(tmp_path_factory.mktemp("shop"))) as app:
        items = [
            {"item_id": f"{kind}-{n}", "title": f"{words} {n}", "categories": [kind.title() + "s"]}
            for kind, words in WORDS.items()
            for n in range(1, 7)
        ]
        app.client.post("/v1/items:batch?wait=searchable", json={"items": items})
        app.ready()
        yield app.client


def buys(shop: httpx.Client, user_id: str, *item_ids: str) -> str:
    """Let somebody buy items a day ago, and return what interests of theirs are under."""
    did = [
        {
            "user_id": user_id,
            "item_id": each,
            "type": "purchase",
            "timestamp": "2026-05-04T09:30:00Z",
        }
        for each in item_ids
    ]
    shop.post("/v1/interactions", json=did).raise_for_status()
    return f"/v1/users/{user_id}/interests"


def drawn(colour: str, width: int, height: int | None = None) -> str:
    """Draw a picture in one colour on white, in base64."""
    image = Image.new("RGB", (width, height or width), "white")
    image.paste(colour, (width // 4, 0, width, image.height))
    written = io.BytesIO()
    image.save(written, "PNG")
    return base64.b64encode(written.getvalue()).decode()


def shown(answer: httpx.Response) -> dict[str, dict[str, Any]]:
    assert answer.is_success, answer.text
    return {each["name"]: each for each in answer.json()["interests"]}


def kinds_for(shop: httpx.Client, user_id: str) -> set[str]:
    answer = shop.get(f"/v1/users/{user_id}/for-you", params={"limit": 4}).json()
    return {
        item["item_id"].partition("-")[0] for item in answer["items"] if item["source"] == "vector"
    }


def test_interests_are_shown_with_what_is_behind_them(shop: httpx.Client) -> None:
    path = buys(shop, "ana", "mug-1", "mug-2", "lamp-1")

    mugs, lamps = shop.get(path).json()["interests"]

    assert mugs["kind"] == lamps["kind"] == "found"
    assert sorted(each["item_id"] for each in mugs["items"]) == ["mug-1", "mug-2"]
    assert mugs["items"][0]["kinds"] == ["purchase"]
    assert mugs["items"][0]["latest"] == "2026-05-04T09:30:00Z"
    assert mugs["items"][0]["title"].startswith("stoneware mug")
    assert mugs["representative"] in {"mug-1", "mug-2"}
    assert mugs["newest_at"] == mugs["oldest_at"] == "2026-05-04T09:30:00Z"
    assert mugs["share"] > lamps["share"]
    assert mugs["share"] + lamps["share"] == pytest.approx(1.0)
    assert mugs["factor"] == 1.0


def test_a_stranger_has_no_interests(shop: httpx.Client) -> None:
    assert shop.get("/v1/users/stranger/interests").json() == {
        "user_id": "stranger",
        "interests": [],
    }


def test_a_muted_interest_is_out_of_the_very_next_answer_until_it_is_heard_again(
    shop: httpx.Client,
) -> None:
    path = buys(shop, "bea", "mug-1", "lamp-1")
    before = kinds_for(shop, "bea")

    muted = shown(shop.patch(f"{path}/item:lamp-1", json={"muted": True}))
    without = kinds_for(shop, "bea")
    heard = shown(shop.patch(f"{path}/lamp-1", json={"muted": False}))

    assert before == {"mug", "lamp"}
    assert muted["item:lamp-1"]["share"] == muted["item:lamp-1"]["factor"] == 0.0
    assert without == {"mug"}
    assert heard["item:lamp-1"]["factor"] == 1.0
    assert kinds_for(shop, "bea") == {"mug", "lamp"}


def test_a_raised_interest_weighs_more_and_unmuting_leaves_it_raised(shop: httpx.Client) -> None:
    path = buys(shop, "carl", "mug-1", "lamp-1")

    raised = shown(shop.patch(f"{path}/mug-1", json={"factor": 3}))
    again = shown(shop.patch(f"{path}/mug-1", json={"muted": False}))

    assert raised["item:mug-1"]["share"] == pytest.approx(0.75, abs=0.01)
    assert again["item:mug-1"]["factor"] == 3.0


def test_a_later_choice_replaces_one_tied_to_another_item_of_the_interest(
    shop: httpx.Client,
) -> None:
    path = buys(shop, "dora", "mug-1", "lamp-1")
    shop.patch(f"{path}/mug-1", json={"muted": True})
    buys(shop, "dora", "mug-2", "mug-2", "mug-3", "mug-3")

    lowered = shown(shop.patch(f"{path}/mug-2", json={"factor": 0.5}))

    (mugs,) = (each for each in lowered.values() if "mug" in each["representative"])
    assert mugs["factor"] == 0.5


def test_a_forgotten_interest_is_gone_until_something_new_is_done(shop: httpx.Client) -> None:
    path = buys(shop, "eve", "mug-1", "mug-2", "lamp-1")
    shop.patch(f"{path}/mug-1", json={"factor": 5})

    left = shown(shop.patch(f"{path}/mug-1", json={"forget": True}))
    still = kinds_for(shop, "eve")
    shop.post("/v1/interactions", json={"user_id": "eve", "item_id": "mug-2", "type": "like"})
    back = shown(shop.get(path))

    assert list(left) == ["item:lamp-1"]
    assert still == {"lamp"}
    assert back["item:mug-2"]["factor"] == 1.0
    assert back["item:mug-2"]["items"][0]["kinds"] == ["like"]


def test_what_a_fast_clock_noted_is_forgotten_too(shop: httpx.Client) -> None:
    ahead = datetime.now(UTC) + timedelta(minutes=4)  # noqa: TID251 - the client's clock
    did = {"user_id": "fay", "item_id": "mug-1", "type": "like", "timestamp": ahead.isoformat()}
    shop.post("/v1/interactions", json=did)

    left = shown(shop.patch("/v1/users/fay/interests/item:mug-1", json={"forget": True}))

    assert left == {}


def test_a_newcomers_chosen_items_and_categories_make_interests(shop: httpx.Client) -> None:
    path = "/v1/users/gil/interests"

    items = shop.post(path, json={"items": ["mug-1", "mug-2"], "label": "For the kitchen"})
    categories = shop.post(path, json={"categories": ["Lamps"], "weight": 4})

    assert (items.status_code, categories.status_code) == (201, 201)
    assert items.json()["name"] == "seed:for-the-kitchen"
    assert items.json()["weight"] == 5.0
    assert sorted(categories.json()["items"]) == [f"lamp-{n}" for n in range(1, 7)]
    found = shown(shop.get(path))
    assert list(found) == ["seed:for-the-kitchen", "seed:lamps"]
    assert found["seed:lamps"]["label"] == "Lamps"
    assert found["seed:lamps"]["kind"] == "seed"
    assert kinds_for(shop, "gil") == {"mug", "lamp"}


def test_a_seed_can_be_muted_and_is_removed_when_it_is_forgotten(shop: httpx.Client) -> None:
    path = "/v1/users/hal/interests"
    shop.post(path, json={"items": ["mug-1"], "label": "mugs"})
    shop.post(path, json={"items": ["lamp-1"], "label": "lamps"})

    muted = shown(shop.patch(f"{path}/seed:mugs", json={"muted": True}))
    left = shown(shop.patch(f"{path}/seed:mugs", json={"forget": True}))
    by_item = shown(shop.patch(f"{path}/lamp-1", json={"factor": 2}))

    assert muted["seed:mugs"]["factor"] == 0.0
    assert list(left) == ["seed:lamps"]
    assert by_item["seed:lamps"]["factor"] == 2.0


def test_a_newcomers_words_make_their_first_list(shop: httpx.Client) -> None:
    path = "/v1/users/nia/interests"
    shop.post(path, json={"words": "a leather shoe for walking in the rain"})

    (wish,) = shop.get(path).json()["interests"]

    assert wish["name"] == "seed:a-leather-shoe-for-walking-in-the-rain"
    assert wish["share"] == 1.0
    assert wish["items"] == []
    assert kinds_for(shop, "nia") == {"shoe"}


def test_a_newcomers_picture_makes_their_first_list(running: RunningApp) -> None:
    for colour in ("crimson", "navy"):
        picture = f"data:image/png;base64,{drawn(colour, 32)}"
        running.put(f"{colour}-plate", title=f"a {colour} plate", image_url=picture)
    path = "/v1/users/pia/interests"
    running.client.post(path, json={"picture": drawn("crimson", 400), "label": "like my curtains"})

    (wish,) = running.client.get(path).json()["interests"]
    answer = running.client.get("/v1/users/pia/for-you", params={"limit": 1, "weight.image": 1})

    assert wish["label"] == "like my curtains"
    (first,) = answer.json()["items"]
    assert (first["item_id"], first["source"]) == ("crimson-plate", "vector")


def test_seeds_fade_as_real_evidence_arrives(shop: httpx.Client) -> None:
    path = buys(shop, "olga", "mug-1")
    shop.post(path, json={"items": ["lamp-1"], "label": "lamps"})
    before = shown(shop.get(path))["seed:lamps"]["share"]

    buys(shop, "olga", "mug-2", "mug-3")

    assert 0 < shown(shop.get(path))["seed:lamps"]["share"] < before


def test_words_and_pictures_are_kept_as_seeds(running: RunningApp) -> None:
    encoded = drawn("teal", 2_000, 500)
    path = "/v1/users/ida/interests"

    words = running.client.post(path, json={"words": "handmade blue ceramics", "weight": 0.5})
    bare = running.client.post(path, json={"picture": encoded})
    url = running.client.post(path, json={"picture": f"data:image/png;base64,{encoded}"})

    assert [each.status_code for each in (words, bare, url)] == [201, 201, 201]
    assert [each.json()["name"] for each in (words, bare, url)] == [
        "seed:handmade-blue-ceramics",
        "seed:picture",
        "seed:picture-2",
    ]
    people = running.services.people
    said, one, other = people.read("ida").profile.seeds
    assert (said.words, said.weight) == ("handmade blue ceramics", 0.5)
    assert one.picture == other.picture
    kept = people.picture(one.picture or "")
    assert kept is not None
    with Image.open(io.BytesIO(kept)) as image:
        assert image.size == (1_024, 256)
        assert image.format == "JPEG"


def test_a_space_that_is_not_there_can_be_given_no_seed(
    serve: Callable[..., RunningApp],
) -> None:
    client = serve(image_model="none", worker="none").client

    answer = client.post("/v1/users/ana/interests", json={"picture": "AAAA"})

    assert answer.status_code == 422
    assert "no image space" in answer.json()["detail"]


def test_an_interest_that_is_not_there_is_answered_with_those_that_are(
    shop: httpx.Client,
) -> None:
    path = buys(shop, "jon", "mug-1")

    answer = shop.patch(f"{path}/hats", json={"muted": True})
    of_a_stranger = shop.patch("/v1/users/stranger/interests/hats", json={"muted": True})

    assert answer.status_code == 404
    assert "'item:mug-1'" in answer.json()["detail"]
    assert answer.json()["interests"] == ["item:mug-1"]
    assert of_a_stranger.status_code == 404
    assert "none yet" in of_a_stranger.json()["detail"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "exactly one of factor, muted and forget"),
        ({"factor": 2, "muted": True}, "exactly one of factor, muted and forget"),
        ({"factor": 11}, "factor"),
        ({"factor": -1}, "factor"),
        ({"factor": "2"}, "factor"),
        ({"muted": 1}, "muted"),
        ({"forget": False}, "stays forgotten"),
        ({"mute": True}, "mute"),
    ],
)
def test_a_choice_that_breaks_a_rule_is_refused(
    shop: httpx.Client, body: dict[str, object], rule: str
) -> None:
    answer = shop.patch("/v1/users/kim/interests/mug-1", json=body)

    assert answer.status_code == 422
    assert rule in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "rule"),
    [
        ({}, "exactly one of words, picture, categories and items"),
        ({"words": "a", "items": ["mug-1"]}, "exactly one of"),
        ({"words": " \n"}, "must say something"),
        ({"words": "x" * 1_001}, "words"),
        ({"words": "a", "label": ""}, "label"),
        ({"words": "a", "label": "a\0"}, "NUL"),
        ({"words": "a\0"}, "NUL"),
        ({"words": "a", "weight": 0}, "weight"),
        ({"words": "a", "weight": 101}, "weight"),
        ({"categories": []}, "categories"),
        ({"categories": [f"c{n}" for n in range(9)]}, "categories"),
        ({"categories": ["Lamps", "Hats"]}, "no items to be had in the categories 'Hats'"),
        ({"items": [f"i{n}" for n in range(51)]}, "items"),
        ({"items": ["mug-1", "nowhere"]}, "There are no items 'nowhere'"),
        ({"picture": "AAAA"}, "picture: the file is not a JPEG"),
        ({"picture": "%%%"}, "picture: the picture is neither a data: URL nor base64"),
        ({"picture": "data:image/png;base64"}, "picture: the data URL has no comma"),
    ],
)
def test_a_seed_that_breaks_a_rule_is_refused_and_nothing_is_kept(
    shop: httpx.Client, body: dict[str, object], rule: str
) -> None:
    answer = shop.post("/v1/users/lee/interests", json=body)

    assert answer.status_code == 422, answer.text
    assert rule in answer.json()["detail"]
    assert shop.get("/v1/users/lee").status_code == 404
