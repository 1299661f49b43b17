"""The audit of what goes together: pairs of items SQL does not know, and counts nobody reads."""

from app.together.pairs import Pairs
from app.together.tables import pairs
from indexer.bookkeeping import strays_of
from indexer.database import Database
from indexer.faults import Check, Tally


def audit_pairs(database: Database, *, repair: bool = False) -> Check:
    """Find pairs of items that are in no table; with `repair`, delete them.

    Rows of a count that was killed are in nobody's way: the next count sweeps them, and a repair
    does.
    """
    tally = Tally("pairs")
    for key in (pairs.c.item_key, pairs.c.other_key):
        strays_of(database, pairs, key, tally, repair=repair)
    tally.looked_at //= 2  # both ends of one row
    if repair:
        Pairs(database).sweep()
    return tally.check()
