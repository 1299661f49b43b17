"""Between what each option is looked for, and why some are not."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from app.tuning.traits import Traits

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
    "interaction_retention": "a decision: how long what people did is kept",
    "count_apart": "a decision: what one person may make popular",
    "count_daily": "a decision: what one person may make popular",
    "burst_window": "a decision: who is a machine",
    "burst_moments": "a decision: who is a machine",
    "machine_share": "a decision: who is a machine",
    "machine_day": "a decision: who is a machine",
    "clock_moments": "a decision: who is a machine",
    "clock_spread": "a decision: who is a machine",
    "instant_most": "a decision: who is a machine",
    "popular_half_life": "of a list of its own; to change it, every count is made anew",
    "trending_half_life": "of a list of its own; to change it, every count is made anew",
    "popular_prior": "of a list of its own, which nobody is asked for here",
    "lasting_half_life": "of a list of its own; to change it, every count is made anew",
    "trending_prior": "of a list of its own, which nobody is asked for here",
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

TRAINED: Mapping[str, Range] = {
    "train_dimensions": Range(32, 256, log=True),
    "train_drop_context": Range(0, 0.6),
    "train_drop_own": Range(0, 0.6),
    "train_smoothing": Range(0, 0.3),
    "train_within": Range(0, 1),
    "train_trust_people": Range(0.5, 30, log=True),
    "train_item_people": Range(1, 10, log=True),
}
"""Option of learning to where it is looked for; to try one, everything is learned anew."""

TRAINED_LEFT_ALONE: Mapping[str, str] = {
    "train_every": "when, not how well",
    "train_least": "when, not how well",
    "train_growth": "when, not how well",
    "train_threads": "how fast, not how well",
    "train_device": "how fast, not how well",
    "train_passes": "learning finds by itself how many are best, up to this",
}
"""Options of learning that are not looked for, and why."""
