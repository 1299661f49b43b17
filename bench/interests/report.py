"""What was measured, as Markdown."""

from collections.abc import Iterable, Sequence

import numpy as np

from bench.interests.sampling import Interval, interval
from bench.interests.study import Outcome, Scene, Staged
from bench.interests.trial import Tried
from bench.interests.ways import MEAN, Sweep


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def described(stages: Sequence[Staged]) -> str:
    """Write which occasions there are."""
    rows = [
        [
            f"{each.world.recorded.name}: {each.scene.title}",
            _people(each.choosing),
            _people(each.reporting),
            f"{np.mean([len(one.occasion.past) for one in each.reporting]):.0f}",
            f"{np.mean([len(one.occasion.wanted) for one in each.reporting]):.1f}",
        ]
        for each in stages
        if each.reporting
    ]
    head = ["occasions", "chosen by", "reported", "known before", "wanted"]
    return table(head, rows)


def compared(outcomes: Sequence[Outcome], staged: Staged) -> str:
    """Write the ways in one scene, their differences to one mean vector with 95 % intervals."""
    scene = staged.scene
    base = next(each.of[scene] for each in outcomes if each.name == MEAN)
    rows = []
    for each in outcomes:
        held = each.of[scene]
        differs = each.name != MEAN
        rows.append(
            [
                each.name,
                _mean(held, "ndcg"),
                _difference(held, base, "ndcg") if differs else "",
                _mean(held, "recall"),
                _mean(held, "covered"),
                _difference(held, base, "covered") if differs else "",
                _mean(held, "reached"),
                _difference(held, base, "reached") if differs else "",
                _mean(held, "alike"),
                f"{held.catalogue:.1%}",
            ]
        )
    head = ["way", "nDCG", "± mean", "recall", "covered", "± mean", "reached", "± mean"]
    return table([*head, "alike", "catalogue"], rows)


def swept(sweep: Sweep, outcomes: Sequence[Outcome], product: Outcome) -> str:
    """Write a sweep: nDCG / reached / alike in each scene.

    An asterisk marks nDCG that surely differs from the product's.
    """
    scenes = list(outcomes[0].of) if outcomes else []
    if not scenes:
        return ""
    rows = [
        [each.name, *(_cell(each.of[scene], product.of[scene]) for scene in scenes)]
        for each in outcomes
    ]
    if not any(each.name.endswith("(today)") for each in outcomes):
        rows.append(["today", *(_cell(product.of[scene], product.of[scene]) for scene in scenes)])
    head = [sweep.title, *(f"{scene.folder}, {scene.point}" for scene in scenes)]
    return table(head, rows)


def spurned(outcomes: Sequence[Outcome], scenes: Sequence[Scene]) -> str:
    """Write the share of places given to what people then chose against."""
    held = [scene for scene in scenes if scene in outcomes[0].of]
    rows = [
        [each.name, *(f"{each.of[scene].figures['spurned'].mean():.2%}" for scene in held)]
        for each in outcomes
    ]
    return table(["way", *(scene.title for scene in held)], rows)


def _people(occasions: Sequence[object]) -> str:
    if not occasions:
        return ""
    people = {each.occasion.person for each in occasions}  # type: ignore[attr-defined]
    return f"{len(people)} people, {len(occasions)} occasions"


def _mean(held: Tried, figure: str) -> str:
    return f"{held.figures[figure].mean():.3f}"


def _difference(held: Tried, base: Tried, figure: str) -> str:
    return _signed(interval(held.figures[figure] - base.figures[figure]))


def _signed(held: Interval) -> str:
    return f"{held.mean:+.3f} [{held.low:+.3f}, {held.high:+.3f}]"


def _cell(held: Tried, product: Tried) -> str:
    sure = interval(held.figures["ndcg"] - product.figures["ndcg"]).sure
    return (
        f"{held.figures['ndcg'].mean():.3f}{'*' if sure else ''} / "
        f"{held.figures['reached'].mean():.2f} / {held.figures['alike'].mean():.2f}"
    )
