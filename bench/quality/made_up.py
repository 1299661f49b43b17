"""A shop that is made up, to see that everything runs: kinds of things that some people like."""

import numpy as np

from app.evaluation.log import Deed, Log, Thing

KINDS = ("red clay mug", "blue desk lamp", "green iron wok", "grey wool sock")
PER_KIND = 10
PEOPLE = 80
DAYS = 100
LATE = 2
"""Things of each kind that come late."""

SINCE = 95
"""The day they come, in the latest fifth of everything."""


def made_up(seed: int = 0) -> Log:
    """Make people who each like one kind, come for some days, and take what is there by then."""
    dice = np.random.default_rng(seed)
    deeds = []
    for person in range(PEOPLE):
        kind = person % len(KINDS)
        first = int(dice.integers(DAYS - 20))
        days = np.sort(dice.integers(first, DAYS, size=9)).tolist()
        early, late = dice.permutation(PER_KIND - LATE).tolist(), dice.permutation(LATE).tolist()
        for place, day in enumerate(days):
            chosen = early[place % len(early)]
            if day >= SINCE and late:
                chosen = PER_KIND - LATE + late.pop()
            name = f"{kind}-{chosen:02}"
            deeds.append(Deed(f"u{person:02}", name, "view", None, 86_400.0 * day + place))
    things = [
        Thing(f"{kind}-{number:02}", f"{words} {words} no {number}")
        for kind, words in enumerate(KINDS)
        for number in range(PER_KIND)
    ]
    return Log.of("made-up", deeds, things)
