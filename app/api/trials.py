"""Dry runs: what a scenario would change for requests as they come."""

import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from app.api.answering import APPLIED, check_spaces, recommended, unknown_examples
from app.api.events import events_of
from app.api.pictures import picture_from
from app.api.questions import LISTINGS, Listing, Question
from app.api.scenario_choice import Choice
from app.api.scenario_reading import Book, Scenario
from app.api.trial_bodies import USUALLY_TRIED, TrialBody, TrialLeftOut, TriedRequest
from app.errors import AppError
from app.interactions.shown import LoggedRequest
from app.recommend.answers import Answer
from app.recommend.errors import RecommendError
from app.scenarios.comparison import compared
from app.services import Services

PATIENCE = timedelta(seconds=10)
"""How long a trial goes on to the next request: an operator waits, and others want answers."""

LOOKED_AT = 10
"""Logged requests looked at for each one to try, as some are repeated or cannot be."""

MOST_PEOPLE = 10_000
"""People active lately whose hashes are compared with the log's."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What to compare.

    Attributes:
        scenario: What is tried.
        before: All scenarios as they are without it, or with what is stored instead of it.
        after: All scenarios with it.
        named: Whether every request is to name it.
    """

    scenario: Scenario
    before: Book
    after: Book
    named: bool

    @classmethod
    def of(cls, book: Book, scenario: Scenario, *, drafted: bool, named: bool | None) -> "Trial":
        """Compare a draft with what is live, and what is live with how it would be without it."""
        return cls(
            scenario,
            before=book if drafted else book.lacking(scenario.name),
            after=book.having(scenario),
            named=scenario.rule is None if named is None else named,
        )


@dataclass(frozen=True, slots=True)
class Repeatable:
    """A request that can be asked again.

    Attributes:
        shown_at: When it was answered, or None for one of the trial's own.
    """

    question: Question
    listing: Listing
    shown_at: datetime | None = None


def tried(
    services: Services,
    trial: Trial,
    body: TrialBody,
    *,
    now: datetime,
    patience: timedelta = PATIENCE,
) -> tuple[list[TriedRequest], TrialLeftOut]:
    """Answer requests before and after; nothing is logged or counted.

    Raises:
        AppError, RecommendError: One of the trial's own requests cannot be answered; those of the
            log are left out then.
    """
    deadline = time.monotonic() + patience.total_seconds()
    left_out = TrialLeftOut(person_unknown=0, not_repeatable=0, out_of_time=0)
    found: list[TriedRequest] = []
    if body.requests is not None:
        asking: Iterable[Repeatable] = [Repeatable(each, each.listing) for each in body.requests]
        most = len(body.requests)
    else:
        most = body.recent or USUALLY_TRIED
        logged = services.log.newest(limit=most * LOOKED_AT)
        asking = _repeatable(services, logged, left_out)
    for each in asking:
        if len(found) == most:
            break
        if time.monotonic() > deadline:
            left_out.out_of_time = most - len(found)
            break
        try:
            found.append(_tried(services, trial, each, now=now))
        except (AppError, RecommendError):
            if each.shown_at is None:
                raise
            left_out.not_repeatable += 1
    return found, left_out


def _repeatable(
    services: Services, logged: list[LoggedRequest], left_out: TrialLeftOut
) -> Iterator[Repeatable]:
    """Make questions of logged requests, each once, counting those that cannot be."""
    people = {
        services.log.person(user_id): user_id
        for user_id in services.people.recently_active(limit=MOST_PEOPLE)
    }
    seen = set()
    for each in logged:
        if each.request.get("page", 1) != 1:
            continue  # it goes on with an answer whose first page is in the log as well
        said = {name: value for name, value in each.request.items() if name not in _NOT_SAID}
        once = (each.person, each.kind, json.dumps(said, sort_keys=True))
        if once in seen:
            continue
        seen.add(once)
        if each.person is not None and each.person not in people:
            left_out.person_unknown += 1
            continue
        question = _question(said, people.get(each.person))
        if question is None or each.kind not in LISTINGS:
            left_out.not_repeatable += 1
            continue
        yield Repeatable(question, LISTINGS[each.kind], each.shown_at)


def _question(said: dict[str, Any], user_id: str | None) -> Question | None:
    if "picture" in said:  # by its digest alone
        return None
    about = {} if user_id is None else {"user_id": user_id}
    try:
        return Question.model_validate({**said, **about})
    except ValidationError:
        return None


_NOT_SAID = frozenset({"page", APPLIED})
"""What the log adds to what was asked for."""


def _tried(services: Services, trial: Trial, asking: Repeatable, *, now: datetime) -> TriedRequest:
    asked = asking.question
    check_spaces(services, asked)
    picture = None
    if asked.picture is not None:
        picture = picture_from(asked.picture, services.settings)
    subject = asked.subject(
        session=events_of(asked.session or (), services.settings.kinds, field="session", now=now),
        picture=picture,
        without=unknown_examples(services, asked),
    )

    def choice(book: Book, named: str | None) -> Choice:
        return Choice(
            book,
            asked,
            asked.wanted(interest=asked.interest),
            listing=asking.listing,
            named=named,
            lenient=True,
            spaces=services.spaces,
        )

    was = choice(trial.before, asked.scenario)
    will_be = choice(trial.after, trial.scenario.name if trial.named else asked.scenario)
    before = _ids(recommended(services, subject, was, now=now))
    after = before
    # What the same is wanted of is the same list, whatever lots exploration would draw anew.
    if will_be(was.profile) != was.wanted:
        after = _ids(recommended(services, subject, will_be, now=now))
    return TriedRequest.of(
        listing=asking.listing,
        request=dict(asked.kept("user_id", "session", picture=None)),
        shown_at=asking.shown_at,
        applied=(was.applied, will_be.applied),
        before=before,
        after=after,
        difference=compared(before, after),
    )


def _ids(answer: Answer) -> list[str]:
    return [each.item_id for each in answer.items]
