"""The records in SQL: the database, its clock, the work queue and who works it."""

from datetime import datetime, timedelta

from app import schema
from app.doctor.configuration import sqlite_file
from app.doctor.findings import Finding, Verdict, one_line
from app.settings import Settings
from indexer.database import Database
from indexer.errors import SchemaMismatch
from indexer.inspection import Inspection
from indexer.jobs import Jobs
from indexer.owner import ALIVE
from indexer.queue import WorkQueue
from indexer.tables import EPOCH

OLD = timedelta(minutes=10)
"""A row that waits longer has ridden out a worker's longest pause between two tries."""

SKEW = timedelta(seconds=1)
"""What machines that set their clocks by the network stay far below."""

AHEAD = timedelta(minutes=1)


def missing(settings: Settings) -> Finding | None:
    """Say that there is no database yet; looking for it any other way would make it."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    file = sqlite_file(settings)
    if file.is_file() and file.stat().st_size:
        return None
    if file.exists() and not file.is_file():
        return Finding(
            "database", "fail", f"{file} is no file", "name a file in KINDRED_DATABASE_URL"
        )
    seen = f"there is none yet: {file}"
    return Finding("database", "skip", seen, "`kindred serve` makes it as it starts")


def database(opened: Database) -> Finding:
    """Ask the database its version, and look whether its schema is this program's.

    Raises:
        DatabaseUnavailable: It is down.
    """
    version = opened.ping()
    try:
        schema.check(opened)
    except SchemaMismatch as error:
        verdict: Verdict = "warn" if schema.upgradable(opened) else "fail"
        return Finding("database", verdict, f"{version}; {one_line(error)}")
    return Finding("database", "ok", f"{version}, schema {schema.newest()}")


def database_clock(inspection: Inspection, now: datetime) -> Finding | None:
    """Compare the machine's clock with the database's, and with times noted as past.

    Args:
        inspection: Of records that are there.
        now: By the machine's clock.

    Returns:
        What is wrong, or None.
    """
    theirs = inspection.clock()
    if theirs is not None:
        apart = (now - EPOCH) - theirs
        if abs(apart) > SKEW:
            way = "ahead of" if apart > timedelta(0) else "behind"
            return Finding(
                "clock",
                "fail" if abs(apart) >= ALIVE else "warn",
                f"this machine's clock is {abs(apart).total_seconds():.1f} s {way} the database's",
                "set the clocks of both by the same time servers (NTP): leases and signs of life "
                f"are compared across machines, and {ALIVE.total_seconds():g} s make a worker look "
                "dead",
            )
    newest = inspection.newest_moment()
    if newest is not None and newest > now + AHEAD:
        return Finding(
            "clock",
            "warn",
            f"something was noted for {newest.isoformat(timespec='seconds')}, which is still to "
            "come: the clock was set back",
            "set the clock by a time server (NTP); what was noted ahead waits until then",
        )
    return None


def queue(work: WorkQueue, inspection: Inspection, now: datetime) -> Finding:
    """Look how much waits, how long, and what was given up and why."""
    depth = work.depth()
    age = now - depth.oldest if depth.oldest is not None else timedelta(0)
    seen = f"{depth.waiting:,} waiting"
    if depth.waiting:
        seen += f", the oldest for {_rounded(age)}"
    if depth.set_aside:
        told = "; ".join(f"{each.rows:,} x {each.text[:160]}" for each in inspection.reasons())
        return Finding(
            "queue",
            "warn",
            f"{seen}; {depth.set_aside:,} set aside: {told}",
            "put right what the reasons say, then `kindred queue retry`; `kindred queue drop` "
            "leaves the items as they are",
        )
    if age > OLD:
        advice = "see below whether workers live; otherwise it is a lot of work, or a slow model"
        return Finding("queue", "warn", seen, advice)
    return Finding("queue", "ok", seen)


def _rounded(time: timedelta) -> timedelta:
    return timedelta(seconds=max(round(time.total_seconds()), 0))


def workers(jobs: Jobs, work: WorkQueue, settings: Settings, engine: str, now: datetime) -> Finding:
    """Look who indexes."""
    alive = jobs.alive(engine, now=now)
    if alive:
        return Finding("workers", "ok", f"{len(alive)} alive: {', '.join(alive)}")
    waiting = work.depth().waiting
    seen = "none is alive"
    if waiting:
        seen += f", and {waiting:,} {'waits' if waiting == 1 else 'wait'} in the queue"
    apart = settings.worker == "none"
    starts = "`kindred worker`" if apart else "`kindred serve`"
    return Finding("workers", "warn", seen, f"start {starts}: until then nothing is indexed")
