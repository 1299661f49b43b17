"""What can go wrong while recommending, apart from a part being down.

RecommendError
├── UnknownItem      similar to what? no item by that id exists
├── UnknownSpace     a weight names a space the live index does not have
└── InvalidWeights   weights that are negative, not finite, or all zero

A vector store or database that is down raises the errors of `indexer.errors`.
"""


class RecommendError(Exception):
    """Base of every error this package raises on purpose."""


class UnknownItem(RecommendError):
    """No item by that id exists; trying again helps only once it was created."""


class UnknownSpace(RecommendError):
    """A weight names a space the live index does not have; the message names those it has."""


class InvalidWeights(RecommendError):
    """Weights that are negative, not finite, or all zero; the message names space and value."""
