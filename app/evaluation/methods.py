"""What is evaluated: anything that ranks a catalogue for people."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
import numpy.typing as npt
from scipy import sparse

from app.evaluation.metrics import NOTHING, Flags, Floats, Ints, Ranking
from app.evaluation.splits import Questions

Scores = npt.NDArray[np.floating]
"""Shape (n, items): what each item is worth to each person; -inf: not to be recommended."""

AT_ONCE = 256
"""People scored at once: 256 times 20,000 scores take 40 MB."""


class Method(Protocol):
    """Ranks the whole catalogue for everybody asked for."""

    @property
    def name(self) -> str:
        """What reports call it."""
        ...

    def rank(self, asked: Questions, k: int) -> Ranking:
        """Learn from `asked.train`, and rank.

        Args:
            asked: For whom; what is to be found is not looked at.
            k: How many places.

        Returns:
            Shape (n, k), in the order of `asked.people`; no item twice, none the person has
            touched unless `asked.repeats`, none outside `asked.among`; ties end in the item's
            number.

        Raises:
            MethodUnavailable: A library it needs is not installed.
        """
        ...


class Scorer(Protocol):
    """Gives scores to the whole catalogue, some people at a time."""

    def __call__(self, places: Ints) -> Scores:
        """Score for the people at these places of the questions; may be changed by the caller."""
        ...


def ranked(asked: Questions, scorer: Scorer, k: int, *, filled: bool = True) -> Ranking:
    """Rank by scores.

    Args:
        asked: For whom.
        scorer: Asked for `AT_ONCE` people at a time.
        k: How many places.
        filled: Whether places without an item get the most popular ones instead, as Kindred fills
            up; so that a method is not called bad at people it says nothing about.
    """
    barred = asked.train.touches()
    ranking = np.full((len(asked), k), NOTHING, dtype=np.int32)
    for places in _slices(len(asked)):
        scores = scorer(places)
        _bar(scores, barred, asked, places)
        ranking[places] = top(scores, k)
    if filled and (ranking == NOTHING).any():
        short = np.flatnonzero((ranking == NOTHING).any(axis=1))
        counts = asked.liked.popularity()
        _fill(ranking, short, barred, asked, np.lexsort((np.arange(counts.size), -counts)))
    return ranking


def top(scores: Scores, k: int) -> Ranking:
    """Take the k best of each row, ties by place; NOTHING where only -inf is left.

    Args:
        scores: Shape (n, items).
        k: 1 or more.
    """
    ranking = np.full((scores.shape[0], k), NOTHING, dtype=np.int32)
    most = min(k, scores.shape[1])
    if most == 0:
        return ranking
    least = np.partition(scores, scores.shape[1] - most, axis=1)[:, scores.shape[1] - most]
    for row, (mine, floor) in enumerate(zip(scores, least, strict=True)):
        above = np.flatnonzero(mine > floor)
        level = np.flatnonzero(mine == floor)[: most - above.size]
        best = np.concatenate([above, level]) if floor > -np.inf else above
        best = best[np.argsort(-mine[best], kind="stable")]
        ranking[row, : best.size] = best
    return ranking


def profiles(asked: Questions, *, half: float | None = None) -> "sparse.csr_array":
    """Describe people by the items they liked.

    Args:
        asked: For whom.
        half: Moments after which an interaction counts half: one is worth 2^(-later / half), where
            `later` is at how many later moments the person did something. None: all count 1.

    Returns:
        Shape (n, items), float32; of several interactions with one item the newest counts.
    """
    histories = asked.liked.histories()
    items, weights, sizes = [], [], []
    for person in asked.people.tolist():
        rows = histories.of(person)[::-1]
        mine, first = np.unique(asked.liked.item[rows], return_index=True)
        moments = asked.liked.when[rows]
        later = (
            np.concatenate([[0], np.cumsum(np.diff(moments) != 0)])[first] if rows.size else first
        )
        items.append(mine)
        weights.append(np.ones(mine.size) if half is None else np.exp2(-later / half))
        sizes.append(mine.size)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    data = np.concatenate([*weights, np.zeros(0)]).astype(np.float32)
    places = np.concatenate([*items, np.zeros(0, dtype=np.int32)]).astype(np.int64)
    shape = (len(asked), len(asked.train.things))
    return sparse.csr_array((data, places, starts), shape=shape)


def last_items(asked: Questions) -> Ints:
    """Return shape (n,): the item each person liked last; NOTHING for people without any."""
    histories = asked.liked.histories()
    mine = [histories.of(person) for person in asked.people.tolist()]
    return np.array([asked.liked.item[rows[-1]] if rows.size else NOTHING for rows in mine])


def alone(items: Ints, width: int) -> "sparse.csr_array":
    """Describe people by one item each: shape (n, width), a row of zeros for NOTHING."""
    rows = np.flatnonzero(items != NOTHING)
    ones = np.ones(rows.size, dtype=np.float32)
    return sparse.csr_array((ones, (rows, items[rows])), shape=(items.size, width))


def positive_only(scores: Floats) -> Floats:
    """Put what is not above 0 out of the ranking."""
    return np.where(scores > 0, scores, -np.inf)


def _slices(n: int) -> Iterator[Ints]:
    for start in range(0, n, AT_ONCE):
        yield np.arange(start, min(start + AT_ONCE, n))


def _bar(scores: Scores, barred: "sparse.csr_array", asked: Questions, places: Ints) -> None:
    if not asked.repeats:
        rows, items = barred[asked.people[places]].nonzero()
        scores[rows, items] = -np.inf
    if asked.among is not None:
        for row, place in enumerate(places.tolist()):
            scores[row, ~_marked(asked.among[place], scores.shape[1])] = -np.inf


def _marked(items: Ints, width: int) -> Flags:
    marks = np.zeros(width, dtype=bool)
    marks[items] = True
    return marks


def _fill(
    ranking: Ranking, short: Ints, barred: "sparse.csr_array", asked: Questions, order: Ints
) -> None:
    for row in short.tolist():
        mine = ranking[row]
        there = mine[mine != NOTHING]
        person = int(asked.people[row])
        seen = barred.indices[barred.indptr[person] : barred.indptr[person + 1]]
        held = there if asked.repeats else np.concatenate([there, seen])
        if asked.among is None:
            # Enough to lose every held one and still fill all places.
            near = order[: held.size + mine.size]
        else:
            near = order[_marked(asked.among[row], order.size)[order]]
        more = near[~np.isin(near, held)][: mine.size - there.size]
        mine[there.size : there.size + more.size] = more
