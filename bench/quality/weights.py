"""What should behaviour be worth beside words? Asked on validation, so nothing is chosen on tests.

    python -m bench.quality.weights --online-retail FILE --movielens FOLDER [--people 500]

For every cell (a data set, split one way) a laboratory learns from what is left when validation,
too, is held back, and answers with each `KINDRED_WEIGHT_BEHAVIOUR`. Prints Markdown; *differs* is
from the default, person by person.
"""

from collections.abc import Sequence
from dataclasses import replace

from app.evaluation.comparing import against
from app.evaluations import asked_of
from app.for_you import ForYou
from app.settings import Settings, variable
from app.telemetry import configure_logging
from bench.machine import describe
from bench.quality.__main__ import opened, parsed, planned
from bench.quality.asking import Run, lists, run
from bench.quality.cell import Measuring
from bench.quality.findings import MAIN

WEIGHTS = (0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
OPTION = "weight_behaviour"


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask with every weight, and print."""
    plan = planned(parsed(arguments))
    configure_logging(Settings.from_environment({}), least="error")
    print(f"# What behaviour is worth, on validation\n\nOn {describe()}.")
    for place in range(len(plan.cells)):
        measuring = opened(plan, place)
        print(f"\n## {measuring.cell.title}\n\n{table(swept(measuring))}", flush=True)


def swept(measuring: Measuring) -> Run:
    """Ask a laboratory with every weight; a method of the run is called as its weight."""
    trial = replace(measuring.plan.trial(measuring.cell), validation=True)
    validation = asked_of(measuring.log, trial)
    houses, progress, k = measuring.houses, measuring.progress, trial.ks[0]
    purpose = f"validation-{measuring.cell.name}"
    with houses.filled(
        purpose, measuring.log, lambda empty: empty.fill(validation.train, progress)
    ) as laboratory:
        methods = {}
        for weight in sorted({*WEIGHTS, houses.settings.weight_behaviour}):
            said = {**houses.variables, variable(OPTION): str(weight)}
            recommender = laboratory.recommending(Settings.from_environment(said))
            methods[f"{weight:g}"] = ForYou(recommender, f"{weight:g}", progress=progress)
        found = lists(methods, validation, k, progress)
    default = f"{houses.settings.weight_behaviour:g}"
    return run(validation, found, k, {"dataset": measuring.log.name, "default": default})


def table(swept: Run) -> str:
    """Write what every weight came to."""
    default = swept["about"]["default"]
    apart = {each.method: each for each in against(swept, default, MAIN)}
    lines = [
        f"| {variable(OPTION)} | {MAIN} | differs | p |",
        "| ---: | ---: | ---: | ---: |",
    ]
    for each in swept["methods"]:
        held = each["overall"][MAIN]
        mean = f"{held['mean']:.4f} ({held['low']:.4f} to {held['high']:.4f})"
        if each["name"] not in apart:
            lines.append(f"| {each['name']}, the default | {mean} | | |")
            continue
        beside = apart[each["name"]]
        gap = beside.gap
        differs = f"{gap.mean:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})"
        lines.append(f"| {each['name']} | {mean} | {differs} | {beside.adjusted:.3f} |")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
