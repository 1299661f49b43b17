"""Baselines that know no person: chance and counts."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from app.evaluation.methods import Scores, ranked
from app.evaluation.metrics import Floats, Ints, Ranking
from app.evaluation.splits import Questions


@dataclass(frozen=True, slots=True)
class Random:
    """A draw for every person."""

    seed: int = 0
    name: str = "random"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        width = len(asked.train.things)

        def scores(places: Ints) -> Scores:
            # A generator a person, so that a list does not depend on who else is asked for.
            people = asked.people[places].tolist()
            drawn = [np.random.default_rng([self.seed, each]).random(width) for each in people]
            return np.array(drawn).reshape(len(people), width)

        return ranked(asked, scores, k)


@dataclass(frozen=True, slots=True)
class Popular:
    """What most people liked ever."""

    name: str = "popular"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        return _alike(asked, asked.liked.popularity().astype(np.float64), k)


@dataclass(frozen=True, slots=True)
class Trending:
    """What was liked most lately: each interaction counts half after a while.

    Attributes:
        half_life: Above 0; before the end of what is learned from.
    """

    half_life: timedelta = timedelta(days=7)
    name: str = "trending"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        liked = asked.liked
        ages = (liked.when.max() - liked.when) / self.half_life.total_seconds()
        # Below 2^-1000 doubles end, and old interactions would all count alike: nothing.
        weights = np.exp2(-np.minimum(ages, 1_000.0))
        counts = np.bincount(liked.item, weights, minlength=len(liked.things))
        return _alike(asked, counts.astype(np.float64), k)


def _alike(asked: Questions, counts: Floats, k: int) -> Ranking:
    counted = np.where(counts > 0, counts, -np.inf)
    return ranked(asked, lambda places: np.tile(counted, (places.size, 1)), k)
