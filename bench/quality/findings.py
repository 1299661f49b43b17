"""What the kept parts of a cell say: runs put together, differences tested, goals held up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.evaluation.comparing import Compared, against, compared
from bench.quality.asking import Run, merged
from bench.quality.keeping import Part
from bench.quality.plan import BASELINES, CONTENT, HYBRID, NEWCOMERS, OURS, TUNED, Cell

MAIN = "ndcg@10"
SHOWN = ("ndcg@10", "recall@10", "hit@10")


@dataclass(frozen=True, slots=True)
class Finding:
    """A goal, and what came of it.

    Attributes:
        goal: As a sentence.
        figure: What was measured.
        met: Whether it is so by the mean; None where nothing can be said.
        sure: Whether also the 95 % interval of the difference is above 0.
    """

    goal: str
    figure: str
    met: bool | None
    sure: bool | None


@dataclass(frozen=True, slots=True)
class Found:
    """Everything of one cell."""

    cell: Cell
    parts: Mapping[str, Part]

    def run(self, what: str) -> Run | None:
        """Return a run over baselines and ours together: "all", "new" or "among new"."""
        runs = [
            self.parts[part][what]
            for part in ("baselines", "kindred", "tuned")
            if what in self.parts.get(part, {})
        ]
        return in_order(merged(runs)) if len(runs) >= 2 else None

    def newcomers(self) -> Mapping[int, Run]:
        """Return a run for each number of interactions."""
        held = self.parts.get("newcomers", {})
        return {count: held[str(count)] for count in NEWCOMERS if str(count) in held}

    def approximate(self) -> Sequence[Compared]:
        """Compare approximate search with exact search over the same index: what exact adds."""
        whole, exact = self.run("all"), self.parts.get("exact", {}).get("all")
        if whole is None or exact is None:
            return ()
        return compared(whole, exact, metrics=SHOWN)

    def findings(self) -> list[Finding]:
        """Hold what was found against what is wanted."""
        held: list[Finding] = []
        whole, new, among = (self.run(what) for what in ("all", "new", "among new"))
        title = self.cell.title
        if whole is not None:
            there = [name for name in BASELINES if name in whole["values"]]
            held += [
                _ahead(f"{title}: {name} ahead of every baseline", whole, method, there)
                for name, method in (("tuned", TUNED), ("as it ships", HYBRID))
                if method in whole["values"]
            ]
        if self.cell.split == "time":
            # Popularity cannot tell new items apart: among each other, that is chance.
            for run, what, other in (
                (new, "among all items", "popular"),
                (among, "among each other", "random"),
            ):
                if run is not None:
                    goal = f"{title}, new items {what}: as it ships ahead of content only and "
                    held.append(_ahead(goal + other, run, HYBRID, (CONTENT, other)))
        held += [
            _search(title, each)
            for each in self.approximate()
            if each.metric == MAIN and each.method == HYBRID
        ]
        return held


def in_order(run: Run) -> Run:
    """Put methods in the order of the tables."""
    places = {name: place for place, name in enumerate((*BASELINES, *OURS, TUNED))}
    methods = sorted(run["methods"], key=lambda each: places[each["name"]])
    return {**run, "methods": methods}


def gaps(run: Run, method: str) -> Mapping[str, Compared]:
    """Tell by name what each other method is better by than this one, person by person."""
    return {each.method: each for each in against(run, method, MAIN)}


def _ahead(goal: str, run: Run, ours: str, rivals: Sequence[str]) -> Finding:
    """Say of which rivals ours is not ahead, and of which not surely."""
    apart = gaps(run, ours)
    behind = [name for name in rivals if apart[name].gap.mean >= 0]
    unsure = [name for name in rivals if apart[name].gap.high >= 0 and name not in behind]
    best = max(rivals, key=lambda name: apart[name].second)
    figure = f"{apart[best].first:.4f}; the best of them, {best}, {apart[best].second:.4f}"
    if behind:
        figure += f"; behind {', '.join(behind)}"
    if unsure:
        figure += f"; within chance of {', '.join(unsure)}"
    return Finding(goal, figure, not behind, not behind and not unsure)


def _search(title: str, each: Compared) -> Finding:
    lost = each.gap.mean / each.second if each.second else 0.0
    figure = f"{each.first:.4f} of {each.second:.4f}: {lost:+.2%} lost".replace("%", " %")
    return Finding(f"{title}: approximate search loses less than 1 %", figure, lost < 0.01, None)
