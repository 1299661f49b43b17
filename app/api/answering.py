"""From a question to an answer: read, asked, kept in the log, counted, written."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime

from fastapi import Response

from app.api.answers import AnswerOut
from app.api.events import events_of
from app.api.items import gone_or_never_there
from app.api.pictures import picture_from
from app.api.questions import MOST_TOKEN, Listing, Question
from app.api.scenario_choice import Applied, Choice
from app.api.scenario_use import Scenarios
from app.api.turns import Turn, turn_of
from app.errors import Invalid, NotFound
from app.recommend.answers import Answer
from app.recommend.errors import UnknownItem
from app.recommend.profile import NO_PROFILE
from app.recommend.requests import Subject, Wanted
from app.services import Services
from app.settings import variable
from app.telemetry import Metrics

APPLIED = "applied"
"""Where a logged request says which scenario its answer was made under."""

NAMED_AT_MOST = 10
"""Unknown items an error names; an answer lists all."""


def answered(
    services: Services,
    metrics: Metrics,
    scenarios: Scenarios,
    question: Question,
    *,
    listing: Listing | None = None,
    longest: int = MOST_TOKEN,
    now: datetime,
) -> Response:
    """Answer a question, in JSON as `AnswerOut` describes it.

    It is written here: FastAPI would hand it to another thread for that.

    Args:
        services: Ask the recommender, and keep the answer in the log.
        metrics: Count it.
        scenarios: Where what is left unsaid may come from.
        question: As it came.
        listing: The only list `next` may go on with; None: any.
        longest: Characters of the answer's `next` at most; where it would be longer, there is none.
        now: The time.

    Raises:
        NotFound, Gone: There is nothing by the ids it asks for, or no scenario by the name.
        Invalid, NextContradicted: What it says makes no sense, or not with its `next`.
        Unreadable, Expired: Its `next`.
        RecommendError, IndexerError: As the recommender raises them.
    """
    picture = None
    if question.picture is not None:
        picture = picture_from(question.picture, services.settings)
    digest = None if picture is None else hashlib.sha256(picture).hexdigest()
    turn = turn_of(services.pages, question, picture=digest, listing=listing, now=now)
    asked = turn.question
    check_spaces(services, asked)
    check_baskets(services, asked)
    choice = scenarios.choice(
        asked,
        asked.wanted(explain=asked.explain, interest=asked.interest),
        listing=turn.listing,
        named=asked.scenario,
        lenient=turn.before is not None,  # an answer that began goes on to its end
    )
    unknown = unknown_examples(services, asked)
    subject = asked.subject(
        session=events_of(
            asked.session or (), services.settings.kinds, field="session", now=turn.begun(now)
        ),
        picture=picture,
        without=unknown,
    )
    # As if asked with the first page: what is new, popular and of this session stays what it was.
    answer = recommended(services, subject, choice, laid=turn.laid, now=turn.begun(now))
    scenarios.tell(choice)
    _told(services, metrics, turn, answer, choice.applied, now=now)
    written = AnswerOut.of(
        answer,
        fields=choice.wishes.fields,
        explain=asked.explain,
        scenario=choice.applied,
        unknown_items=sorted(unknown),
        next=turn.next(services.pages, answer, longest=longest, now=now),
    )
    return Response(written.model_dump_json(exclude_unset=True), media_type="application/json")


def check_spaces(services: Services, asked: Question) -> None:
    """See to it that words and pictures have a space to speak in; raises Invalid.

    Whoever turned a space off is told so, rather than shown what is popular.
    """
    spaces = services.settings.embedder_specifications()
    for name, given, space in (("words", asked.words, "text"), ("picture", asked.picture, "image")):
        if given is not None and space not in spaces:
            raise Invalid(
                f"{name}: this service has no {space} space for it to speak in; its operator can "
                f"set {variable(f'{space}_model')} and run `kindred reindex`."
            )


def check_baskets(services: Services, asked: Question) -> None:
    """See to it that the baskets asked for are counted; raises Invalid."""
    if asked.together is not None and asked.together.kind not in services.settings.together_kinds:
        raise Invalid(
            f"kind: baskets of {asked.together.kind!r} are not counted here; counted are "
            f"{', '.join(services.settings.together_kinds)} ({variable('together_kinds')})."
        )


def unknown_examples(services: Services, asked: Question) -> frozenset[str]:
    """Return the examples there are no items for.

    Raises:
        NotFound: There is nothing else to be like.
    """
    examples = {*asked.positive, *asked.negative}
    unknown = frozenset(
        examples.difference(services.catalogue.keys_of(examples) if examples else ())
    )
    others = asked.item_id or asked.words or asked.picture
    if asked.positive and unknown.issuperset(asked.positive) and not others:
        named = ", ".join(map(repr, sorted(unknown)[:NAMED_AT_MOST]))
        more = f" and {len(unknown) - NAMED_AT_MOST} more" if len(unknown) > NAMED_AT_MOST else ""
        raise NotFound(f"There is no item {named}{more}.", unknown_items=sorted(unknown))
    return unknown


def recommended(
    services: Services,
    subject: Subject,
    choice: Choice,
    *,
    laid: Callable[[Wanted], Wanted] = lambda wanted: wanted,
    now: datetime,
) -> Answer:
    """Ask the recommender; nothing is kept or counted.

    Args:
        services: Have it.
        subject: For whom, or like what.
        choice: What is wanted, once the person is known.
        laid: Makes it what is wanted of this page.
        now: From which ages are counted.

    Raises:
        NotFound, Gone: There is no item by the id it asks for.
        RecommendError, IndexerError: As the recommender raises them.
    """
    recommender = services.recommender
    everyone: Mapping[str, Callable[..., Answer]] = {
        "popular": recommender.popular,
        "trending": recommender.trending,
    }
    if choice.listing in everyone:
        return everyone[choice.listing](laid(choice(NO_PROFILE)), now=now)
    try:
        return recommender.answer(
            subject,
            laid(choice.wanted),
            now=now,
            adjust=lambda profile: laid(choice(profile)),
        )
    except UnknownItem as error:
        raise gone_or_never_there(services, subject.item_id or "") from error


def _told(
    services: Services,
    metrics: Metrics,
    turn: Turn,
    answer: Answer,
    applied: Applied | None,
    *,
    now: datetime,
) -> None:
    """Keep the answer in the log, and count it."""
    services.log.put(
        answer,
        kind=turn.listing,
        user_id=turn.question.user_id,
        request=turn.logged if applied is None else {**turn.logged, APPLIED: _version(applied)},
        now=now,
    )
    for item in answer.items:
        metrics.recommended(turn.listing, item.source)
    for reason in answer.shortfall.reasons if answer.shortfall is not None else ():
        metrics.fell_short(turn.listing, reason)


def _version(applied: Applied) -> Mapping[str, object]:
    return {"name": applied.name, "version": applied.version}
