"""Every baseline by its name, in the order of reports."""

from collections.abc import Callable, Mapping
from importlib.util import find_spec

from app.evaluation.baselines.content import Words
from app.evaluation.baselines.counting import Popular, Random, Trending
from app.evaluation.baselines.factors import Factors
from app.evaluation.baselines.linear import EASE, ELSA, RECENT
from app.evaluation.baselines.neighbours import ItemKNN
from app.evaluation.methods import Method

BASELINES: Mapping[str, Callable[[int], Method]] = {
    "random": Random,
    "popular": lambda _: Popular(),
    "trending": lambda _: Trending(),
    "words": lambda _: Words(),
    "words-last": lambda _: Words(last_only=True),
    "item-knn": lambda _: ItemKNN(),
    "item-knn-last": lambda _: ItemKNN(last_only=True),
    "als": lambda seed: Factors("als", seed=seed),
    "bpr": lambda seed: Factors("bpr", seed=seed),
    "ease": lambda _: EASE(),
    "ease-recent": lambda _: EASE(half=RECENT),
    "elsa": lambda seed: ELSA(seed=seed),
    "elsa-recent": lambda seed: ELSA(half=RECENT, seed=seed),
}
"""Name to what makes it from a seed."""

WITH_EXTRA = frozenset({"als", "bpr"})
"""Those that need the extra `evaluate`."""


def at_hand() -> tuple[str, ...]:
    """Name the baselines whose libraries are installed."""
    installed = find_spec("implicit") is not None
    return tuple(name for name in BASELINES if installed or name not in WITH_EXTRA)
