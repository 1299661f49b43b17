"""The clock: only what people start reads it, everything below is told the time."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Read the clock, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - this is the entry points' clock
