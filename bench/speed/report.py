"""What came of a question: goals beside figures, tables, remarks; kept as JSON between runs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Goal:
    """A goal and what was reached.

    Attributes:
        what: Of which figure.
        goal, figure: As people read them.
        met: Whether it was reached; None where there is nothing to reach.
    """

    what: str
    goal: str
    figure: str
    met: bool | None


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of figures as people read them, under a head of the same length."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The answer to one question.

    Attributes:
        question: Its short name.
        title: As a heading.
        asked: What is measured and how, in sentences.
        measures: Figures that other questions go on from, by name.
        machine, versions, taken_at: Where and when.
    """

    question: str
    title: str
    asked: str
    goals: tuple[Goal, ...] = ()
    tables: tuple[Table, ...] = ()
    remarks: tuple[str, ...] = ()
    measures: dict[str, float] = field(default_factory=dict)
    machine: str = ""
    versions: str = ""
    taken_at: str = ""


def keep(report: Report, folder: Path) -> None:
    """Write a report under its question's name."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(asdict(report), indent=1, ensure_ascii=False)
    (folder / f"{report.question}.json").write_text(text + "\n", encoding="utf-8")


def kept(question: str, folder: Path) -> Report | None:
    """Read a question's report, or None."""
    file = folder / f"{question}.json"
    if not file.exists():
        return None
    held: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    held["goals"] = tuple(Goal(**each) for each in held["goals"])
    held["tables"] = tuple(
        Table(each["title"], tuple(each["head"]), tuple(map(tuple, each["rows"])))
        for each in held["tables"]
    )
    held["remarks"] = tuple(held["remarks"])
    return Report(**held)


def written(report: Report) -> str:
    """Write a report as a section of the page."""
    parts = [f"## {report.title}", report.asked]
    if report.goals:
        rows = [
            (each.what, each.goal, each.figure, {True: "yes", False: "**no**", None: ""}[each.met])
            for each in report.goals
        ]
        parts.append(_table(("figure", "goal", "measured", "reached"), rows))
    for table in report.tables:
        parts.append(f"{table.title}:" if table.title else "")
        parts.append(_table(table.head, table.rows))
    parts += report.remarks
    parts.append(f"Taken on {report.machine}; {report.versions}; {report.taken_at}.")
    return "\n\n".join(part for part in parts if part)


def page(reports: Sequence[Report], command: str) -> str:
    """Write the whole page; says so where others used the machine meanwhile."""
    others = max((report.measures.get("others", 0.0) for report in reports), default=0.0)
    shared = ""
    if others > OTHERS:
        shared = (
            f"**Others used the machine at the same time** and took up to {others:.0%} of its "
            "processors' time during a question: read the ratios; times are longer than on an idle "
            "machine, and goals in milliseconds or a second cannot be judged. "
        )
    missed = [goal for report in reports for goal in report.goals if goal.met is False]
    reached = [goal for report in reports for goal in report.goals if goal.met]
    short = f"{len(reached)} of {len(reached) + len(missed)} goals are reached."
    if missed:
        short += " Missed: " + "; ".join(f"{each.what} ({each.figure})" for each in missed) + "."
    return (
        HEAD.format(command=command, short=short, shared=shared)
        + "\n\n".join(map(written, reports))
        + "\n"
    )


OTHERS = 0.1
"""Share of the processors' time from which on others are spoken of."""

HEAD = """# Speed, measured

How much does Kindred cost beside the search it wraps, how does it grow, and how do others do? Each
section is from one run of one machine, in which what is compared was measured in turns, so that
whatever else the machine did fell on all alike. Times are medians, with the middle half of all in
brackets. {shared}Made by

```
{command}
```

from a made-up shop whose vectors are clustered, agree in words and picture as far as real ones do,
and lack a picture in one item of five (`bench/speed/shop.py`); `bench/README.md` says how to read
it and how to run one question.

{short}

"""


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)
