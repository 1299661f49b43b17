"""What was acknowledged: kept by whoever sends, and compared with SQL at the end."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select

from app.interactions.tables import interactions
from indexer.database import Database
from indexer.tables import items

State = str | None
"""The title an item was given, or None once it is deleted or before it was ever written."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How what is in SQL compares with what was acknowledged.

    Attributes:
        items: Written at all.
        interactions: Acknowledged.
        lost: What was acknowledged and is not there, named.
        duplicated: What is there more often than it can have been sent, named.
    """

    items: int
    interactions: int
    lost: tuple[str, ...]
    duplicated: tuple[str, ...]


@dataclass(slots=True)
class Ledger:
    """Safe for many threads; each item is written by one of them, one write after another.

    A write that was not answered may have been done or not: both are right, until a later one is
    acknowledged.
    """

    errors: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    _possible: dict[str, list[State]] = field(default_factory=dict)
    _acknowledged: set[str] = field(default_factory=set)
    _sent: set[str] = field(default_factory=set)
    _nameless: Counter[str] = field(default_factory=Counter)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    @property
    def acknowledged(self) -> int:
        """How much was acknowledged, writes and interactions."""
        with self._guard:
            return self.answers["item"] + self.answers["interaction"]

    def item(self, item_id: str, state: State, *, acknowledged: bool) -> None:
        """Note a write of an item."""
        with self._guard:
            if acknowledged:
                self._possible[item_id] = [state]
                self.answers["item"] += 1
            else:
                self._possible.setdefault(item_id, [None]).append(state)

    def sending(self, interaction_id: str) -> None:
        """Note that an interaction is about to be sent."""
        with self._guard:
            self._sent.add(interaction_id)

    def kept(self, interaction_id: str) -> None:
        """Note that it was acknowledged, perhaps not for the first time."""
        with self._guard:
            if interaction_id not in self._acknowledged:
                self.answers["interaction"] += 1
            self._acknowledged.add(interaction_id)

    def nameless(self, user_id: str, *, acknowledged: bool) -> None:
        """Note an interaction without an id, of a person nobody else sends for."""
        with self._guard:
            self._nameless[f"{user_id} sent"] += 1
            if acknowledged:
                self._nameless[f"{user_id} kept"] += 1
                self.answers["interaction"] += 1

    def read(self, kind: str) -> None:
        """Note an answer to a question."""
        with self._guard:
            self.answers[kind] += 1

    def failed(self, what: str, how: str) -> None:
        """Note an error."""
        with self._guard:
            self.errors[f"{what}: {how}"] += 1

    def verdict(self, database: Database) -> Verdict:
        """Compare with SQL, once nobody sends any more."""
        lost, duplicated = [], []
        for item_id, state in self._items(database):
            possible = self._possible.get(item_id, [None])
            if state not in possible:
                lost.append(f"item {item_id} is {state!r}, and should be one of {possible!r}")
        with database.reading() as connection:
            named = connection.execute(
                select(interactions.c.interaction_id, func.count())
                .where(interactions.c.interaction_id.is_not(None))
                .group_by(interactions.c.interaction_id)
            ).all()
            unnamed = dict(
                tuple(row)
                for row in connection.execute(
                    select(interactions.c.user_id, func.count())
                    .where(interactions.c.interaction_id.is_(None))
                    .group_by(interactions.c.user_id)
                )
            )
        there = {name for name, _ in named}
        lost += [f"interaction {name}" for name in sorted(self._acknowledged - there)]
        duplicated += [f"interaction {name} x {many}" for name, many in named if many > 1]
        duplicated += [f"interaction {name}, never sent" for name in sorted(there - self._sent)]
        for user_id in {name.split()[0] for name in self._nameless}:
            least, most = (self._nameless[f"{user_id} {each}"] for each in ("kept", "sent"))
            many = unnamed.get(user_id, 0)
            if many < least:
                lost.append(f"{least - many} interactions of {user_id}")
            if many > most:
                duplicated.append(f"{many - most} interactions of {user_id}")
        return Verdict(
            len(self._possible), self.answers["interaction"], tuple(lost), tuple(duplicated)
        )

    def _items(self, database: Database) -> Iterator[tuple[str, State]]:
        wanted = select(items.c.item_id, items.c.title, items.c.deleted_at)
        with database.reading() as connection:
            rows = connection.execute(wanted).all()
        there = {row.item_id: None if row.deleted_at is not None else row.title for row in rows}
        for item_id in self._possible:
            yield item_id, there.get(item_id)
