"""What behaviour has to beat.

popular        people who touched the item
ItemKNN        cosine between items' people, shrunk, from the last item alone
EASE           Steck, Embarrassingly Shallow Autoencoders, 2019; plain, or with each item of the
               history counting half as much after so many later ones
content        the mean of the history's content blocks, decayed likewise
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from bench.behaviour.exams import Exam
from bench.behaviour.marks import Scores
from embedders.sequences import Sequences
from embedders.spaces import Array

Questions = NDArray[np.int64]
Dense = NDArray[np.float32]


def matrix(train: Sequences, items: int) -> sparse.csr_matrix:
    """Return who touched what, ones, shape (people, items)."""
    first = train.first_times
    ones = np.ones(int(first.sum()), dtype=np.float32)
    return sparse.csr_matrix(
        (ones, (train.people[first], train.items[first])), shape=(len(train), items)
    )


def histories(exam: Exam, questions: Questions, items: int, half: float) -> sparse.csr_matrix:
    """Return decayed histories, shape (q, items).

    Args:
        exam: The exam.
        questions: Their numbers, shape (q,).
        items: How many.
        half: Later interactions after which one counts half; infinity for no decay.
    """
    rows, columns, values = [], [], []
    for place, question in enumerate(questions):
        touched = exam.everything.items[exam.history(int(question))]
        since = np.arange(len(touched))[::-1]
        rows.append(np.full(len(touched), place))
        columns.append(touched)
        values.append(np.exp2(-since / half))
    found = sparse.csr_matrix(
        (np.concatenate(values), (np.concatenate(rows), np.concatenate(columns))),
        shape=(len(questions), items),
        dtype=np.float32,
    )
    found.sum_duplicates()
    if np.isinf(half):
        found.data[:] = 1.0
    return found


class Popular:
    """The same list for everybody."""

    def __init__(self, train: Sequences, items: int) -> None:
        self._counts = train.counts(items).astype(np.float64)

    def __call__(self, _: Exam, questions: Questions) -> Scores:
        """Score all items."""
        return np.tile(self._counts, (len(questions), 1))


class LastItem:
    """ItemKNN from the last item alone; ties by popularity."""

    def __init__(self, train: Sequences, items: int, *, shrink: float) -> None:
        touched = matrix(train, items)
        counts = np.asarray(touched.sum(axis=0)).ravel()
        together = (touched.T @ touched).tocoo()
        lengths = np.sqrt(counts[together.row] * counts[together.col]) + shrink
        self._alike = sparse.csr_matrix(
            (together.data / lengths, (together.row, together.col)), shape=together.shape
        )
        self._ties = 1e-6 * counts / max(counts.max(), 1)

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        last = exam.everything.items[exam.ends[questions] - 1]
        scores: Scores = self._alike[last].toarray() + self._ties
        return scores


@dataclass(frozen=True, slots=True)
class Ease:
    """The closed form: score = x - (x P) / diag P, where P = (X' X + ridge I)^-1.

    Attributes:
        inverse: P, or the two factors that give x P where there are fewer people than items.
        diagonal: Shape (items,), of P.
        half: Later interactions after which one of the history counts half; infinity for never.
    """

    inverse: "Whole | Factors"
    diagonal: NDArray[np.floating]
    half: float

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        held = histories(exam, questions, len(self.diagonal), self.half)
        scores: Scores = held.toarray() - self.inverse.after(held) / self.diagonal
        return scores


@dataclass(frozen=True, slots=True)
class Whole:
    """P itself, shape (items, items)."""

    held: Dense

    def after(self, rows: sparse.csr_matrix) -> Dense:
        """Return rows times P."""
        product: Dense = np.asarray(rows @ self.held)
        return product


@dataclass(frozen=True, slots=True)
class Factors:
    """P = (I - X' S) / ridge, where S = (ridge I + X X')^-1 X, by Woodbury's identity."""

    touched: sparse.csr_matrix
    solved: Dense
    ridge: float

    def after(self, rows: sparse.csr_matrix) -> Dense:
        """Return rows times P."""
        product: Dense = (rows.toarray() - (rows @ self.touched.T) @ self.solved) / self.ridge
        return product


def ease(train: Sequences, items: int, *, ridge: float, half: float = np.inf) -> Ease:
    """Fit on the smaller side of the matrix of people and items."""
    touched = matrix(train, items)
    touched = touched[np.diff(touched.indptr) > 0]
    if items <= touched.shape[0]:
        inverse: Dense = np.linalg.inv(_steadied(touched.T @ touched, ridge))
        return Ease(Whole(inverse), np.diag(inverse), half)
    solved: Dense = np.asarray(np.linalg.inv(_steadied(touched @ touched.T, ridge)) @ touched)
    own = np.asarray(touched.multiply(solved).sum(axis=0)).ravel()
    return Ease(Factors(touched, solved, ridge), (1 - own) / ridge, half)


def _steadied(gram: sparse.csr_matrix, ridge: float) -> Dense:
    dense: Dense = gram.toarray().astype(np.float32)
    dense[np.diag_indices(len(dense))] += ridge
    return dense


class Content:
    """Likeness to the decayed mean of the history, by words alone."""

    def __init__(self, blocks: Array, *, half: float) -> None:
        self.blocks = blocks
        self._half = half

    def means(self, exam: Exam, questions: Questions) -> Scores:
        """Sum up histories: shape (q, d)."""
        held = histories(exam, questions, len(self.blocks), self._half)
        summed: Scores = np.asarray(held @ self.blocks)
        return summed

    def __call__(self, exam: Exam, questions: Questions) -> Scores:
        """Score all items."""
        scores: Scores = self.means(exam, questions) @ self.blocks.T
        return scores
