"""What can go wrong while recommending, apart from a part being down.

RecommendError
├── UnknownItem      like what? no item by that id exists
├── UnknownInterest  the person has no such interest; the message names those there are
├── UnknownSpace     a weight names a space the live index does not have
└── InvalidWeights   weights that are negative, not finite, or all zero

A vector store or database that is down raises the errors of `indexer.errors`.
"""


class RecommendError(Exception):
    """Base of every error this package raises on purpose."""


class UnknownItem(RecommendError):
    """No item by that id exists; trying again helps only once it was created."""


class UnknownInterest(RecommendError):
    """The person has no interest of that name now; the message names those they have."""


class UnknownSpace(RecommendError):
    """A weight names a space the live index does not have; the message names those it has."""


class InvalidWeights(RecommendError):
    """Weights that are negative, not finite, or all zero; the message names space and value."""
