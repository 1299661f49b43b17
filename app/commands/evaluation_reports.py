"""What `kindred evaluate` shows on a terminal."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from app.commands.terminal import console as output
from app.evaluation.audit_page import OF_PEOPLE, SHARES
from app.evaluation.comparing import compared
from app.evaluation.page import difference_row
from app.evaluation.result import SAMPLED

SHOWN = ("recall", "hit", "mrr")
"""Means shown beside ndcg; all are in the files."""


def show(run: Mapping[str, Any], console: Console) -> None:
    """Show a run: what was asked, every method, and ndcg by segment.

    Args:
        run: As `app.evaluation.result.as_json` gives it.
        console: Where to.
    """
    asked, about, k = run["asked"], run["about"], run["ks"][0]
    console.print(
        f"{about['dataset']}: {asked['people']:,} people are asked for {asked['to_be_found']:,} "
        f"items among {asked['items']:,} ({asked['new_items']:,} of them new), after "
        f"{asked['learned_from']:,} interactions; the first {k} places, search {about['search']}",
        highlight=False,
    )
    if about.get("negatives"):
        console.print(f"\n{SAMPLED}", style="bold", highlight=False)
    for table in (_methods(run, k), _segments(run, k, "people"), _segments(run, k, "items")):
        console.print()
        console.print(table)


def show_audit(method: Mapping[str, Any], k: int, console: Console) -> None:
    """Show how groups of items and of people fare with one method.

    Args:
        method: One of `run["methods"]`.
        k: Places that were looked at.
        console: Where to.
    """
    items = _table((f"{method['name']}, items", "items", *(n.replace("_", " ") for n in SHARES)))
    for name, group in method["audit"]["items"].items():
        items.add_row(name, f"{group['items']:,}", *(_number(group[each]) for each in SHARES))
    heads = (f"ndcg@{k}", "95 %", "gap", "95 %", *(each.replace("_", " ") for each in OF_PEOPLE))
    people = _table((f"{method['name']}, people", "people", *heads))
    for name, group in method["audit"]["people"].items():
        quality, gap = group["quality"], group["gap"]
        people.add_row(
            name,
            f"{quality['people']:,}",
            _number(quality["mean"]),
            _interval(quality),
            _signed(gap["mean"]),
            f"{_signed(gap['low'])} to {_signed(gap['high'])}",
            *(_number(group[each]) for each in OF_PEOPLE),
        )
    for table in (items, people):
        console.print()
        console.print(table)


def show_comparison(first: Mapping[str, Any], second: Mapping[str, Any]) -> None:
    """Show by how much the second run is better, for every method both have.

    Raises:
        NotComparable: They asked different questions.
    """
    table = _table(("method", "metric", "gap", "low", "high", "p", "adjusted p"))
    for each in compared(first, second):
        method, *rest = difference_row(each)
        table.add_row(method, each.metric, *rest)
    output.print("second less first, person by person; 95 % intervals, sign-flip tests, Holm")
    output.print(table)


def _methods(run: Mapping[str, Any], k: int) -> Table:
    table = _table(("method", f"ndcg@{k}", "95 %", *SHOWN, "coverage", "seconds"))
    for each in run["methods"]:
        overall = each["overall"]
        main = overall[f"ndcg@{k}"]
        table.add_row(
            each["name"],
            _number(main["mean"]),
            _interval(main),
            *(_number(overall[f"{name}@{k}"]["mean"]) for name in SHOWN),
            _number(each["catalogue"][f"coverage@{k}"]),
            f"{each['seconds']:.1f}",
        )
    return table


def _segments(run: Mapping[str, Any], k: int, of: str) -> Table:
    groups = dict.fromkeys(name for each in run["methods"] for name in each["segments"])
    names = [each for each in groups if each.startswith(of)]
    table = _table((f"ndcg@{k}", *(name.replace(": ", "\n") for name in names)))
    first = run["methods"][0]["segments"]
    sizes = (f"{first[name][f'ndcg@{k}']['people']:,}" for name in names)
    table.add_row("(people)", *sizes)
    for each in run["methods"]:
        cells = (each["segments"][name][f"ndcg@{k}"]["mean"] for name in names)
        table.add_row(each["name"], *map(_number, cells))
    return table


def _table(heads: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 else "right", no_wrap=True)
    return table


def _interval(estimate: Mapping[str, Any]) -> str:
    return f"{_number(estimate['low'])}-{_number(estimate['high'])}"


def _signed(value: float | None) -> str:
    return "-" if value is None else f"{value:+.3f}"


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
