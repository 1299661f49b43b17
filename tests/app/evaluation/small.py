"""Small logs."""

from app.evaluation.log import Deed, Log, Thing

DAY = 86_400.0


def log(*deeds: tuple[str, str, float], things: tuple[Thing, ...] = (), kind: str = "view") -> Log:
    """Make a log of (user, item, day)."""
    rows = [Deed(user, item, kind, None, day * DAY) for user, item, day in deeds]
    return Log.of("small", rows, things)
