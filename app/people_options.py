"""The options of people's rights, and of telling people from machines."""

from datetime import timedelta

from pydantic import Field

from app.options import Options
from app.values import Duration, Retentions


class PeopleOptions(Options):
    """How long what people did is kept, and what of it counts."""

    interaction_retention: Retentions = Field(
        {},
        description="How long interactions are kept, by kind, comma separated: "
        "`view=90d,all=730d`, where `all` stands for the kinds that are not named. Older ones are "
        "not taken, and once an hour those that got older are deleted; what they count in "
        "/v1/popular stays. By default they are kept until their person is erased, as only you "
        "know which law and which promise holds.",
    )
    count_apart: Duration = Field(
        timedelta(seconds=10),
        ge=timedelta(0),
        le=timedelta(days=1),
        description="One person doing the same with the same item again within so long counts once "
        "in /v1/popular and /v1/trending, and is learned from once: a double click, or a request "
        "that was tried again.",
    )
    count_daily: int = Field(
        5,
        ge=1,
        le=1_000_000,
        description="How often a day (UTC) one person counts for one item by doing the same with "
        "it, in /v1/popular and /v1/trending: nobody makes a thing popular alone.",
    )
    burst_window: Duration = Field(
        timedelta(seconds=60),
        ge=timedelta(seconds=1),
        le=timedelta(days=1),
        description="Length of a burst.",
    )
    burst_moments: int = Field(
        60,
        ge=1,
        le=1_000_000,
        description="Different moments within a burst's length that a person can have at most; a "
        "basket or an upload is one moment, however many items it has. Faster is left out of "
        "counts and training: one a second for a minute is beyond the fastest raters of films. "
        "Raise it where a till or a whole shop has one user_id.",
    )
    machine_share: float = Field(
        0.5,
        gt=0,
        le=1,
        description="Share of bursts in what a person did above which they are taken for a "
        "machine, and nothing of it counts.",
    )
    machine_day: int = Field(
        5_000,
        ge=1,
        le=100_000,
        description="Different moments within 24 hours above which a person is taken for a "
        "machine: one every 17 seconds, without sleep.",
    )
    clock_moments: int = Field(
        50,
        ge=3,
        le=100_000,
        description="Moments needed before a person's rhythm is judged.",
    )
    clock_spread: float = Field(
        0.1,
        ge=0,
        le=1,
        description="Spread of the gaps between a person's moments, standard deviation over mean, "
        "below which they are taken for a machine. People's is above 1, a timer's near 0.",
    )
    instant_most: int = Field(
        1_000,
        ge=1,
        le=100_000,
        description="Interactions of a person at one moment, at most; more are left out of counts "
        "and training. Wholesale orders have had 550 lines.",
    )
