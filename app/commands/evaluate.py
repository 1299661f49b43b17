"""`kindred evaluate`: how good recommendations are, against the usual baselines."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from app.commands.imports import (
    DecimalsOption,
    EncodingOption,
    FormatOption,
    MapOption,
    SetOption,
    TimeFormatOption,
)

if TYPE_CHECKING:
    from app.datasets.sources import Layout, Source
    from app.evaluation.log import Log
    from app.evaluations import SplitName, Trial
    from app.settings import Settings

Name = TypeVar("Name", bound=str)

MOST_PLACES = 500
"""As many as an answer may have."""


def evaluate(
    data: Annotated[
        Path | None,
        typer.Argument(
            exists=True, help="A data set; without one, the service's own interactions are used."
        ),
    ] = None,
    layout: Annotated[
        str | None, typer.Option(help="movielens, online-retail, amazon or table; else told apart.")
    ] = None,
    items: Annotated[
        Path | None,
        typer.Option(exists=True, help="A file that describes the items of a table or of Amazon."),
    ] = None,
    split: Annotated[
        str,
        typer.Option(
            help="What is to be found: time (the latest), last (each person's last), random (a "
            "share of each person's) or random-items (of each item's)."
        ),
    ] = "time",
    share: Annotated[
        float | None,
        typer.Option(help="Share held back by time (0.2) and the random ones (0.25)."),
    ] = None,
    cut: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"],
            help="For time: the moment (UTC) instead of a share.",
        ),
    ] = None,
    validation: Annotated[  # noqa: FBT002 - typer makes it the flag --validation
        bool,
        typer.Option("--validation", help="Ask of a part of what may be learned from instead."),
    ] = False,
    method: Annotated[
        list[str] | None, typer.Option(help="Only these methods, in this order; else all.")
    ] = None,
    k: Annotated[
        list[int] | None,
        typer.Option("--k", min=1, max=MOST_PLACES, help="Places looked at, the main one first."),
    ] = None,
    people: Annotated[
        int | None, typer.Option(min=1, help="Ask for so many people, drawn at random; else all.")
    ] = None,
    given: Annotated[
        int | None,
        typer.Option(min=0, help="Forget all but so many of their newest interactions first."),
    ] = None,
    repeats: Annotated[  # noqa: FBT002 - typer makes it the flag --repeats
        bool, typer.Option("--repeats", help="What a person has touched is to be found again.")
    ] = False,
    least: Annotated[
        float | None, typer.Option(help="A value (stars) below it speaks against an item.")
    ] = None,
    exact: Annotated[  # noqa: FBT002 - typer makes it the flag --exact
        bool, typer.Option("--exact", help="Compare with every item, to see what ANN costs.")
    ] = False,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this file.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", help="Write a report with plots to this file.")
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            metavar="A.json B.json", help="Test two results person by person; evaluate nothing."
        ),
    ] = None,
    form: FormatOption = None,
    mapping: MapOption = None,
    constants: SetOption = None,
    encoding: EncodingOption = None,
    decimals: DecimalsOption = None,
    time_format: TimeFormatOption = None,
) -> None:
    """Rank the whole catalogue for people, and compare with what they did next."""
    from app.commands.evaluation_reports import show_comparison
    from app.commands.import_options import how_from
    from app.commands.opening import settings_here
    from app.datasets.sources import Source
    from app.evaluation.result import read
    from app.evaluations import SPLITS, Trial, checked_methods, known_methods
    from app.telemetry import configure_logging

    if compare is not None:
        show_comparison(read(compare[0]), read(compare[1]))
        return
    chosen = _one_of("--split", split, SPLITS)
    trial = Trial(
        split=chosen,
        share=_checked_share(share, chosen),
        cut=None if cut is None else cut.replace(tzinfo=UTC),
        validation=validation,
        repeats=repeats,
        least=least,
        methods=checked_methods(method or known_methods()),
        ks=tuple(dict.fromkeys(k or [10])),
        people=people,
        given=given,
        exact=exact,
        seed=seed,
    )
    settings = settings_here()
    configure_logging(settings, least="error")
    source = None
    if data is not None:
        how = how_from(form, mapping, constants, encoding, decimals, time_format)
        source = Source(data, _layout(layout), items, how)
    log = _log(source, settings)
    run = _run(log, trial, "own" if data is None else str(data))
    _written(run, json_file, html_file)


def _run(log: "Log", trial: "Trial", dataset: str) -> dict[str, Any]:
    from app.clock import utc_now
    from app.commands.evaluation_reports import show
    from app.commands.opening import settings_here
    from app.commands.progress import ProgressDisplay
    from app.commands.terminal import complaints, console
    from app.evaluation.result import as_json
    from app.evaluations import asked_of, evaluate

    asked = asked_of(log, trial)
    with tempfile.TemporaryDirectory(prefix="kindred-evaluate-") as folder:
        # A service's own records and index stay out of it, whatever is configured.
        instead = {"DATA_DIR": folder, "DATABASE_URL": "", "MILVUS_URI": ""}
        if trial.repeats:
            instead["EXCLUDED_KINDS"] = "none"
        settings = settings_here({f"KINDRED_{name}": value for name, value in instead.items()})
        with ProgressDisplay(complaints) as display:
            methods = list(evaluate(asked, trial, settings, clock=utc_now, progress=display.update))
    run = as_json(_about(log, trial, settings, dataset), asked, methods, ks=trial.ks)
    show(run, console)
    return run


def _about(log: "Log", trial: "Trial", settings: "Settings", dataset: str) -> dict[str, object]:
    from importlib.metadata import version

    return {
        "dataset": log.name,
        "source": dataset,
        "split": trial.split,
        "share": None if trial.split == "last" or trial.cut is not None else trial.share,
        "cut": None if trial.cut is None else trial.cut.isoformat(),
        "validation": trial.validation,
        "repeats": trial.repeats,
        "least": trial.least,
        "given": trial.given,
        "search": "exact" if trial.exact else "approximate",
        "seed": trial.seed,
        "text_model": settings.text_model,
        "image_model": settings.image_model,
        "weights": dict(settings.space_weights()),
        "kindred": version("kindred"),
    }


def _log(source: "Source | None", settings: "Settings") -> "Log":
    from app.clock import utc_now
    from app.commands.opening import opened
    from app.datasets.sources import load, own

    if source is not None:
        return load(source, now=utc_now(), kinds=settings.kinds)
    with opened(settings) as services:
        return own(services.interactions, services.catalogue)


def _written(run: dict[str, Any], json_file: Path | None, html_file: Path | None) -> None:
    import json

    from app.evaluation.page import page

    if json_file is not None:
        json_file.write_text(json.dumps(run) + "\n")
    if html_file is not None:
        html_file.write_text(page(run), encoding="utf-8")


def _checked_share(share: float | None, split: "SplitName") -> float:
    if share is None:
        return 0.2 if split == "time" else 0.25
    if not 0 < share < 1:
        raise typer.BadParameter(f"--share is {share}, but must be above 0 and below 1")
    return share


def _layout(name: str | None) -> "Layout | None":
    from app.datasets.sources import LAYOUTS

    return None if name is None else _one_of("--layout", name, LAYOUTS)


def _one_of(option: str, given: str, known: tuple[Name, ...]) -> Name:
    for each in known:
        if each == given:
            return each
    raise typer.BadParameter(f"{option} is {given!r}, but must be one of {', '.join(known)}")
