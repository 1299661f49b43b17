"""How routes use scenarios: a choice for each request, told of once it is made."""

from dataclasses import asdict
from typing import Literal, Self

import structlog
from pydantic import BaseModel, Field

from app.api.questions import Listing
from app.api.scenario_bodies import NO_SCENARIO
from app.api.scenario_choice import Applied, Choice
from app.api.scenario_reading import Book, Reader
from app.api.wishes import Wishes
from app.recommend.requests import Wanted
from app.services import Services

log = structlog.get_logger(__name__)


class AppliedScenario(BaseModel):
    """The scenario an answer was made under."""

    name: str
    version: int = Field(description="Which version of it; 0 for a draft that is tried.")
    chosen_by: Literal["request", "rule"] = Field(
        description="Whether the request named it, or its rule holds for the person."
    )
    left_out: list[str] | None = Field(
        None,
        description="Parts of it that cannot be used any more, such as the weight of a space that "
        "the index does not have.",
    )

    @classmethod
    def of(cls, applied: Applied) -> Self:
        """Write it."""
        written = cls(name=applied.name, version=applied.version, chosen_by=applied.chosen_by)
        if applied.left_out:
            written.left_out = list(applied.left_out)
        return written


class Scenarios:
    """The live scenarios of some services, as routes use them; safe for many threads."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._reader = Reader()
        self._warned: frozenset[Applied] = frozenset()

    @property
    def book(self) -> Book:
        """What is live now."""
        return self._reader.book(self._services.live_scenarios.held)

    def choice(
        self,
        asked: Wishes,
        wanted: Wanted,
        *,
        listing: Listing,
        named: str | None = None,
        lenient: bool = False,
    ) -> Choice:
        """Begin to answer a request: see `Choice`.

        Raises:
            NotFound: There is no scenario by that name.
            DatabaseUnavailable: Nor can SQL be asked for it.
        """
        if named is not None and named not in {NO_SCENARIO, *self.book.scenarios}:
            # Perhaps another replica has just written it.
            self._services.live_scenarios.refresh()
        return Choice(
            self.book,
            asked,
            wanted,
            listing=listing,
            named=named,
            lenient=lenient,
            spaces=self._services.spaces,
        )

    def tell(self, choice: Choice) -> None:
        """Count what became of a choice, and log once of each version what cannot be used."""
        applied = choice.applied
        if applied is None:
            return
        whole = not applied.left_out
        self._services.metrics.under_scenario(choice.listing, applied.chosen_by, whole=whole)
        if not whole and applied not in self._warned:
            # What threads do to each other here costs a line too many in the log.
            self._warned = frozenset({applied, *list(self._warned)[:1_000]})
            log.warning("scenario_part_left_out", **asdict(applied))
