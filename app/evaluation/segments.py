"""Groups of people, and of items to be found, looked at apart.

People are grouped by what was known of them, and by recency, frequency and money; items by how many
people had liked them. Bounds in interactions and people are the same for every data set, so that
groups can be compared across sets.
"""

from collections.abc import Mapping

import numpy as np

from app.evaluation.metrics import NOTHING, Flags, Ints, Ranking
from app.evaluation.rfm import segments
from app.evaluation.splits import Questions

PEOPLE: Mapping[str, tuple[int, float]] = {
    "people: 0": (0, 0),
    "people: 1": (1, 1),
    "people: 2": (2, 2),
    "people: 3-5": (3, 5),
    "people: newcomers": (0, 5),
    "people: casual": (6, 50),
    "people: heavy": (51, np.inf),
}
"""Name to fewest and most interactions in favour of items that were learned from."""

ITEMS: Mapping[str, tuple[int, float]] = {
    "items: new": (0, 0),
    "items: cold": (1, 5),
    "items: warm": (6, np.inf),
}
"""Name to fewest and most people who liked the item to be found, in what was learned from."""


def shares_of_items(asked: Questions, ranking: Ranking) -> Mapping[str, Mapping[str, float]]:
    """Tell for each group of items how much of everything is theirs.

    Args:
        asked: For whom, and what was to be found.
        ranking: Shape (n, k); NOTHING takes no place.

    Returns:
        Name of the group to its share, 0 to 1, of the catalogue ("catalogue"), of what people liked
        in what was learned from ("liked"), of what was to be found ("to_be_found"), and of the
        places in the lists ("shown").
    """
    counts = asked.liked.popularity()
    parts = {
        "catalogue": np.arange(counts.size),
        "liked": asked.liked.item,
        "to_be_found": np.concatenate(asked.targets),
        "shown": ranking[ranking != NOTHING],
    }
    return {
        name: {
            part: float(((counts[items] >= low) & (counts[items] <= high)).mean())
            if items.size
            else 0.0
            for part, items in parts.items()
        }
        for name, (low, high) in ITEMS.items()
    }


def of_people(asked: Questions) -> Mapping[str, Flags]:
    """Tell which of the people asked for are in each group; a group of nobody is left out.

    Returns:
        Name to shape (n,): those of PEOPLE, then "rfm:champions" and so on, by their names.
    """
    known = np.bincount(asked.liked.person, minlength=len(asked.train.people))[asked.people]
    groups = {name: (known >= low) & (known <= high) for name, (low, high) in PEOPLE.items()}
    rfm = np.array([each or "" for each in segments(asked.train, asked.people)])
    groups |= {name: rfm == name for name in sorted(set(rfm.tolist()) - {""})}
    return {name: flags for name, flags in groups.items() if flags.any()}


def of_items(asked: Questions) -> Mapping[str, tuple[Ints, ...]]:
    """Narrow what is to be found to each group of items; one nobody is to find any of is left out.

    Returns:
        Name to the targets of every person, some of them empty.
    """
    counts = asked.liked.popularity()
    groups = {
        name: tuple(mine[(counts[mine] >= low) & (counts[mine] <= high)] for mine in asked.targets)
        for name, (low, high) in ITEMS.items()
    }
    return {name: mine for name, mine in groups.items() if any(each.size for each in mine)}
