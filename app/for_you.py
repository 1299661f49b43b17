"""Kindred's recommendations as a method among others that are evaluated."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial

import numpy as np

from app.evaluation.errors import MethodUnavailable
from app.evaluation.methods import last_items
from app.evaluation.metrics import NOTHING, Ranking
from app.evaluation.splits import Questions, moment
from app.laboratory import Progress
from app.recommend.answers import Answer
from app.recommend.errors import RecommendError
from app.recommend.pipeline import Recommender
from app.recommend.requests import Wanted
from indexer.errors import StoreUnavailable
from indexer.filters import All, In

TRIES = 6
PAUSE = 10.0
"""An index that does not answer is asked again so often, after so many seconds: a minute in all."""


@dataclass(frozen=True, slots=True)
class ForYou:
    """What Kindred recommends to people.

    Attributes:
        recommender: Of a laboratory that was filled with `asked.train`.
        name: What reports call it.
        wanted: What answers must be like, the number of items aside.
        last_only: Whether only what is like the person's last item is asked for, without the
            person; people without one get what is popular.
        progress: Told how far it is.
        pause: Waits for so many seconds before an index that did not answer is asked again.
    """

    recommender: Recommender
    name: str = "kindred"
    wanted: Wanted = field(default_factory=Wanted)
    last_only: bool = False
    progress: Progress = lambda *_: None
    pause: Callable[[float], None] = time.sleep

    def rank(self, asked: Questions, k: int) -> Ranking:
        """See `app.evaluation.methods.Method.rank`.

        Raises:
            MethodUnavailable: A weight names a space there is not, or cannot be used.
            StoreUnavailable: The index does not answer; popularity alone would be judged.
        """
        try:
            return self._ranked(asked, k)
        except RecommendError as error:
            raise MethodUnavailable(f"{self.name}: {error}") from error

    def _ranked(self, asked: Questions, k: int) -> Ranking:
        numbers = {each.item_id: place for place, each in enumerate(asked.train.things)}
        ranking = np.full((len(asked), k), NOTHING, dtype=np.int32)
        last = last_items(asked).tolist() if self.last_only else [NOTHING] * len(asked)
        for row, person in enumerate(asked.people.tolist()):
            now, wanted = moment(asked.now[row]), self._wanted(asked, row, k)
            if last[row] != NOTHING:
                ask = partial(self._like, last[row], asked, person, wanted, now=now)
            else:
                name = asked.train.people[person]
                ask = partial(self.recommender.for_you, name, wanted, now=now)
            answer = self._answered(ask)
            mine = [numbers[each.item_id] for each in answer.items]
            ranking[row, : len(mine)] = mine
            self.progress(self.name, row + 1, len(asked))
        return ranking

    def _answered(self, ask: Callable[[], Answer]) -> Answer:
        """Ask until the index answers: one slow search of a busy machine must not end hours."""
        for left in reversed(range(TRIES + 1)):
            answer = ask()
            if answer.shortfall is None or "index_unavailable" not in answer.shortfall.reasons:
                return answer
            if left:
                self.pause(PAUSE)
        raise StoreUnavailable("the laboratory's index does not answer; evaluate again")

    def _wanted(self, asked: Questions, row: int, k: int) -> Wanted:
        """Ask for k items, of those alone that are to be ranked."""
        wanted = replace(self.wanted, limit=k)
        if asked.among is None:
            return wanted
        things = asked.train.things
        only = In("item_id", tuple(things[item].item_id for item in asked.among[row].tolist()))
        return replace(wanted, where=All((wanted.where, only)))

    def _like(
        self, item: int, asked: Questions, person: int, wanted: Wanted, *, now: datetime
    ) -> Answer:
        """Ask for what is like an item, without what the person has touched."""
        things = asked.train.things
        touched = np.unique(asked.train.item[asked.train.person == person]).tolist()
        barred = () if asked.repeats else touched
        exclude = frozenset(things[each].item_id for each in barred)
        return self.recommender.similar(
            things[item].item_id, replace(wanted, exclude=exclude), now=now
        )
