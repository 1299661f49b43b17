"""What commands write to: standard output, and standard error for complaints."""

import os
from typing import NoReturn

from rich.console import Console


class Output(Console):
    """A console that ends the command quietly when nobody reads it any more (`… | head`)."""

    def on_broken_pipe(self) -> NoReturn:
        """Let what is still buffered go nowhere, and end as a program killed by SIGPIPE does."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())
        raise SystemExit(141)


console = Output()
complaints = Output(stderr=True, soft_wrap=True, highlight=False)
