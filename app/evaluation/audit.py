"""Who is shown, and who is served how well: the numbers in which bias can be seen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from app.evaluation.confidence import Estimate, apart, estimate
from app.evaluation.metrics import NOTHING, Flags, Floats, Ints, Ranking
from app.evaluation.splits import Questions


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """How a group of items fares; shares are 0 to 1, NaN of nothing.

    Attributes:
        items: How many there are.
        catalogue: Their share of all items.
        liked: Of what people had liked before.
        to_be_found: Of what was to be found: what people turned out to want.
        shown: Of the places in the lists.
        for_one_wanted: `shown` divided by `to_be_found`: 1 is as much as they are wanted, below is
            held back, above is pushed (exposure against merit, as Singh and Joachims, "Fairness of
            exposure in rankings", KDD 2018).
        found: Share of what was to be found of the group that was in its person's list.
        ever_shown: Share of the group's items that are in anybody's list.
    """

    items: int
    catalogue: float
    liked: float
    to_be_found: float
    shown: float
    for_one_wanted: float
    found: float
    ever_shown: float


@dataclass(frozen=True, slots=True)
class PeopleGroup:
    """How a group of people is served.

    Attributes:
        quality: The main metric over them.
        gap: What they have more of it than everybody else, with the 95 % interval of both parts
            drawn anew; NaN where there is nobody else.
        lift: Mean of how much more popular a person's list is than their past, 0 for as popular
            (popularity lift, Abdollahpouri et al., "The connection between popularity bias,
            calibration, and fairness in recommendation", RecSys 2020).
        miscalibration: Mean divergence of the list's categories from the person's.
        new_items: Mean share of places held by items nobody had touched.
    """

    quality: Estimate
    gap: Estimate
    lift: float
    miscalibration: float
    new_items: float


@dataclass(frozen=True, slots=True)
class Audit:
    """By name of a group, in the order of reports."""

    items: Mapping[str, ItemGroup]
    people: Mapping[str, PeopleGroup]


@dataclass(frozen=True, slots=True, eq=False)
class Lists:
    """What is audited: the first places of everybody's list.

    Attributes:
        ranking, hits: Shape (n, k).
        quality, miscalibration, new_items: Shape (n,), one number a person; NaN where nothing can
            be said.
    """

    ranking: Ranking
    hits: Flags
    quality: Floats
    miscalibration: Floats
    new_items: Floats


def audited(
    asked: Questions,
    lists: Lists,
    *,
    items: Mapping[str, Flags],
    people: Mapping[str, Flags],
    seed: int = 0,
) -> Audit:
    """Look at every group.

    Args:
        asked: For whom, and what was to be found.
        lists: What came of one method.
        items: Name of a group to shape (items,).
        people: Name of a group to shape (n,), in the order asked for.
        seed: Of the draws.
    """
    wanted, liked = np.concatenate(asked.targets), asked.liked.item.astype(np.int64)
    shown = lists.ranking[lists.ranking != NOTHING].astype(np.int64)
    right = lists.ranking[lists.hits].astype(np.int64)
    lift = _lift(asked, lists.ranking)
    return Audit(
        {name: _item_group(flags, liked, wanted, shown, right) for name, flags in items.items()},
        {
            name: PeopleGroup(
                estimate(lists.quality[flags], seed=seed),
                apart(lists.quality[flags], lists.quality[~flags], seed=seed),
                _mean(lift[flags]),
                _mean(lists.miscalibration[flags]),
                _mean(lists.new_items[flags]),
            )
            for name, flags in people.items()
        },
    )


def _item_group(flags: Flags, liked: Ints, wanted: Ints, shown: Ints, right: Ints) -> ItemGroup:
    there, theirs = _share(flags, wanted), _share(flags, shown)
    sought = int(flags[wanted].sum())
    return ItemGroup(
        items=int(flags.sum()),
        catalogue=float(flags.mean()),
        liked=_share(flags, liked),
        to_be_found=there,
        shown=theirs,
        for_one_wanted=theirs / there if there > 0 else float("nan"),
        found=int(flags[right].sum()) / sought if sought else float("nan"),
        ever_shown=float(np.isin(np.flatnonzero(flags), shown).mean()),
    )


def _share(flags: Flags, items: Ints) -> float:
    return float(flags[items].mean()) if items.size else float("nan")


def _lift(asked: Questions, ranking: Ranking) -> Floats:
    """Say how much more popular each list is than the person's past; NaN without either."""
    popularity = asked.liked.popularity().astype(np.float64)
    there = ranking != NOTHING
    sizes = there.sum(axis=1)
    lists = np.where(there, popularity[ranking], 0.0).sum(axis=1) / np.maximum(sizes, 1)
    touched = asked.train.touches()[asked.people]
    known = np.asarray(touched.sum(axis=1)).ravel()
    pasts = np.asarray(touched @ popularity).ravel() / np.maximum(known, 1)
    said = (sizes > 0) & (pasts > 0)
    return np.where(said, lists / np.where(said, pasts, 1.0) - 1, np.nan)


def _mean(values: Floats) -> float:
    there = values[~np.isnan(values)]
    return float(there.mean()) if there.size else float("nan")
