"""What `kindred import` shows: how a file is read, how far it is, and what became of its rows."""

from collections.abc import Sequence
from types import TracebackType
from typing import Self

import orjson
import typer
from rich.table import Table

from app.commands.progress import ProgressDisplay
from app.commands.terminal import complaints, console
from app.errors import CommandFailed
from app.exports import interaction_row, item_row
from app.feeds.pull import PullReport
from app.formats.errors import FileError
from app.formats.plan import Plan
from app.import_run import Attention
from app.interactions.interaction import Interaction
from app.tally import ImportReport
from indexer.items import Item


class Display:
    """Shows one import; a context manager around it.

    Args:
        source: The file's or the feed's name.
        rehearsed: Whether nothing is written.
    """

    def __init__(self, source: str, *, rehearsed: bool) -> None:
        self.rehearsed = rehearsed
        self._source = source
        self._progress = ProgressDisplay(console)
        self.attention = Attention(plan=self._show_plan, progress=self._show_progress)

    def __enter__(self) -> Self:
        self._progress.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.__exit__(kind, error, trace)
        if isinstance(error, KeyboardInterrupt) and not self.rehearsed:
            complaints.print("stopped; the same command goes on where this one was")
        if isinstance(error, FileError):
            raise type(error)(f"{self._source}: {error}") from error
        if isinstance(error, OSError):
            raise CommandFailed(
                f"{self._source} cannot be read ({error.strerror or error}); what was read before "
                "that landed, and importing it again changes nothing of it"
            ) from error

    def show(self, report: ImportReport, first: Sequence[Item | Interaction] = ()) -> None:
        """Show what became of the rows; exits with 1 when one was bad."""
        for problem in report.problems:
            complaints.print(f"{report.unit} {problem.line}: {problem.reason}", markup=False)
        if report.bad > len(report.problems):
            complaints.print(f"and {report.bad - len(report.problems):,} more bad {report.unit}s")
        self._show_repeats(report)
        would = "would land" if self.rehearsed else "landed"
        console.print(
            f"{report.landed:,} {would}, {report.unchanged:,} were there already, "
            f"{report.bad:,} bad" + ("; nothing was written" if self.rehearsed else ""),
            highlight=False,
        )
        for each in first:
            row = item_row(each) if isinstance(each, Item) else interaction_row(each)
            said = {name: value for name, value in row.items() if value not in (None, [], {})}
            text = orjson.dumps(said, option=orjson.OPT_UTC_Z).decode()
            console.print(
                text[:500] + ("…" if len(text) > 500 else ""),
                markup=False,
                highlight=False,
                soft_wrap=True,
            )
        if report.bad:
            raise typer.Exit(1)

    def show_pull(self, report: PullReport, first: Sequence[Item] = ()) -> None:
        """Show what a pull did; exits with 1 when a row was bad or a deletion was refused."""
        if report.imported is None:
            console.print("the feed has not changed since the last pull", highlight=False)
        if report.vanished and report.refused is None:
            would = "would be deleted" if self.rehearsed else "deleted"
            console.print(
                f"{report.vanished:,} of {report.members:,} items vanished from the feed, "
                f"{report.deleted:,} {would}",
                highlight=False,
            )
        if report.refused is not None:
            complaints.print(report.refused, markup=False)
        if report.imported is not None:
            self.show(report.imported, first)
        if report.refused is not None:
            raise typer.Exit(1)

    def _show_repeats(self, report: ImportReport) -> None:
        for each in report.repeats:
            complaints.print(
                f"{report.unit} {each.line}: {each.item_id!r} again, as in {report.unit} "
                f"{each.earlier}; the later one stays",
                markup=False,
            )
        if report.repeated > len(report.repeats):
            more = report.repeated - len(report.repeats)
            complaints.print(f"and {more:,} more repeated ids")

    def _show_plan(self, plan: Plan) -> None:
        said = "; ".join([f"{self._source} is read as {plan.format}", *plan.notes])
        # What has HTTP's own shape needs no words.
        if plan.columns is None and not plan.notes:
            return
        console.print(said, markup=False, highlight=False, soft_wrap=True)
        if plan.columns is None:
            return
        table = Table("column", "field", box=None, pad_edge=False)
        for column in plan.columns:
            if column.field is not None:
                table.add_row(repr(column.name), column.field + (" (given)" * column.given))
        console.print(table, markup=False, highlight=False)
        left = [column.name for column in plan.columns if column.field is None]
        if left:
            named = ", ".join(repr(name) for name in left)
            console.print(
                f"left out: {named} (--map COLUMN=attributes.NAME takes one in)",
                markup=False,
                highlight=False,
                soft_wrap=True,
            )

    def _show_progress(self, done: int, total: int, rows: int) -> None:
        # Rows are what people count in; how many there will be is told from how much was read.
        expected = round(rows * total / done) if done else rows
        self._progress.update("importing", rows, max(rows, expected))
