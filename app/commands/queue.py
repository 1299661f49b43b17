"""`kindred queue`: look at the work queue, try rows again, or drop them."""

from typing import Annotated

import typer
from rich.table import Table

from app.clock import utc_now
from app.commands.agreeing import YesOption, agreed
from app.commands.opening import administered, opened, settings_here
from app.commands.terminal import complaints, console

SHOWN = 10
"""item_ids named in a sentence at most."""

queue = typer.Typer(help="Look at the work queue.", no_args_is_help=True)


@queue.command("list")
def queue_list(
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 100,
    set_aside: Annotated[  # noqa: FBT002 - typer makes it the flag --set-aside
        bool, typer.Option("--set-aside", help="Only rows given up until retried.")
    ] = False,
) -> None:
    """Show what waits and what was set aside, with the reason."""
    with opened(settings_here()) as services:
        depth = services.queue.depth()
        entries = services.queue.entries(limit=limit, set_aside=True if set_aside else None)
    table = Table("item", "revision", "queued", "tries", "state", "reason")
    for entry in entries:
        table.add_row(
            entry.item_id,
            str(entry.revision),
            entry.queued_at.isoformat(timespec="seconds"),
            str(entry.attempts),
            "set aside" if entry.set_aside_at else "waiting",
            entry.reason or "",
        )
    console.print(table)
    console.print(f"{depth.waiting:,} waiting, {depth.set_aside:,} set aside", highlight=False)


@queue.command("retry")
def queue_retry(
    item: Annotated[list[str] | None, typer.Argument(help="item_ids; none means all.")] = None,
) -> None:
    """Try what was set aside again."""
    with opened(settings_here()) as services:
        administered(services, "queue.retry", detail={"items": (item or None) and item[:SHOWN]})
        retried = services.queue.retry(item or None, now=utc_now())
    console.print(f"{retried:,} queued again", highlight=False)


@queue.command("drop")
def queue_drop(
    item: Annotated[list[str] | None, typer.Argument(help="item_ids.")] = None,
    set_aside: Annotated[  # noqa: FBT002 - typer makes it the flag --set-aside
        bool, typer.Option("--set-aside", help="All that is set aside.")
    ] = False,
    yes: YesOption = False,  # noqa: FBT002 - typer makes it the flag --yes
) -> None:
    """Take items off the queue without indexing them; they stay as the index has them.

    A change of such an item queues it again, and so does a reindex.
    """
    from indexer.items import checked_id

    if bool(item) is set_aside:
        raise typer.BadParameter("name item_ids, or say --set-aside for all that is set aside")
    named = None if not item else [checked_id("item_id", each) for each in item]
    with opened(settings_here()) as services:
        if not yes:
            many = services.queue.depth().set_aside if named is None else len(named)
            agreed(_question(many), "nothing was dropped", to=console)
        administered(services, "queue.drop", detail={"items": named and named[:SHOWN]})
        dropped = services.queue.drop(named, now=utc_now())
    console.print(
        f"{dropped.rows:,} dropped: the index keeps what it has of them until they change or are "
        "reindexed",
        highlight=False,
        soft_wrap=True,
    )
    if dropped.held:
        complaints.print(
            f"being indexed just now, so still queued: {_some(dropped.held)}", markup=False
        )
    if dropped.absent:
        complaints.print(f"not in the queue: {_some(dropped.absent)}", markup=False)
    if dropped.held or dropped.absent:
        raise typer.Exit(1)


def _question(many: int) -> str:
    return (
        f"Drop {many:,} {'row' if many == 1 else 'rows'}? The items will not be indexed; the index "
        "keeps what it has of them"
    )


def _some(names: tuple[str, ...]) -> str:
    shown = ", ".join(names[:SHOWN])
    return shown if len(names) <= SHOWN else f"{shown} and {len(names) - SHOWN:,} more"
