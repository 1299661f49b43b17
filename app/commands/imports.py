"""`kindred import`: how the file is read, progress while it runs, what landed and what did not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from app.clock import utc_now
from app.commands.opening import administered, opened, settings_here
from app.json_lines import STDIN

if TYPE_CHECKING:
    from app.commands.import_reports import Display
    from app.feeds.pull import PullReport
    from app.formats.plan import How
    from app.rehearsal import RehearsedItems
    from app.services import Services

imports = typer.Typer(
    help="Load many items or interactions from a file or a feed.", no_args_is_help=True
)

MAX_SHARE = 0.2
"""A fifth: so much vanishes from a feed that was cut short sooner than from a shop."""


def _readable(file: Path | None) -> Path | None:
    # Not typer's own check: it takes "-" for a file's name.
    if file is not None and file != STDIN and not file.exists():
        raise typer.BadParameter(f"there is no file {str(file)!r}")
    if file is not None and file != STDIN and file.is_dir():
        raise typer.BadParameter(f"{str(file)!r} is a folder")
    return file


FILE = typer.Argument(
    callback=_readable,
    help="JSON Lines, JSON, CSV, TSV, Parquet, Excel or an XML product feed; - reads stdin.",
)
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="jsonl, json, csv, tsv, parquet, xlsx or xml; else told apart."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="THEIRS=OURS",
        help="Which column is which field, or attributes.NAME; nothing after = leaves it out.",
    ),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="FIELD=VALUE", help="What rows have that say nothing else."),
]
EncodingOption = Annotated[
    str | None, typer.Option(help="Of text; else UTF-8, or Windows-1252 where it is not.")
]
DecimalsOption = Annotated[
    str | None, typer.Option(help="point or comma: which one 1.234 has; else found out.")
]
TimeFormatOption = Annotated[
    str | None, typer.Option(help="How times are written, as strptime has it: %d/%m/%Y %H:%M.")
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would land, and write nothing.")
]
AnewOption = Annotated[
    bool, typer.Option("--anew", help="Begin at the beginning, whatever was done before.")
]


@imports.command("items")
def items(
    file: Annotated[Path | None, FILE] = None,
    url: Annotated[
        str | None, typer.Option(help="Pull a feed: JSON, or Google's as XML or TSV.")
    ] = None,
    form: FormatOption = None,
    mapping: MapOption = None,
    constants: SetOption = None,
    encoding: EncodingOption = None,
    decimals: DecimalsOption = None,
    time_format: TimeFormatOption = None,
    dry_run: DryRunOption = False,  # noqa: FBT002 - typer makes it the flag --dry-run
    anew: AnewOption = False,  # noqa: FBT002 - typer makes it the flag --anew
    delete_missing: Annotated[  # noqa: FBT002 - typer makes it the flag --delete-missing
        bool,
        typer.Option("--delete-missing", help="Delete items that came from this URL and vanished."),
    ] = False,
    max_delete_share: Annotated[
        float, typer.Option(min=0, max=1, help="Share of the feed above which none is deleted.")
    ] = MAX_SHARE,
) -> None:
    """Load items; bad rows are reported, good ones land."""
    from app.commands.import_options import how_from
    from app.commands.import_reports import Display
    from app.imports import import_items
    from app.rehearsal import RehearsedItems

    if (file is None) == (url is None):
        raise typer.BadParameter("name either a file or --url")
    if delete_missing and url is None:
        raise typer.BadParameter("--delete-missing goes with --url: a file is no whole feed")
    how = how_from(form, mapping, constants, encoding, decimals, time_format)
    with opened(settings_here()) as services:
        if not dry_run:
            # Of an address the host alone: the rest may hold a password.
            source = str(file) if url is None else urlsplit(url).hostname
            administered(services, "import.items", source, detail={"deletes": delete_missing})
        display = Display(str(url or file), rehearsed=dry_run)
        rehearsal = RehearsedItems(services.catalogue)
        if url is None and file is not None:
            with display:
                report = import_items(
                    file,
                    rehearsal if dry_run else services.catalogue,
                    now=utc_now(),
                    how=how,
                    checkpoints=None if dry_run else services.checkpoints(anew=anew),
                    attention=display.attention,
                )
            display.show(report, rehearsal.first)
        elif url is not None:
            share = max_delete_share if delete_missing else None
            with display:
                pulled = _pull(url, services, how, display, rehearsal, share=share, anew=anew)
            display.show_pull(pulled, rehearsal.first)


def _pull(
    url: str,
    services: "Services",
    how: "How",
    display: "Display",
    rehearsal: "RehearsedItems",
    *,
    share: float | None,
    anew: bool,
) -> "PullReport":
    from app.feeds.pull import Deletion, Puller, feed_fetcher

    puller = Puller(
        rehearsal if display.rehearsed else services.catalogue,
        feed_fetcher(allow_private=services.settings.allow_private_addresses),
        services.checkpoints(anew=anew),
        how,
        anew=anew,
    )
    pull = puller.rehearse if display.rehearsed else puller.pull
    return pull(
        url,
        services.feed(url),
        now=utc_now(),
        attention=display.attention,
        deletion=None if share is None else Deletion(share),
    )


@imports.command("interactions")
def interactions(
    file: Annotated[Path, FILE],
    form: FormatOption = None,
    mapping: MapOption = None,
    constants: SetOption = None,
    encoding: EncodingOption = None,
    decimals: DecimalsOption = None,
    time_format: TimeFormatOption = None,
    dry_run: DryRunOption = False,  # noqa: FBT002 - typer makes it the flag --dry-run
    anew: AnewOption = False,  # noqa: FBT002 - typer makes it the flag --anew
) -> None:
    """Load interactions; bad rows are reported, good ones land, none is counted twice."""
    from app.commands.import_options import how_from
    from app.commands.import_reports import Display
    from app.imports import import_interactions
    from app.rehearsal import RehearsedInteractions

    how = how_from(form, mapping, constants, encoding, decimals, time_format)
    with opened(settings_here()) as services:
        if not dry_run:
            administered(services, "import.interactions", str(file))
        display = Display(str(file), rehearsed=dry_run)
        rehearsal = RehearsedInteractions(services.interactions)
        with display:
            report = import_interactions(
                file,
                rehearsal if dry_run else services.interactions,
                now=utc_now(),
                kinds=services.settings.kinds,
                how=how,
                checkpoints=None if dry_run else services.checkpoints(anew=anew),
                attention=display.attention,
            )
        display.show(report, rehearsal.first)
