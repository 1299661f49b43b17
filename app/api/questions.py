"""What can be asked of recommendations, in a body."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictStr,
    model_validator,
)

from app.api.events import SessionEvent
from app.api.fields import ItemId, Printable, UserId
from app.api.together_bodies import TogetherBody
from app.api.wishes import EXAMPLE, Wishes
from app.recommend.requests import Event, Subject

Listing = Literal["for-you", "session", "similar", "together", "search", "popular", "trending"]
LISTINGS: Mapping[str, Listing] = {name: name for name in get_args(Listing)}

MOST_EXAMPLES = 50
MOST_EVENTS = 200
MOST_WORDS = 1_000
"""Characters; a text model reads the first few hundred words."""

MOST_TOKEN = 262_144
"""Characters of a `next`: the whole of the largest question fits."""

PAGE_FIELDS = frozenset({"limit", "fields", "explain"})
"""What may differ from page to page of one answer."""


def _wordy(value: str) -> str:
    if not value.strip():
        raise ValueError("must hold more than spaces")
    if "\0" in value:
        raise ValueError("must not hold the character NUL")
    return value


Examples = Annotated[list[ItemId], Field(max_length=MOST_EXAMPLES)]
Events = Annotated[list[SessionEvent], Field(max_length=MOST_EVENTS)]
Words = Annotated[StrictStr, Field(min_length=1, max_length=MOST_WORDS), AfterValidator(_wordy)]
InterestName = Annotated[Printable, Field(min_length=1, max_length=160)]
ScenarioName = Annotated[Printable, Field(min_length=1, max_length=64)]
NextToken = Annotated[str, Field(min_length=1, max_length=MOST_TOKEN)]

INTEREST = "Only this one of the person's interests, by its name, or `session`."
EXPLAIN = "Give the reasons for every score."
SCENARIO = (
    "Name of a scenario, whose defaults hold for what is left out here; `none`: not even one whose "
    "rule holds."
)
NEXT = (
    "The `next` of an answer, to go on with it. All else may be left out; limit, fields and "
    "explain may differ, anything else must be as it was."
)


class Ranked(Wishes):
    """What can be said of any ranked list besides what it shall be like."""

    interest: InterestName | None = Field(None, description=INTEREST)
    explain: StrictBool = Field(default=False, description=EXPLAIN)
    scenario: ScenarioName | None = Field(None, description=SCENARIO)
    next: NextToken | None = Field(None, description=NEXT)


class About(BaseModel):
    """For whom, or like what."""

    user_id: UserId | None = Field(
        None, description="This person: their interests are the question, or bend what is asked."
    )
    session: Events | None = Field(
        None,
        description="What somebody did that was not sent as interactions: an anonymous person, or "
        "the person named. Nothing of it is kept.",
    )
    item_id: ItemId | None = Field(None, description="Items like this one.")
    positive: Examples = Field([], description="Items to be like, in what they have in common.")
    negative: Examples = Field([], description="Items not to be like.")
    words: Words | None = Field(None, description="What to look for, in plain words.")
    picture: StrictStr | None = Field(
        None,
        description="A picture to look like: a JPEG, PNG, WebP or GIF as a `data:` URL or in "
        "base64. It is not kept: send it again with `next`.",
    )
    together: TogetherBody | None = Field(
        None,
        description="With `item_id`: not items like it, but those that people have with it. Beside "
        "it only `user_id` may say whom it is for: what they hid stays away.",
    )
    list: Literal["popular", "trending"] | None = Field(
        None, description="What many people like, in months or in days. It stands alone."
    )


class Question(Ranked, About):
    """For whom or like what, and what the answer shall be like. What is left out asks nothing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"user_id": "ana", **EXAMPLE, "explain": True},
                {
                    "positive": ["mug-1"],
                    "negative": ["mug-7"],
                    "words": "for a small kitchen",
                    "user_id": "ana",
                    "user_impact": 0.3,
                },
                {
                    "session": [{"item_id": "mug-1", "type": "view"}],
                    "interest": "session",
                    "limit": 5,
                },
                {
                    "item_id": "mug-1",
                    "together": {"kind": "purchase", "fill": "similar"},
                    "limit": 4,
                },
            ]
        },
    )

    @model_validator(mode="after")
    def _sensible(self) -> Self:
        if self.next is None:  # which asks all that is missing here
            for broken, told in COMBINATIONS:
                if broken(self):
                    raise ValueError(told)
        return self

    @property
    def asks(self) -> bool:
        """Whether something is asked for besides the person."""
        return bool(self.item_id or self.positive or self.words or self.picture)

    @property
    def of_somebody(self) -> bool:
        """Whether it is for a person, named or not."""
        return self.user_id is not None or self.session is not None

    @property
    def listing(self) -> Listing:
        """Which list it asks for."""
        if self.list is not None:
            return self.list
        if self.together is not None:
            return "together"
        if self.words or self.picture:
            return "search"
        if self.asks:
            return "similar"
        return "session" if self.user_id is None else "for-you"

    def subject(
        self, *, session: tuple[Event, ...], picture: bytes | None, without: frozenset[str]
    ) -> Subject:
        """Make it what a recommender takes.

        Args:
            session: Its events, read.
            picture: Its picture, read.
            without: Examples there are no items for.
        """
        return Subject(
            user_id=self.user_id,
            session=session,
            item_id=self.item_id,
            positive=tuple(each for each in self.positive if each not in without),
            negative=tuple(each for each in self.negative if each not in without),
            words=self.words,
            picture=picture,
            together=None if self.together is None else self.together.wish(),
        )

    def kept(self, *leaving_out: str, picture: str | None) -> Mapping[str, Any]:
        """Return what was said, as JSON, a digest in the place of the picture.

        Args:
            leaving_out: Names of fields.
            picture: SHA-256 of the picture, in hex; None where there is none.
        """
        left_out = {"next", "picture", *leaving_out}
        said = {name: value for name, value in self.given.items() if name not in left_out}
        return said if picture is None else {**said, "picture": picture}


COMBINATIONS: tuple[tuple[Callable[[Question], bool], str], ...] = (
    (
        lambda asked: bool(asked.negative) and not (asked.asks or asked.of_somebody or asked.list),
        "negative says what not to be like: give something to be like as well, or a person",
    ),
    (
        lambda asked: not (asked.asks or asked.of_somebody or asked.list),
        "give at least one of user_id, session, item_id, positive, words, picture, list and next",
    ),
    (
        lambda asked: (
            asked.list is not None and (asked.asks or asked.of_somebody or bool(asked.negative))
        ),
        "list stands alone: it is the same for everybody, so leave out whom and what it is for",
    ),
    (
        lambda asked: asked.interest is not None and not asked.of_somebody,
        "interest is one of a person's: give user_id or session as well",
    ),
    (
        lambda asked: asked.user_impact is not None and not (asked.asks and asked.of_somebody),
        "user_impact weighs a person against what is asked for: give user_id or session, and one "
        "of item_id, positive, words and picture",
    ),
    (
        lambda asked: asked.together is not None and asked.item_id is None,
        "together says what goes with an item: give item_id as well",
    ),
    (
        lambda asked: (
            asked.together is not None
            and bool(
                asked.positive
                or asked.negative
                or asked.words
                or asked.picture
                or asked.session is not None
                or asked.interest is not None
            )
        ),
        "together asks for what goes with one item: leave out positive, negative, words, picture, "
        "session and interest",
    ),
    (
        lambda asked: not {*asked.positive}.isdisjoint(asked.negative),
        "an item cannot be both in positive and in negative",
    ),
)
"""What makes no sense together, and what is said of it."""


class SessionQuestion(Ranked):
    """What an anonymous person did, and what the answer shall be like."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "interactions": [
                        {"item_id": "mug-1", "type": "view", "timestamp": "2026-05-04T09:30:00Z"},
                        {"item_id": "mug-2", "type": "cart"},
                    ],
                    "limit": 10,
                }
            ]
        },
    )

    interactions: Events | None = Field(
        None,
        description="In any order; needed unless `next` is given. An empty list is a stranger.",
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.interactions is None and self.next is None:
            raise ValueError("give interactions, or next")
        if self.user_impact is not None:
            raise ValueError("user_impact weighs a person against what is asked for: leave it out")
        return self

    def question(self) -> Question:
        """Put it as any other question."""
        said = {name: getattr(self, name) for name in self.model_fields_set - {"interactions"}}
        if self.interactions is not None:
            said["session"] = self.interactions
        return Question(**said)
