"""How SQLite goes about what is asked of it."""

from collections.abc import Callable

from sqlalchemy import event

from indexer.database import Database

Statement = tuple[str, tuple[object, ...]]


def reads(database: Database, asking: Callable[[], object]) -> list[Statement]:
    """Do something, and return the SELECTs it took, each with its parameters."""
    asked: list[Statement] = []

    def note(*, statement: str, parameters: tuple[object, ...], **others: object) -> None:
        del others
        asked.append((statement, parameters))

    event.listen(database.engine, "before_cursor_execute", note, named=True)
    try:
        asking()
    finally:
        event.remove(database.engine, "before_cursor_execute", note)
    return [each for each in asked if each[0].startswith("SELECT")]


def plans(database: Database, asking: Callable[[], object]) -> list[str]:
    """Do something, and return how SQLite goes about each SELECT it took, a line each."""
    queries = reads(database, asking)
    with database.reading() as connection:
        return [
            " ".join(
                row.detail
                for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", values)
            )
            for query, values in queries
        ]
