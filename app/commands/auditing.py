"""`kindred doctor --audit` and `--repair`: the audit, beside a running service or without one."""

import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict

import structlog
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from app import schema
from app.access.audit import Action, Audit, here
from app.auditing.audit import Auditor, unseen_index
from app.clock import utc_now
from app.commands.jobs import LOOK_EVERY_SECONDS
from app.commands.opening import opened_database, settings_here
from app.commands.progress import ProgressDisplay
from app.commands.terminal import complaints, console
from app.doctor import records
from app.doctor.index import lite_missing
from app.equipment import milvus_store
from app.errors import CommandFailed
from app.settings import Settings
from app.telemetry import configure_logging
from indexer.audit import NAME, IndexAudit, IndexParts
from indexer.database import Database
from indexer.errors import JobFailed
from indexer.faults import Check, check_of
from indexer.generations import Generations
from indexer.jobs import Jobs
from indexer.lite import lite_owner_alive
from indexer.mending import Progress
from indexer.milvus import MilvusStore
from indexer.queue import WorkQueue
from indexer.testimony import Witness

log = structlog.get_logger(__name__)

DONE = {"ok": "green", "warn": "yellow", "fail": "bold red", "skip": "dim"}


def run_audit(*, repair: bool, as_json: bool) -> None:
    """Audit, print what was found, and end with 1 where faults are left.

    Raises:
        CommandFailed: There are no records to look at.
        DatabaseUnavailable, StoreUnavailable, SchemaMismatch: Nothing can be said.
    """
    settings = settings_here()
    configure_logging(settings, least="error")
    nothing = records.missing(settings)
    if nothing is not None:
        raise CommandFailed(nothing.seen)
    with ExitStack() as closing:
        database = closing.enter_context(opened_database(settings))
        schema.check(database)
        if repair:
            Audit(database).record(Action(here(), "doctor.repair", None, {}), now=utc_now())
        store = milvus_store(settings)
        closing.callback(store.close)
        auditor = Auditor(settings, database, store.engine, clock=utc_now, pause=time.sleep)
        display = closing.enter_context(ProgressDisplay(complaints))
        index = _index(settings, database, store, display.update, repair=repair)
        checks = list(auditor.checks(index, repair=repair))
    if as_json:
        typer.echo(json.dumps(told(checks), indent=2))
    else:
        show(checks, console)
    if any(check.left for check in checks):
        raise typer.Exit(1)


def told(checks: list[Check]) -> dict[str, object]:
    """Return what was found, for JSON."""
    verdicts = {verdict(check) for check in checks}
    worst = next((each for each in ("fail", "warn", "skip") if each in verdicts), "ok")
    listed = [{"verdict": verdict(check), **asdict(check)} for check in checks]
    return {"verdict": worst, "checks": listed}


def verdict(check: Check) -> str:
    """Judge a part: fail where faults are left; warn where some were mended or are known."""
    if check.skipped is not None:
        return "skip"
    if check.left:
        return "fail"
    return "warn" if check.found or check.set_aside else "ok"


def show(checks: list[Check], output: Console) -> None:
    """Write what was found: a line a part, and below it some of the faults."""
    table = Table(box=None, show_header=False, pad_edge=False)
    for check in checks:
        judged = verdict(check)
        table.add_row(Text(judged, DONE[judged]), Text(check.name), Text(_sentence(check)))
        for fault in check.examples:
            table.add_row("", "", Text(f"{fault.kind}: {fault.about}: {fault.seen}"))
    output.print(table, soft_wrap=True)


def _sentence(check: Check) -> str:
    if check.skipped is not None:
        return check.skipped
    parts = [f"{check.looked_at:,} looked at"]
    parts += [f"{many:,} {kind}" for kind, many in sorted(check.faults.items())]
    parts += [f"{many:,} {kind} mended" for kind, many in sorted(check.mended.items())]
    if check.in_flight:
        parts.append(f"{check.in_flight:,} in flight")
    if check.set_aside:
        parts.append(f"{check.set_aside:,} set aside (`kindred queue list --set-aside`)")
    return ", ".join(parts) if len(parts) > 1 else f"{parts[0]}, no faults"


def _index(
    settings: Settings,
    database: Database,
    store: MilvusStore,
    progress: Progress,
    *,
    repair: bool,
) -> Callable[[], Check]:
    """Say who looks at the index: this process, or the one that owns a Lite file."""

    def here_and_now() -> Check:
        parts = IndexParts(
            Witness(database),
            Generations(database, settings.namespace),
            WorkQueue(database),
            store,
            utc_now,
        )
        return IndexAudit(parts).run(progress, pause=time.sleep, repair=repair)

    def asked_for() -> Check:
        return _followed(Jobs(database), store.engine, progress, repair=repair)

    if not settings.uses_lite:
        return here_and_now
    missing = lite_missing(settings)
    if missing is not None:  # opening it would make it
        return lambda: Check(NAME, skipped=missing.seen)
    return asked_for if lite_owner_alive(settings.milvus_uri) else here_and_now


def _followed(jobs: Jobs, engine: str, progress: Progress, *, repair: bool) -> Check:
    """Ask the process that owns the index to look at it, and wait for what it says.

    Raises:
        JobFailed: It could not.
    """
    if not jobs.alive(engine, now=utc_now()):
        return unseen_index(engine, "another process has it, which takes no work just now")
    job = jobs.request("audit", {"repair": repair}, now=utc_now())
    while job.state in ("waiting", "running"):
        if not jobs.alive(engine, now=utc_now()):
            return unseen_index(engine, "the process that had it went away: audit again")
        phase, done, total = (job.progress.get(name) for name in ("phase", "done", "total"))
        if isinstance(phase, str) and isinstance(done, int) and isinstance(total, int):
            progress(phase, done, total)
        time.sleep(LOOK_EVERY_SECONDS)
        job = jobs.get(job.job_id) or job
    if job.state == "failed":
        raise JobFailed(job.error or "the audit failed without saying why")
    return check_of(job.progress)
