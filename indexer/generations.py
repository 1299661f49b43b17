"""The generations there are, and which one is live on which engine."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from indexer.database import Database, alone
from indexer.errors import JobFailed
from indexer.generation import Generation, GenerationState, Phase, SpaceModel
from indexer.tables import generations
from indexer.tables import live as live_generations

DEFAULT_NAMESPACE = "kindred"


class Generations:
    """The generations in SQL; swapping is one transaction."""

    def __init__(self, database: Database, namespace: str | None = None) -> None:
        """Keep them in SQL.

        Args:
            database: Where.
            namespace: What the names of collections begin with, `DEFAULT_NAMESPACE` by default, so
                that several deployments can share one Milvus.
        """
        self._database = database
        self._namespace = namespace or DEFAULT_NAMESPACE

    def live(self, engine: str) -> Generation | None:
        """The generation that answers on this engine."""
        with self._database.reading() as connection:
            return _live(connection, engine)

    def building(self, engine: str) -> Generation | None:
        """The generation being built on this engine; at most one."""
        found = self._in_state(engine, "building")
        return found[0] if found else None

    def writable(self, engine: str) -> list[Generation]:
        """Those new items are written to: live first, then one about to be.

        That is a building one past its fitting, or a kept one while a rollback checks it.
        """
        with self._database.reading() as connection:
            live = _live(connection, engine)
            building = connection.execute(
                select(generations).where(
                    generations.c.engine == engine,
                    generations.c.geometry.is_not(None),
                    or_(
                        generations.c.state == "building",
                        and_(generations.c.state == "kept", generations.c.phase == "checking"),
                    ),
                )
            )
            return [*([live] if live is not None else []), *map(_generation, building)]

    def all(self, engine: str | None = None) -> list[Generation]:
        """Every generation not dropped, newest first."""
        wanted = select(generations).where(generations.c.state != "dropped")
        if engine is not None:
            wanted = wanted.where(generations.c.engine == engine)
        with self._database.reading() as connection:
            rows = connection.execute(wanted.order_by(generations.c.generation_id.desc()))
            return [_generation(row) for row in rows]

    def get(self, generation_id: int) -> Generation | None:
        """Look one up."""
        with self._database.reading() as connection:
            return _get(connection, generation_id)

    def start(
        self,
        engine: str,
        spaces: Sequence[SpaceModel],
        *,
        geometry: bytes | None,
        live: bool,
        now: datetime,
    ) -> Generation:
        """Record a new generation with a collection name of its own: building, or live at once.

        `live` is for the very first on an engine; if another process was quicker, its one is
        returned. A building one gives up (drops) any other building one of the engine.
        """
        with self._database.writing() as connection:
            alone(connection, f"generations of {engine}")
            quicker = _live(connection, engine) if live else None
            if quicker is not None:
                return quicker
            if not live:
                connection.execute(
                    update(generations)
                    .where(generations.c.engine == engine, generations.c.state == "building")
                    .values(state="dropped")
                )
            made = connection.execute(
                insert(generations).values(
                    engine=engine,
                    # A name no other database on the same Milvus can have taken.
                    collection=f"{self._namespace}_{uuid4().hex}",
                    state="live" if live else "building",
                    embedders=[asdict(each) for each in spaces],
                    geometry=geometry,
                    fitted_on=0,
                    phase=None if live else "embedding",
                    cursor=0,
                    created_at=now,
                    finished_at=now if live else None,
                )
            )
            generation_id = _new_id(made.inserted_primary_key)
            if live:
                connection.execute(
                    insert(live_generations).values(engine=engine, generation_id=generation_id)
                )
            return _required(connection, generation_id)

    def advance(
        self,
        generation_id: int,
        *,
        phase: Phase,
        cursor: int = 0,
        geometry: bytes | None = None,
        behaviour: bytes | None = None,
        fitted_on: int | None = None,
        report: Mapping[str, object] | None = None,
    ) -> None:
        """Note how far building has come; None leaves a value as it is."""
        values: dict[str, Any] = {"phase": phase, "cursor": cursor}
        given = {
            "geometry": geometry,
            "behaviour": behaviour,
            "fitted_on": fitted_on,
            "report": report,
        }
        values |= {name: value for name, value in given.items() if value is not None}
        with self._database.writing() as connection:
            connection.execute(
                update(generations)
                .where(generations.c.generation_id == generation_id)
                .values(values)
            )

    def give_up(self, generation_id: int) -> None:
        """Let a building generation go; its collection is the caller's to drop."""
        with self._database.writing() as connection:
            connection.execute(
                update(generations)
                .where(
                    generations.c.generation_id == generation_id,
                    generations.c.state == "building",
                )
                .values(state="dropped")
            )

    def promote(
        self, generation_id: int, *, now: datetime, report: Mapping[str, object] | None = None
    ) -> Generation | None:
        """Make a generation live on its engine, in one transaction; return the one it replaced.

        The replaced one is kept for a rollback; what was kept before it becomes "dropped" (its
        collection is the caller's to drop). `report` says what its check found, None leaves it.

        Raises:
            JobFailed: It was given up for another one meanwhile.
        """
        with self._database.writing() as connection:
            chosen = _required(connection, generation_id)
            alone(connection, f"generations of {chosen.engine}")
            chosen = _required(connection, generation_id)
            if chosen.state == "dropped":
                message = f"generation {generation_id} was given up for another one"
                raise JobFailed(message)
            replaced = _live(connection, chosen.engine)
            if replaced is not None and replaced.generation_id == generation_id:
                return None
            connection.execute(
                update(generations)
                .where(
                    generations.c.engine == chosen.engine,
                    generations.c.state == "kept",
                    generations.c.generation_id != generation_id,
                )
                .values(state="dropped")
            )
            self._point(connection, chosen, replaced, now)
            if report is not None:
                mine = generations.c.generation_id == generation_id
                connection.execute(update(generations).where(mine).values(report=dict(report)))
            return replaced

    @staticmethod
    def _point(
        connection: Connection, chosen: Generation, replaced: Generation | None, now: datetime
    ) -> None:
        """Move the pointer of an engine from one generation to another."""
        state = update(generations)
        mine = generations.c.generation_id == chosen.generation_id
        connection.execute(state.where(mine).values(state="live", phase="done", finished_at=now))
        pointer: dict[str, Any] = {
            "generation_id": chosen.generation_id,
            "previous_id": None if replaced is None else replaced.generation_id,
        }
        if replaced is None:
            connection.execute(insert(live_generations).values(engine=chosen.engine, **pointer))
            return
        old = generations.c.generation_id == replaced.generation_id
        connection.execute(state.where(old).values(state="kept"))
        connection.execute(
            update(live_generations)
            .where(live_generations.c.engine == chosen.engine)
            .values(pointer)
        )

    def previous(self, engine: str) -> Generation | None:
        """The kept generation a rollback would go to."""
        found = self._in_state(engine, "kept")
        return found[0] if found else None

    def droppable(self, engine: str) -> list[Generation]:
        """Generations in state dropped, whose collections may still be there."""
        return self._in_state(engine, "dropped")

    def forget(self, generation_id: int) -> None:
        """Delete a dropped generation's row, after its collection is gone."""
        with self._database.writing() as connection:
            connection.execute(
                delete(generations).where(
                    generations.c.generation_id == generation_id,
                    generations.c.state == "dropped",
                )
            )

    def _in_state(self, engine: str, state: GenerationState) -> list[Generation]:
        with self._database.reading() as connection:
            rows = connection.execute(
                select(generations)
                .where(generations.c.engine == engine, generations.c.state == state)
                .order_by(generations.c.generation_id.desc())
            )
            return [_generation(row) for row in rows]


def _live(connection: Connection, engine: str) -> Generation | None:
    row = connection.execute(
        select(generations)
        .join(live_generations, live_generations.c.generation_id == generations.c.generation_id)
        .where(live_generations.c.engine == engine)
    ).one_or_none()
    return None if row is None else _generation(row)


def _get(connection: Connection, generation_id: int) -> Generation | None:
    row = connection.execute(
        select(generations).where(generations.c.generation_id == generation_id)
    ).one_or_none()
    return None if row is None else _generation(row)


def _required(connection: Connection, generation_id: int) -> Generation:
    found = _get(connection, generation_id)
    if found is None:
        message = f"generation {generation_id} is gone"
        raise JobFailed(message)
    return found


def _new_id(key: Row[Any] | None) -> int:
    assert key is not None, "an INSERT of one row returns its key"  # noqa: S101 - impossible
    return int(key[0])


def _generation(row: Row[Any]) -> Generation:
    return Generation(
        generation_id=row.generation_id,
        engine=row.engine,
        collection=row.collection,
        state=row.state,
        spaces=tuple(SpaceModel(**each) for each in row.embedders),
        geometry=row.geometry,
        behaviour=row.behaviour,
        fitted_on=row.fitted_on,
        phase=row.phase,
        cursor=row.cursor,
        report=row.report,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
