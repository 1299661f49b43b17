"""Filters with every `Not` at a leaf, as engines want them."""

from indexer.filters import All, AnyOf, Filter, Not


def negation_normal(where: Filter) -> Filter:
    """Push every `Not` down to a leaf, where it stays; the meaning does not change."""
    return _signed(where, positive=True)


def _signed(where: Filter, *, positive: bool) -> Filter:
    match where:
        case Not(part):
            return _signed(part, positive=not positive)
        case All(parts) | AnyOf(parts):
            signed = tuple(_signed(part, positive=positive) for part in parts)
            return All(signed) if isinstance(where, All) is positive else AnyOf(signed)
        case leaf:
            return leaf if positive else Not(leaf)
