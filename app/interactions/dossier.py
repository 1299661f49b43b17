"""Everything that is kept of a person, read a page at a time."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select

from app.interactions.tables import interactions, recommendations
from app.people.people import People, Person
from app.people.suspects import Suspect, suspects_of
from indexer.database import Database

PAGE = 1_000
"""Rows in memory at a time."""

Record = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is kept of a person; what is long is read as it is asked for.

    Attributes:
        person: Profile, sums and standing.
        suspicion: Why they are taken for a machine, or None.
        shown: Whether there are logged answers.
        interactions: In order of arrival, with "received_at" and whether popularity has it
            ("counted").
        answers: What they were shown, in no order, as far as it is written and still kept.
    """

    person: Person
    suspicion: Suspect | None
    shown: bool
    interactions: Iterator[Record]
    answers: Iterator[Record]

    @property
    def known(self) -> bool:
        """Whether there is anything."""
        return self.person.known or self.suspicion is not None or self.shown


class Dossiers:
    """Reads dossiers; each page is a read of its own, so that a long one holds nothing up."""

    def __init__(self, database: Database, people: People) -> None:
        self._database = database
        self._people = people

    def of(self, user_id: str) -> Dossier:
        """Begin to read a person's."""
        person = self._people.read(user_id)
        found = suspects_of(self._database, only=user_id)
        return Dossier(
            person,
            found[0] if found else None,
            self._shown(user_id),
            self._interactions(user_id),
            self._answers(user_id),
        )

    def _shown(self, user_id: str) -> bool:
        person = self._people.names.of(user_id)
        one = select(recommendations.c.recommendation_id).where(recommendations.c.person == person)
        with self._database.reading() as connection:
            return connection.scalar(one.limit(1)) is not None

    def _interactions(self, user_id: str) -> Iterator[Record]:
        column = interactions.c
        wanted = [each for each in column if each.name not in {"id", "user_id"}]

        def page(after: Any) -> Select[Any]:  # noqa: ANN401 - an id, or nothing yet
            return (
                select(column.id, *wanted)
                .where(column.user_id == user_id, column.id > (after or 0))
                .order_by(column.id)
                .limit(PAGE)
            )

        yield from self._pages(page)

    def _answers(self, user_id: str) -> Iterator[Record]:
        column = recommendations.c
        person = self._people.names.of(user_id)

        def page(after: Any) -> Select[Any]:  # noqa: ANN401 - an id, or nothing yet
            return (
                select(*(each for each in column if each.name != "person"))
                .where(column.person == person, column.recommendation_id > (after or ""))
                .order_by(column.recommendation_id)
                .limit(PAGE)
            )

        yield from self._pages(page)

    def _pages(self, page: Callable[[Any], Select[Any]]) -> Iterator[Record]:
        """Read pages in the order of their first column, each beginning after the last."""
        after = None
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(page(after)).mappings().all()
            for row in rows:
                yield {str(name): value for name, value in row.items() if name != "id"}
            if len(rows) < PAGE:
                return
            after = rows[-1].get("id", rows[-1].get("recommendation_id"))
