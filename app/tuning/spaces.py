"""What can be tried: by settings, for everybody, or by a scenario, for those it holds for."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from app.api.scenario_bodies import ScenarioBody
from app.laboratory import ForYou, Laboratory
from app.ranking import recommend_settings
from app.recommend.requests import Wanted
from app.settings import Settings, variable
from app.tuning.dimension import Dimension, Values
from app.tuning.traits import BY_VALUE, Traits

MINUTE, HOUR, DAY = 60.0, 3_600.0, 86_400.0


@dataclass(frozen=True, slots=True)
class Range:
    """Between what an option is looked for.

    Attributes:
        low, high: Within the option's own bounds, widened to what holds now.
        log: Whether steps are shares.
        matters: Whether it can make a difference for a log.
    """

    low: float
    high: float
    log: bool = False
    matters: Callable[[Traits], bool] = lambda _: True


def _several(traits: Traits) -> bool:
    return traits.mixed


def _against(traits: Traits) -> bool:
    return traits.against


def _rated(traits: Traits) -> bool:
    return "rating" in traits.kinds


def _dwelt(traits: Traits) -> bool:
    return "dwell" in traits.kinds


SEARCHED: Mapping[str, Range] = {
    "history_limit": Range(10, 400, log=True),
    "interest_half_life": Range(HOUR, 1_000 * DAY, log=True, matters=lambda log: not log.mixed),
    "rating_per_star": Range(0.2, 20, log=True, matters=lambda log: _rated(log) and _several(log)),
    "neutral_rating": Range(1, 4.5, matters=_rated),
    "dwell_most": Range(0.3, 30, log=True, matters=lambda log: _dwelt(log) and _several(log)),
    "dwell_half": Range(5, 20 * MINUTE, log=True, matters=_dwelt),
    "repeat_share": Range(0, 0.95, matters=lambda log: log.repeated),
    "interests": Range(1, 20, log=True),
    "interest_nearness": Range(0, 0.9),
    "interest_emphasis": Range(0, 2),
    "interest_balance": Range(0, 1),
    "session_gap": Range(MINUTE, DAY, log=True),
    "session_share": Range(0, 0.95),
    "session_fade": Range(0.05, 1),
    "dislike_strength": Range(0, 10, matters=_against),
    "dislike_nearness": Range(0, 0.9, matters=_against),
    "dislike_half": Range(0.3, 30, log=True, matters=_against),
    "diversity": Range(0, 0.7),
}
"""Option of ranking to where it is looked for."""

BY_KIND: Mapping[str, Range] = {
    "kind_weights": Range(0.1, 50, log=True, matters=_several),
    "extra_kinds": Range(0.1, 50, log=True, matters=_several),
    # Instead of the one of all, where there are several.
    "half_lives": Range(HOUR, 1_000 * DAY, log=True, matters=_several),
}
"""Options that have a value a kind of interaction, likewise."""

LEFT_ALONE: Mapping[str, str] = {
    "popular_half_life": "of a list of its own; to change it, every count is made anew",
    "trending_half_life": "of a list of its own; to change it, every count is made anew",
    "excluded_kinds": "a decision: whether what is known may be shown again",
    "seed_weight": "a log holds no seeds",
    "seed_half": "a log holds no seeds",
    "user_impact": "nothing is asked for besides the person",
    "duplicate_likeness": "a decision: what looks the same to people",
    "duplicate_rest": "a decision: what looks the same to people",
    "together_every": "of a list of its own, which nobody is asked for here",
    "together_kinds": "of a list of its own, which nobody is asked for here",
    "together_people": "of a list of its own, which nobody is asked for here",
    "little_known": "counts only where something is explored, whose use a log does not show",
}
"""Options of ranking that are not looked for, and why."""

WEIGHT = "weight_"
"""How the options begin that say what a space is worth."""


class Space(Protocol):
    """What can be tried."""

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What is looked for."""
        ...

    def changes(self, values: Values) -> Mapping[str, Any]:
        """Write down how values differ from what holds now; nothing if they do not."""
        ...

    def usable(self, values: Values) -> bool:
        """Say whether there is anything left to rank by."""
        ...

    def method(self, laboratory: Laboratory, changes: Mapping[str, Any]) -> ForYou:
        """Recommend as it would be with these changes."""
        ...


@dataclass(frozen=True, slots=True)
class SettingsSpace:
    """Settings, which hold for everybody.

    Attributes:
        environment: Of the laboratory: every variable that is set.
        settings: What it says.
        dimensions: What is looked for.
    """

    environment: Mapping[str, str]
    settings: Settings
    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(
        cls, environment: Mapping[str, str], spaces: Iterable[str], traits: Traits
    ) -> "SettingsSpace":
        """Look for everything that can make a difference.

        Args:
            environment: Of the laboratory.
            spaces: Names of those the index has.
            traits: Of what may be learned from.
        """
        settings = Settings.from_environment(environment)
        return cls(
            environment,
            settings,
            (
                *_weights(settings, spaces),
                *(
                    _dimension(name, where, _held(settings, name))
                    for name, where in SEARCHED.items()
                    if where.matters(traits)
                ),
                *_by_kind(settings, traits),
            ),
        )

    def changes(self, values: Values) -> dict[str, str]:
        """Write variables: those whose values are other than what holds now."""
        written: dict[str, str] = {}
        parts: dict[str, dict[str, str]] = {}
        for each in self.dimensions:
            if values[each.name] == each.default:
                continue
            option, _, kind = each.name.partition(".")
            text = each.text(values[each.name])
            if kind:
                parts.setdefault(option, self._said(option))[kind] = text
            else:
                written[variable(option)] = text
        for option, said in parts.items():
            written[variable(option)] = ",".join(f"{kind}={text}" for kind, text in said.items())
        return written

    def usable(self, values: Values) -> bool:
        """See `Space.usable`."""
        weights = [values[each.name] for each in self.dimensions if each.name.startswith(WEIGHT)]
        return not weights or any(weights)

    def method(self, laboratory: Laboratory, changes: Mapping[str, Any]) -> ForYou:
        """See `Space.method`; settings are read as `serve` would read them."""
        settings = Settings.from_environment({**self.environment, **changes})
        return ForYou(laboratory.recommending(settings))

    def _said(self, option: str) -> dict[str, str]:
        """Return what an option by kind says now, as it is written."""
        held: Mapping[str, float | timedelta] = getattr(self.settings, option)
        said = {}
        for kind, value in held.items():
            seconds = value.total_seconds() if isinstance(value, timedelta) else value
            one = Dimension("", 0, 0, 0, duration=isinstance(value, timedelta))
            said[kind] = one.text(seconds)
        return said


@dataclass(frozen=True, slots=True)
class ScenarioSpace:
    """What a scenario can say that changes the order of a list.

    Attributes:
        dimensions: What is looked for: "weights.SPACE", "diversity", "freshness.weight" and
            "freshness.half_life".
    """

    dimensions: tuple[Dimension, ...]

    @classmethod
    def of(cls, settings: Settings, spaces: Iterable[str]) -> "ScenarioSpace":
        """Look for everything a scenario can say, around what settings say now."""
        diversity = _dimension("diversity", SEARCHED["diversity"], settings.diversity)
        weights = [
            Dimension(
                f"weights.{each.name.removeprefix(WEIGHT)}", each.low, each.high, each.default
            )
            for each in _weights(settings, spaces)
        ]
        return cls(
            (
                *weights,
                diversity,
                Dimension("freshness.weight", 0.0, 0.5, 0.0),
                Dimension("freshness.half_life", DAY, 365 * DAY, 30 * DAY, log=True, duration=True),
            )
        )

    def changes(self, values: Values) -> dict[str, Any]:
        """Write the `defaults` of a scenario's body."""
        held = {each.name: each for each in self.dimensions}
        names = [name for name in held if name.startswith("weights.")]
        said: dict[str, Any] = {}
        if any(values[name] != held[name].default for name in names):
            # All of them: a space that is left out is worth nothing.
            said["weights"] = {name.partition(".")[2]: values[name] for name in names}
        if values["diversity"] != held["diversity"].default:
            said["diversity"] = values["diversity"]
        if values["freshness.weight"] > 0:
            half_life = "freshness.half_life"
            said["freshness"] = {
                "half_life": held[half_life].text(values[half_life]),
                "weight": values["freshness.weight"],
            }
        return said

    def usable(self, values: Values) -> bool:
        """See `Space.usable`."""
        weights = [values[each.name] for each in self.dimensions if "weights." in each.name]
        return not weights or any(weights)

    def method(self, laboratory: Laboratory, changes: Mapping[str, Any]) -> ForYou:
        """See `Space.method`; defaults are read as from a scenario that was put."""
        body = ScenarioBody.model_validate({"defaults": dict(changes)})
        wanted: Wanted = body.defaults.wanted()
        return ForYou(laboratory.recommender, wanted=wanted)


def _weights(settings: Settings, spaces: Iterable[str]) -> Iterable[Dimension]:
    """Look for the worth of every space that has an option; of one alone there is nothing to."""
    options = [WEIGHT + space for space in spaces if WEIGHT + space in Settings.model_fields]
    if len(options) < 2:
        return ()
    held = {option: float(getattr(settings, option)) for option in options}
    most = max(1.0, *held.values())
    return tuple(Dimension(option, 0.0, most, held[option]) for option in options)


def _by_kind(settings: Settings, traits: Traits) -> Iterable[Dimension]:
    weights = recommend_settings(settings).evidence.kind_weights
    # Only what kinds are worth beside each other matters, so one of them stays.
    for kind in traits.kinds[1:]:
        option = "extra_kinds" if kind in settings.extra_kinds else "kind_weights"
        if kind not in BY_VALUE and weights.get(kind, 0.0) > 0:
            yield _dimension(f"{option}.{kind}", BY_KIND[option], weights[kind])
    if BY_KIND["half_lives"].matters(traits):
        for kind in traits.kinds:
            held = settings.half_lives.get(kind, settings.interest_half_life)
            yield _dimension(f"half_lives.{kind}", BY_KIND["half_lives"], held)


def _held(settings: Settings, option: str) -> float | timedelta:
    held: float | timedelta = getattr(settings, option)
    return held


def _dimension(name: str, where: Range, held: float | timedelta) -> Dimension:
    """Look for an option in its range, widened to what holds now."""
    default = held.total_seconds() if isinstance(held, timedelta) else held
    return Dimension(
        name,
        min(where.low, default),
        max(where.high, default),
        default,
        log=where.log and default > 0,  # from 0 there are no shares to step by
        whole=isinstance(held, int),
        duration=isinstance(held, timedelta),
    )
