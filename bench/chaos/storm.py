"""The storm: everything flows in, everything is killed; then calm, and the reckoning."""

import contextlib
import json
import random
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from app.clock import utc_now
from bench.chaos.fleet import LEASE_SECONDS, Fleet, Killable, Member
from bench.chaos.ledger import Ledger, Verdict
from bench.chaos.traffic import Shape, senders
from indexer.database import Database
from indexer.errors import IndexerError
from indexer.jobs import Jobs
from indexer.queue import WorkQueue
from indexer.tables import jobs
from tests.service import until

CALM_SECONDS = 300.0
"""Longest it may take until everything that waits is done, once nothing is killed any more."""


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad it gets.

    Attributes:
        seconds: How long it lasts.
        pause: Seconds between two kills, at most; at least a fifth of that.
        down: Seconds until what was killed is started again, at most.
        reindex_every: Seconds between two rebuilds that are asked for.
        frozen: Share of victims that are stopped for a while, and go on, before they are killed.
    """

    seconds: float
    pause: float = 8.0
    down: float = 3.0
    reindex_every: float = 20.0
    frozen: float = 0.5


@dataclass(slots=True)
class Outcome:
    """What came of it.

    Attributes:
        kills: Victim to how often.
        rebuilds: Rebuilds done.
        patrolled: Times a worker mended the index by itself: what a late one had left.
        calm_after: Seconds until nothing waited any more.
        verdict: What SQL has of what was acknowledged.
        audit: What `kindred doctor --audit --json` said.
        audited: Its exit status.
    """

    ledger: Ledger
    verdict: Verdict
    audit: Mapping[str, Any]
    audited: int
    calm_after: float
    rebuilds: int
    patrolled: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    @property
    def unharmed(self) -> bool:
        """Whether nothing was lost, nothing is there twice, and the auditor found no fault."""
        return not self.verdict.lost and not self.verdict.duplicated and self.audited == 0


def weathered(
    fleet: Fleet,
    others: Mapping[str, Killable],
    weather: Weather,
    *,
    seed: int,
    shape: Shape | None = None,
    at_least: int = 0,
) -> Outcome:
    """Let it rage over a fleet, wait for calm, and reckon up.

    Args:
        fleet: Running.
        others: What else is killed, by name: the servers.
        weather: How bad it gets.
        seed: Of what is sent, and of who is killed in which order.
        shape: How much is written.
        at_least: Kills there must be before it may end.
    """
    ledger, over = Ledger(), threading.Event()
    urls = [app.url for app in fleet.apps if app.url is not None]
    threads = senders(urls, ledger, shape or Shape(), over, seed=seed)
    database = Database(fleet.database_url)
    try:
        for thread in threads:
            thread.start()
        kills = _rage(fleet, others, weather, database, seed=seed, at_least=at_least)
        over.set()
        for thread in threads:
            thread.join()
        began = time.monotonic()
        fleet.wait()
        until(lambda: _calm(database), seconds=CALM_SECONDS, what="everything that waits is done")
        calm_after = time.monotonic() - began
        audit = fleet.run("doctor", "--audit", "--json")
        said = json.loads(audit.stdout) if audit.stdout else {"error": audit.stderr}
        verdict = ledger.verdict(database)
        rebuilds = _rebuilds(database)
    finally:
        over.set()
        database.close()
    mended = sum(worker.log.read_text().count("index_mended") for worker in fleet.workers)
    return Outcome(
        ledger, verdict, said, audit.returncode, calm_after, rebuilds, patrolled=mended, kills=kills
    )


def _rage(
    fleet: Fleet,
    others: Mapping[str, Killable],
    weather: Weather,
    database: Database,
    *,
    seed: int,
    at_least: int,
) -> Counter[str]:
    """Kill one after another until the time is over; return who was killed how often."""
    chance = random.Random(f"kills {seed}")  # noqa: S311 - the same every time, nothing secret
    victims: dict[str, Killable] = {
        **{each.name: each for each in (*fleet.apps, *fleet.workers)},
        **others,
    }
    kills: Counter[str] = Counter()
    ends = time.monotonic() + weather.seconds
    rebuild_from = time.monotonic() + weather.reindex_every / 4
    order: list[str] = []
    while time.monotonic() < ends or kills.total() < at_least:
        time.sleep(chance.uniform(weather.pause / 5, weather.pause))
        if time.monotonic() >= rebuild_from:
            _reindex(database)
            rebuild_from = time.monotonic() + weather.reindex_every
        if not order:  # everybody in turn, so that a short one misses nobody
            order = chance.sample(sorted(victims), len(victims))
        name = order.pop()
        victim = victims[name]
        if isinstance(victim, Member) and chance.random() < weather.frozen:
            _freeze(victim, chance)
            kills["frozen"] += 1
        if weather.frozen == 0 or chance.random() < 0.8:  # some are only late
            victim.kill()
            kills[name] += 1
            time.sleep(chance.uniform(0, weather.down))
            victim.start()
        _start_ended(fleet)
    return kills


def _freeze(victim: Member, chance: random.Random) -> None:
    """Stop it for about as long as its leases last; it is late with what it had in hand."""
    victim.freeze()
    time.sleep(chance.uniform(0.5, 2.0) * LEASE_SECONDS)
    victim.thaw()
    time.sleep(chance.choice([0.0, 0.01, 0.03, 0.1, 0.3, 1.0]))


def _start_ended(fleet: Fleet) -> None:
    """Do what a supervisor does: start what ended by itself."""
    for each in (*fleet.apps, *fleet.workers):
        if each.ended():
            each.kill()
            each.start()


def _reindex(database: Database) -> None:
    with contextlib.suppress(IndexerError):  # PostgreSQL is down: the next one is asked for
        Jobs(database).request("reindex", {"spaces": None}, now=utc_now())


def _calm(database: Database) -> bool:
    try:
        return WorkQueue(database).depth().waiting == 0 and not Jobs(database).unfinished()
    except IndexerError:
        return False


def _rebuilds(database: Database) -> int:
    done = select(func.count()).select_from(jobs).where(jobs.c.state == "done")
    with database.reading() as connection:
        return connection.scalar(done) or 0


def described(outcome: Outcome) -> list[str]:
    """Say what came of it, in lines."""
    ledger, verdict = outcome.ledger, outcome.verdict
    lines = [
        f"acknowledged   {ledger.answers['item']:,} writes of {verdict.items:,} items, "
        f"{verdict.interactions:,} interactions",
        f"answered       {_listed(ledger.answers, without=('item', 'interaction'))}",
        f"killed         {_listed(outcome.kills)}",
        f"rebuilds       {outcome.rebuilds}",
        f"patrolled      {outcome.patrolled} mended by a worker unasked",
        f"errors         {_listed(ledger.errors)}",
        f"calm after     {outcome.calm_after:.0f} s",
        f"lost           {len(verdict.lost)}",
        *(f"  {each}" for each in verdict.lost[:20]),
        f"duplicated     {len(verdict.duplicated)}",
        *(f"  {each}" for each in verdict.duplicated[:20]),
    ]
    for check in outcome.audit.get("checks", []):
        faults = ", ".join(f"{many} {kind}" for kind, many in check["faults"].items())
        notes = check["skipped"] or faults or "no faults"
        lines.append(f"audit          {check['name']}: {check['looked_at']:,} looked at, {notes}")
        lines += [
            f"  {each['kind']}: {each['about']}: {each['seen']}" for each in check["examples"]
        ]
    if "error" in outcome.audit:
        lines.append(f"audit          failed: {outcome.audit['error'][-500:]}")
    return lines


def _listed(counts: Mapping[str, int], *, without: Sequence[str] = ()) -> str:
    shown = [f"{name} {many:,}" for name, many in sorted(counts.items()) if name not in without]
    return ", ".join(shown) or "none"
