"""Settings from this process's environment, and services to go with them.

What is heavy is imported when it is called for: a shell asks the command line for completions at
every press of TAB, and that must not take the seconds that SQL, Milvus and HTTP take to import.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from app.clock import utc_now

if TYPE_CHECKING:
    from app.services import Services
    from app.settings import Settings
    from indexer.database import Database


def environment() -> Mapping[str, str]:
    """Return this process's environment: a command is an entry point."""
    return os.environ  # noqa: TID251 - see above


def settings_here(instead: Mapping[str, str] | None = None) -> "Settings":
    """Read the settings from the environment, some variables replaced."""
    from app.settings import Settings

    return Settings.from_environment({**environment(), **(instead or {})})


def administered(
    services: "Services",
    action: str,
    target: str | None = None,
    *,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write down that somebody does something here, before it is done.

    Args:
        services: Where to.
        action: What, as "queue.drop".
        target: To what, if it is one thing.
        detail: More about it, JSON values; None among them are left out.

    Raises:
        DatabaseUnavailable, StorageFull: It could not be written down, and is not to be done.
    """
    from app.access.audit import Action, here

    said = {name: value for name, value in (detail or {}).items() if value is not None}
    services.audit.record(Action(here(), action, target, said), now=utc_now())


@contextmanager
def opened(settings: "Settings") -> "Iterator[Services]":
    """Give services that are not started, and close them afterwards."""
    from app.services import Services

    services = Services(settings, clock=utc_now)
    try:
        yield services
    finally:
        services.stop()


@contextmanager
def opened_database(settings: "Settings") -> "Iterator[Database]":
    """Give the database alone, its schema as it is found, and close it afterwards."""
    from indexer.database import Database

    database = Database(settings.database_url, schema=settings.namespace)
    try:
        yield database
    finally:
        database.close()
