"""From what a request says to what is wanted: with the scenario it named, or that holds for it."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Literal

from app.api.filters import every
from app.api.questions import Listing
from app.api.scenario_bodies import NO_SCENARIO
from app.api.scenario_reading import Book, Scenario
from app.api.wishes import Wishes
from app.errors import NotFound
from app.recommend.profile import NO_PROFILE, Profile
from app.recommend.requests import Wanted
from app.scenarios.rules import chosen

NAMED_AT_MOST = 20
"""Scenarios an error lists."""


@dataclass(frozen=True, slots=True)
class Applied:
    """Which scenario an answer was made under.

    Attributes:
        chosen_by: Whether the request named it, or its rule holds.
        left_out: Paths in its body of what could not be used, sorted.
    """

    name: str
    version: int
    chosen_by: Literal["request", "rule"]
    left_out: tuple[str, ...]


class Choice:
    """What one request wants, once it is known whom it is for.

    It is made before anything is read, so that a name nobody knows is refused at once, and called
    with the person's profile.

    Attributes:
        wishes: What the request says, over what the scenario says.
        wanted: The same as a recommender takes it.
        profile: Whom it was last called with; before that, nobody.
        applied: The scenario, or None.
        listing: Which list is asked for.
    """

    def __init__(
        self,
        book: Book,
        asked: Wishes,
        wanted: Wanted,
        *,
        listing: Listing,
        named: str | None = None,
        lenient: bool = False,
        spaces: Collection[str] | None = None,
    ) -> None:
        """Prepare.

        Args:
            book: What is live.
            asked: What the request says.
            wanted: The same as a recommender takes it, and what no scenario has a say in.
            listing: Which list is asked for.
            named: The scenario it names, NO_SCENARIO for none at all, or None.
            lenient: Whether a name nobody knows means none, as for the further pages of an answer.
            spaces: Those of the index that answers; None when none does.

        Raises:
            NotFound: There is no scenario by that name, and it is not lenient.
        """
        if not lenient and named not in {None, NO_SCENARIO, *book.scenarios}:
            raise NotFound(f"There is no scenario {named!r}; {_those_of(book)}.")
        self._book = book
        self.listing = listing
        self._named = named
        self._spaces = spaces
        self._asked = asked
        self._plain = wanted
        self.wishes = asked
        self.wanted = wanted
        self.profile = NO_PROFILE
        self.applied: Applied | None = None

    def __call__(self, profile: Profile) -> Wanted:
        """Choose for a person, and return what is wanted."""
        self.profile = profile
        self.wishes, self.wanted, self.applied = self._asked, self._plain, None
        scenario = self._chosen(profile)
        if scenario is None:
            return self.wanted
        defaults, without = usable(scenario.defaults, self._spaces)
        self.applied = Applied(
            scenario.name,
            scenario.version,
            "rule" if self._named is None else "request",
            tuple(sorted({*scenario.left_out, *without})),
        )
        self.wishes = self._asked.over(defaults)
        self.wanted = resolved(self._asked, defaults, self._plain)
        return self.wanted

    def _chosen(self, profile: Profile) -> Scenario | None:
        name = self._named
        if name is None:
            name = chosen(self._book.rules, listing=self.listing, profile=profile)
        return None if name is None else self._book.scenarios.get(name)


def resolved(asked: Wishes, defaults: Wishes, wanted: Wanted) -> Wanted:
    """Give a request what it did not say itself.

    Filters (categories and prices are some) of both are obeyed, except that a request that says
    `available` decides that alone; what either excludes is excluded; everything else the request
    says replaces what the scenario says.

    Args:
        asked: What the request says.
        defaults: What the scenario says.
        wanted: The request as a recommender takes it; what wishes do not hold stays.
    """
    both = asked.over(defaults)
    laid = both.wanted(explain=wanted.explain, interest=wanted.interest)
    # Joined here and not as JSON: together they may have more conditions than one request may send.
    where = every(
        asked.model_copy(update={"available": both.available}).where,
        defaults.model_copy(update={"available": "any"}).where,
    )
    return replace(
        laid,
        where=where,
        exclude=frozenset(asked.exclude).union(defaults.exclude),
        shown=wanted.shown,
        as_of=wanted.as_of,
    )


def usable(defaults: Wishes, spaces: Collection[str] | None) -> tuple[Wishes, tuple[str, ...]]:
    """Leave out weights of spaces that the index does not have, as after a rebuild without one.

    Returns:
        What is left, and the paths of what is not. Weights that leave nothing to rank by are left
        out altogether.
    """
    unknown = [name for name in defaults.weights if spaces is not None and name not in spaces]
    if not unknown:
        return defaults, ()
    said = {name: getattr(defaults, name) for name in defaults.model_fields_set - {"weights"}}
    known = {name: weight for name, weight in defaults.weights.items() if name not in unknown}
    if any(known.values()):
        said["weights"] = known
    return Wishes().model_copy(update=said), tuple(f"defaults.weights.{name}" for name in unknown)


def _those_of(book: Book) -> str:
    names = sorted(book.scenarios)
    if not names:
        return "there is none yet"
    more = f" and {len(names) - NAMED_AT_MOST} more" if len(names) > NAMED_AT_MOST else ""
    return f"there are {', '.join(names[:NAMED_AT_MOST])}{more}"
