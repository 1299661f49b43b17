"""Which interactions may be learned from, and which are to be found.

- `time_cut`: one moment for everybody; what came later is to be found. The only one of the three
  that is like life: nothing is known of the future, not even by way of other people.
- `leave_last_out`: each person's last interaction is to be found. Much published work reports it
  (SASRec, BERT4Rec). Other people's later interactions are learned from.
- `random_share`: of each person's (or item's) interactions a random share is learned from, 3 of 4
  by default, as in Microsoft's `recommenders` (`python_stratified_split`). Kept for comparison: the
  future is learned from to guess the past.

A validation part is carved from what may be learned from, by the same rule, so that nothing tuned
on it has seen what is to be found.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal, get_args

import numpy as np

from app.evaluation.errors import NothingToEvaluate
from app.evaluation.log import Log
from app.evaluation.metrics import Flags, Floats, Ints

Rule = Callable[[Log], Flags]
"""Marks the rows of a log that are held back, to be found."""

Per = Literal["person", "item"]

Likelihood = Literal["uniform", "popularity"]
"""How likely an item is drawn."""
LIKELIHOODS: tuple[Likelihood, ...] = get_args(Likelihood)


def time_cut(moment: datetime) -> Rule:
    """Hold back what happened at a moment or later."""
    return lambda log: log.when >= moment.timestamp()


def latest_share(share: float) -> Rule:
    """Hold back the latest interactions: a global cut in time.

    Args:
        share: Above 0 and below 1. Rows of the same moment stay together, on the later side.
    """

    def held(log: Log) -> Flags:
        if len(log) == 0:
            return np.zeros(0, dtype=bool)
        first = min(int(len(log) * (1 - share)), len(log) - 1)
        return np.asarray(log.when >= log.when[first])

    return held


def leave_last_out(log: Log) -> Flags:
    """Hold back the last interaction of everybody who has two or more.

    Of several at the same moment it is the last in the order of the source.
    """
    histories = log.histories()
    held = np.zeros(len(log), dtype=bool)
    many = np.diff(histories.starts) >= 2
    held[histories.rows[histories.starts[1:][many] - 1]] = True
    return held


def random_share(share: float, *, per: Per = "person", seed: int = 0) -> Rule:
    """Hold back a random share of each person's, or of each item's, interactions.

    Args:
        share: Of them that is held back, above 0 and below 1; of few, rounded to the nearest.
        per: Within whose interactions the share is taken.
        seed: Of the draw.
    """

    def held(log: Log) -> Flags:
        group = log.person if per == "person" else log.item
        drawn = np.random.default_rng(seed).random(len(log))
        order = np.lexsort((drawn, group))
        starts = np.searchsorted(group[order], group[order], side="left")
        sizes = np.bincount(group)[group[order]] if len(log) else np.zeros(0)
        place = np.arange(len(log)) - starts
        marked = np.zeros(len(log), dtype=bool)
        marked[order] = place < np.rint(share * sizes)
        return marked

    return held


@dataclass(frozen=True, slots=True, eq=False)
class Questions:
    """Who is to be recommended to, and what is to be found.

    Attributes:
        train: What may be learned from; it says all that is known of the people asked for.
        liked: The part of it that speaks for items.
        people: Shape (n,), person numbers, ascending.
        targets: For each of them the items to be found, ascending, at least one.
        now: Shape (n,), seconds since 1970: when the question is put.
        repeats: Whether what a person has touched in `train` may be recommended to them.
        among: For each of them the only items that are ranked, ascending; None: the whole
            catalogue.
    """

    train: Log
    liked: Log
    people: Ints
    targets: tuple[Ints, ...]
    now: Floats
    repeats: bool = False
    among: tuple[Ints, ...] | None = None

    def __len__(self) -> int:
        return self.people.size

    @property
    def wanted(self) -> Ints:
        """How many items are to be found, shape (n,)."""
        return np.array([each.size for each in self.targets], dtype=np.int64)

    def some(self, chosen: Ints) -> "Questions":
        """Keep some questions, by their places; what may be learned from stays."""
        return replace(
            self,
            people=self.people[chosen],
            targets=tuple(self.targets[each] for each in chosen),
            now=self.now[chosen],
            among=None if self.among is None else tuple(self.among[each] for each in chosen),
        )


def questions(
    log: Log, rule: Rule, *, repeats: bool = False, least: float | None = None
) -> Questions:
    """Split a log by a rule.

    Args:
        log: All that is known.
        rule: What is held back.
        repeats: Whether items a person has touched before are to be found again; otherwise only
            what is new to the person is.
        least: Value below which an interaction speaks against an item: never to be found.

    Returns:
        A question for everybody with something to be found, put when they did the first of it.

    Raises:
        NothingToEvaluate: Nothing is to be learned from, or nobody is left.
    """
    held = rule(log)
    good = log.favourable(least=least)
    train, liked, test = log.only(~held), log.only(~held & good), log.only(held & good)
    if len(liked) == 0:
        raise NothingToEvaluate(
            f"the split leaves nothing of {log.name} to learn from: "
            f"{len(log):,} interactions, all held back"
        )
    sought = test if repeats else test.only(~_seen(train, test))
    histories = sought.histories()
    asked = np.flatnonzero(np.diff(histories.starts))
    if asked.size == 0:
        raise NothingToEvaluate(
            f"the split leaves nobody of {log.name} something to be found: of {len(log):,} "
            f"interactions {int(held.sum()):,} are held back, {len(test):,} of them speak for an "
            "item, and none is new to its person"
        )
    mine = [histories.of(int(person)) for person in asked]
    return Questions(
        train,
        liked,
        asked.astype(np.int64),
        tuple(np.unique(sought.item[rows]).astype(np.int64) for rows in mine),
        np.array([sought.when[rows[0]] for rows in mine]),
        repeats,
    )


def carved(
    asked: Questions, rule: Rule, *, repeats: bool = False, least: float | None = None
) -> Questions:
    """Make validation questions from what may be learned from; arguments as `questions`."""
    return questions(asked.train, rule, repeats=repeats, least=least)


def given(asked: Questions, newest: int, *, least: float | None = None) -> Questions:
    """Forget all but the newest interactions of everybody asked for, to see a cold start.

    What others did is still learned from, so ask for a part of the people only. An item that was
    forgotten is not barred: recommending it is as wrong as any other, though the person likes it.

    Args:
        asked: For whom.
        newest: How many interactions of each person stay; 0 makes them strangers.
        least: As for `questions`.

    Raises:
        NothingToEvaluate: Nothing is left to learn from.
    """
    histories = asked.train.histories()
    kept = np.ones(len(asked.train), dtype=bool)
    for person in asked.people.tolist():
        rows = histories.of(person)
        kept[rows[: max(rows.size - newest, 0)]] = False
    train = asked.train.only(kept)
    liked = train.only(train.favourable(least=least))
    if len(liked) == 0:
        raise NothingToEvaluate(
            f"with {newest} interactions of each of the {len(asked):,} people asked for, nothing "
            "is left to learn from: ask for fewer people"
        )
    return replace(asked, train=train, liked=liked)


def among_negatives(
    asked: Questions, negatives: int, *, by: Likelihood = "uniform", seed: int = 0
) -> Questions:
    """Rank what is to be found among a few items that are not, instead of the whole catalogue.

    Metrics over such lists are inconsistent: which of two methods they call better may change with
    how many are drawn, and how (Krichene and Rendle, "On sampled metrics for item recommendation",
    KDD 2020). For comparing with work that reports them.

    Args:
        asked: For whom.
        negatives: How many are drawn for each person, none twice; fewer where there are not so many
            that are not to be found and, unless `asked.repeats`, not touched.
        by: Whether all are as likely, or the more so the more people liked them; of what nobody
            liked, one counts as much as if one person had.
        seed: Of the draw; a person's items do not depend on who else is asked for.
    """
    weights = np.maximum(asked.liked.popularity(), 1).astype(np.float64)
    if by == "uniform":
        weights[:] = 1.0
    touched = asked.train.touches()
    among: list[Ints] = []
    for person, targets in zip(asked.people.tolist(), asked.targets, strict=True):
        free = np.ones(weights.size, dtype=bool)
        free[targets] = False
        if not asked.repeats:
            free[touched.indices[touched.indptr[person] : touched.indptr[person + 1]]] = False
        left = np.flatnonzero(free)
        # The largest of log(u) / weight are a draw without repeats (Efraimidis and Spirakis 2006).
        lots = np.log(np.random.default_rng([seed, person]).random(left.size)) / weights[left]
        drawn = left[np.argsort(-lots, kind="stable")[:negatives]]
        among.append(np.sort(np.concatenate([targets, drawn])).astype(np.int64))
    return replace(asked, among=tuple(among))


def moment(seconds: float) -> datetime:
    """Turn seconds since 1970 into a time."""
    return datetime.fromtimestamp(seconds, UTC)


def _seen(train: Log, test: Log) -> Flags:
    """Mark rows of `test` whose person has touched the item in `train`."""
    width = np.int64(len(train.things))
    before = train.person.astype(np.int64) * width + train.item
    return np.isin(test.person.astype(np.int64) * width + test.item, before)
