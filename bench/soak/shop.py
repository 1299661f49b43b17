"""The shop: what it sells, and how it tells the service."""

import base64
import hashlib
import hmac
import json
import random
import time
from collections.abc import Generator
from datetime import UTC, datetime
from typing import Any

import httpx

from bench.soak.calls import Caller
from bench.soak.ledger import Ledger

GROUPS = 20
WORDS = ("oak", "linen", "copper", "felt", "slate", "wool", "brass", "clay", "cork", "glass")
THINGS = ("lamp", "chair", "bowl", "rug", "clock", "shelf", "kettle", "blanket", "mirror", "vase")
SECRET = base64.b64encode(b"a secret of the soak, 32 bytes!!").decode()
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4"
    "z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
ROOM = 1_000
"""Items of one shop."""


def item(item_id: str, edition: int, chance: random.Random) -> dict[str, Any]:
    """Make up an item whose title tells its edition."""
    group = chance.randrange(GROUPS)
    title = f"{WORDS[group % 10]} {chance.choice(THINGS)} {item_id} edition {edition}"
    made = {
        "title": title,
        "categories": [f"room-{group % 7}", f"kind-{group}"],
        "price": round(chance.uniform(1, 200), 2),
        "attributes": {"brand": f"brand-{chance.randrange(9)}"},
    }
    return made | ({"image_url": PIXEL} if chance.random() < 0.3 else {})


class Backend:
    """The shop: creates, changes and deletes items that are its own alone.

    Args:
        caller: To write with.
        ledger: Where what was acknowledged is noted.
        name: What its items' ids begin with.
        seed: Decides what is written.
        room: Items it has at most; from then on it changes those, or makes deleted ones anew, so
            that what grows later is not the catalogue.
    """

    def __init__(
        self, caller: Caller, ledger: Ledger, name: str, seed: int, *, room: int = ROOM
    ) -> None:
        self._caller = caller
        self._ledger = ledger
        self._name = name
        self._room = room
        self._chance = random.Random(seed)  # noqa: S311 - made-up items, no secrets
        self._made = 0
        self._edition = 0

    def step(self) -> None:
        """Write once, until it is acknowledged."""
        self._edition += 1
        step = self._chance.choices(
            (self._create, self._replace, self._batch, self._webhook, self._delete),
            (4, 6, 1, 4, 1),
        )[0]
        step()

    def fill(self, number: int) -> None:
        """Make so many, hundreds at once."""
        while self._made < number:
            self._batch(min(500, number - self._made))

    def _next(self) -> str:
        if self._made == self._room:
            return self._some()
        self._made += 1
        return f"{self._name}-{self._made}"

    def _some(self) -> str:
        return f"{self._name}-{1 + self._chance.randrange(self._made)}" if self._made else ""

    def _create(self) -> None:
        self._put(self._next())

    def _replace(self) -> None:
        self._put(self._some() or self._next())

    def _put(self, item_id: str) -> None:
        body = item(item_id, self._edition, self._chance)
        route = "PUT /v1/items/{item_id}"
        if self._caller.insist(route, f"/v1/items/{item_id}", {"json": body}):
            self._ledger.wrote({item_id: body["title"]})

    def _batch(self, number: int = 20) -> None:
        ids = dict.fromkeys(self._next() for _ in range(number))
        bodies = [{"item_id": each, **item(each, self._edition, self._chance)} for each in ids]
        sent = {"items": bodies}
        if self._caller.insist("POST /v1/items:batch", "/v1/items:batch", {"json": sent}):
            self._ledger.wrote({each["item_id"]: each["title"] for each in bodies})

    def _webhook(self) -> None:
        item_id = self._some() or self._next()
        body = {"item_id": item_id, **item(item_id, self._edition, self._chance)}
        event = {
            "type": "item.updated",
            "timestamp": datetime.now(UTC).isoformat(),  # noqa: TID251 - the shop's own clock
            "data": body,
        }
        signed = Signed(json.dumps(event), f"{item_id}-{self._edition}")
        route = "POST /v1/webhooks/catalog"
        answer = self._caller.insist(
            route, "/v1/webhooks/catalog", {"content": signed.body, "auth": signed}
        )
        if answer and answer.json()["status"] != "superseded":
            self._ledger.wrote({item_id: body["title"]})

    def _delete(self) -> None:
        if item_id := self._some():
            route = "DELETE /v1/items/{item_id}"
            gone = (202, 404)  # deleted before
            if self._caller.insist(route, f"/v1/items/{item_id}", expect=gone):
                self._ledger.wrote({item_id: None})


class Signed(httpx.Auth):
    """Signs a webhook as Standard Webhooks has it, anew for each try."""

    def __init__(self, body: str, event_id: str) -> None:
        self.body = body
        self._event_id = event_id

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Add the three headers."""
        sent_at = str(int(time.time()))  # noqa: TID251 - the shop's own clock
        said = f"{self._event_id}.{sent_at}.{self.body}".encode()
        digest = hmac.new(base64.b64decode(SECRET), said, hashlib.sha256).digest()
        request.headers["Content-Type"] = "application/json"
        request.headers["webhook-id"] = self._event_id
        request.headers["webhook-timestamp"] = sent_at
        request.headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        yield request
