"""What the settings say of keeping and counting what people did, as those who do it take it."""

from app.behaviour.cleaning import Rules
from app.interactions.caps import Caps
from app.interactions.counts import LASTING, POPULAR, TRENDING, Popularity
from app.interactions.retention import Retention
from app.ranking import recommend_settings
from app.settings import Settings
from indexer.database import Database

OTHERS = "all"
"""The kinds that are not named."""


def cleaning_rules(settings: Settings) -> Rules:
    """Take from the settings what is left out before learning and counting."""
    return Rules(
        repeat_seconds=settings.count_apart.total_seconds(),
        instant_most=settings.instant_most,
        burst_seconds=settings.burst_window.total_seconds(),
        burst_moments=settings.burst_moments,
        day_moments=settings.machine_day,
        machine_share=settings.machine_share,
        clock_moments=settings.clock_moments,
        clock_spread=settings.clock_spread,
    )


def popularity(settings: Settings, database: Database) -> Popularity:
    """Make what counts what is popular as the settings have it."""
    return Popularity(
        database,
        {
            POPULAR: settings.popular_half_life,
            TRENDING: settings.trending_half_life,
            LASTING: settings.lasting_half_life,
        },
        recommend_settings(settings).evidence,
        priors={TRENDING: settings.trending_prior, POPULAR: settings.popular_prior},
    )


def caps(settings: Settings) -> Caps:
    """Take from the settings how often one person counts for one item."""
    return Caps(settings.count_apart, settings.count_daily)


def retention(settings: Settings) -> Retention:
    """Take from the settings how long what people did is kept."""
    kinds = dict(settings.interaction_retention)
    others = kinds.pop(OTHERS, None)
    return Retention(kinds, others)
