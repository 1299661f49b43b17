"""The database's schema: brought up to date when Kindred starts, refused when it cannot be."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.schema import CreateSchema

from indexer.database import Database, alone
from indexer.errors import DatabaseUnavailable, SchemaMismatch

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring a fresh or older schema up to this program's; nothing happens if it is there already.

    Safe when several processes start at once: one does it, the others wait.

    Raises:
        SchemaMismatch: The schema is newer than this program; nothing was changed.
        DatabaseUnavailable: SQL is down, or another process holds it for too long: try again; or
            the role may not make the PostgreSQL schema the settings name.
        StorageFull: The disk is full; nothing was changed.
    """
    make_namespace(database)
    with database.reading() as connection:
        if revision(connection) == newest():
            return
    with database.writing() as connection:
        if connection.dialect.name == "postgresql":
            # Making an index over a large table may take longer than any statement of a request.
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            alone(connection, "kindred schema")
        upgrade_within(connection)


def upgrade_within(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to a revision inside the caller's transaction, which holds it alone.

    Raises:
        SchemaMismatch: The schema is newer than this program.
    """
    config = _config()
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, to)
    except CommandError as error:
        raise _newer(revision(connection)) from error


def check(database: Database) -> None:
    """Make sure that the schema is this program's.

    Raises:
        SchemaMismatch: It is older, newer or not there; the message says what to do.
        DatabaseUnavailable: SQL is down.
    """
    with database.reading() as connection:
        current = revision(connection)
    if current == newest():
        return
    if current is None:
        raise SchemaMismatch(
            "the database has no schema yet: `kindred serve` makes it as it starts"
        )
    if current not in known():
        raise _newer(current)
    raise SchemaMismatch(
        f"the database's schema is {current}, older than this program's {newest()}: "
        "`kindred serve` brings it up to date as it starts; make a backup first"
    )


def upgraded(database: Database) -> bool:
    """Say whether the schema is this program's; raises DatabaseUnavailable."""
    with database.reading() as connection:
        return revision(connection) == newest()


def newest() -> str | None:
    """Name the schema this program works with."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def upgradable(database: Database) -> bool:
    """Say whether `upgrade` can bring the schema up to date; raises DatabaseUnavailable."""
    with database.reading() as connection:
        current = revision(connection)
    return current is None or current in known()


def make_namespace(database: Database) -> None:
    """Make the PostgreSQL schema the tables are to be in, if there is one to be made."""
    name = database.schema
    if name is None:
        return
    with database.reading() as connection:
        if connection.scalar(select(func.to_regnamespace(name).is_not(None))):
            return
    try:
        with database.writing() as connection:
            # IF NOT EXISTS does not keep two apart that find it missing at once.
            alone(connection, f"kindred namespace {name}")
            connection.execute(CreateSchema(name, if_not_exists=True))
    except ProgrammingError as error:
        raise DatabaseUnavailable(
            f"the schema {name!r} is not there and cannot be made ({error.orig}): make it (CREATE "
            f"SCHEMA {name} AUTHORIZATION …), or let the role do so (GRANT CREATE ON DATABASE …)"
        ) from error


def _newer(current: str | None) -> SchemaMismatch:
    return SchemaMismatch(
        f"the database's schema is {current}, which this program (schema {newest()}) does not "
        "know: run the newer release that made it, or restore a backup from before its upgrade"
    )


def _config() -> Config:
    config = Config()
    # "%" begins a substitution in a configuration file.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def revision(connection: Connection) -> str | None:
    """Name the schema there is, or None."""
    return MigrationContext.configure(connection).get_current_revision()


def known() -> set[str]:
    """Name the schemas this program can bring up to date."""
    scripts = ScriptDirectory.from_config(_config())
    return {script.revision for script in scripts.walk_revisions()}
