"""Record what `ranx` and Microsoft's `recommenders` answer to drawn lists, for the metrics' tests.

Both drag in far more than tests should need (a compiler for one, an old pandas for the other), so
their answers are recorded once. In an environment of its own:

    pip install ranx==0.3.21 scikit-learn && pip install --no-deps recommenders==1.2.1
    python bench/quality/answers.py > tests/app/evaluation/answers.json
"""

import json
import random
import sys
from importlib import import_module
from importlib.metadata import version
from typing import Any

ITEMS = 40
PEOPLE = 30
KS = (1, 5, 10)


def drawn(seed: int) -> tuple[list[list[int]], list[list[int]], list[list[int]]]:
    """Draw what each person touched before, what is to be found, and a list without repeats."""
    lots = random.Random(seed)  # noqa: S311 - lists to measure, no secrets
    before, wanted, lists = [], [], []
    for person in range(PEOPLE):
        order = lots.sample(range(ITEMS), ITEMS)
        before.append(sorted(order[:6]))
        wanted.append(sorted(order[6 : 6 + 1 + person % 14]))
        rest = lots.sample(order[6:], 10)
        # Some lists are short, and lists lean towards what is wanted, or little would be hit.
        mine = wanted[-1]
        lean = [each for each in rest if each in mine] + [each for each in rest if each not in mine]
        lists.append((lean if person % 3 == 0 else rest)[: 4 if person % 7 == 0 else 10])
    return before, wanted, lists


def main() -> None:
    """Print the lists and both libraries' answers as JSON."""
    before, wanted, lists = drawn(7)
    answers: dict[str, Any] = {
        "versions": {name: version(name) for name in ("ranx", "recommenders")},
        "items": ITEMS,
        "before": before,
        "wanted": wanted,
        "lists": lists,
        "ranx": _ranx(wanted, lists),
        "recommenders": _recommenders(before, wanted, lists),
    }
    json.dump(answers, sys.stdout, indent=None)
    sys.stdout.write("\n")


def _ranx(wanted: list[list[int]], lists: list[list[int]]) -> dict[str, list[float]]:
    ranx: Any = import_module("ranx")
    qrels = ranx.Qrels({f"{u:03}": {str(i): 1 for i in mine} for u, mine in enumerate(wanted)})
    run = ranx.Run(
        {
            f"{u:03}": {str(i): float(100 - place) for place, i in enumerate(mine)}
            for u, mine in enumerate(lists)
        }
    )
    names = ("ndcg", "recall", "precision", "map", "mrr", "hit_rate")
    asked = [f"{name}@{k}" for name in names for k in KS]
    found = ranx.evaluate(qrels, run, asked, return_mean=False)
    return {name: [float(each) for each in found[name]] for name in asked}


def _recommenders(
    before: list[list[int]], wanted: list[list[int]], lists: list[list[int]]
) -> dict[str, float]:
    pandas: Any = import_module("pandas")
    evaluation: Any = import_module("recommenders.evaluation.python_evaluation")

    def table(rows: list[list[int]], column: str) -> Any:  # noqa: ANN401 - pandas is not ours
        cells = [
            {"userID": u, "itemID": i, column: 100.0 - place}
            for u, mine in enumerate(rows)
            for place, i in enumerate(mine)
        ]
        return pandas.DataFrame(cells)

    true, predicted, train = (
        table(wanted, "rating"),
        table(lists, "prediction"),
        table(before, "rating"),
    )
    found: dict[str, float] = {}
    for k in KS:
        for name, function in (
            ("ndcg", evaluation.ndcg_at_k),
            ("recall", evaluation.recall_at_k),
            ("precision", evaluation.precision_at_k),
            ("map", evaluation.map),
        ):
            kinds = {"score_type": "binary"} if name == "ndcg" else {}
            found[f"{name}@{k}"] = float(function(true, predicted, k=k, **kinds))
    found["coverage"] = float(evaluation.catalog_coverage(train, predicted))
    return found


if __name__ == "__main__":
    main()
