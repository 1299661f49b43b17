"""`kindred tune`: better settings, or scenarios, for what people really do."""

import tempfile
from collections.abc import Mapping
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
    from app.tunings import Plan, Tuned


def tune(
    data: DataArgument = None,
    layout: LayoutOption = None,
    items: ItemsOption = None,
    split: SplitOption = "time",
    share: ShareOption = None,
    metric: Annotated[
        str, typer.Option(help="What is to be raised: ndcg, recall, precision, map, mrr or hit.")
    ] = "ndcg",
    k: Annotated[int, typer.Option("--k", min=1, max=MOST_PLACES, help="Places looked at.")] = 10,
    tries: Annotated[int, typer.Option(min=1, help="In all, those of earlier runs included.")] = 50,
    training: Annotated[
        int,
        typer.Option(
            min=0, help="First try so many ways to learn from behaviour; each takes a training."
        ),
    ] = 0,
    minutes: Annotated[
        float | None, typer.Option(min=0, help="Try nothing new after so long.")
    ] = None,
    study: Annotated[
        Path | None,
        typer.Option(help="Keep everything that was tried in this file, and go on with it."),
    ] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", help="Write KINDRED_… variables to this file.")
    ] = None,
    scenarios: Annotated[
        Path | None,
        typer.Option(help="Look for what a scenario can say; write its body to this folder."),
    ] = None,
    segments: Annotated[  # noqa: FBT002 - typer makes it the flag --segments
        bool,
        typer.Option(
            "--segments", help="A scenario each for newcomers, casual and heavy; with --scenarios."
        ),
    ] = False,
    anyway: Annotated[  # noqa: FBT002 - typer makes it the flag --anyway
        bool, typer.Option("--anyway", help="Write also what is not surely better.")
    ] = False,
    people: PeopleOption = None,
    repeats: RepeatsOption = False,  # noqa: FBT002 - typer makes it the flag --repeats
    least: LeastOption = None,
    exact: ExactOption = False,  # noqa: FBT002 - typer makes it the flag --exact
    server: ServerOption = None,
    seed: SeedOption = 0,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write everything to this file.")
    ] = None,
    form: FormatOption = None,
    mapping: MapOption = None,
    constants: SetOption = None,
    encoding: EncodingOption = None,
    decimals: DecimalsOption = None,
    time_format: TimeFormatOption = None,
) -> None:
    """Look for better ranking on a validation part, and test what is found on the rest."""
    from app.commands.import_options import how_from
    from app.commands.opening import settings_here
    from app.evaluation.metrics import METRICS
    from app.evaluations import SPLITS, Trial
    from app.telemetry import configure_logging
    from app.tunings import Plan

    if segments and scenarios is None:
        raise typer.BadParameter("--segments writes scenarios: say where to with --scenarios")
    if scenarios is not None and settings_file is not None:
        raise typer.BadParameter(
            "--settings hold for everybody and --scenarios for some: look for one of them at a time"
        )
    if training and scenarios is not None:
        raise typer.BadParameter("--training is for everybody: leave --scenarios out")
    chosen = one_of("--split", split, SPLITS)
    plan = Plan(
        Trial(
            split=chosen,
            share=checked_share(share, chosen),
            repeats=repeats,
            least=least,
            ks=(k,),
            people=people,
            exact=exact,
            server=checked_server(server, exact=exact),
            seed=seed,
        ),
        metric=one_of("--metric", metric, tuple(METRICS)),
        tries=tries,
        training=training,
        seconds=None if minutes is None else 60 * minutes,
        scenarios=scenarios is not None,
        segments=segments,
        file=study,
    )
    settings = settings_here()
    configure_logging(settings, least="error")
    how = how_from(form, mapping, constants, encoding, decimals, time_format)
    log = log_of(data, layout, items, how, settings)
    tuned = _run(log, plan)
    _written(tuned, log.name, settings_file, scenarios, anyway=anyway)
    if json_file is not None:
        _write_json(json_file, tuned, {**about(log, plan.trial, data), "people": people})


def _run(log: "Log", plan: "Plan") -> "Tuned":
    from app.clock import utc_now
    from app.commands.progress import ProgressDisplay
    from app.commands.terminal import complaints, console
    from app.commands.tuning_reports import show, telling
    from app.tunings import tune

    with (
        tempfile.TemporaryDirectory(prefix="kindred-tune-") as folder,
        ProgressDisplay(complaints) as display,
    ):
        environment = apart(folder, plan.trial)
        tuned = tune(
            log,
            plan,
            environment,
            clock=utc_now,
            progress=display.update,
            told=lambda name: telling(name, complaints),
        )
    show(tuned, log.name, console)
    return tuned


def _written(
    tuned: "Tuned", dataset: str, settings: Path | None, scenarios: Path | None, *, anyway: bool
) -> None:
    import json

    from app.commands.terminal import console
    from app.tuning.writing import scenario, scenario_name, settings_file

    for found in tuned.found:
        if not found.changes or not (found.surely_better or anyway):
            continue
        if settings is not None:
            settings.write_text(settings_file(found, dataset))
            console.print(f"written: {settings}", highlight=False, soft_wrap=True)
        if scenarios is not None:
            scenarios.mkdir(parents=True, exist_ok=True)
            name = scenario_name(found)
            file = scenarios / f"{name}.json"
            file.write_text(json.dumps(scenario(found, dataset), indent=2) + "\n")
            console.print(
                f"written: {file}, for PUT /v1/scenarios/{name}", highlight=False, soft_wrap=True
            )


def _write_json(file: Path, tuned: "Tuned", about: Mapping[str, Any]) -> None:
    import json

    from app.tuning.outcome import as_json

    file.write_text(json.dumps(as_json(about, tuned.found, tuned.skipped)) + "\n")
