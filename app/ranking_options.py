"""The options of ranking: what evidence says, how interests are found, and how places are given.

Formulas are in docs/explanation/interests.md and scoring.md; where a default was chosen by numbers,
they are in docs/benchmarks/interests.md.
"""

from datetime import timedelta

from pydantic import Field

from app.people_options import PeopleOptions
from app.recommend.popularity import POPULAR_PRIOR, TRENDING_PRIOR
from app.values import Duration, KindDurations, KindNames, KindWeights


class RankingOptions(PeopleOptions):
    """How a person's history becomes an answer. Field order is the order of the reference."""

    history_limit: int = Field(
        200,
        ge=1,
        le=1_000,
        description="Newest interactions of a person that are read. Older ones have decayed to "
        "little, and the bound keeps the read short.",
    )
    interest_half_life: Duration = Field(
        timedelta(days=30),
        ge=timedelta(minutes=1),
        le=timedelta(days=3_650),
        description="Age at which an interaction says half as much of what a person likes.",
    )
    popular_half_life: Duration = Field(
        timedelta(days=30),
        ge=timedelta(minutes=1),
        le=timedelta(days=3_650),
        description="Age at which an interaction counts half for /v1/popular: months, smoothed.",
    )
    popular_prior: float = Field(
        POPULAR_PRIOR,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="How firmly /v1/popular holds on to what is usual for an item, by its count "
        "with KINDRED_LASTING_HALF_LIFE, in decayed interactions: with fewer than this it is about "
        "where it has been for long. The default is four purchases. 0 takes the months alone, "
        "which is noise where little happens.",
    )
    lasting_half_life: Duration = Field(
        timedelta(days=365),
        ge=timedelta(minutes=1),
        le=timedelta(days=36_500),
        description="Age at which an interaction counts half for what is usual for an item, which "
        "steadies /v1/popular.",
    )
    trending_half_life: Duration = Field(
        timedelta(days=1),
        ge=timedelta(minutes=1),
        le=timedelta(days=3_650),
        description="Age at which an interaction counts half for /v1/trending: what is new today.",
    )
    trending_prior: float = Field(
        TRENDING_PRIOR,
        ge=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="How firmly /v1/trending holds on to what is usual for an item, by its count "
        "for /v1/popular, in decayed interactions: with fewer than this it is about where it "
        "usually is, with many more where they put it. The default is one purchase. 0 takes the "
        "latest interactions alone, which is noise where little happens.",
    )
    extra_kinds: KindWeights = Field(
        {},
        description="More kinds of interaction and what each says, comma separated: "
        "`wishlist=2.5,returned=-3`.",
    )
    kind_weights: KindWeights = Field(
        {},
        description="Other weights for the built-in kinds, in the same form; kinds left out keep "
        "theirs. A purchase says more than a view; dislike and hide speak against.",
    )
    excluded_kinds: KindNames = Field(
        ("all",),
        description="Kinds after which an item is not recommended to that person again: names, "
        "comma separated, or `all` or `none`. By default whatever was touched is known already. "
        "Hidden items never come back.",
    )
    half_lives: KindDurations = Field(
        {},
        description="Other half-lives for some kinds, comma separated: `view=7d,purchase=90d`. "
        "Looking is a passing mood, buying lasts.",
    )
    rating_per_star: float = Field(
        2.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="What each star above KINDRED_NEUTRAL_RATING says for an item, and each below "
        "against it. With 2, five stars lie between a like and a purchase.",
    )
    neutral_rating: float = Field(
        3.0,
        ge=1,
        le=5,
        allow_inf_nan=False,
        description="The rating of 1 to 5 that says nothing. Where people rate high by habit, 3.5 "
        "or 4.",
    )
    dwell_most: float = Field(
        3.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="What dwelling ever longer approaches: a like, as a long stay may also be a "
        "forgotten tab.",
    )
    dwell_half: Duration = Field(
        timedelta(seconds=60),
        ge=timedelta(seconds=1),
        le=timedelta(days=1),
        description="Dwelling for this long says half of KINDRED_DWELL_MOST.",
    )
    repeat_share: float = Field(
        0.5,
        ge=0,
        lt=1,
        allow_inf_nan=False,
        description="What doing the same with the same item once more says, as a share of the time "
        "before: with 0.5 any number of views says less than two.",
    )
    interests: int = Field(
        5,
        ge=1,
        le=20,
        description="Interests of a person at most, the heaviest. Each is one more query of the "
        "one search.",
    )
    interest_nearness: float = Field(
        0.3,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Items belong to one interest while their average likeness (weighted cosine) "
        "is at least this.",
    )
    interest_emphasis: float = Field(
        0.1,
        ge=0,
        le=5,
        allow_inf_nan=False,
        description="How much more a heavy interest counts: likeness is multiplied with (weight / "
        "heaviest weight) to this power. 0 counts all alike.",
    )
    interest_balance: float = Field(
        1.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Share of the places its weight would give it that every interest is sure of: "
        "0 leaves all to relevance, 1 shares them out.",
    )
    session_gap: Duration = Field(
        timedelta(minutes=30),
        ge=timedelta(minutes=1),
        le=timedelta(days=7),
        description="A pause longer than this ends a session, as web analytics count them.",
    )
    session_share: float = Field(
        0.5,
        ge=0,
        le=0.95,
        allow_inf_nan=False,
        description="Weight of the current session as an interest of its own, as a share of all.",
    )
    session_fade: float = Field(
        0.5,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="What each item further back in the session says there, as a share of the one "
        "after it: with 0.5 the newest says as much as all before it. 1 counts them alike.",
    )
    seed_weight: float = Field(
        5.0,
        ge=0.1,
        le=100,
        description="What a seed (`POST /v1/users/{user_id}/interests`) says unless it is told: as "
        "much as a purchase, so that a newcomer's first list is theirs.",
    )
    seed_half: float = Field(
        10.0,
        gt=0,
        le=10_000,
        allow_inf_nan=False,
        description="Evidence that halves what a newcomer's seeds are worth; two purchases, say.",
    )
    dislike_strength: float = Field(
        2.0,
        ge=0,
        le=100,
        allow_inf_nan=False,
        description="What a dislike costs the items nearest to it, at most, as a multiple of their "
        "likeness beyond KINDRED_DISLIKE_NEARNESS. 0 turns it off; hidden items stay away anyhow.",
    )
    dislike_nearness: float = Field(
        0.3,
        ge=-1,
        lt=1,
        allow_inf_nan=False,
        description="Likeness up to which a dislike costs nothing, so that disliking one does not "
        "bury its category.",
    )
    dislike_half: float = Field(
        3.0,
        gt=0,
        le=100,
        allow_inf_nan=False,
        description="Evidence against an item of this weight (a dislike) costs half of the most.",
    )
    together_every: Duration = Field(
        timedelta(hours=6),
        ge=timedelta(0),
        le=timedelta(days=90),
        description="How often the worker counts anew what goes together "
        "(/v1/items/{item_id}/together); sooner where there is twice as much as the last time. Ten "
        "million interactions take some minutes of one core, and habits change slowly. `0` for "
        "never.",
    )
    together_kinds: KindNames = Field(
        ("any", "purchase", "view"),
        description="Which baskets are counted, comma separated: `any`, what people did in one "
        "visit whatever its kind, and names of kinds, what they did in that way. 1 to 8; each "
        "keeps up to 50 rows an item in the database.",
    )
    together_people: int = Field(
        3,
        ge=2,
        le=1_000,
        description="Different people who must have had two items at once before the two go "
        "together, so that nobody's order can be read off. Raise it where people could be "
        "recognised by what they do.",
    )
    user_impact: float = Field(
        0.25,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="What a person counts beside what is asked for (similar items, words, "
        "examples), where a request does not say.",
    )
    diversity: float = Field(
        0.0,
        ge=0,
        le=1,
        allow_inf_nan=False,
        description="Worth of being unlike what is placed already, where a request does not say: "
        "maximal marginal relevance.",
    )
    duplicate_likeness: float = Field(
        0.999,
        gt=0,
        le=1,
        allow_inf_nan=False,
        description="From this likeness of their words, or of their pictures, on two items are "
        "shown as one.",
    )
    duplicate_rest: float = Field(
        0.6,
        ge=-1,
        le=1,
        allow_inf_nan=False,
        description="Likeness that everything else both have must have as well, or one picture "
        "saying `no picture yet` would make all items one.",
    )
    little_known: float = Field(
        5.0,
        gt=0,
        le=1_000_000,
        allow_inf_nan=False,
        description="Decayed interactions, weighed as for /v1/popular, from which on an item is "
        "not explored any more: one purchase.",
    )
