"""`kindred evaluate`: how good recommendations are, against the usual baselines."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.evaluation_options import (
    MOST_PLACES,
    DataArgument,
    ExactOption,
    ItemsOption,
    LayoutOption,
    LeastOption,
    PeopleOption,
    RepeatsOption,
    SeedOption,
    ShareOption,
    SplitOption,
    apart,
    checked_share,
    log_of,
    one_of,
    source_from,
)
from app.commands.imports import (
    DecimalsOption,
    EncodingOption,
    FormatOption,
    MapOption,
    SetOption,
    TimeFormatOption,
)

if TYPE_CHECKING:
    from app.evaluation.log import Log
    from app.evaluations import Trial
    from app.settings import Settings


def evaluate(
    data: DataArgument = None,
    layout: LayoutOption = None,
    items: ItemsOption = None,
    split: SplitOption = "time",
    share: ShareOption = None,
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
    people: PeopleOption = None,
    given: Annotated[
        int | None,
        typer.Option(min=0, help="Forget all but so many of their newest interactions first."),
    ] = None,
    repeats: RepeatsOption = False,  # noqa: FBT002 - typer makes it the flag --repeats
    least: LeastOption = None,
    exact: ExactOption = False,  # noqa: FBT002 - typer makes it the flag --exact
    seed: SeedOption = 0,
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
    from app.evaluation.result import read
    from app.evaluations import SPLITS, Trial, checked_methods, known_methods
    from app.telemetry import configure_logging

    if compare is not None:
        show_comparison(read(compare[0]), read(compare[1]))
        return
    chosen = one_of("--split", split, SPLITS)
    trial = Trial(
        split=chosen,
        share=checked_share(share, chosen),
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
    how = how_from(form, mapping, constants, encoding, decimals, time_format)
    log = log_of(source_from(data, layout, items, how), settings)
    run = _run(log, trial, "own" if data is None else str(data))
    _written(run, json_file, html_file)


def _run(log: "Log", trial: "Trial", dataset: str) -> dict[str, Any]:
    from app.clock import utc_now
    from app.commands.evaluation_reports import show
    from app.commands.progress import ProgressDisplay
    from app.commands.terminal import complaints, console
    from app.evaluation.result import as_json
    from app.evaluations import asked_of, evaluate
    from app.settings import Settings

    asked = asked_of(log, trial)
    with tempfile.TemporaryDirectory(prefix="kindred-evaluate-") as folder:
        settings = Settings.from_environment(apart(folder, repeats=trial.repeats))
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


def _written(run: dict[str, Any], json_file: Path | None, html_file: Path | None) -> None:
    import json

    from app.evaluation.page import page

    if json_file is not None:
        json_file.write_text(json.dumps(run) + "\n")
    if html_file is not None:
        html_file.write_text(page(run), encoding="utf-8")
