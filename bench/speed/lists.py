"""Are the lists still the same? Keeps what a fixed shop is recommended, and compares with it.

    python -m bench.speed.lists --keep FILE       before a change
    python -m bench.speed.lists --against FILE    after it; ends with 1 where anything differs

The pipeline runs in this process over the real engine, as of the moment the shop was filled, so
that the same program gives the same lists. Besides plain lists there are explained, filtered,
diverse and explored ones, of people, items and both. Ids, sources, interests and places must be
equal, numbers within a millionth.
"""

import argparse
import contextlib
import itertools
import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from app.api.questions import Question
from app.interactions.counts import Popularity
from app.interactions.history import Interactions
from app.ranking import recommend_settings
from app.recommend.answers import Answer
from app.recommend.pipeline import Recommender
from app.recommend.requests import Subject, Wanted
from app.settings import Settings
from bench.speed.filling import SERVED, assembled, opened, opened_store
from bench.speed.places import Ground, ground
from bench.speed.plan import USUAL

PEOPLE = 60
CLOSE = 1e-6

Asked = tuple[str, Subject, Wanted]


def asked(at: Ground) -> Iterator[Asked]:
    """What is asked, each with a name."""
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "long": {"limit": 60},
        "diverse": {"diversity": 0.4, "limit": 10},
        "explored": {"exploration": 0.3},
        "filtered": {"filter": {"field": "attributes.colour", "in": ["red", "blue"]}},
        "narrow": {"categories": ["kind 7"], "available": "any"},
        "words": {"weights": {"text": 1.0}},
        "capped": {"caps": [{"field": "categories", "most": 4}], "duplicates": "keep"},
        "fresh": {"freshness": {"half_life": "30d", "weight": 0.2}},
    }
    for number, (name, said) in itertools.product(range(PEOPLE), ways.items()):
        question = Question(user_id="anyone", **said)
        wanted = question.wanted(explain=number % 2 == 0)
        person, item = f"person-{number}", at.shop.item_id(number * 17 % at.shop.size)
        yield f"{person} {name}", Subject(user_id=person), wanted
        yield f"{item} {name}", Subject(item_id=item), wanted
        if name == "plain":
            yield f"{person} {item}", Subject(user_id=person, item_id=item), wanted
            several = tuple(at.shop.item_id(number * step % at.shop.size) for step in (3, 5, 7))
            yield f"{item} and others", Subject(positive=several, negative=(item,)), wanted


@contextlib.contextmanager
def recommender(at: Ground) -> Iterator[Recommender]:
    """The pipeline over a shop's index; the ids of its answers count up, as lots are drawn by."""
    database = opened(at.folder)
    numbers = itertools.count()
    with contextlib.closing(database), opened_store(at.uri) as store:
        assembly = assembled(database, store, cached_items=200_000)
        assembly.index.refresh()
        popularity = Popularity(database)
        settings = Settings.from_environment({**SERVED, "KINDRED_DATA_DIR": str(at.folder)})
        yield Recommender(
            assembly.index,
            Interactions(database, popularity),
            popularity,
            assembly.catalogue,
            recommend_settings(settings),
            new_id=lambda: f"answer-{next(numbers)}",
        )


def noted(answer: Answer) -> list[list[object]]:
    """An answer as it is compared."""
    return [
        [
            each.item_id,
            each.source,
            each.interest,
            each.score,
            each.propensity,
            [[move.why, move.places] for move in each.moves],
            [[r.kind, r.name, r.space, r.amount, r.predicted] for r in each.reasons or ()],
            each.because,
        ]
        for each in answer.items
    ]


def differing(before: object, after: object) -> bool:
    """Say whether two values differ by more than rounding."""
    if isinstance(before, float) and isinstance(after, float):
        return not math.isclose(before, after, rel_tol=CLOSE, abs_tol=CLOSE)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) != len(after) or any(map(differing, before, after))
    return before != after


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, ask, and keep or compare."""
    parser = argparse.ArgumentParser(prog="python -m bench.speed.lists", description=__doc__)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--size", type=int, default=10_000)
    parser.add_argument("--data", type=Path, default=USUAL.data)
    given = parser.parse_args(arguments)
    with (
        ground("lite", given.size, interactions=USUAL.interactions, root=given.data) as at,
        recommender(at) as asks,
    ):
        taken = _all(at, asks.answer)
    if given.keep is not None:
        given.keep.write_text(json.dumps(taken), encoding="utf-8")
    if given.against is None:
        return 0
    before = json.loads(given.against.read_text(encoding="utf-8"))
    changed = [name for name in before if differing(before[name], taken.get(name))]
    print(f"{len(before) - len(changed)} of {len(before)} lists are the same")
    for name in changed[:10]:
        print(f"changed: {name}")
    return 1 if changed or before.keys() != taken.keys() else 0


def _all(at: Ground, answer: Callable[..., Answer]) -> dict[str, object]:
    """Ask everything; say what it took of this process's time, which others disturb little."""
    everything = list(asked(at))
    began = time.process_time()
    taken: dict[str, object] = {
        name: noted(answer(subject, wanted, now=at.filled.now))
        for name, subject, wanted in everything
    }
    spent = (time.process_time() - began) / len(everything)
    print(f"{len(everything)} lists, {spent * 1e3:.2f} ms of this process's time each")
    # As JSON gives them back.
    again: dict[str, object] = json.loads(json.dumps(taken))
    return again


if __name__ == "__main__":
    sys.exit(main())
