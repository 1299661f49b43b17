"""Matrix factorisation by the `implicit` library (extra `evaluate`)."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from app.evaluation.errors import MethodUnavailable
from app.evaluation.methods import Scores, ranked
from app.evaluation.metrics import Floats, Ints, Ranking
from app.evaluation.splits import Questions


@dataclass(frozen=True, slots=True)
class Factors:
    """ALS (Hu, Koren and Volinsky, ICDM 2008) or BPR (Rendle et al., UAI 2009).

    Attributes:
        kind: Which.
        dimensions: Of the factors.
        rounds: Of learning.
        seed: Of the beginning.
    """

    kind: Literal["als", "bpr"]
    dimensions: int = 64
    rounds: int | None = None
    seed: int = 0

    @property
    def name(self) -> str:
        """What reports call it."""
        return self.kind

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `Method.rank`."""
        people, items = self._learn(asked)
        liked = asked.liked.popularity() > 0
        known = np.bincount(asked.liked.person, minlength=len(asked.train.people)) > 0

        def scores(places: Ints) -> Scores:
            mine = asked.people[places]
            found = np.where(liked, people[mine] @ items.T, -np.inf)
            found[~known[mine]] = -np.inf
            return np.asarray(found)

        return ranked(asked, scores, k)

    def _learn(self, asked: Questions) -> tuple[Floats, Floats]:
        touches = sparse.csr_matrix(asked.liked.touches())
        # implicit has threads of its own, and those of BLAS beside them make it many times slower.
        with threadpool_limits(1, "blas"):
            model = self._model()
            model.fit(touches, show_progress=False)
        return np.asarray(model.user_factors), np.asarray(model.item_factors)

    def _model(self) -> Any:  # noqa: ANN401 - implicit has no types
        if self.kind == "als":
            return _library("implicit.cpu.als").AlternatingLeastSquares(
                factors=self.dimensions,
                regularization=0.05,
                # On validation parts of two sets .096 and .036; with 10 it was .084 and .028.
                alpha=1.0,
                iterations=self.rounds or 15,
                random_state=self.seed,
                num_threads=1,
            )
        return _library("implicit.cpu.bpr").BayesianPersonalizedRanking(
            factors=self.dimensions,
            learning_rate=0.02,
            iterations=self.rounds or 100,
            random_state=self.seed,
            num_threads=1,
        )


def _library(name: str) -> Any:  # noqa: ANN401 - implicit has no types
    try:
        return import_module(name)
    except ImportError as error:
        raise MethodUnavailable(
            f"this baseline needs the package {name.split('.')[0]}: pip install 'kindred[evaluate]'"
        ) from error
