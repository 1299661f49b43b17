"""What commands that evaluate have in common: the data, how it is split, and where it is tried."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

if TYPE_CHECKING:
    from app.datasets.sources import Layout
    from app.evaluation.log import Log
    from app.evaluations import SplitName, Trial
    from app.formats.plan import How
    from app.settings import Settings

Name = TypeVar("Name", bound=str)

MOST_PLACES = 500
"""As many as an answer may have."""

MOST_NEGATIVES = 900
"""Beside what is to be found they make a filter, which names a thousand items at most."""

DataArgument = Annotated[
    Path | None,
    typer.Argument(
        exists=True, help="A data set; without one, the service's own interactions are used."
    ),
]
LayoutOption = Annotated[
    str | None, typer.Option(help="movielens, online-retail, amazon or table; else told apart.")
]
ItemsOption = Annotated[
    Path | None,
    typer.Option(exists=True, help="A file that describes the items of a table or of Amazon."),
]
SplitOption = Annotated[
    str,
    typer.Option(
        help="What is to be found: time (the latest), last (each person's last), random (a "
        "share of each person's) or random-items (of each item's)."
    ),
]
ShareOption = Annotated[
    float | None, typer.Option(help="Share held back by time (0.2) and the random ones (0.25).")
]
PeopleOption = Annotated[
    int | None, typer.Option(min=1, help="Ask for so many people, drawn at random; else all.")
]
RepeatsOption = Annotated[
    bool, typer.Option("--repeats", help="What a person has touched is to be found again.")
]
LeastOption = Annotated[
    float | None, typer.Option(help="A value (stars) below it speaks against an item.")
]
ExactOption = Annotated[
    bool, typer.Option("--exact", help="Compare with every item, to see what ANN costs.")
]
ServerOption = Annotated[
    str | None,
    typer.Option(
        metavar="URI",
        help="Search with this Milvus server instead of Lite, to see what its ANN costs; its "
        "collections are dropped at the end.",
    ),
]
SeedOption = Annotated[int, typer.Option(min=0, help="Of every draw.")]


def apart(folder: str, trial: "Trial") -> Mapping[str, str]:
    """Return the environment with records and an index of its own, whatever is configured.

    Where a trial names a server, the configured token goes to it.
    """
    from app.commands.opening import environment

    instead = {"DATA_DIR": folder, "DATABASE_URL": "", "MILVUS_URI": trial.server or ""}
    if trial.repeats:
        instead["EXCLUDED_KINDS"] = "none"
    return {**environment(), **{f"KINDRED_{name}": value for name, value in instead.items()}}


def log_of(
    data: Path | None,
    layout: str | None,
    items: Path | None,
    how: "How | None",
    settings: "Settings",
) -> "Log":
    """Read a data set, or the service's own interactions where none is named."""
    from app.clock import utc_now
    from app.commands.opening import opened
    from app.datasets.sources import Source, load, own

    if data is not None:
        source = Source(data, _layout(layout), items, how)
        return load(source, now=utc_now(), kinds=settings.kinds)
    with opened(settings) as services:
        return own(services.interactions, services.catalogue)


def checked_server(server: str | None, *, exact: bool) -> str | None:
    """Return the address of a server, or refuse what is none."""
    if server is None:
        return None
    if exact:
        raise typer.BadParameter("--exact compares with every item in memory: leave --server out")
    if not server.startswith(("http://", "https://")):
        raise typer.BadParameter(
            f"--server is the http(s):// address of a Milvus server, not {server!r}"
        )
    return server


def about(log: "Log", trial: "Trial", data: Path | None) -> dict[str, object]:
    """Say of a result what it is of: JSON values."""
    from importlib.metadata import version

    return {
        "dataset": log.name,
        "source": str(data or "own"),
        "split": trial.split,
        "share": None if trial.split == "last" or trial.cut is not None else trial.share,
        "repeats": trial.repeats,
        "least": trial.least,
        "search": trial.search,
        "seed": trial.seed,
        "kindred": version("kindred"),
    }


def checked_share(share: float | None, split: "SplitName") -> float:
    """Return the share to hold back; the usual one where none is given."""
    if share is None:
        return 0.2 if split == "time" else 0.25
    if not 0 < share < 1:
        raise typer.BadParameter(f"--share is {share}, but must be above 0 and below 1")
    return share


def one_of(option: str, given: str, known: tuple[Name, ...]) -> Name:
    """Return a name that is known."""
    for each in known:
        if each == given:
            return each
    raise typer.BadParameter(f"{option} is {given!r}, but must be one of {', '.join(known)}")


def _layout(name: str | None) -> "Layout | None":
    from app.datasets.sources import LAYOUTS

    return None if name is None else one_of("--layout", name, LAYOUTS)
