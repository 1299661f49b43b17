"""One way to recommend, tried on occasions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.recommend.answers import Answer
from app.recommend.requests import Subject, Wanted
from app.recommend.settings import RecommendSettings
from bench.interests.measures import (
    FIGURES,
    PLACES,
    Measured,
    alike,
    leading,
    ndcg,
    recall,
    shown,
)
from bench.interests.occasions import Occasion
from bench.interests.sampling import per_person
from bench.interests.world import Moment, World


@dataclass(frozen=True, slots=True)
class Met:
    """An occasion made ready: every way to recommend meets the same one.

    Attributes:
        past: The person's categories, those they touched most.
        ahead: Categories of what they went on to choose.
    """

    occasion: Occasion
    moment: Moment
    user_id: str
    past: frozenset[str]
    ahead: frozenset[str]


Ask = Callable[[Met, RecommendSettings], Answer]
"""Asks for the first places of an answer."""


def for_you(each: Met, settings: RecommendSettings) -> Answer:
    """Ask as `GET /v1/users/{id}/for-you` does."""
    recommender = each.moment.recommender(settings)
    return recommender.for_you(each.user_id, Wanted(limit=PLACES), now=each.moment.now)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to recommend: settings, and how it is asked."""

    name: str
    settings: RecommendSettings
    ask: Ask = for_you


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a way.

    Attributes:
        name: The way's.
        figures: Figure to shape (people,).
        catalogue: Share of the items that were in any list.
    """

    name: str
    figures: dict[str, NDArray[np.float64]]
    catalogue: float


def met(world: World, occasions: Sequence[Occasion], *, again: bool = False) -> list[Met]:
    """Make occasions ready; what could not be had at the time is not wanted of a list.

    Args:
        world: Of the data.
        occasions: As found.
        again: Whether what was touched before is wanted too.

    Returns:
        Those with anything left to want.
    """
    recorded = world.recorded
    ready = []
    for each in occasions:
        moment = world.at(each)
        chosen = each.again if again else each.wanted
        wanted = frozenset(row for row in chosen if moment.there[row])
        if not wanted:
            continue
        liked = [int(recorded.what[row]) for row in each.past.tolist() if recorded.likes(row)]
        ready.append(
            Met(
                replace(each, wanted=wanted),
                moment,
                recorded.people[each.person],
                leading(recorded.items[row].categories for row in liked),
                leading(recorded.items[row].categories for row in wanted),
            )
        )
    return ready


def tried(way: Way, occasions: Sequence[Met], world: World) -> Tried:
    """Try a way on every occasion."""
    rows = []
    seen: set[int] = set()
    for each in occasions:
        answer = way.ask(each, way.settings)
        listed = [item.candidate.item.key - 1 for item in answer.items[:PLACES]]
        seen.update(listed)
        rows.append(measured(listed, each, world))
    people = [each.occasion.person for each in occasions]
    figures = {
        figure: per_person(np.array([getattr(row, figure) for row in rows]), people)
        for figure in FIGURES
    }
    return Tried(way.name, figures, len(seen) / len(world.items))


def measured(listed: Sequence[int], each: Met, world: World) -> Measured:
    """Measure one list of rows."""
    categories = [world.items[row].item.categories for row in listed]
    wanted = each.occasion.wanted
    return Measured(
        ndcg(listed, wanted),
        recall(listed, wanted),
        shown(categories, each.past),
        shown(categories, each.ahead),
        alike(world.vectors[list(listed)]),
        len(frozenset(listed) & each.occasion.spurned) / PLACES,
    )


def popular(each: Met, settings: RecommendSettings) -> Answer:
    """Ask for what is popular and new to the person."""
    recommender = each.moment.recommender(settings)
    known = _known(each, settings)
    return recommender.popular(Wanted(limit=PLACES, exclude=known), now=each.moment.now)


def like_the_last(each: Met, settings: RecommendSettings) -> Answer:
    """Ask for what is like the last item the person chose; popular where they chose none."""
    past = each.moment.recent(each.user_id, limit=settings.history_limit).interactions
    chosen = next((one for one in past if one.value is None or one.value >= 4.0), None)
    if chosen is None:
        return popular(each, settings)
    recommender = each.moment.recommender(settings)
    wanted = Wanted(limit=PLACES, exclude=_known(each, settings))
    return recommender.answer(Subject(item_id=chosen.item_id), wanted, now=each.moment.now)


def _known(each: Met, settings: RecommendSettings) -> frozenset[str]:
    if not settings.bars(each.moment.kind):
        return frozenset()
    return each.moment.known
