"""`kindred audit`: who administered what."""

import json
from typing import Annotated

import typer
from rich.table import Table

from app.commands.opening import opened, settings_here
from app.commands.terminal import console


def audit(
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many, newest first.")] = 100,
    action: Annotated[
        str | None, typer.Option(help="Only this one, such as key.make or scenario.put.")
    ] = None,
    actor: Annotated[str | None, typer.Option(help="Only by the key of this name.")] = None,
) -> None:
    """Show who administered what, when and by which request, newest first."""
    with opened(settings_here()) as services:
        found = services.audit.page(limit=limit, action=action, actor=actor)
    table = Table("at", "who", "key", "action", "what", "request", "detail")
    for each in found:
        done = each.action
        table.add_row(
            each.at.isoformat(timespec="seconds"),
            done.actor.name or "no key needed",
            "-" if done.actor.key_id is None else str(done.actor.key_id),
            done.action,
            done.target or "-",
            done.actor.request_id or "-",
            json.dumps(done.detail, ensure_ascii=False) if done.detail else "-",
        )
    console.print(table)
