"""The options of `kindred import` as values."""

from collections.abc import Sequence
from typing import get_args

import typer

from app.formats.cells import Decimals
from app.formats.columns import Reading
from app.formats.opening import a_format
from app.formats.plan import How


def how_from(
    form: str | None,
    mapping: Sequence[str] | None,
    constants: Sequence[str] | None,
    encoding: str | None,
    decimals: str | None,
    time_format: str | None,
) -> How:
    """Take options as they were typed.

    Raises:
        BadParameter: One of them cannot be used.
    """
    marks: tuple[Decimals, ...] = get_args(Decimals)
    mark = next((each for each in marks if each == decimals), None)
    if decimals is not None and mark is None:
        raise typer.BadParameter(f"--decimals is {decimals!r}, but must be point or comma")
    return How(
        None if form is None else a_format(form),
        encoding,
        Reading(
            _pairs("--map", "COLUMN=FIELD", mapping, at_last=True),
            _pairs("--set", "FIELD=VALUE", constants, at_last=False),
            mark,
            time_format,
        ),
    )


def _pairs(option: str, form: str, given: Sequence[str] | None, *, at_last: bool) -> dict[str, str]:
    """Take "a=b" apart: at the last "=", as a column may be named with one, or at the first."""
    pairs: dict[str, str] = {}
    for each in given or ():
        left, equals, right = each.rpartition("=") if at_last else each.partition("=")
        if not equals or not left:
            raise typer.BadParameter(f"{option} is {each!r}, but must be {form}")
        if left in pairs:
            raise typer.BadParameter(f"{option} names {left!r} twice")
        pairs[left] = right
    return pairs
