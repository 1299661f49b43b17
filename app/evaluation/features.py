"""Items as bags of words, to judge lists by something no ranked model was built on."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from app.evaluation.log import Thing

_WORD = re.compile(r"\w+")


def described(things: Sequence[Thing]) -> "sparse.csr_array":
    """Weigh the words of titles, and categories as one word each, by tf-idf.

    tf is 1 + log of how often, idf is log((1 + n) / (1 + items with it)) + 1, as scikit-learn's
    default; rows are scaled to unit length.

    Returns:
        Shape (items, words), float32; a row of zeros for an item nothing is known of.
    """
    counted = [_words(each) for each in things]
    words = {word: place for place, word in enumerate(sorted({w for row in counted for w in row}))}
    rows = np.repeat(np.arange(len(things)), [len(each) for each in counted])
    columns = np.array([words[word] for row in counted for word in row], dtype=np.int64)
    often = np.array([times for row in counted for times in row.values()], dtype=np.float64)
    idf = np.log((1 + len(things)) / (1 + np.bincount(columns, minlength=len(words)))) + 1
    weights = (1 + np.log(often)) * idf[columns] if len(columns) else often
    table = sparse.csr_array((weights, (rows, columns)), shape=(len(things), max(len(words), 1)))
    lengths = np.sqrt(np.asarray(table.multiply(table).sum(axis=1)).ravel())
    scale = sparse.diags_array(1 / np.where(lengths > 0, lengths, 1))
    return sparse.csr_array(scale @ table).astype(np.float32)


def categories(things: Sequence[Thing]) -> "sparse.csr_array":
    """Share each item out among its categories.

    Returns:
        Shape (items, categories), float64, rows sum to 1, or to 0 without categories.
    """
    names = {
        name: place for place, name in enumerate(sorted({c for t in things for c in t.categories}))
    }
    rows = [row for row, each in enumerate(things) for _ in each.categories]
    columns = [names[name] for each in things for name in each.categories]
    shares = [1 / len(each.categories) for each in things for _ in each.categories]
    return sparse.csr_array((shares, (rows, columns)), shape=(len(things), max(len(names), 1)))


def _words(thing: Thing) -> Counter[str]:
    words = Counter(_WORD.findall((thing.title or "").lower()))
    words.update(f"category:{each.lower()}" for each in thing.categories)
    return words
