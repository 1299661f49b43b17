"""`kindred export`: everything out again, in the formats `kindred import` reads."""

from pathlib import Path
from typing import Annotated

import typer

from app.commands.opening import administered, opened, settings_here
from app.commands.terminal import complaints

exports = typer.Typer(help="Write all items or interactions to a file.", no_args_is_help=True)

FileArgument = Annotated[
    Path, typer.Argument(help="Its ending tells the format; - writes to standard output.")
]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="jsonl, csv, tsv, parquet or xlsx.")
]
OverwriteOption = Annotated[
    bool, typer.Option("--overwrite", help="Write over a file that is there.")
]


@exports.command("items")
def items(
    file: FileArgument,
    form: FormatOption = None,
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write every item that is not deleted."""
    from app.commands.progress import ProgressDisplay
    from app.exports import export_items
    from app.formats.opening import a_format

    with opened(settings_here()) as services:
        administered(services, "export.items", str(file))
        total = services.catalogue.count()
        with ProgressDisplay(complaints) as display:
            done = export_items(
                services.catalogue,
                file,
                chosen=None if form is None else a_format(form),
                overwrite=overwrite,
                progress=lambda rows: display.update("exporting", rows, max(rows, total)),
            )
    # Not on standard output, which may be the file.
    complaints.print(f"{done:,} items written")


@exports.command("interactions")
def interactions(
    file: FileArgument,
    form: FormatOption = None,
    overwrite: OverwriteOption = False,  # noqa: FBT002 - typer makes it the flag --overwrite
) -> None:
    """Write every interaction, in order of arrival."""
    from app.commands.progress import ProgressDisplay
    from app.exports import export_interactions
    from app.formats.opening import a_format

    with opened(settings_here()) as services:
        administered(services, "export.interactions", str(file))
        total = services.interactions.count()
        with ProgressDisplay(complaints) as display:
            done = export_interactions(
                services.interactions,
                file,
                chosen=None if form is None else a_format(form),
                overwrite=overwrite,
                progress=lambda rows: display.update("exporting", rows, max(rows, total)),
            )
    complaints.print(f"{done:,} interactions written")
