"""`kindred export`: everything out again, in the formats `kindred import` reads."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from app.commands.agreeing import OverwriteOption
from app.commands.opening import administered, opened, settings_here
from app.commands.terminal import complaints

exports = typer.Typer(help="Write all items or interactions to a file.", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(help="Its ending tells the format; - writes to standard output.")
]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="jsonl, csv, tsv, parquet or xlsx.")
]


@exports.command("items")
def items(
    file: FileArgument,
    form: FormatOption = None,
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write every item that is not deleted."""
    from app.exports import export_items

    with opened(settings_here()) as services:
        administered(services, "export.items", str(file))
        export = partial(export_items, services.catalogue, file)
        done = _exported(export, form, overwrite=overwrite, total=services.catalogue.count())
    # Not on standard output, which may be the file.
    complaints.print(f"{done:,} items written")


@exports.command("interactions")
def interactions(
    file: FileArgument,
    form: FormatOption = None,
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write every interaction, in order of arrival."""
    from app.exports import export_interactions

    with opened(settings_here()) as services:
        administered(services, "export.interactions", str(file))
        export = partial(export_interactions, services.interactions, file)
        done = _exported(export, form, overwrite=overwrite, total=services.interactions.count())
    complaints.print(f"{done:,} interactions written")


def _exported(export: Callable[..., int], form: str | None, *, overwrite: bool, total: int) -> int:
    """Export while showing how far it is, and return how many rows there were."""
    from app.commands.progress import ProgressDisplay
    from app.formats.opening import a_format

    with ProgressDisplay(complaints) as display:
        return export(
            chosen=None if form is None else a_format(form),
            overwrite=overwrite,
            progress=lambda rows: display.update("exporting", rows, max(rows, total)),
        )
