"""Bought or viewed together: which items share more baskets than chance would have them share.

A basket is whatever the caller says belongs together: an order, a visit, a person's month. For
two items with k baskets in common, out of n,

    llr = 2 Σ k_ij ln(k_ij n / (row_i column_j))        over the four cells of their table
    lift = k n / (row column)

llr is Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise and
Coincidence, 1993): how surprising k is if the two had nothing to do with each other. A pair is kept
when enough different people had both, k is more than chance and llr is significant, and pairs are
ordered by llr, so that neither two rare items that met once nor two that everybody buys anyway come
first. One person's habit, however often repeated, makes no pair.

Pairs are counted exactly, item by item: memory holds the baskets, and of pairs only those of about
`at_once` meetings at a time with what was kept of the ones before.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.behaviour.log import Mask, Numbers
from app.behaviour.meetings import NO_MEETINGS, Meetings, meetings
from app.behaviour.visits import ITEM_BITS, Small, Visits

Values = NDArray[np.float64]

SIGNIFICANT = 10.83
"""Chance alone exceeds this once in a thousand (chi-squared, one degree of freedom)."""

ITEM = (1 << ITEM_BITS) - 1


@dataclass(frozen=True, slots=True)
class TogetherRules:
    """Which baskets and pairs count.

    Attributes:
        basket_most: Baskets of more different items are left out: a wholesaler's order of 500 lines
            makes 125,000 pairs and says little of each.
        least_people: Different people who had both in one basket, at least.
        least_llr: Log-likelihood ratio, at least.
        per_item: Items kept beside each.
        at_once: Meetings of two items counted at once, about: 60 bytes each.
    """

    basket_most: int = 200
    least_people: int = 3
    least_llr: float = SIGNIFICANT
    per_item: int = 50
    at_once: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Together:
    """What goes with each item, best first; ties in the order of item numbers.

    Attributes:
        starts: Shape (items + 1,): item k owns the places from `starts[k]` to `starts[k + 1]`.
        others: Shape (m,), item numbers.
        llr: Shape (m,), float64.
        lift: Shape (m,), float64, above 1: times as many baskets as chance would share.
        baskets: Shape (m,), baskets in common.
        people: Shape (m,), different people whose they are.
    """

    starts: Numbers
    others: Numbers
    llr: Values
    lift: Values
    baskets: Numbers
    people: Numbers

    def of(self, item: int) -> Numbers:
        """Return what goes with an item, best first."""
        return self.others[self.starts[item] : self.starts[item + 1]]


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Pairs that count."""

    met: Meetings
    llr: Values
    lift: Values

    def kept(self, rows: Mask) -> "_Pairs":
        return _Pairs(self.met.kept(rows), self.llr[rows], self.lift[rows])


def together(
    visits: Visits,
    items: int,
    rules: TogetherRules,
    *,
    step: Callable[[int, int], None] = lambda *_: None,
) -> Together:
    """Say what goes together.

    Args:
        visits: Who had what at once; marks are not looked at.
        items: How many there are; every number is below.
        rules: What counts.
        step: Told how many of how many rows are done, every second or so; what it raises passes.
    """
    held = visits.kept(_small(visits.baskets, rules.basket_most))
    single = np.bincount(held.items, minlength=items).astype(np.int64)
    count = 1 + int(np.count_nonzero(np.diff(held.baskets))) if len(held) else 0
    found = _weighed(NO_MEETINGS, single, count, rules)
    pruned = len(found.llr)
    for done, met in meetings(held, rules.at_once):
        step(done, len(held))
        found = _put_together(found, _weighed(met, single, count, rules))
        # Those that no list has room for need not be held until the end.
        if len(found.llr) > 2 * pruned + rules.at_once:
            found = _listed(found, items, rules.per_item)
            pruned = len(found.llr)
    return _lists(found, items, rules.per_item)


def log_likelihood_ratio(
    both: Numbers, first: Numbers, second: Numbers, neither: Numbers
) -> Values:
    """Say how surprising tables of two by two are: shape (n,), 0 or more.

    Args:
        both: Shape (n,), baskets with both.
        first: With the first alone.
        second: With the second alone.
        neither: With neither.
    """
    rows = _entropy(both + first, second + neither)
    columns = _entropy(both + second, first + neither)
    cells = _entropy(both, first, second, neither)
    # Rounding may leave a tiny negative number where there is no surprise.
    return np.maximum(2 * (rows + columns - cells), 0.0)


def _small(baskets: Small, most: int) -> Mask:
    """Find the rows of baskets that are not too large; baskets ascend."""
    starts = np.flatnonzero(np.diff(baskets, prepend=-1))
    sizes = np.diff(starts, append=len(baskets))
    small: Mask = np.repeat(sizes <= most, sizes)
    return small


def _weighed(met: Meetings, single: Numbers, baskets: int, rules: TogetherRules) -> _Pairs:
    """Keep the pairs that count, and weigh them."""
    met = met.kept(met.people >= rules.least_people)
    shared = met.baskets.astype(np.int64)
    one, other = single[met.codes >> ITEM_BITS], single[met.codes & ITEM]
    llr = log_likelihood_ratio(shared, one - shared, other - shared, baskets - one - other + shared)
    chance = one.astype(np.float64) * other / max(baskets, 1)
    kept = (shared > chance) & (llr >= rules.least_llr)
    return _Pairs(met.kept(kept), llr[kept], shared[kept] / chance[kept])


def _put_together(one: _Pairs, other: _Pairs) -> _Pairs:
    if len(one.llr) == 0 or len(other.llr) == 0:
        return other if len(one.llr) == 0 else one
    return _Pairs(
        Meetings(
            np.concatenate([one.met.codes, other.met.codes]),
            np.concatenate([one.met.baskets, other.met.baskets]),
            np.concatenate([one.met.people, other.met.people]),
        ),
        np.concatenate([one.llr, other.llr]),
        np.concatenate([one.lift, other.lift]),
    )


def _listed(found: _Pairs, items: int, per_item: int) -> _Pairs:
    """Keep the pairs that at least one of the two items has in its list."""
    _, _, chosen = _chosen(found, items, per_item)
    kept = np.zeros(len(found.llr), dtype=np.bool_)
    kept[chosen % len(found.llr)] = True
    return found.kept(kept)


def _lists(found: _Pairs, items: int, per_item: int) -> Together:
    starts, others, chosen = _chosen(found, items, per_item)
    rows = chosen % max(len(found.llr), 1)
    return Together(
        starts,
        others,
        found.llr[rows],
        found.lift[rows],
        found.met.baskets[rows].astype(np.int64),
        found.met.people[rows].astype(np.int64),
    )


def _chosen(found: _Pairs, items: int, per_item: int) -> tuple[Numbers, Numbers, Numbers]:
    """List the best pairs of each item.

    Returns:
        Where each item's list begins, (items + 1,); the other items, (m,); and which pair each is,
        (m,), with the number of pairs added where the list is that of its higher item.
    """
    first, second = found.met.codes >> ITEM_BITS, found.met.codes & ITEM
    owners, others = np.concatenate([first, second]), np.concatenate([second, first])
    order = np.lexsort((others, -np.concatenate([found.llr, found.llr]), owners))
    owners = owners[order]
    begins = np.searchsorted(owners, np.arange(items))
    listed = np.arange(len(owners)) - begins[owners] < per_item
    chosen = order[listed]
    counts = np.bincount(owners[listed], minlength=items)
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int64), others[chosen], chosen


def _entropy(*counts: Numbers) -> Values:
    """Return N ln N - Σ k ln k, unnormalised."""
    total: Values = np.sum(counts, axis=0).astype(np.float64)
    parts: Values = np.sum([_times_log(each.astype(np.float64)) for each in counts], axis=0)
    return _times_log(total) - parts


def _times_log(values: Values) -> Values:
    logs: Values = np.log(np.maximum(values, 1.0))
    return values * logs
