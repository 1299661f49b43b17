"""`kindred doctor`: look at every part, and say of each how it is and what to do."""

import json
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.clock import utc_now
from app.commands.opening import environment
from app.commands.terminal import console

if TYPE_CHECKING:
    from app.doctor.findings import Finding

STYLES = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}


def doctor(
    as_json: Annotated[  # noqa: FBT002 - typer makes it the flag --json
        bool, typer.Option("--json", help="Write one JSON object, for machines.")
    ] = False,
    quick: Annotated[  # noqa: FBT002 - typer makes it the flag --quick
        bool, typer.Option("--quick", help="Do not load the models, which takes seconds.")
    ] = False,
    audit: Annotated[  # noqa: FBT002 - typer makes it the flag --audit
        bool,
        typer.Option(
            "--audit", help="Compare every item and interaction with what was made of them."
        ),
    ] = False,
    repair: Annotated[  # noqa: FBT002 - typer makes it the flag --repair
        bool, typer.Option("--repair", help="Audit, and mend from SQL what can be mended.")
    ] = False,
) -> None:
    """Look at every part, say of each how it is and what to do; exit with 1 when one fails.

    With --audit or --repair, look at every item and interaction instead.
    """
    if audit or repair:
        from app.commands.auditing import run_audit

        run_audit(repair=repair, as_json=as_json)
        return
    # Heavy: see app.commands.opening.
    from app.doctor.examination import examine
    from app.doctor.findings import worst
    from app.settings import Settings
    from app.telemetry import configure_logging

    configure_logging(Settings(), least="error")
    waiting = console.status("looking …") if console.is_terminal and not as_json else nullcontext()
    with waiting:
        findings = list(examine(environment(), now=utc_now, loads_models=not quick))
    verdict = worst(findings)
    if as_json:
        checks = [asdict(finding) for finding in findings]
        typer.echo(json.dumps({"verdict": verdict, "checks": checks}, indent=2))
    else:
        show(findings, console)
    if verdict == "fail":
        raise typer.Exit(1)


def show(findings: Sequence["Finding"], output: Console) -> None:
    """Write findings as a table on a terminal, and a line each anywhere else."""
    if not output.is_terminal:
        for each in findings:
            advice = f" -> {each.advice}" if each.advice else ""
            line = f"{each.verdict:<4}  {each.name}: {each.seen}{advice}"
            output.print(line, markup=False, highlight=False, soft_wrap=True)
        return
    table = Table("", "part", "what was seen", "what to do", show_lines=True)
    for each in findings:
        verdict = Text(each.verdict, STYLES[each.verdict])
        table.add_row(verdict, Text(each.name), Text(each.seen), Text(each.advice or ""))
    output.print(table)
