"""Progress for people: a bar on a terminal, plain lines anywhere else."""

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

LINE_EVERY_SECONDS = 2.0
"""How often a plain line is printed while a phase goes on."""


class RateColumn(ProgressColumn):
    """Steps a second, once there is something to divide."""

    def render(self, task: Task) -> Text:
        """Render the rate of one task."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f}/s", style="progress.data.speed")


class ProgressDisplay:
    """Shows phases with their rate and time left; use it as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Progress | None = None
        if console.is_terminal:
            self._bar = Progress(
                TextColumn("{task.description:<10}"),
                BarColumn(),
                MofNCompleteColumn(),
                RateColumn(),
                TimeRemainingColumn(),
                console=console,
            )
        self._phase: str | None = None
        self._task = None if self._bar is None else self._bar.add_task("waiting", total=None)
        self._began = self._printed = time.monotonic()
        self._began_at = 0
        self._done = self._total = 0

    def __enter__(self) -> Self:
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        elif self._phase is not None and error is None:
            self._print_line()

    def update(self, phase: str, done: int, total: int) -> None:
        """Show how far a phase is; a phase of another name begins anew."""
        now = time.monotonic()
        begins = phase != self._phase
        if begins and self._bar is None and self._phase is not None:
            self._print_line()
        if begins:
            self._phase, self._began, self._began_at, self._printed = phase, now, done, now
        self._done, self._total = done, total
        if self._bar is not None and self._task is not None:
            if begins:
                self._bar.reset(self._task)
            self._bar.update(self._task, description=phase, completed=done, total=total)
        elif now - self._printed >= LINE_EVERY_SECONDS:
            self._print_line()

    def _print_line(self) -> None:
        self._printed = now = time.monotonic()
        rate = (self._done - self._began_at) / max(now - self._began, 1e-9)
        line = f"{self._phase}: {self._done:,} of {self._total:,}"
        if rate > 0:
            left = timedelta(seconds=round((self._total - self._done) / rate))
            line += f", {rate:,.0f}/s, {left} left"
        self._console.print(line, highlight=False)
