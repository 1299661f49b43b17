"""What can go wrong while counting.

IndexerError
└── CountLost    somebody else counts by now; what was written is swept away
"""

from indexer.errors import IndexerError


class CountLost(IndexerError):
    """The right to count has passed to another process."""
