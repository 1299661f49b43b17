"""Small facts kept with the data: made once, the same for every process ever after."""

from collections.abc import Callable

from sqlalchemy import select

from indexer.database import Database, upsert
from indexer.tables import facts


def fact(database: Database, name: str, make: Callable[[], str]) -> str:
    """Return a fact, making and keeping it if there is none; all processes get the same one.

    Args:
        database: Where facts are kept.
        name: At most 64 characters, e.g. "people_salt".
        make: Called at most once here; its value is dropped if another process was quicker.
    """
    found = select(facts.c.value).where(facts.c.name == name)
    with database.reading() as connection:
        held = connection.scalar(found)
    if held is not None:
        return str(held)
    with database.writing() as connection:
        connection.execute(
            upsert(connection, facts).values(name=name, value=make()).on_conflict_do_nothing()
        )
        return str(connection.scalar(found))
