"""`kindred import`: progress while it runs, then what landed and what did not."""

from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from app.commands.progress import ProgressDisplay
from app.imports import ImportReport

Progress = Callable[[int, int, int], None]


def show_import(
    console: Console,
    complaints: Console,
    file: Path,
    load: Callable[[Path, Progress], ImportReport],
) -> None:
    """Run an import with progress, and report it; exits with 1 when a row was bad."""
    with ProgressDisplay(console) as display:
        report = load(file, lambda done, total, _: display.update("importing", done, total))
    for problem in report.problems:
        complaints.print(f"line {problem.line}: {problem.reason}", markup=False)
    hidden = report.bad - len(report.problems)
    if hidden > 0:
        complaints.print(f"and {hidden:,} more bad lines")
    console.print(
        f"{report.landed:,} landed, {report.unchanged:,} were there already, {report.bad:,} bad",
        highlight=False,
    )
    if report.bad:
        raise typer.Exit(1)
