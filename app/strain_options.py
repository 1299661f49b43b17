"""The options of strain: how much at once, how long for what, and what bulk work leaves to people.

What people get when a part breaks is in docs/explanation/failures.md.
"""

from datetime import timedelta

from pydantic import Field

from app.training_options import TrainingOptions
from app.values import Duration


class StrainOptions(TrainingOptions):
    """How a process bears load and broken parts. Field order is the order of the reference."""

    max_requests: int = Field(
        24,
        ge=2,
        le=1_000,
        description="Requests a process works on at once; others wait their turn. More only wait "
        "for each other in a process that has one interpreter, and each may need one of its 30 "
        "connections to the database, some of which the worker needs. Batches of items and "
        "interactions get a quarter of it at most.",
    )
    max_waiting: int = Field(
        100,
        ge=0,
        le=100_000,
        description="Requests that may wait for their turn; further ones are told at once to come "
        "back (503, with `Retry-After`). At 10 ms each a hundred are answered within a second.",
    )
    turn_timeout: Duration = Field(
        timedelta(seconds=1),
        ge=timedelta(0),
        le=timedelta(seconds=60),
        description="Longest a request waits for its turn before it is told to come back. Whoever "
        "is shown a list has given up by the time a long queue comes to them.",
    )
    database_timeout: Duration = Field(
        timedelta(seconds=5),
        ge=timedelta(milliseconds=100),
        le=timedelta(seconds=30),
        description="Longest a request waits for one answer of PostgreSQL, which takes "
        "milliseconds. The worker and jobs give it 30 seconds. SQLite has no one to wait for but "
        "other writers: five seconds.",
    )
    breaker_failures: int = Field(
        3,
        ge=1,
        le=1_000,
        description="Searches, or calls of PostgreSQL, that must go unanswered in a row before the "
        "next ones are not tried for KINDRED_BREAKER_REST: they get popularity, or 503, at once.",
    )
    breaker_rest: Duration = Field(
        timedelta(seconds=5),
        ge=timedelta(milliseconds=100),
        le=timedelta(minutes=10),
        description="How long a part that did not answer is left alone before one call tries it "
        "again: so late, at most, it is noticed that it is back.",
    )
    picture_rest: Duration = Field(
        timedelta(seconds=30),
        ge=timedelta(0),
        le=timedelta(hours=1),
        description="How long a picture host that did not answer is left alone. Its items are "
        "indexed by their words meanwhile; each try holds up a batch for KINDRED_PICTURE_TIMEOUT.",
    )
    bulk_share: float = Field(
        0.25,
        gt=0,
        le=1,
        description="Share of its time bulk work works while people ask: a rebuild, a worker "
        "with a long queue, a training that reads what people did, counting what goes together. It "
        "works in small steps and rests after each; while nobody asks it does not rest. `1` takes "
        "no notice of people.",
    )
    bulk_floor: float = Field(
        50.0,
        gt=0,
        le=1_000_000,
        description="Items a second a rebuild does however many people ask, if the machine can, so "
        "that it ends: at 50, 100,000 in 33 minutes.",
    )
