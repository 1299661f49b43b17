"""`kindred people`: what is kept of somebody, erasing them, and who may be a machine."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.clock import utc_now
from app.commands.agreeing import OverwriteOption, YesOption, agreed
from app.commands.opening import administered, opened, settings_here
from app.commands.terminal import complaints, console

people = typer.Typer(help="See what is kept of people, and erase it.", no_args_is_help=True)

UserArgument = Annotated[str, typer.Argument(help="The shop's id of the person.")]


@people.command("export")
def export(
    user_id: UserArgument,
    file: Annotated[Path, typer.Argument(help="Where to; - is standard output.")] = Path("-"),
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write everything that is kept of a person, as one JSON document."""
    from app.dossiers import written
    from app.errors import CommandFailed
    from app.exports import open_target

    with opened(settings_here()) as services:
        administered(services, "person.export", services.log.person(_checked(user_id)))
        dossier = services.dossiers.of(user_id)
        if not dossier.known:
            raise CommandFailed(f"nothing is known of {user_id!r}")
        with open_target(file, overwrite=overwrite) as out:
            pieces = written(user_id, dossier, services.people.picture, now=utc_now())
            for piece in pieces:
                out.write(piece)


@people.command("erase")
def erase(
    user_id: UserArgument,
    yes: YesOption = False,  # noqa: FBT002 - typer makes it the flag --yes
) -> None:
    """Delete everything of a person, for good; what they do afterwards begins anew."""
    _checked(user_id)
    if not yes:
        question = f"Erase everything of {user_id!r}? It cannot be undone"
        agreed(question, "nothing was deleted", to=complaints)
    with opened(settings_here()) as services:
        administered(services, "person.erase", services.log.person(user_id))
        erased = services.eraser.erase(user_id, now=utc_now())
    console.print(
        f"{erased.interactions:,} interactions and {erased.answers:,} logged answers deleted, with "
        "profile, sums and pictures",
        highlight=False,
    )


@people.command("opt-out")
def opt_out(
    user_id: UserArgument,
    yes: YesOption = False,  # noqa: FBT002 - typer makes it the flag --yes
) -> None:
    """Delete everything of a person, and keep nothing until they opt in again."""
    _checked(user_id)
    if not yes:
        question = f"Erase everything of {user_id!r}, and keep nothing from now on?"
        agreed(question, "nothing was deleted", to=complaints)
    with opened(settings_here()) as services:
        administered(services, "person.opt-out", services.log.person(user_id))
        services.eraser.opt_out(user_id, now=utc_now())
    console.print("opted out: their lists are what is popular", highlight=False)


@people.command("opt-in")
def opt_in(user_id: UserArgument) -> None:
    """Let a person who opted out be known again, from now on."""
    with opened(settings_here()) as services:
        administered(services, "person.opt-in", services.log.person(_checked(user_id)))
        services.eraser.agree(user_id, now=utc_now())
    console.print("opted in: what they do from now on is kept", highlight=False)


@people.command("suspects")
def suspects() -> None:
    """List who is taken for a machine, and by which rules."""
    table = Table("user", "reasons", "judged by", "found", "confirmed")
    with opened(settings_here()) as services:
        after = ""
        while page := services.suspects(after=after):
            after = page[-1].user_id
            for each in page:
                table.add_row(
                    each.user_id,
                    ", ".join(each.reasons),
                    f"{each.looked_at:,}",
                    each.found_at.isoformat(timespec="seconds"),
                    each.confirmed_at.isoformat(timespec="seconds"),
                )
    console.print(table)
    console.print(f"{table.row_count:,} suspects", highlight=False)


def _checked(user_id: str) -> str:
    from indexer.items import checked_id

    return checked_id("user_id", user_id)
