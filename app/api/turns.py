"""One page of an answer: the first, or one that goes on from where the page before stopped."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from pydantic import ValidationError

from app.api.questions import LISTINGS, PAGE_FIELDS, Listing, Question
from app.errors import NextContradicted
from app.paging import MOST_SHOWN, Page, Pages, Unreadable
from app.recommend.answers import Answer
from app.recommend.requests import Wanted


@dataclass(frozen=True, slots=True)
class Turn:
    """What is asked for, and where to begin.

    Attributes:
        question: The whole of it, also where `next` stands for most of it.
        listing: Which list it is of.
        picture: SHA-256 of the question's picture, in hex; None where there is none.
        before: The page before, or None.
    """

    question: Question
    listing: Listing
    picture: str | None
    before: Page | None = None

    @property
    def number(self) -> int:
        """Which page it is, from 1."""
        return 1 if self.before is None else self.before.number + 1

    @property
    def logged(self) -> Mapping[str, object]:
        """Return what was asked for, as JSON, naming nobody and nothing they did."""
        return {
            **self.question.kept("user_id", "session", picture=self.picture),
            "page": self.number,
        }

    def begun(self, now: datetime) -> datetime:
        """Return when the first page was asked for."""
        return now if self.before is None else self.before.as_of

    def laid(self, wanted: Wanted) -> Wanted:
        """Leave out what was shown, which places of pins count on from.

        The last page is cut where MOST_SHOWN items are reached.
        """
        if self.before is None:
            return wanted
        return replace(
            wanted,
            limit=max(1, min(wanted.limit, MOST_SHOWN - len(self.before.shown))),
            shown=self.before.shown,
            as_of=self.before.as_of,
        )

    def next(self, pages: Pages, answer: Answer, *, longest: int, now: datetime) -> str | None:
        """Return where to go on, or None at the end: a page that came out short is the last one.

        Args:
            pages: Write it.
            answer: This page.
            longest: Characters it may have at most.
            now: When the page was answered.
        """
        keys = {each.candidate.item.key for each in answer.items}
        shown = keys.union(self.before.shown if self.before is not None else ())
        short = answer.shortfall is not None and len(keys) < answer.shortfall.asked
        if short or len(shown) >= MOST_SHOWN:
            return None
        begun = self.begun(now)
        page = Page(
            as_of=begun,
            ended_at=max(now, begun),
            number=self.number,
            listing=self.listing,
            request=self.question.kept(picture=self.picture),
            shown=frozenset(shown),
        )
        token = pages.token(page)
        return token if len(token) <= longest else None


def turn_of(
    pages: Pages,
    question: Question,
    *,
    picture: str | None = None,
    listing: Listing | None = None,
    now: datetime,
) -> Turn:
    """Read where a question begins.

    Args:
        pages: Read `next`.
        question: As it came.
        picture: SHA-256 of its picture, in hex; None where there is none.
        listing: The only list that may be asked for here; None: any.
        now: The time.

    Raises:
        Unreadable, Expired: `next` is no token, or too old.
        NextContradicted: The question says something else than it did when the answer began.
    """
    if question.next is None:
        return Turn(question, listing or question.listing, picture)
    page = pages.page(question.next, now=now)
    if listing not in {None, page.listing}:
        raise NextContradicted(
            f"`next` goes on with a list of the kind {page.listing}, not {listing}: "
            "send it where its answer came from"
        )
    asked = {name: value for name, value in page.request.items() if name != "picture"}
    try:
        before = Question.model_validate({**asked, "next": question.next})
    except ValidationError as error:
        raise Unreadable("another version of this service gave it") from error
    _check_same(question, before, picture, page.request.get("picture"))
    said = {name: getattr(question, name) for name in question.model_fields_set & PAGE_FIELDS}
    whole = before.model_copy(update=said)
    return Turn(whole, LISTINGS[page.listing], picture, page)


def _check_same(question: Question, before: Question, given: str | None, kept: object) -> None:
    if kept is not None and given is None:
        raise NextContradicted(
            "`next` goes on with an answer about a picture, which is not kept: send it again"
        )
    if given is not None and given != kept:
        raise NextContradicted("`next` goes on with an answer that was not about this picture")
    for name in sorted(question.model_fields_set - PAGE_FIELDS - {"next", "picture"}):
        if getattr(question, name) != getattr(before, name):
            raise NextContradicted(
                f"`next` goes on with an answer for another {name}: leave {name} out, or leave "
                "next out to ask anew"
            )
