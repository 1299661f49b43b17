"""Baselines at their best: parameters are chosen on validation."""

from collections.abc import Callable, Mapping
from typing import Any

from app.evaluation.baselines.linear import EASE
from app.evaluation.baselines.neighbours import ItemKNN
from app.evaluation.baselines.shelf import BASELINES
from app.evaluation.methods import Method
from app.evaluation.metrics import found, ndcg
from app.evaluation.splits import Questions

PENALTIES = (50.0, 100.0, 200.0, 400.0, 1000.0)
HALVES = (0.5, 1.0, 2.0, 3.0, 10.0, 30.0)
SHRINKAGES = (0.0, 10.0, 50.0, 100.0, 300.0)

Chosen = Mapping[str, Mapping[str, Any]]
"""Name of a baseline to the parameters it does best with; those of the others stay."""


def chosen(validation: Questions, k: int, say: Callable[[str], None]) -> dict[str, dict[str, Any]]:
    """Try parameters of EASE and ItemKNN on validation.

    Args:
        validation: Questions within what may be learned from.
        k: Places that are looked at.
        say: Told of each try.
    """

    def worth(method: Method, said: Mapping[str, Any]) -> float:
        hits = found(method.rank(validation, k), list(validation.targets))
        mean = float(ndcg(hits, validation.wanted, k).mean())
        say(f"validation: {method.name} {said} reaches {mean:.4f}")
        return mean

    def best(make: Callable[..., Method], grid: list[dict[str, Any]]) -> dict[str, Any]:
        return max(grid, key=lambda said: worth(make(**said), said))

    plain = best(EASE, [{"penalty": each} for each in PENALTIES])
    # The same penalty: an inverse of items by items takes long.
    recent = best(EASE, [{**plain, "half": each} for each in HALVES])
    whole = best(ItemKNN, [{"shrinkage": each} for each in SHRINKAGES])
    last = best(ItemKNN, [{"shrinkage": each, "last_only": True} for each in SHRINKAGES])
    return {"ease": plain, "ease-recent": recent, "item-knn": whole, "item-knn-last": last}


def baseline(name: str, parameters: Chosen) -> Method:
    """Make a baseline."""
    said = parameters.get(name)
    if said is None:
        return BASELINES[name](0)
    return EASE(**said) if name.startswith("ease") else ItemKNN(**said)
