"""The page, and the JSON beside it: aggregates alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.evaluation.comparing import Compared
from bench.quality.asking import Run
from bench.quality.findings import MAIN, SHOWN, Finding, Found, gaps
from bench.quality.plan import HYBRID, TITLES, TUNED

HEAD = """# Quality, measured

Are Kindred's lists better than simpler ones? The real pipeline (catalogue, models, index,
training, ranking) and the usual baselines in one run, over the whole catalogue, without what the
person has touched. Made by

```
{command}
```

on {machine}; {versions}; {when}.
Online Retail II is by Daqing Chen (UCI, CC BY 4.0), MovieLens small by
[GroupLens](https://doi.org/10.1145/2827872); neither is a part of Kindred.

- **Splits** are those of [evaluate](../how-to/evaluate.md): the latest fifth of all interactions
  is to be found (global cut), or each person's last (leave last out). Neither set has pictures, so
  the space of looks is off.
- **Chosen on validation alone**, a part of what may be learned from, split by the same rule: the
  tuned settings, as `kindred tune` finds them, and the parameters of EASE and ItemKNN. Nothing was
  chosen by the part on which everything is compared.
- **Brackets** are 95 % intervals, bootstrapped over people. *adds* is what Kindred is better by,
  person by person, in nDCG@10, with its interval; p is by a sign-flip test, adjusted for all
  methods of the table (Holm).
- **People of whom nothing is known** get what trends as of the moment they are asked for. At a cut
  that is one moment for months to come, where what sold ever can be ahead; as people come it is not
  ([behaviour, measured](behaviour.md#people-of-whom-nothing-is-known)).
"""


def page(found: Sequence[Found], *, command: str, machine: str, versions: str, when: str) -> str:
    """Write everything as Markdown."""
    head = HEAD.format(command=command, machine=machine, versions=versions, when=when)
    findings = [each for cell in found for each in cell.findings()]
    parts = [head.rstrip(), "## Goals", _goals(findings), *map(_cell, found)]
    return "\n\n".join(part for part in parts if part) + "\n"


def aggregates(found: Sequence[Found]) -> dict[str, Any]:
    """Return what is on the page and more, without anybody's numbers."""
    return {
        each.cell.name: {part: _without_people(held) for part, held in each.parts.items()}
        for each in found
    }


def _without_people(held: Any) -> Any:  # noqa: ANN401 - JSON
    if isinstance(held, dict):
        told = {"people", "values", "targets"} if "methods" in held else set()
        return {name: _without_people(each) for name, each in held.items() if name not in told}
    return held


def _goals(findings: Sequence[Finding]) -> str:
    said = {True: "yes", False: "**no**", None: ""}
    rows = [(e.goal, e.figure, said[e.met], said[e.sure]) for e in findings]
    return _table(("goal", MAIN, "by the mean", "beyond chance"), rows)


def _cell(found: Found) -> str:
    parts = [f"## {found.cell.title}"]
    whole = found.run("all")
    if whole is None:
        return "\n\n".join([*parts, "Not measured yet."])
    asked = whole["asked"]
    parts += [
        f"{asked['people']:,} people, {asked['to_be_found']:,} items to be found, learned from "
        f"{asked['learned_from']:,} interactions; {asked['items']:,} items, of which nobody had "
        f"touched {asked['new_items']:,}.",
        _contest(whole),
        _chosen(found),
        "### People by what was known of them",
        _segments(whole),
    ]
    for what, title in (
        ("new", "Items that are new after the cut, among all items"),
        ("among new", "Items that are new after the cut, ranked among each other"),
    ):
        run = found.run(what)
        if run is not None:
            parts += [f"### {title}", _few(run), _contest(run)]
    newcomers = found.newcomers()
    if newcomers:
        people = next(iter(newcomers.values()))["asked"]["people"]
        parts += [
            "### Newcomers",
            f"The same {people:,} people, who come after everything was learned, with as many of "
            "their newest interactions as the column says; nDCG@10, and what the hybrid adds.",
            _newcomers(newcomers),
        ]
    approximate = found.approximate()
    if approximate:
        parts += ["### What approximate search costs", _approximate(approximate)]
    return "\n\n".join(part for part in parts if part)


def _few(run: Run) -> str:
    return f"{run['asked']['people']:,} people, {run['asked']['to_be_found']:,} to be found."


def _contest(run: Run) -> str:
    shipped, tuned = (
        gaps(run, name) if name in run["values"] else None for name in (HYBRID, TUNED)
    )
    head = ["method", *SHOWN]
    head += ["hybrid adds", "p"] if shipped else []
    head += ["tuned adds", "p"] if tuned else []
    rows = []
    for each in run["methods"]:
        row = [TITLES[each["name"]], *(_estimate(each["overall"][name]) for name in SHOWN)]
        for gap in (shipped, tuned):
            row += _gap(gap.get(each["name"])) if gap is not None else []
        rows.append(row)
    return _table(head, rows)


def _chosen(found: Found) -> str:
    lines = []
    rivals = found.parts.get("rivals", {})
    if rivals:
        said = "; ".join(f"{TITLES[name]}: {_parameters(held)}" for name, held in rivals.items())
        lines.append(f"Chosen on validation: {said}.")
    for study in found.parts.get("tuning", {}).get("found", []):
        held = study["validation"]
        changes = ", ".join(f"`{name}={text}`" for name, text in sorted(study["changes"].items()))
        lines.append(
            f"Tuned by {held['people']:,} people of validation in {held['tries']} tries, where "
            f"{MAIN} went from {held['now']:.4f} to {held['best']:.4f}, some of it luck: "
            f"{changes or 'nothing'}."
        )
    return " ".join(lines)


def _parameters(held: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value:g}" for name, value in held.items() if value is not True)


def _segments(run: Run) -> str:
    first = run["methods"][0]["segments"]
    names = [n for n in first if n.startswith(("people", "items"))]
    head = ["method", *(f"{name} ({first[name][MAIN]['people']:,})" for name in names)]
    rows = [
        [TITLES[each["name"]], *(_number(each["segments"][name][MAIN]["mean"]) for name in names)]
        for each in run["methods"]
    ]
    return _table(head, rows)


def _newcomers(runs: Mapping[int, Run]) -> str:
    head = ["method"]
    for count in runs:
        head += [str(count), "hybrid adds"]
    apart = {count: gaps(run, HYBRID) for count, run in runs.items()}
    names = [each["name"] for each in next(iter(runs.values()))["methods"]]
    rows = []
    for place, name in enumerate(names):
        row = [TITLES[name]]
        for count, run in runs.items():
            gap = apart[count].get(name)
            row += [_estimate(run["methods"][place]["overall"][MAIN]), _gap(gap)[0]]
        rows.append(row)
    return _table(head, rows)


def _approximate(rows: Iterable[Compared]) -> str:
    return _table(
        ("", "metric", "approximate", "exact", "exact adds", "p"),
        [
            (
                TITLES[each.method],
                each.metric,
                f"{each.first:.4f}",
                f"{each.second:.4f}",
                f"{each.gap.mean:+.4f} ({each.gap.low:+.4f} to {each.gap.high:+.4f})",
                f"{each.adjusted:.3f}",
            )
            for each in rows
        ],
    )


def _gap(each: Compared | None) -> list[str]:
    """Say what ours adds: `against` says what the other does."""
    if each is None:
        return ["", ""]
    gap = each.gap
    return [f"{-gap.mean:+.4f} ({-gap.high:+.4f} to {-gap.low:+.4f})", f"{each.adjusted:.3f}"]


def _estimate(held: Mapping[str, Any]) -> str:
    if held["mean"] is None:
        return ""
    return f"{held['mean']:.4f} ({held['low']:.4f} to {held['high']:.4f})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "| --- |" + " ---: |" * (len(head) - 1)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
