"""What `kindred tune` shows on a terminal."""

from rich.console import Console
from rich.table import Table

from app.evaluation.confidence import LEVEL
from app.tuning.groups import LEAST_PEOPLE
from app.tuning.outcome import Found
from app.tuning.study import Told, Try
from app.tunings import Tuned


def telling(name: str, console: Console) -> Told:
    """Return what tells of a try: the first, and each that is better than all before it."""
    best: Try | None = None

    def told(tried: Try) -> None:
        nonlocal best
        if best is None or tried.mean > best.mean:
            what = "what holds now" if tried.number == 0 else f"try {tried.number}"
            console.print(f"{name}: {what} reaches {tried.mean:.4f}", highlight=False)
            best = tried

    return told


def show(tuned: Tuned, dataset: str, console: Console) -> None:
    """Show what was asked, what did best, and whether it is better on the untouched part."""
    validation, test = tuned.validation, tuned.test
    console.print(
        f"{dataset}: chosen by {len(validation):,} people after {len(validation.train):,} "
        f"interactions, tested with {len(test):,} after {len(test.train):,}",
        highlight=False,
    )
    for each in tuned.skipped:
        console.print(
            f"{each.name}: {each.validation:,} and {each.test:,} people are too few, of at least "
            f"{LEAST_PEOPLE} each",
            highlight=False,
        )
    for found in tuned.found:
        _show(found, console)


def _show(found: Found, console: Console) -> None:
    now, best = found.now, found.best.mean
    console.print()
    console.print(
        f"{found.name}: {_counted(found)} over {found.people:,} people, {found.given_up} "
        f"given up early; {found.metric} there {now:.4f} now, {best:.4f} best, of which some is "
        "luck",
        highlight=False,
    )
    changed = [each for each in found.dimensions if found.best.values[each.name] != each.default]
    if found.changes:
        table = _table(("", "now", "best", "looked for between"))
        for each in changed:
            table.add_row(
                each.name,
                each.text(each.default),
                each.text(found.best.values[each.name]),
                f"{each.text(each.low)} and {each.text(each.high)}",
            )
        console.print(table)
    if found.tested:
        interval = f"{LEVEL:.0%}".replace("%", " %")
        table = _table(("untouched part", "now", "best", "gap", interval, "p, adjusted"))
        for row in found.tested:
            gap = row.gap
            table.add_row(
                row.metric,
                f"{row.first:.4f}",
                f"{row.second:.4f}",
                f"{gap.mean:+.4f}",
                f"{gap.low:+.4f} to {gap.high:+.4f}",
                f"{row.adjusted:.4f}",
            )
        console.print(table)
    if found.looks > 1:
        console.print(
            f"The untouched part has been looked at {found.looks} times for this study; whoever "
            "chooses by it has picked some luck.",
            highlight=False,
        )
    console.print(found.verdict, highlight=False, soft_wrap=True)
    if found.surely_better:
        for name, value in found.changes.items():
            console.print(f"  {name}={value}", highlight=False, soft_wrap=True)


def _counted(found: Found) -> str:
    learned = f"{len(found.trained)} trainings and " if found.trained else ""
    return f"{learned}{len(found.tries)} tries"


def _table(heads: tuple[str, ...]) -> Table:
    table = Table(box=None, pad_edge=False)
    for place, head in enumerate(heads):
        table.add_column(head, justify="left" if place == 0 else "right", no_wrap=True)
    return table
