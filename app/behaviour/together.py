"""Bought or viewed together: which items share more baskets than chance would have them share.

A basket is whatever the caller says belongs together: an order, a session, a person's month. For
two items with k baskets in common, out of n,

    llr = 2 Σ k_ij ln(k_ij n / (row_i column_j))        over the four cells of their table

is Dunning's log-likelihood ratio (Accurate Methods for the Statistics of Surprise and Coincidence,
1993): how surprising k is if the two had nothing to do with each other. A pair is kept when k is
more than chance and llr is significant, and pairs are ordered by llr, so that neither two rare
items that met once nor two that everybody buys anyway come first.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Numbers = NDArray[np.int64]
Values = NDArray[np.float64]

SIGNIFICANT = 10.83
"""Chance alone exceeds this once in a thousand (chi-squared, one degree of freedom)."""


@dataclass(frozen=True, slots=True)
class TogetherRules:
    """Which baskets and pairs count.

    Attributes:
        basket_most: Baskets of more different items are left out: a wholesaler's order of 500 lines
            makes 125,000 pairs and says little of each.
        least_count: Baskets a pair shares, at least.
        least_llr: Log-likelihood ratio, at least.
        per_item: Items kept beside each.
        pairs_most: Pairs held while counting. Beyond it, pairs seen once are forgotten, then those
            seen twice and so on; what remains may then be counted too low, never too high.
    """

    basket_most: int = 200
    least_count: int = 3
    least_llr: float = SIGNIFICANT
    per_item: int = 50
    pairs_most: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Together:
    """What goes with each item, best first; ties in the order of item numbers.

    Attributes:
        starts: Shape (items + 1,): item k owns the places from `starts[k]` to `starts[k + 1]`.
        others: Shape (m,), item numbers.
        llr: Shape (m,), float64.
        baskets: Shape (m,), baskets in common.
    """

    starts: Numbers
    others: Numbers
    llr: Values
    baskets: Numbers

    def of(self, item: int) -> Numbers:
        """Return what goes with an item, best first."""
        return self.others[self.starts[item] : self.starts[item + 1]]


class PairCounts:
    """Counts pairs over a stream of baskets; memory grows with the different pairs, bounded.

    Args:
        items: How many there are.
        rules: Which baskets count.
    """

    def __init__(self, items: int, rules: TogetherRules) -> None:
        self._items = items
        self._rules = rules
        self._pairs = sparse.csr_matrix((items, items), dtype=np.int64)
        self._single: Numbers = np.zeros(items, dtype=np.int64)
        self._baskets = 0

    def add(self, baskets: Numbers, items: Numbers) -> None:
        """Add whole baskets.

        Args:
            baskets: Shape (n,), which basket each row is of; a number means another basket in the
                next call.
            items: Shape (n,), item numbers; one that is twice in a basket counts once.
        """
        pairs = np.unique(np.stack([baskets, items], axis=1), axis=0)
        _, owners, sizes = np.unique(pairs[:, 0], return_inverse=True, return_counts=True)
        small = (sizes <= self._rules.basket_most)[owners]
        held = sparse.csr_matrix(
            (np.ones(int(small.sum()), dtype=np.int64), (owners[small], pairs[small, 1])),
            shape=(len(sizes), self._items),
        )
        self._baskets += int((sizes <= self._rules.basket_most).sum())
        self._single += np.asarray(held.sum(axis=0)).ravel()
        self._pairs = self._pairs + sparse.triu(held.T @ held, k=1, format="csr")
        self._forget()

    def together(self) -> Together:
        """Weigh and order what was counted so far."""
        found = self._pairs.tocoo()
        shared: Numbers = found.data.astype(np.int64)
        first, second = found.row.astype(np.int64), found.col.astype(np.int64)
        one, other = self._single[first], self._single[second]
        surprise = log_likelihood_ratio(
            shared, one - shared, other - shared, self._baskets - one - other + shared
        )
        kept = (
            (shared * self._baskets > one * other)
            & (shared >= self._rules.least_count)
            & (surprise >= self._rules.least_llr)
        )
        return self._ordered(first[kept], second[kept], surprise[kept], shared[kept])

    def _ordered(
        self, first: Numbers, second: Numbers, surprise: Values, shared: Numbers
    ) -> Together:
        items, others = np.concatenate([first, second]), np.concatenate([second, first])
        both = np.concatenate([surprise, surprise])
        order = np.lexsort((others, -both, items))
        items = items[order]
        begins = np.searchsorted(items, np.arange(self._items))
        listed = np.arange(len(items)) - begins[items] < self._rules.per_item
        chosen = order[listed]
        counts = np.bincount(items[listed], minlength=self._items)
        return Together(
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
            others[chosen],
            both[chosen],
            np.concatenate([shared, shared])[chosen],
        )

    def _forget(self) -> None:
        least = 2
        while self._pairs.nnz > self._rules.pairs_most:
            self._pairs.data[self._pairs.data < least] = 0
            self._pairs.eliminate_zeros()
            least += 1


def together(
    batches: Iterable[tuple[Numbers, Numbers]], items: int, rules: TogetherRules
) -> Together:
    """Say what goes together in a stream of whole baskets: numbers of baskets and of items."""
    counts = PairCounts(items, rules)
    for baskets, held in batches:
        counts.add(baskets, held)
    return counts.together()


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


def _entropy(*counts: Numbers) -> Values:
    """Return N ln N - Σ k ln k, unnormalised."""
    total: Values = np.sum(counts, axis=0).astype(np.float64)
    parts: Values = np.sum([_times_log(each.astype(np.float64)) for each in counts], axis=0)
    return _times_log(total) - parts


def _times_log(values: Values) -> Values:
    logs: Values = np.log(np.maximum(values, 1.0))
    return values * logs
