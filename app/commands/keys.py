"""`kindred keys`: make, list and revoke the keys that may call."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.clock import utc_now
from app.commands.opening import opened, settings_here
from app.commands.terminal import complaints, console
from app.errors import CommandFailed

if TYPE_CHECKING:
    from app.access.keys import StoredKey

keys = typer.Typer(help="Make, list and revoke the keys that may call.", no_args_is_help=True)


@keys.command("make")
def keys_make(
    name: Annotated[str, typer.Argument(help="What logs are to call it, such as shop-web.")],
    scope: Annotated[
        list[str], typer.Option(help="What it may do: read, write or admin; repeatable.")
    ],
    rate: Annotated[
        str | None, typer.Option(help="How often it may call, such as 100/s or 600/m.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(help="How long it holds, such as 90d; for ever if left out.")
    ] = None,
) -> None:
    """Make a key and print it, this once; running services take it within a second."""
    from app.access.audit import here
    from app.access.errors import AccessError
    from app.values import SCOPES, key_name, read_duration, read_rate

    settings = settings_here()
    now = utc_now()
    try:
        key_name(name)
        often = None if rate is None else read_rate(rate)
        expires_at = None if expires is None else now + read_duration(expires)
    except (ValueError, OverflowError) as error:
        raise typer.BadParameter(str(error)) from None
    chosen = [each for each in SCOPES if each in scope]
    if set(scope) - set(SCOPES):
        raise typer.BadParameter(f"--scope is one of {', '.join(SCOPES)}")
    if any(name == each.name for each in settings.api_keys):
        raise CommandFailed(f"KINDRED_API_KEYS has a key {name!r}: choose another name")
    with opened(settings) as services:
        first = not services.live_keys.needed
        try:
            key, _ = services.keys.make(
                name, chosen, by=here(), now=now, rate=often, expires_at=expires_at
            )
        except AccessError as error:
            raise CommandFailed(str(error)) from None
    # The key alone on standard output, so that a script can take it from there.
    typer.echo(key)
    complaints.print("This is the only time it is shown: keep it where secrets are kept.")
    if first:
        complaints.print("It is the first one: from now on nobody may call without a key.")


@keys.command("list")
def keys_list(
    revoked: Annotated[  # noqa: FBT002 - typer makes it the flag --revoked
        bool, typer.Option("--revoked", help="Also those that were revoked or have expired.")
    ] = False,
) -> None:
    """Show the keys, what they may do, and when they were last used, to the minute."""
    settings = settings_here()
    now = utc_now()
    with opened(settings) as services:
        found = services.keys.all()
    table = Table("key", "number", "scopes", "rate", "made", "last used", "expires", "state")
    usual = "-" if settings.key_rate is None else str(settings.key_rate)
    for each in settings.api_keys:
        often = usual if each.rate is None else str(each.rate)
        table.add_row(each.name, "-", _scopes(each.scopes), often, "settings", "-", "-", "holds")
    for one in found:
        if revoked or one.holds(now):
            table.add_row(*_row(one, usual, now))
    console.print(table)


@keys.command("revoke")
def keys_revoke(
    name: Annotated[str, typer.Argument(help="Its name, as `kindred keys list` shows it.")],
) -> None:
    """End a key; running services refuse it within a second."""
    from app.access.audit import here
    from app.access.errors import AccessError

    settings = settings_here()
    with opened(settings) as services:
        try:
            services.keys.revoke(name, by=here(), now=utc_now())
        except AccessError as error:
            if any(name == each.name for each in settings.api_keys):
                raise CommandFailed(
                    f"{name!r} is a key of KINDRED_API_KEYS: take it out there, and restart"
                ) from None
            raise CommandFailed(str(error)) from None
    console.print(f"{name} is revoked", highlight=False)


def _row(key: "StoredKey", usual: str, now: datetime) -> list[str]:
    if key.revoked_at is not None:
        state = f"revoked {_day(key.revoked_at)}"
    else:
        state = "holds" if key.holds(now) else "expired"
    return [
        key.name,
        str(key.key_id),
        _scopes(key.scopes),
        usual if key.rate is None else str(key.rate),
        _day(key.created_at),
        "never" if key.last_used_at is None else key.last_used_at.isoformat(timespec="minutes"),
        "never" if key.expires_at is None else _day(key.expires_at),
        state,
    ]


def _day(at: datetime) -> str:
    return at.date().isoformat()


def _scopes(scopes: frozenset[str]) -> str:
    return "+".join(sorted(scopes))
