"""`kindred tune-index`: how wide searches must be on this catalogue, measured."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.commands.opening import opened, settings_here
from app.commands.terminal import complaints, console
from app.errors import CommandFailed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from indexer.graph import Graph
    from indexer.sweep import Tried

WIDTHS = (16, 32, 64, 100, 150, 200, 300, 400, 600, 800)
"""Widths that are tried."""

ENOUGH = 0.99
"""Recall that is enough where nothing else is asked for: a list of 20 then lacks an item every
fifth time."""


def tune_index(
    recall: Annotated[
        float, typer.Option(min=0.5, max=1.0, help="Share of the hundred nearest that is enough.")
    ] = ENOUGH,
    sample: Annotated[
        int, typer.Option(min=10, max=10_000, help="Items that are searched with.")
    ] = 200,
    links: Annotated[
        list[int] | None,
        typer.Option(
            min=2,
            max=128,
            help="Build a graph of so many links, too, on a server; repeatable; slow.",
        ),
    ] = None,
    write: Annotated[
        Path | None, typer.Option(help="Write the settings that were chosen into this file.")
    ] = None,
) -> None:
    """Search the live index at several widths, and choose the quickest that finds enough."""
    from app.commands.progress import ProgressDisplay
    from app.equipment import graph
    from app.ranking import recommend_settings
    from app.telemetry import configure_logging
    from indexer.sweep import chosen

    settings = settings_here()
    configure_logging(settings, stream=sys.stderr, least="error")
    if links and settings.uses_lite:
        raise typer.BadParameter("--links: Milvus Lite builds what it likes; leave it out")
    built = _graphs(graph(settings), links or ())
    with opened(settings) as services, ProgressDisplay(complaints) as display:
        tried = services.swept(
            built,
            WIDTHS,
            weights=recommend_settings(settings).weights,
            sample=sample,
            progress=display.update,
        )
    best = chosen(tried, recall=recall)
    if best is None:
        raise CommandFailed("there is nothing to search yet: no item is in the index")
    _show(tried, best)
    if best.recall < recall:
        console.print(
            f"nothing tried finds {recall:.1%}; this is the most. More links (--links), or a "
            "rebuild with a larger KINDRED_INDEX_BUILD_WIDTH, may find more",
            highlight=False,
        )
    lines = written(best, recall=recall)
    console.print("\n".join(lines), highlight=False, soft_wrap=True)
    if len({each.recall for each in tried}) == 1 and len(tried) > 1:
        console.print("all widths find the same: this engine heeds none", highlight=False)
    if write is not None:
        write.write_text("\n".join(lines) + "\n", encoding="utf-8")
        console.print(f"written: {write}", highlight=False, soft_wrap=True)


def written(best: "Tried", *, recall: float) -> list[str]:
    """Write what was chosen as a file of settings."""
    graph = best.graph
    return [
        f"# Chosen by `kindred tune-index`: finds {best.recall:.2%} of the hundred nearest in "
        f"{best.seconds * 1e3:.1f} ms; {recall:.2%} was asked for.",
        f"KINDRED_SEARCH_WIDTH={graph.search_width}",
        f"KINDRED_INDEX_LINKS={graph.links}",
        f"KINDRED_INDEX_BUILD_WIDTH={graph.build_width}",
    ]


def _graphs(configured: "Graph", links: "Sequence[int]") -> "list[Graph]":
    """The configured graph, which the live index is taken to be, and those of other links."""
    from dataclasses import replace

    others = [each for each in dict.fromkeys(links) if each != configured.links]
    return [configured, *(replace(configured, links=each) for each in others)]


def _show(tried: "Sequence[Tried]", best: "Tried") -> None:
    table = Table("links", "built", "width", "recall@100", "ms a search", "", box=None)
    for each in tried:
        table.add_row(
            str(each.graph.links),
            str(each.graph.build_width),
            str(each.graph.search_width),
            f"{each.recall:.4f}",
            f"{each.seconds * 1e3:.2f}",
            "chosen" if each is best else "",
        )
    console.print(table)
