"""The audit of work: whether everything that waits is somebody's to do."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, case, func, or_, select, update

from indexer.database import Database
from indexer.faults import SHOWN, Check, Fault, Tally
from indexer.tables import generations, items, jobs, live, work, workers

GRACE = timedelta(minutes=1)
"""How long after its lease has run out a row or job may stay unclaimed: workers look every second,
and wait longer only for parts that are down."""


class Upkeep:
    """Looks at the queue, jobs and generations; each look is one consistent read."""

    def __init__(self, database: Database, engine: str) -> None:
        self._database = database
        self._engine = engine

    def queue(self, *, now: datetime, repair: bool = False) -> Check:
        """Find rows that nobody will claim, or that no longer fit their items.

        Args:
            now: The time.
            repair: Put right what does not fit and let go of leases that ran out; starting a
                worker, where there is none, is not in its power.
        """
        tally = Tally("queue")
        waiting = work.c.set_aside_at.is_(None)
        with self._database.reading() as connection:
            tally.looked_at = connection.scalar(select(func.count()).select_from(work)) or 0
            alive = _alive(connection, self._engine, now)
            _seen(connection, tally, "misfit", _misfits(), "its row does not fit the item")
            if alive:
                overdue = _overdue(now)
                _seen(connection, tally, "overdue", overdue, "its lease ran out, and nobody came")
            else:
                due = _rows().where(waiting, work.c.due_at <= now)
                _seen(connection, tally, "nobody", due, "waits, and no worker is alive")
        if repair:
            self._mend(tally, now)
        return tally.check()

    def jobs(self, *, now: datetime) -> Check:
        """Find jobs that nobody will do, or two at once. A worker takes them up by itself."""
        tally = Tally("jobs")
        with self._database.reading() as connection:
            alive = _alive(connection, self._engine, now)
            rows = connection.execute(
                select(jobs).where(jobs.c.state.in_(("waiting", "running"))).order_by(jobs.c.job_id)
            ).all()
        tally.looked_at = len(rows)
        running = [row for row in rows if row.lease_until is not None and row.lease_until > now]
        for row in running[1:]:
            tally.add(Fault("two_jobs", f"job {row.job_id}", "runs beside another"))
        for row in rows:
            since = row.lease_until or row.requested_at
            if not alive and row not in running:
                tally.add(Fault("job_nobody", f"job {row.job_id}", f"a {row.kind} nobody does"))
            elif not running and since < now - GRACE:
                tally.add(Fault("job_overdue", f"job {row.job_id}", f"a {row.kind} nobody took up"))
        return tally.check()

    def generations(self) -> Check:
        """Find generations that contradict the pointer to the one that answers."""
        tally = Tally("generations")
        with self._database.reading() as connection:
            rows = connection.execute(
                select(generations).where(generations.c.engine == self._engine)
            ).all()
            pointed = connection.scalar(
                select(live.c.generation_id).where(live.c.engine == self._engine)
            )
        tally.looked_at = len(rows)
        states = {row.generation_id: row.state for row in rows}
        if pointed is not None and states.get(pointed) != "live":
            seen = f"answers, but is {states.get(pointed, 'gone')}"
            tally.add(Fault("pointer", f"generation {pointed}", seen))
        for each, state in states.items():
            if state == "live" and each != pointed:
                tally.add(Fault("pointer", f"generation {each}", "is live, but does not answer"))
        building = [each for each, state in states.items() if state == "building"]
        for each in building[1:]:
            tally.add(Fault("two_built", f"generation {each}", "is built beside another"))
        return tally.check()

    def _mend(self, tally: Tally, now: datetime) -> None:
        if tally.faults["misfit"]:
            its = items.c.key == work.c.item_key
            fence = select(items.c.fence).where(its).scalar_subquery()
            misfits = select(_misfits().subquery().c.item_key)
            with self._database.writing() as connection:
                changed = connection.execute(
                    update(work)
                    .where(work.c.item_key.in_(misfits))
                    .values(
                        revision=select(items.c.revision).where(its).scalar_subquery(),
                        token=case((work.c.token < fence, fence), else_=work.c.token),
                        again=work.c.lease_owner.is_not(None),
                    )
                )
                tally.mended["misfit"] += changed.rowcount
        if tally.faults["overdue"]:
            overdue = select(_overdue(now).subquery().c.item_key)
            with self._database.writing() as connection:
                changed = connection.execute(
                    update(work)
                    .where(work.c.item_key.in_(overdue))
                    .values(lease_owner=None, lease_until=None, again=False)
                )
                tally.mended["overdue"] += changed.rowcount


def _rows() -> Select[Any]:
    return select(work.c.item_key, items.c.item_id).join_from(
        work, items, items.c.key == work.c.item_key
    )


def _misfits() -> Select[Any]:
    """Select rows of work that could complete wrongly, or not at all."""
    return _rows().where(or_(work.c.revision != items.c.revision, work.c.token < items.c.fence))


def _overdue(now: datetime) -> Select[Any]:
    return _rows().where(
        and_(
            work.c.set_aside_at.is_(None),
            work.c.due_at <= now - GRACE,
            work.c.lease_until <= now - GRACE,
        )
    )


def _alive(connection: Connection, engine: str, now: datetime) -> bool:
    living = (workers.c.engine == engine, workers.c.alive_until > now)
    return bool(connection.scalar(select(func.count()).select_from(workers).where(*living)))


def _seen(connection: Connection, tally: Tally, kind: str, rows: Select[Any], seen: str) -> None:
    many = connection.scalar(select(func.count()).select_from(rows.subquery())) or 0
    for row in connection.execute(rows.order_by(work.c.item_key).limit(SHOWN)):
        tally.add(Fault(kind, row.item_id, seen))
        many -= 1
    if many > 0:
        tally.faults[kind] += many
