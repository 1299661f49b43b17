"""Who comes to the service beside the shop: readers, visitors, and those who mean ill."""

import random
import threading
from collections.abc import Callable, Sequence
from typing import Any

from bench.soak.calls import Caller
from bench.soak.ledger import Ledger
from bench.soak.shop import GROUPS, THINGS, WORDS

PEOPLE = 500
KINDS = ("view", "view", "view", "click", "like", "cart", "purchase", "hide")


class Reader:
    """Asks for everything there is to read.

    Args:
        caller: To ask with.
        items: Ids to ask about; some may be deleted meanwhile.
        seed: Decides what is asked.
    """

    def __init__(self, caller: Caller, items: Sequence[str], seed: int) -> None:
        self._caller = caller
        self._items = items
        self._chance = random.Random(seed)  # noqa: S311 - made-up requests, no secrets
        self._asks: Sequence[tuple[int, Callable[[], object]]] = (
            (40, self._for_you),
            (15, self._similar),
            (8, self._search),
            (8, self._session),
            (6, self._popular),
            (6, self._trending),
            (6, self._together),
            (4, self._steered),
            (3, self._person),
            (2, self._interests),
            (2, self._health),
        )

    def step(self) -> None:
        """Ask once."""
        weights = [weight for weight, _ in self._asks]
        ask = self._chance.choices(self._asks, weights)[0][1]
        ask()

    def _who(self) -> str:
        return f"user-{self._chance.randrange(PEOPLE)}"

    def _what(self) -> str:
        return self._chance.choice(self._items)

    def _for_you(self) -> object:
        params = {"limit": 20} | ({"explain": "true"} if self._chance.random() < 0.2 else {})
        route = "GET /v1/users/{user_id}/for-you"
        return self._caller.call(route, f"/v1/users/{self._who()}/for-you", params=params)

    def _similar(self) -> object:
        route = "GET /v1/items/{item_id}/similar"
        return self._caller.call(route, f"/v1/items/{self._what()}/similar", expect=(200, 404, 410))

    def _together(self) -> object:
        route = "GET /v1/items/{item_id}/together"
        return self._caller.call(
            route, f"/v1/items/{self._what()}/together", expect=(200, 404, 410)
        )

    def _search(self) -> object:
        words = f"{self._chance.choice(WORDS)} {self._chance.choice(THINGS)}"
        return self._caller.call("GET /v1/search", "/v1/search", params={"q": words})

    def _popular(self) -> object:
        return self._caller.call("GET /v1/popular", "/v1/popular")

    def _trending(self) -> object:
        params = {"category": f"room-{self._chance.randrange(7)}"}
        return self._caller.call("GET /v1/trending", "/v1/trending", params=params)

    def _session(self) -> object:
        did = [{"type": "view", "item_id": self._what()} for _ in range(3)]
        return self._caller.call(
            "POST /v1/sessions/for-you",
            "/v1/sessions/for-you",
            sent={"json": {"interactions": did}},
        )

    def _steered(self) -> object:
        body = {"user_id": self._who(), "limit": 10, "diversity": 0.4}
        return self._caller.call(
            "POST /v1/recommendations", "/v1/recommendations", sent={"json": body}
        )

    def _person(self) -> object:
        return self._caller.call(
            "GET /v1/users/{user_id}", f"/v1/users/{self._who()}", expect=(200, 404)
        )

    def _interests(self) -> object:
        route = "GET /v1/users/{user_id}/interests"
        return self._caller.call(route, f"/v1/users/{self._who()}/interests", expect=(200, 404))

    def _health(self) -> object:
        return self._caller.call("GET /health/ready", "/health/ready")


class Visitor:
    """What people do, some of it told twice."""

    def __init__(
        self, caller: Caller, ledger: Ledger, items: Sequence[str], name: str, seed: int
    ) -> None:
        self._caller = caller
        self._ledger = ledger
        self._items = items
        self._name = name
        self._chance = random.Random(seed)  # noqa: S311 - made-up interactions, no secrets
        self._told = 0
        self._last: list[dict[str, Any]] = []

    def step(self) -> None:
        """Tell of some interactions, until they are acknowledged."""
        if self._last and self._chance.random() < 0.1:
            told = self._last
        else:
            told = [self._one() for _ in range(self._chance.choice((1, 5, 20)))]
        if self._caller.insist("POST /v1/interactions", "/v1/interactions", {"json": told}):
            self._ledger.did(each["interaction_id"] for each in told)
            self._last = told

    def _one(self) -> dict[str, Any]:
        self._told += 1
        user = self._chance.randrange(PEOPLE)
        # People keep to a part of the shop, so that there is something to learn.
        places = range(user % GROUPS, len(self._items), GROUPS)
        return {
            "user_id": f"user-{user}",
            "item_id": self._items[self._chance.choice(places)],
            "type": self._chance.choice(KINDS),
            "interaction_id": f"{self._name}-{self._told}",
        }


class Mischief:
    """Sends what must be refused, and never with a 500."""

    def __init__(self, caller: Caller, seed: int) -> None:
        self._caller = caller
        self._chance = random.Random(seed)  # noqa: S311 - made-up requests, no secrets

    def step(self) -> None:
        """Send one of them."""
        route, path, sent = self._chance.choice(MISCHIEF)
        self._caller.call(f"refused: {route}", path, expect=REFUSED, sent=sent)


REFUSED = (400, 401, 404, 405, 408, 410, 413, 415, 422)
JSON = {"Content-Type": "application/json"}
MISCHIEF: Sequence[tuple[str, str, dict[str, Any]]] = (
    ("POST /v1/interactions", "/v1/interactions", {"content": "{", "headers": JSON}),
    ("POST /v1/interactions", "/v1/interactions", {"content": "[" * 5_000, "headers": JSON}),
    ("PUT /v1/items/{item_id}", "/v1/items/odd", {"content": '{"price": NaN}', "headers": JSON}),
    ("PUT /v1/items/{item_id}", "/v1/items/odd", {"json": {"title": "a\u0000b"}}),
    ("PUT /v1/items/{item_id}", "/v1/items/%00", {"json": {"title": "ab"}}),
    ("POST /v1/webhooks/catalog", "/v1/webhooks/catalog", {"json": {"type": "item.deleted"}}),
    ("GET /v1/users/{user_id}/for-you", "/v1/users/ana/for-you?limit=0", {}),
    ("GET /v1/users/{user_id}/for-you", "/v1/users/ana/for-you?next=abc", {}),
    ("GET /v1/search", "/v1/search?q=", {}),
    ("POST /v1/recommendations", "/v1/recommendations", {"json": {"user_id": ["ana"]}}),
)
"""Route, path, and what is sent."""


def kept_up(step: Callable[[], None], over: threading.Event, *, pause: float) -> None:
    """Go on until the run is over, with a pause of some seconds in between."""
    while not over.is_set():
        step()
        over.wait(pause)
