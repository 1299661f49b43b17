"""What was measured, as Markdown."""

from collections.abc import Iterable, Sequence

from bench.similar.centring import SPACES, Centrings, Shares, best_prior
from bench.similar.missing import Fate, fairest
from bench.similar.nearest import PLACES, Alike, ceiling, chance
from bench.similar.study import Half, Parts, Study
from bench.similar.weighting import Weighting, best
from embedders.fitting import PRIOR_ITEMS
from embedders.layout import PREDICTED_NORM

PICTURES_GOAL = 0.75
MIX_GOAL = 0.86
"""Shares of the same article type the bundled weights are to reach."""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Write a table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def lists(held: Parts, studies: Sequence[Study], weight: float) -> str:
    """Write how alike the ten nearest are on part B."""
    rows = [_alike("drawn at random", chance(held.reported))]
    if studies:
        rows.append(_alike("text alone", studies[0].lists["text"]))
    for study in studies:
        rows.append(_alike(f"pictures alone, {study.model}", study.lists["image"]))
        rows.append(_alike("… only items without a twin in part A", study.newcomers))
        rows.append(_alike(f"mix, {study.model}", study.lists["mix"]))
    rows.append(_alike("perfect lists", ceiling(held.reported)))
    for study in studies:
        for name, share in (study.among_all or {}).items():
            rows.append(_alike(f"{name} of {study.model}, among all", share))
    goals = [line for study in studies if study.choice for line in _goals(study)]
    return "\n\n".join(
        [
            f"## The {PLACES} nearest",
            f"Every one of the {len(held.reported)} items of part B asks for the {PLACES} nearest "
            f"of the others. The mix is text {1 - weight:.2f}, image {weight:.2f}. "
            f"{len(held.reported) - int(held.newcomers.sum())} items have a twin in part A: an "
            'item with the same title or the same picture file. Lists "among all" are of the '
            f"same items, found among all {len(held.everything)}: a larger catalogue has more of "
            "a kind, but the bundled network was trained on most of these.",
            table(["lists", "same type", "same colour", "both"], rows),
            *goals,
        ]
    )


def sections(study: Study) -> str:
    """Write everything else about an image model."""
    if study.choice is None or study.report is None:
        return ""
    return "\n\n".join(
        [
            f"## Choices with {study.model}",
            _choices(study.choice, study.report),
            "### Weights",
            _sweeps(study.choice.sweep, study.report.sweep),
            "### A fifth without pictures",
            'Chosen by a hash of the id. "Places" are those that items without a picture take: '
            'in all lists, and in lists of items that have theirs. "Own" is the share of the '
            'same type in the lists of items without one, "taken" in the places they take.',
            "Items defaults are chosen by:",
            _fates(study.choice.fates),
            "Part B:",
            _fates(study.report.fates),
            "### Means of a few like items",
            "Same type in the lists of text alone / pictures alone / the mix, when the means were "
            "fitted on so many items of one article type: an average over "
            f"{', '.join(study.report.centrings.kinds)}, of which there are so many. Priors: "
            f"{study.prior}.",
            "Items defaults are chosen by:",
            _centrings(study.choice.centrings),
            "Part B:",
            _centrings(study.report.centrings),
        ]
    )


def _goals(study: Study) -> list[str]:
    return [
        f"Goal for {what}: {goal:.2f}; {study.model} "
        f"{'reaches' if reached >= goal else 'misses it with'} {reached:.3f}."
        for what, goal, reached in (
            ("pictures alone", PICTURES_GOAL, study.lists["image"].type),
            ("the mix", MIX_GOAL, study.lists["mix"].type),
        )
    ]


def _alike(name: str, share: Alike) -> list[str]:
    return [name, f"{share.type:.3f}", f"{share.colour:.3f}", f"{share.both:.3f}"]


def _choices(choice: Half, report: Half) -> str:
    chosen, fair = best(choice.sweep), fairest(choice.fates)
    there = next(each for each in report.sweep if each.image == chosen.image)
    fate = next(each for each in report.fates if each.scale == fair.scale)
    return table(
        ["chosen on items apart", "value", "there", "part B"],
        [
            [
                "image weight (same type, and both)",
                f"{chosen.image:.2f}",
                f"{chosen.alike.type:.3f}, {chosen.alike.both:.3f}",
                f"{there.alike.type:.3f}, {there.alike.both:.3f}",
            ],
            [
                f"length of predicted parts (places; the product's is {PREDICTED_NORM})",
                f"{fair.scale:.2f}",
                f"{fair.of_places:.1%} for {fair.of_catalogue:.1%} of the items",
                f"{fate.of_places:.1%} for {fate.of_catalogue:.1%}",
            ],
            [
                f"items a prior counts as (the product's is {PRIOR_ITEMS})",
                f"{best_prior(choice.centrings)}",
                "",
                f"{best_prior(report.centrings)} would be best",
            ],
        ],
    )


def _sweeps(choice: Sequence[Weighting], report: Sequence[Weighting]) -> str:
    return table(
        ["image weight", "type, apart", "both, apart", "type, B", "colour, B", "both, B"],
        [
            [
                f"{apart.image:.2f}",
                f"{apart.alike.type:.3f}",
                f"{apart.alike.both:.3f}",
                f"{there.alike.type:.3f}",
                f"{there.alike.colour:.3f}",
                f"{there.alike.both:.3f}",
            ]
            for apart, there in zip(choice, report, strict=True)
        ],
    )


def _fates(measured: Sequence[Fate]) -> str:
    return table(
        ["length", "of items", "places", "… beside pictures", "type, all", "own", "taken"],
        [
            [
                f"{fate.scale:.2f}",
                f"{fate.of_catalogue:.1%}",
                f"{fate.of_places:.1%}",
                f"{fate.beside_pictures:.1%}",
                f"{fate.all:.3f}",
                f"{fate.own:.3f}",
                f"{fate.taken:.3f}",
            ]
            for fate in measured
        ],
    )


def _centrings(measured: Centrings) -> str:
    sizes = sorted({size for each in measured.few for size in each.of_size})
    rows = [
        [
            (f"{each.prior_items} items of {'the prior' if each.prior else 'zero'}")
            if each.prior_items
            else "the few alone",
            *(_three(each.of_size[size]) if size in each.of_size else "" for size in sizes),
        ]
        for each in measured.few
    ]
    for name, shares in (
        ("not centred", measured.none),
        ("the prior alone", measured.prior_alone),
        ("the whole catalogue", measured.full),
    ):
        rows.append([name, *[_three(shares)] * len(sizes)])
    return table(["mean", *(f"{size} items" for size in sizes)], rows)


def _three(shares: Shares) -> str:
    return " / ".join(f"{shares[space]:.3f}" for space in SPACES)
