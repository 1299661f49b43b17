"""What commands write to: standard output, and standard error for complaints."""

import os
from typing import NoReturn

from rich.console import Console, ConsoleDimensions

UNBROKEN = 10_000
"""Columns where nobody looks at a screen: a program that reads lines wants them whole."""


class Output(Console):
    """A console that ends the command quietly when nobody reads it any more (`… | head`)."""

    @property
    def size(self) -> ConsoleDimensions:
        """How much fits; everything, in a file or a pipe."""
        found = super().size
        return found if self.is_terminal else ConsoleDimensions(UNBROKEN, found.height)

    @size.setter
    def size(self, new_size: tuple[int, int]) -> None:
        self._width, self._height = new_size

    def on_broken_pipe(self) -> NoReturn:
        """Let what is still buffered go nowhere, and end as a program killed by SIGPIPE does."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
        raise SystemExit(141)


console = Output()
complaints = Output(stderr=True, soft_wrap=True, highlight=False)
