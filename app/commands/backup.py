"""`kindred backup` and `kindred restore`: the records in SQL, out into one file and back."""

from pathlib import Path
from typing import Annotated

import typer

from app.clock import utc_now
from app.commands.agreeing import OverwriteOption
from app.commands.opening import opened_database, settings_here
from app.commands.terminal import console


def backup(
    file: Annotated[Path, typer.Argument(help="Where to; it appears when it is complete.")],
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write everything SQL is the truth of to one file, while the service goes on."""
    from app.access.audit import Action, Audit, here
    from app.backup.making import back_up
    from app.errors import CommandFailed
    from app.schema import upgraded

    if file.exists() and not overwrite:
        raise CommandFailed(f"{file} is there already: --overwrite writes over it")
    with opened_database(settings_here()) as database:
        if upgraded(database):  # there is a log of such actions since then
            Audit(database).record(Action(here(), "backup", str(file)), now=utc_now())
        rows = back_up(database, file, now=utc_now())
    console.print(
        f"{sum(rows.values()):,} rows of {len(rows)} tables, {file.stat().st_size:,} bytes",
        highlight=False,
    )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `kindred backup` wrote.")],
    force: Annotated[  # noqa: FBT002 - typer makes it the flag --force
        bool, typer.Option("--force", help="Throw away what the database holds.")
    ] = False,
) -> None:
    """Make the database what a backup says, all of it or nothing; the index is built anew."""
    from app.access.audit import Action, Audit, here
    from app.backup.restoring import restore as restored

    with opened_database(settings_here()) as database:
        done = restored(database, file, now=utc_now(), force=force)
        Audit(database).record(Action(here(), "restore", str(file)), now=utc_now())
    console.print(
        f"{sum(done.rows.values()):,} rows of {len(done.rows)} tables, as of {done.made_at}; "
        "`kindred serve` builds the index anew",
        highlight=False,
    )
    if done.erased:
        console.print(f"{done.erased:,} people left since: they are erased again", highlight=False)
