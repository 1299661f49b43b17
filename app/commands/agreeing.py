"""Having somebody agree before what cannot be undone is done: beforehand, or when asked."""

import sys
from typing import Annotated

import typer

from app.commands.terminal import Output

OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Write over a file that is there.")
]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def agreed(question: str, otherwise: str, *, to: Output) -> None:
    """Have somebody agree; ends the command when nobody does.

    Args:
        question: What is asked; " [y/N]: " is put behind it.
        otherwise: What is said when they do not agree.
        to: Where that is said.

    Raises:
        BadParameter: Nobody is there to be asked.
        Exit: They did not agree; the status is 1.
    """
    if not sys.stdin.isatty():
        raise typer.BadParameter("nobody is there to be asked: say --yes")
    if not typer.confirm(question):
        to.print(otherwise)
        raise typer.Exit(1)
