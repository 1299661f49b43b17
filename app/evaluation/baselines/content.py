"""Baselines by words: what is described like what a person liked."""

from dataclasses import dataclass

import numpy as np

from app.evaluation.features import described
from app.evaluation.methods import Scores, alone, last_items, positive_only, profiles, ranked
from app.evaluation.metrics import Ints, Ranking
from app.evaluation.splits import Questions


@dataclass(frozen=True, slots=True)
class Words:
    """Cosine of tf-idf over titles and categories, to all a person liked or to the last item.

    Attributes:
        last_only: Whether only the person's last item is asked about.
    """

    last_only: bool = False

    @property
    def name(self) -> str:
        """What reports call it."""
        return "words-last" if self.last_only else "words"

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        words = described(asked.train.things)
        width = len(asked.train.things)
        known = alone(last_items(asked), width) if self.last_only else profiles(asked)
        across = words.T.tocsr()

        def scores(places: Ints) -> Scores:
            return positive_only(np.asarray(((known[places] @ words) @ across).todense()))

        return ranked(asked, scores, k)
