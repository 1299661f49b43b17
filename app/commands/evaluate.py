"""`kindred evaluate`: how good recommendations are, against the usual baselines."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from app.commands.evaluation_options import (
    MOST_NEGATIVES,
    MOST_PLACES,
    DataArgument,
    ExactOption,
    ItemsOption,
    LayoutOption,
    LeastOption,
    PeopleOption,
    RepeatsOption,
    SeedOption,
    ServerOption,
    ShareOption,
    SplitOption,
    about,
    apart,
    checked_server,
    checked_share,
    log_of,
    one_of,
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
    from app.evaluation.metrics import Flags
    from app.evaluation.splits import Questions
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
    negatives: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=MOST_NEGATIVES,
            help="Rank among so many drawn items, not the catalogue; such numbers mislead.",
        ),
    ] = None,
    negatives_by: Annotated[
        str, typer.Option(help="How they are drawn: uniform, or by popularity.")
    ] = "uniform",
    audit: Annotated[  # noqa: FBT002 - typer makes it the flag --audit
        bool, typer.Option("--audit", help="Show how groups of items and people fare.")
    ] = False,
    by: Annotated[
        list[str] | None,
        typer.Option(help="Audit items by this attribute, or by price, too; repeatable."),
    ] = None,
    people_by: Annotated[
        list[str] | None,
        typer.Option(help="Audit the service's own people by this attribute, too; repeatable."),
    ] = None,
    repeats: RepeatsOption = False,  # noqa: FBT002 - typer makes it the flag --repeats
    least: LeastOption = None,
    exact: ExactOption = False,  # noqa: FBT002 - typer makes it the flag --exact
    server: ServerOption = None,
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
    from app.commands.evaluation_reports import show, show_audit, show_comparison
    from app.commands.import_options import how_from
    from app.commands.opening import settings_here
    from app.commands.terminal import console
    from app.evaluation.result import read
    from app.evaluation.splits import LIKELIHOODS
    from app.evaluations import SPLITS, Trial, asked_of, checked_methods, known_methods
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
        negatives=negatives,
        likelihood=one_of("--negatives-by", negatives_by, LIKELIHOODS),
        by=tuple(dict.fromkeys(by or ())),
        exact=exact,
        server=checked_server(server, exact=exact),
        seed=seed,
    )
    settings = settings_here()
    configure_logging(settings, least="error")
    how = how_from(form, mapping, constants, encoding, decimals, time_format)
    log = log_of(data, layout, items, how, settings)
    asked = asked_of(log, trial)
    groups = _people_groups(asked, settings, people_by or [], own=data is None)
    run = _run(asked, trial, _about(log, trial, settings, data), groups)
    show(run, console)
    if audit:
        show_audit(run["methods"][-1], run["ks"][0], console)
    _written(run, json_file, html_file)


def _run(
    asked: "Questions",
    trial: "Trial",
    about: dict[str, object],
    groups: "Mapping[str, Flags]",
) -> dict[str, Any]:
    from app.clock import utc_now
    from app.commands.progress import ProgressDisplay
    from app.commands.terminal import complaints
    from app.evaluation.result import as_json
    from app.evaluations import evaluate
    from app.settings import Settings

    with tempfile.TemporaryDirectory(prefix="kindred-evaluate-") as folder:
        settings = Settings.from_environment(apart(folder, trial))
        with ProgressDisplay(complaints) as display:
            judged = evaluate(
                asked, trial, settings, clock=utc_now, progress=display.update, people=groups
            )
            methods = list(judged)
    return as_json(about, asked, methods, ks=trial.ks)


def _people_groups(
    asked: "Questions", settings: "Settings", names: list[str], *, own: bool
) -> "Mapping[str, Flags]":
    """Group the service's own people by attributes of theirs."""
    from app.commands.opening import opened
    from app.evaluation.groups import by_value, values_of

    if names and not own:
        raise typer.BadParameter("--people-by knows the service's own people: leave DATA out")
    if not names:
        return {}
    with opened(settings) as services:
        ids = [asked.train.people[person] for person in asked.people.tolist()]
        known = [services.people.read(each).profile.attributes for each in ids]
    groups: dict[str, Flags] = {}
    for name in names:
        groups |= by_value(name, [values_of(each.get(name)) for each in known])
    return groups


def _about(
    log: "Log", trial: "Trial", settings: "Settings", data: Path | None
) -> dict[str, object]:
    return {
        **about(log, trial, data),
        "cut": None if trial.cut is None else trial.cut.isoformat(),
        "validation": trial.validation,
        "given": trial.given,
        "negatives": trial.negatives,
        "negatives_by": trial.likelihood if trial.negatives else None,
        "text_model": settings.text_model,
        "image_model": settings.image_model,
        "weights": dict(settings.space_weights()),
    }


def _written(run: dict[str, Any], json_file: Path | None, html_file: Path | None) -> None:
    import json

    from app.evaluation.page import page

    if json_file is not None:
        json_file.write_text(json.dumps(run) + "\n")
    if html_file is not None:
        html_file.write_text(page(run), encoding="utf-8")
