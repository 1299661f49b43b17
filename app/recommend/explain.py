"""Reasons in the order people read them, and in one plain sentence."""

import math
from collections import defaultdict
from collections.abc import Collection, Sequence

from app.recommend.answers import Evidence, Reason, Source, Went
from embedders.behaviour import SPACE

DONE = {
    "purchase": "bought {}",
    "cart": "put {} in the cart",
    "like": "liked {}",
    "share": "shared {}",
    "rating": "rated {} well",
    "click": "opened {}",
    "dwell": "spent time on {}",
    "view": "viewed {}",
}
"""What a person did, said to them; the first that applies is said."""

ALIKE = {"text": "reads alike", "image": "looks alike", SPACE: "people choose both"}
"""How two items are alike, by space."""

WENT_ON = "people went on to this"
"""What behaviour says of something a person did."""

TURNED_DOWN = "turned down {}"

RATED = "rated {}"
"""Of what somebody did not rate well; in behaviour it speaks all the same."""

UNEXPLAINED: dict[Source, str] = {
    "pinned": "Chosen by hand.",
    "trending_for_you": "Many like it these days, and it is of a kind you like.",
    "trending": "Many people like it these days.",
    "popular": "Many people like it.",
    "newest": "New here.",
}
"""Sentences for what has no relevance to split."""


INNER = str.maketrans("“”", "‘’")  # noqa: RUF001 - they are what is meant
"""Quotation marks within quotation marks."""

HAD = {"purchase": "bought", "view": "viewed", "cart": "put in the cart", "like": "liked"}
"""What people did with both, by kind of basket; for others "had"."""

WHOLE = 12
"""Reasons that are told one by one however little some of them are."""

MOST = 20
"""Reasons that are told one by one at most. Somebody who did 200 things has some 190 an item; with
all of them an answer of 20 items took 948 kB, with these 107 kB."""

ENOUGH = 0.9
"""Share of all there is for and against an item that is told one by one, of more than WHOLE."""


def ordered(reasons: Collection[Reason]) -> tuple[Reason, ...]:
    """Put reasons in order: largest first, ties by name, then space."""
    return tuple(sorted(reasons, key=lambda each: (-each.amount, each.name, each.space or "")))


def brief(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """Tell the reasons that matter, and sum what is left of many.

    More than WHOLE reasons are told from the one that matters most, for or against, down to where
    they make up ENOUGH of the sum of their sizes, and MOST at most. What did not come from the
    past (words, a picture, boosts, freshness) is always told.

    Args:
        reasons: Largest first.

    Returns:
        The same, in their order, and last one of kind "others" for those that were left out, if
        there are two or more; their sum is the same.
    """
    if len(reasons) <= WHOLE:
        return tuple(reasons)
    sizes = [abs(each.amount) for each in reasons]
    enough = ENOUGH * math.fsum(sizes)
    told: set[int] = set()
    so_far = 0.0
    for row in sorted(
        range(len(reasons)), key=lambda row: (reasons[row].kind == "item", -sizes[row])
    ):
        if reasons[row].kind == "item" and (so_far >= enough or len(told) >= MOST):
            break
        told.add(row)
        so_far += sizes[row]
    left = [each.amount for row, each in enumerate(reasons) if row not in told]
    if len(left) <= 1:
        return tuple(reasons)
    rest = Reason("others", "others", None, math.fsum(left), count=len(left))
    return (*(reasons[row] for row in sorted(told)), rest)


def sentence(
    source: Source,
    reasons: Sequence[Reason],
    *,
    asked: str | None = None,
    went: Went | None = None,
) -> str:
    """Say why in one sentence, with the share each part has of what speaks for the item.

    Args:
        source: Where the item comes from.
        reasons: Its parts; read only where the source has relevance.
        asked: item_id that was asked about, which nobody needs to have touched.
        went: How often it went together with that.
    """
    if went is not None:
        had = HAD.get(went.kind, "had")
        often = f"{went.lift:.1f} times as often as by chance"
        return f"{went.people:,} people {had} both at once, {often}."
    if source in UNEXPLAINED:
        return UNEXPLAINED[source]
    speaking = [each for each in reasons if each.amount > 0]
    if not speaking:
        return "The nearest there is, though not near."
    whole = sum(each.amount for each in speaking)
    groups: dict[tuple[str, str], list[Reason]] = defaultdict(list)
    for each in speaking:
        groups[each.kind, each.name].append(each)
    chief = min(
        groups.values(),
        key=lambda parts: (-sum(part.amount for part in parts), parts[0].kind, parts[0].name),
    )
    share = sum(part.amount for part in chief) / whole
    spaces = ", ".join(
        f"{_alike(part.space, part.evidence)} {part.amount / whole:.0%}"
        for part in ordered(chief)
        if part.space is not None
    )
    text = f"{share:.0%} {_because(chief[0], asked)}"
    if _followed(chief):
        text = f"{share:.0%} {_because_followed(chief[0])}"
    elif spaces:
        text += f" ({spaces})"
    more = len(groups) - 1
    if more:
        text += f", and {more} more reason{'s' if more > 1 else ''}"
    return text + "."


def _alike(space: str, evidence: Evidence | None) -> str:
    if space == SPACE and evidence is not None:
        return WENT_ON
    return ALIKE.get(space, f"alike in {space}")


def _followed(parts: Sequence[Reason]) -> bool:
    """Say whether only what people went on to after it speaks."""
    return all(each.space == SPACE and each.evidence is not None for each in parts)


def _because_followed(reason: Reason) -> str:
    return f"because people who {_done(reason)} went on to this"


def _because(reason: Reason, asked: str | None) -> str:
    called = _called(reason)
    if reason.kind == "words":
        return f"because it matches {called}"
    if reason.kind == "picture":
        return "because it looks like the picture"
    if reason.kind == "freshness":
        return "because it is new"
    if reason.kind == "boost":
        return f"because of {called}"
    if reason.evidence is None:
        return f"because it is like {called}" if reason.name != asked else f"like {called}"
    return f"because you {_done(reason)}"


def _done(reason: Reason) -> str:
    """Say what a person did with an item."""
    known = reason.evidence
    done = "chose {}"
    if known is not None:
        done = next((DONE[kind] for kind in DONE if kind in known.kinds), done)
        # In behaviour, what somebody turned down may speak for something, too.
        if known.kinds == ("rating",) and known.weight <= 0:
            done = RATED
        elif known.weight < 0:
            done = TURNED_DOWN
    return done.format(_called(reason))


def _called(reason: Reason) -> str:
    return f"“{(reason.title or reason.name).translate(INNER)}”"
