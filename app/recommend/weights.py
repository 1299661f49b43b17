"""What each space is worth in one request."""

import math
from collections.abc import Mapping, Sequence

from app.recommend.errors import InvalidWeights, UnknownSpace
from embedders.behaviour import SPACE


def scaled_weights(
    wanted: Mapping[str, float], defaults: Mapping[str, float], spaces: Sequence[str]
) -> dict[str, float]:
    """Choose the weights of a request and scale them to sum 1.

    Args:
        wanted: Space to weight, as asked for; a space left out weighs 0. Empty means the defaults,
            and so does nothing but behaviour while that is not there: it comes with training, and
            whoever asks for it before is not to be turned away.
        defaults: Space to weight; may name spaces that are not there. Where it names none that is,
            all spaces weigh the same.
        spaces: Those the live index has, at least one.

    Returns:
        Space to weight, for every space of `spaces`.

    Raises:
        UnknownSpace: `wanted` names a space that is not there, and is not behaviour.
        InvalidWeights: A wanted weight is negative or not finite, or all of them are 0.
    """
    for space, weight in wanted.items():
        if space not in spaces and space != SPACE:
            raise UnknownSpace(
                f"weight for {space!r}: the index has no such space, it has {', '.join(spaces)}"
            )
        if not (math.isfinite(weight) and weight >= 0):
            raise InvalidWeights(f"weight {weight!r} for {space!r} must be a number of 0 or more")
    if wanted and not any(wanted.values()):
        raise InvalidWeights(f"the weights of {', '.join(wanted)} are all 0: one must be above 0")
    chosen = wanted if any(wanted.get(space) for space in spaces) else defaults
    known = {space: max(chosen.get(space, 0.0), 0.0) for space in spaces}
    # By the largest first: a sum of huge weights would overflow.
    largest = max(known.values())
    if largest <= 0.0:
        return dict.fromkeys(spaces, 1.0 / len(spaces))
    known = {space: weight / largest for space, weight in known.items()}
    total = math.fsum(known.values())
    return {space: weight / total for space, weight in known.items()}
