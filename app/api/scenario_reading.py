"""Stored scenarios, read for answering; what cannot be used any more is left out and told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import structlog
from pydantic import ValidationError

from app.api.scenario_bodies import ScenarioBody
from app.api.wishes import Wishes
from app.scenarios.rules import Rule, ordered
from app.scenarios.store import Live, StoredScenario

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario as answers use it.

    Attributes:
        version: Which version it is; 0 for a draft.
        rule: When it holds by itself; None: only where it is named.
        defaults: What requests say that say nothing else.
        left_out: Paths in its body of what could not be read, sorted.
    """

    name: str
    version: int
    rule: Rule | None
    defaults: Wishes
    left_out: tuple[str, ...] = ()

    @classmethod
    def drafted(cls, name: str, body: ScenarioBody) -> "Scenario":
        """Make one of a body that is not stored."""
        return cls(name, 0, body.rule, body.defaults)


@dataclass(frozen=True, slots=True)
class Book:
    """All live scenarios at one moment.

    Attributes:
        scenarios: By name.
        rules: Of those that have one, in the order in which they are tried.
    """

    scenarios: Mapping[str, Scenario]
    rules: tuple[tuple[str, Rule], ...] = field(init=False)

    def __post_init__(self) -> None:
        rules = {name: each.rule for name, each in self.scenarios.items() if each.rule is not None}
        object.__setattr__(self, "rules", ordered(rules))

    def having(self, scenario: Scenario) -> "Book":
        """Return the same, but with this scenario."""
        return Book({**self.scenarios, scenario.name: scenario})

    def lacking(self, name: str) -> "Book":
        """Return the same, but without this scenario."""
        return Book({each: held for each, held in self.scenarios.items() if each != name})


class Reader:
    """Reads what is live, each version once; safe for many threads."""

    def __init__(self) -> None:
        self._read: tuple[Live | None, Book] = (None, Book({}))

    def book(self, live: Live) -> Book:
        """Return the scenarios that are live; the same book while nothing changed."""
        held, book = self._read
        if held is live:
            return book
        before = {} if held is None else held.scenarios
        read = Book(
            {
                name: book.scenarios[name] if before.get(name) == stored else readable(stored)
                for name, stored in live.scenarios.items()
            }
        )
        # Two threads may both read what is new: one of the equal books stays.
        self._read = (live, read)
        return read


def readable(stored: StoredScenario) -> Scenario:
    """Read a scenario that was checked when it was written, perhaps by another release.

    What this release refuses is left out, the smallest part there is: a field of the body or of its
    defaults. Without a rule that can be read it does not hold by itself.
    """
    body = dict(stored.body or {})
    left_out: list[str] = []
    while True:
        try:
            read = ScenarioBody.model_validate({"defaults": {}, **body})
        except ValidationError as error:
            spoilt = _spoilt(body, error)
            left_out += spoilt
            body = _without(body, spoilt)
        else:
            break
    if left_out:
        log.warning(
            "scenario_left_out",
            scenario=stored.name,
            version=stored.version,
            parts=sorted(left_out),
            reason="this release does not take them: write the scenario anew",
        )
    return Scenario(stored.name, stored.version, read.rule, read.defaults, tuple(sorted(left_out)))


def _spoilt(body: Mapping[str, object], error: ValidationError) -> list[str]:
    """Name the parts that are refused; at least one, each of which is in the body."""
    found = set()
    defaults = body.get("defaults")
    for each in error.errors():
        match each["loc"]:
            case ("defaults", str(name), *_) if isinstance(defaults, Mapping) and name in defaults:
                found.add(f"defaults.{name}")
            case (str(name), *_) if name in body:
                found.add(name)
    if "when" in found:
        found |= {"for", "priority"} & set(body)  # they are nothing without it
    # A rule about several parts together is broken: nothing says which of them to leave out.
    return sorted(found) or sorted(body)


def _without(body: Mapping[str, object], spoilt: list[str]) -> dict[str, object]:
    kept = {name: value for name, value in body.items() if name not in spoilt}
    defaults = kept.get("defaults")
    if isinstance(defaults, Mapping):
        kept["defaults"] = {
            name: value for name, value in defaults.items() if f"defaults.{name}" not in spoilt
        }
    return kept
