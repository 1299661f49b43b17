"""The command line, `kindred`. Settings come from KINDRED_… variables.

What is heavy is imported by the commands that need it: see `app.commands.opening`.
"""

import signal
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from app.commands.audit import audit
from app.commands.backup import backup, restore
from app.commands.doctor import doctor
from app.commands.endings import Invocation, ended
from app.commands.evaluate import evaluate
from app.commands.exports import exports
from app.commands.imports import imports
from app.commands.keys import keys
from app.commands.opening import administered, opened, settings_here
from app.commands.people import people
from app.commands.queue import queue
from app.commands.terminal import complaints, console
from app.commands.train import train
from app.commands.tune import tune
from app.commands.tune_index import tune_index
from app.errors import SettingsError

app = typer.Typer(
    name="kindred",
    help="Recommendations from a catalogue's words, pictures and people.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(imports, name="import")
app.add_typer(exports, name="export")
app.add_typer(people, name="people")
app.add_typer(queue, name="queue")
app.command()(backup)
app.command()(restore)
app.add_typer(keys, name="keys")
app.command()(audit)
app.command()(doctor)
app.command()(evaluate)
app.command()(tune)
app.command()(tune_index)
app.command()(train)


@app.callback()
def kindred(
    context: typer.Context,
    debug: Annotated[  # noqa: FBT002 - typer makes it the flag --debug
        bool, typer.Option("--debug", help="Show where an error happened.")
    ] = False,
) -> None:
    """Recommendations from a catalogue's words, pictures and people."""
    context.ensure_object(Invocation).debug = debug


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 0 takes a free one.")] = None,
) -> None:
    """Answer HTTP, and index in a thread unless KINDRED_WORKER says otherwise."""
    from app.commands.serve import serve_http
    from app.telemetry import configure_logging

    settings = settings_here().with_address(host, port)
    configure_logging(settings)
    serve_http(settings)


@app.command()
def worker() -> None:
    """Index in a process of its own, beside `serve` with KINDRED_WORKER=none."""
    from app.telemetry import configure_logging

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
    from app.commands.jobs import run_job
    from app.telemetry import configure_logging

    if rollback and space:
        raise typer.BadParameter("--rollback takes no --space: it goes back to a whole generation")
    settings = settings_here()
    configure_logging(settings, stream=sys.stderr, least="error")
    with opened(settings) as services:
        administered(services, "rollback" if rollback else "reindex", detail={"spaces": space})
        if rollback:
            job = run_job(services, console, "rollback", {})
        else:
            job = run_job(services, console, "reindex", {"spaces": space})
    report = Table(show_header=False, box=None)
    for name, value in job.progress.items():
        if name == "training":  # what `kindred train` and `kindred doctor` tell
            continue
        report.add_row(name, "-" if value is None else str(value))
    console.print(report)


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its data.")] = Path(
        "demo-data"
    ),
) -> None:
    """Serve a small shop that Kindred drew itself, and print a tour of it."""
    from app.commands.demo import run_demo

    settings = settings_here({"KINDRED_DATA_DIR": str(folder), "KINDRED_PORT": str(port)})
    run_demo(settings, console)


def main() -> None:
    """Run the command line; what went wrong is told in a sentence, with --debug also where."""
    sys.exit(ended(lambda invocation: app(obj=invocation), complaints))


if __name__ == "__main__":
    main()
