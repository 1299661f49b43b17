"""Questions with known answers: what did people touch next that was new to them?"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from embedders.sequences import Days, Rows, Sequences
from embedders.spaces import Mask

GOING_ON = 20
"""Questions a person at most where every interaction after the cut is one."""


@dataclass(frozen=True, slots=True)
class Exam:
    """Questions about people, and what may be learned from before.

    Attributes:
        name: How it was cut.
        train: Interactions to learn from.
        everything: Interactions that histories are taken from; the same people.
        people: Shape (q,).
        ends: Shape (q,): histories end before these rows of `everything`.
        now: Shape (q,), days: when the question is asked.
        truths: One array of items a question, none of them in the history.
        born: Shape (items,), whether someone touched the item in `train`.
    """

    name: str
    train: Sequences
    everything: Sequences
    people: Rows
    ends: Rows
    now: Days
    truths: tuple[Rows, ...]
    born: Mask

    def __len__(self) -> int:
        return len(self.people)

    def history(self, question: int) -> slice:
        """Return the rows of `everything` that are known when the question is asked."""
        return slice(int(self.everything.starts[self.people[question]]), int(self.ends[question]))


def last_out(everything: Sequences, items: int, *, back: int) -> Exam:
    """Ask for each person's interaction that has `back` others after it, new to them or not asked.

    What comes later is unknown, to learning too; people need three interactions before it.
    """
    rows = everything.starts[1:] - 1 - back
    people = np.flatnonzero(rows >= everything.starts[:-1] + 3)
    last = rows[people]
    fresh = everything.first_times[last]
    people, last = people[fresh], last[fresh]
    place = np.arange(len(everything.items))
    train = everything.kept(place < (everything.starts[1:] - 1 - back)[everything.people])
    return Exam(
        "leave last out",
        train,
        everything,
        people,
        last,
        everything.days[last],
        tuple(everything.items[row : row + 1] for row in last),
        train.counts(items) > 0,
    )


def cut(everything: Sequences, items: int, *, start: float, end: float) -> Exam:
    """Learn from what was before a moment; ask everyone known for all new to them after it.

    Args:
        everything: All interactions.
        items: How many there are.
        start: Share of all interactions that are before the cut, 0 to 1.
        end: Share that are before the end of the questions.
    """
    moment, until = np.quantile(everything.days, [start, end])
    before = everything.days < moment
    train = everything.kept(before)
    asked = (everything.days >= moment) & (everything.days <= until) & everything.first_times
    fresh = everything.kept(asked)
    people = np.flatnonzero((np.diff(train.starts) > 0) & (np.diff(fresh.starts) > 0))
    return Exam(
        "cut",
        train,
        everything,
        people,
        everything.starts[people] + np.diff(train.starts)[people],
        np.full(len(people), moment),
        tuple(fresh.items[fresh.starts[each] : fresh.starts[each + 1]] for each in people),
        train.counts(items) > 0,
    )


def going_on(everything: Sequences, items: int, *, start: float, end: float) -> Exam:
    """Learn from what was before a moment; ask for each interaction after it, one by one.

    Histories reach up to the moment of the interaction asked for, as in a service: the lines of an
    order become known together. What was learned does not change. At most GOING_ON questions a
    person, evenly spread, and none without a history.
    """
    moment, until = np.quantile(everything.days, [start, end])
    train = everything.kept(everything.days < moment)
    people = everything.people
    asked = (everything.days >= moment) & (everything.days <= until) & everything.first_times
    known = everything.moments[0]
    asked &= known > everything.starts[people]
    rows = np.flatnonzero(asked)
    chosen = rows[_spread(people[rows])]
    return Exam(
        "cut, going on",
        train,
        everything,
        people[chosen],
        known[chosen],
        everything.days[chosen],
        tuple(everything.items[row : row + 1] for row in chosen),
        train.counts(items) > 0,
    )


def only(exam: Exam, wanted: Mask, name: str) -> Exam:
    """Keep the answers among the items wanted, shape (items,), and the questions that have any."""
    truths = [truth[wanted[truth]] for truth in exam.truths]
    kept = np.flatnonzero([len(truth) > 0 for truth in truths])
    return replace(some(exam, kept, name), truths=tuple(truths[each] for each in kept))


def some(exam: Exam, chosen: Rows, name: str) -> Exam:
    """Keep the numbered questions, in that order."""
    return replace(
        exam,
        name=name,
        people=exam.people[chosen],
        ends=exam.ends[chosen],
        now=exam.now[chosen],
        truths=tuple(exam.truths[each] for each in chosen),
    )


def drawn(exam: Exam, most: int) -> Exam:
    """Keep at most so many questions, drawn by a seed, in their order."""
    if len(exam) <= most:
        return exam
    chosen = np.sort(np.random.default_rng(0).permutation(len(exam))[:most])
    return some(exam, chosen, exam.name)


def _spread(people: Rows) -> NDArray[np.int64]:
    """Choose places, at most GOING_ON a person, evenly spread over each run of equal people."""
    chosen: list[int] = []
    places = np.arange(len(people))
    bounds = np.flatnonzero(np.diff(people)) + 1
    for run in np.split(places, bounds):
        step = np.unique(np.linspace(0, len(run) - 1, min(len(run), GOING_ON)).astype(int))
        chosen.extend(run[step].tolist())
    return np.array(chosen, dtype=np.int64)
