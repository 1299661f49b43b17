"""What flows in meanwhile: items, interactions, questions, each thread with its own share."""

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from bench.chaos.ledger import Ledger, State

PATIENCE_SECONDS = 15.0
KINDS = ("view", "click", "like", "cart", "purchase")
PEOPLE = 40

Send = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Shape:
    """How much there is to write.

    Attributes:
        items: Of each thread that writes items.
        pause: Seconds between two requests of a thread, on average.
    """

    items: int = 100
    pause: float = 0.02


class Sender:
    """Sends requests one after another, each to an app drawn at random, and notes what came back.

    Args:
        number: Of the thread: nobody else writes its items.
        urls: Of the apps.
        ledger: Takes notes.
        seed: What is drawn follows from it; when things happen does not.
    """

    def __init__(
        self, number: int, urls: Sequence[str], ledger: Ledger, shape: Shape, *, seed: int
    ) -> None:
        self._number = number
        self._urls = urls
        self._ledger = ledger
        self._shape = shape
        self._chance = random.Random(f"{seed} {number}")  # noqa: S311 - the same every time
        self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)
        self._count = 0
        self._unanswered: list[dict[str, object]] = []

    def run(self, sending: Sequence[Send], over: threading.Event) -> None:
        """Send until told that it is over."""
        with self._client:
            while not over.wait(self._chance.uniform(0, 2 * self._shape.pause)):
                self._chance.choice(sending)()

    def put(self) -> None:
        """Write an item as a whole."""
        item_id, title = self._item(), self._title()
        answer = self._asked("put", "PUT", f"/v1/items/{item_id}", json=_content(title))
        self._ledger.item(item_id, title, acknowledged=answer is not None)

    def webhook(self) -> None:
        """Have the shop tell of an item, and tell again when nobody answered."""
        item_id, title = self._item(), self._title()
        event = {
            "type": "item.updated",
            "timestamp": _now(),
            "data": {"item_id": item_id, **_content(title)},
        }
        headers = {"webhook-id": f"{item_id} {title}"}
        for _ in range(3):
            answer = self._asked(
                "webhook", "POST", "/v1/webhooks/catalog", json=event, headers=headers
            )
            self._ledger.item(item_id, title, acknowledged=answer is not None)
            if answer is not None:
                return

    def batch(self) -> None:
        """Write several items at once."""
        titles: dict[str, State] = {self._item(): self._title() for _ in range(20)}
        items = [{"item_id": name, **_content(title)} for name, title in titles.items()]
        answer = self._asked("batch", "POST", "/v1/items:batch", json={"items": items})
        for item_id, title in titles.items():
            self._ledger.item(item_id, title, acknowledged=answer is not None)

    def delete(self) -> None:
        """Delete an item, which may not be there."""
        item_id = self._item()
        answer = self._asked("delete", "DELETE", f"/v1/items/{item_id}", fine=(202, 404))
        self._ledger.item(item_id, None, acknowledged=answer is not None)

    def interact(self) -> None:
        """Send interactions with ids, and again with those that were not answered before."""
        fresh = [self._interaction(f"i-{self._number}-{self._next()}") for _ in range(5)]
        sent = [*self._unanswered[:50], *fresh]
        for each in sent:
            self._ledger.sending(str(each["interaction_id"]))
        answer = self._asked("interactions", "POST", "/v1/interactions", json=sent)
        if answer is None:
            self._unanswered = [*self._unanswered, *fresh]
            return
        self._unanswered = self._unanswered[50:]
        for each in sent:
            self._ledger.kept(str(each["interaction_id"]))

    def interact_namelessly(self) -> None:
        """Send one interaction that has no id, of a person who is this thread's alone."""
        user_id = f"nameless-{self._number}"
        said = {**self._interaction("-"), "user_id": user_id}
        del said["interaction_id"]
        answer = self._asked("interaction", "POST", "/v1/interactions", json=said)
        self._ledger.nameless(user_id, acknowledged=answer is not None)

    def ask(self) -> None:
        """Ask for a list."""
        what = self._chance.choice(("for-you", "similar", "popular"))
        path = {
            "for-you": f"/v1/users/person-{self._chance.randrange(PEOPLE)}/for-you",
            "similar": f"/v1/items/{self._item()}/similar",
            "popular": "/v1/popular",
        }[what]
        if self._asked(what, "GET", path, fine=(200, 404, 410)) is not None:
            self._ledger.read(what)

    def _asked(
        self, what: str, method: str, path: str, *, fine: Sequence[int] = (200, 202), **sent: object
    ) -> httpx.Response | None:
        """Send a request; None, with a note, where it was not answered as it should be."""
        url = self._chance.choice(self._urls) + path
        try:
            answer = self._client.request(method, url, **sent)  # type: ignore[arg-type] # passed on
        except httpx.TransportError as error:
            self._ledger.failed(what, type(error).__name__)
            return None
        if answer.status_code not in fine:
            self._ledger.failed(what, str(answer.status_code))
            return None
        return answer

    def _item(self) -> str:
        return f"item-{self._number}-{self._chance.randrange(self._shape.items)}"

    def _title(self) -> str:
        words = self._chance.choice(("mug", "lamp", "chair", "shoe", "book"))
        return f"{words} as told by {self._number} for the {self._next()}th time"

    def _interaction(self, interaction_id: str) -> dict[str, object]:
        sender = self._chance.randrange(3)  # items of any thread, known or not
        return {
            "user_id": f"person-{self._chance.randrange(PEOPLE)}",
            "item_id": f"item-{sender}-{self._chance.randrange(self._shape.items)}",
            "type": self._chance.choice(KINDS),
            "timestamp": _now(),
            "interaction_id": interaction_id,
        }

    def _next(self) -> int:
        self._count += 1
        return self._count


def senders(
    urls: Sequence[str], ledger: Ledger, shape: Shape, over: threading.Event, *, seed: int
) -> list[threading.Thread]:
    """Make the threads: three that write items, two with interactions, one that asks."""
    threads = []
    for number in range(6):
        sender = Sender(number, urls, ledger, shape, seed=seed)
        sending: Sequence[Send]
        if number < 3:
            sending = [sender.put, sender.put, sender.webhook, sender.batch, sender.delete]
        elif number < 5:
            sending = [sender.interact, sender.interact, sender.interact_namelessly]
        else:
            sending = [sender.ask]
        threads.append(
            threading.Thread(target=sender.run, args=(sending, over), name=f"sender-{number}")
        )
    return threads


def _content(title: State) -> dict[str, object]:
    return {"title": title, "categories": [str(title).split()[0]], "price": len(str(title))}


def _now() -> str:
    return datetime.now(UTC).isoformat()  # noqa: TID251 - the services read the real clock
