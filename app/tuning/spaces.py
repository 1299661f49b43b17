"""What can be tried: by settings, for everybody, or by a scenario, for those it holds for."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from app.api.scenario_bodies import ScenarioBody
from app.errors import SettingsError
from app.for_you import ForYou
from app.laboratory import Laboratory, Progress
from app.ranking import recommend_settings
from app.recommend.requests import Wanted
from app.settings import Settings, variable
from app.tuning.dimension import Dimension, Values, duration_text, number_text
from app.tuning.errors import NothingToTune
from app.tuning.ranges import BY_KIND, DAY, SEARCHED, TRAINED, Range
from app.tuning.traits import BY_VALUE, Traits

WEIGHT = "weight_"
"""How the options begin that say what a space is worth."""

WEIGHTS = "weights."
"""How such dimensions of a scenario begin."""


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

    def method(
        self,
        laboratory: Laboratory,
        changes: Mapping[str, Any],
        progress: Progress = lambda *_: None,
    ) -> ForYou:
        """Recommend as it would be with these changes."""
        ...


@dataclass(frozen=True, slots=True)
class SettingsSpace:
    """Settings, which hold for everybody.

    Attributes:
        environment: Of the laboratory: every variable that is set.
        settings: What it says.
        dimensions: What is looked for.
        relearns: Whether everything is learned anew with what is tried.
    """

    environment: Mapping[str, str]
    settings: Settings
    dimensions: tuple[Dimension, ...]
    relearns: bool = False

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

    @classmethod
    def of_training(cls, environment: Mapping[str, str]) -> "SettingsSpace":
        """Look for how behaviour is best learned."""
        settings = Settings.from_environment(environment)
        dimensions = (
            _dimension(name, where, _held(settings, name)) for name, where in TRAINED.items()
        )
        return cls(environment, settings, tuple(dimensions), relearns=True)

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
        """See `Space.usable`: not what settings refuse, as words of no worth without pictures."""
        try:
            self._with(self.changes(values))
        except SettingsError:
            return False
        return True

    def method(
        self,
        laboratory: Laboratory,
        changes: Mapping[str, Any],
        progress: Progress = lambda *_: None,
    ) -> ForYou:
        """See `Space.method`; settings are read as `serve` would read them."""
        settings = self._with(changes)
        if self.relearns:
            laboratory.relearn(settings, progress)
            if laboratory.unlearned is not None:
                raise NothingToTune(f"nothing can be learned: {laboratory.unlearned}")
        return ForYou(laboratory.recommending(settings))

    def _with(self, changes: Mapping[str, Any]) -> Settings:
        return Settings.from_environment({**self.environment, **changes})

    def _said(self, option: str) -> dict[str, str]:
        """Return what an option by kind says now, as it is written."""
        held: Mapping[str, float | timedelta] = getattr(self.settings, option)
        return {
            kind: duration_text(value.total_seconds())
            if isinstance(value, timedelta)
            else number_text(value)
            for kind, value in held.items()
        }


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
            Dimension(WEIGHTS + each.name.removeprefix(WEIGHT), each.low, each.high, each.default)
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
        names = [name for name in held if name.startswith(WEIGHTS)]
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
        weights = [values[each.name] for each in self.dimensions if each.name.startswith(WEIGHTS)]
        return not weights or any(weights)

    def method(
        self,
        laboratory: Laboratory,
        changes: Mapping[str, Any],
        progress: Progress = lambda *_: None,  # noqa: ARG002 - as Space has it
    ) -> ForYou:
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
