"""The command line, `kindred`. Settings come from KINDRED_… variables."""

import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from app.commands.demo import run_demo
from app.commands.imports import show_import
from app.commands.jobs import run_job, utc_now
from app.commands.serve import serve_http
from app.errors import SettingsError
from app.imports import import_interactions, import_items
from app.services import Services
from app.settings import Settings
from app.telemetry import configure_logging
from indexer.errors import IndexerError, JobFailed

app = typer.Typer(
    name="kindred",
    help="Recommendations from a catalogue's words, pictures and people.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
imports = typer.Typer(help="Load many items or interactions from a file.", no_args_is_help=True)
queue = typer.Typer(help="Look at the work queue.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(queue, name="queue")

FILE = typer.Argument(
    exists=True, dir_okay=False, allow_dash=True, help="JSON Lines, one a line; - reads stdin."
)

console = Console()
complaints = Console(stderr=True, soft_wrap=True, highlight=False)


def settings_here(instead: Mapping[str, str] | None = None) -> Settings:
    """Read the settings from this process's environment, some variables replaced."""
    environment = os.environ  # noqa: TID251 - this is an entry point
    return Settings.from_environment({**environment, **(instead or {})})


@contextmanager
def opened(settings: Settings) -> Iterator[Services]:
    """Give services that are not started, and close them afterwards."""
    services = Services(settings, clock=utc_now)
    try:
        yield services
    finally:
        services.stop()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Answer HTTP, and index in a thread unless KINDRED_WORKER says otherwise."""
    settings = settings_here().with_address(host, port)
    configure_logging(settings)
    serve_http(settings)


@app.command()
def worker() -> None:
    """Index in a process of its own, beside `serve` with KINDRED_WORKER=none."""
    settings = settings_here()
    configure_logging(settings)
    if settings.uses_lite:
        raise SettingsError(
            f"KINDRED_MILVUS_URI is the Lite file {settings.milvus_uri}, which only one process "
            "can hold: `kindred serve` indexes by itself there. Name a Milvus server for workers."
        )
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with opened(settings) as services:
        services.start(work=True)
        stop.wait()


@app.command()
def reindex(
    space: Annotated[
        list[str] | None, typer.Option(help="Only this space's model; the others keep theirs.")
    ] = None,
    rollback: Annotated[  # noqa: FBT002 - typer makes it the flag --rollback
        bool, typer.Option("--rollback", help="Go back to the generation before this one.")
    ] = False,
) -> None:
    """Build the index anew beside the live one, check it, and swap; nothing stops meanwhile."""
    settings = settings_here()
    configure_logging(settings, stream=sys.stderr, least="error")
    with opened(settings) as services:
        if rollback:
            job = run_job(services, console, "rollback", {})
        else:
            job = run_job(services, console, "reindex", {"spaces": space})
    report = Table(show_header=False, box=None)
    for name, value in job.progress.items():
        report.add_row(name, "-" if value is None else str(value))
    console.print(report)


@imports.command("items")
def items(
    file: Annotated[Path, FILE],
) -> None:
    """Load items; bad lines are reported, good ones land."""
    with opened(settings_here()) as services:
        show_import(
            console,
            complaints,
            file,
            lambda source, progress: import_items(
                source, services.catalogue, now=utc_now(), progress=progress
            ),
        )


@imports.command("interactions")
def interactions(
    file: Annotated[Path, FILE],
) -> None:
    """Load interactions; bad lines are reported, good ones land, none is counted twice."""
    with opened(settings_here()) as services:
        show_import(
            console,
            complaints,
            file,
            lambda source, progress: import_interactions(
                source,
                services.interactions,
                now=utc_now(),
                kinds=services.settings.kinds,
                progress=progress,
            ),
        )


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
        retried = services.queue.retry(item or None, now=utc_now())
    console.print(f"{retried:,} queued again", highlight=False)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(
        "demo-data"
    ),
) -> None:
    """Serve a small shop that Kindred drew itself, and print a tour of it."""
    settings = settings_here({"KINDRED_DATA_DIR": str(folder), "KINDRED_PORT": str(port)})
    run_demo(settings, console)


def main() -> None:
    """Run the command line; errors that have a message are shown without a traceback."""
    try:
        app()
    except SettingsError as error:
        complaints.print(str(error), markup=False)
        sys.exit(2)
    except (JobFailed, IndexerError) as error:
        complaints.print(str(error), markup=False)
        sys.exit(1)


if __name__ == "__main__":
    main()
