"""What a check found, and how checks are kept within their time."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from app.errors import SettingsError
from embedders.errors import EmbedderError
from indexer.errors import IndexerError

Verdict = Literal["ok", "warn", "fail", "skip"]

QUICK = timedelta(seconds=30)
"""Longest a part may take that answers in milliseconds when it is well."""

EXPECTED = (IndexerError, EmbedderError, SettingsError, OSError, ValueError)
"""Errors whose message is meant for people."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found.

    Attributes:
        name: Of the part that was looked at.
        verdict: ok; warn: it works, but somebody should know; fail: it does not work; skip: it
            could not be looked at, or there is nothing to look at yet.
        seen: One sentence, without secrets.
        advice: What to do, or None where nothing is to be done.
    """

    name: str
    verdict: Verdict
    seen: str
    advice: str | None = None


def worst(findings: Iterable[Finding]) -> Verdict:
    """Return the worst verdict; what was skipped is neither good nor bad, so alone it is ok."""
    verdicts = {finding.verdict for finding in findings}
    order: tuple[Verdict, ...] = ("fail", "warn")
    return next((verdict for verdict in order if verdict in verdicts), "ok")


def within(limit: timedelta, name: str, check: Callable[[], Finding]) -> Finding:
    """Run a check, and say so when it fails itself or takes too long.

    A check that takes too long is left behind in its thread, which ends with the process.

    Args:
        limit: Longest it may take.
        name: Of the part it looks at.
        check: Looks; what it raises becomes a finding.
    """
    found: list[Finding] = []
    thread = threading.Thread(
        target=lambda: found.append(_caught(name, check)), name=f"check-{name}", daemon=True
    )
    thread.start()
    thread.join(limit.total_seconds())
    if found:
        return found[0]
    return Finding(
        name,
        "fail",
        f"no answer within {limit.total_seconds():g} s",
        "it hangs or is overloaded: look at its own logs",
    )


def _caught(name: str, check: Callable[[], Finding]) -> Finding:
    try:
        return check()
    except EXPECTED as error:
        return Finding(name, "fail", one_line(error))
    except Exception as error:  # noqa: BLE001 - a part broken in a new way must not hide the others
        return Finding(
            name,
            "fail",
            f"looking at it failed: {type(error).__name__}: {one_line(error)}",
            "this is most likely a mistake in Kindred: report it with this line",
        )


def one_line(error: Exception) -> str:
    """Write an error in one line of bounded length."""
    return " ".join(str(error).split())[:600] or type(error).__name__
