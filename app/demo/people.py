"""The shop's people: each has a taste, and mostly follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.demo.dice import Dice
from app.demo.kinds import KINDS
from app.demo.paint import COLOURS
from app.interactions.interaction import Interaction
from indexer.items import Item

NAMES = (
    "ada", "ben", "cleo", "dan", "elif", "finn", "gita", "hugo", "ines", "jonas", "kaya", "leo",
    "mira", "noah", "ola", "pia", "quentin", "rosa", "sami", "tara", "ulf", "vera", "wim", "xenia",
    "yara", "zoe", "amir", "bella", "carl", "dora", "emil", "frida", "goran", "hana", "ivo", "june",
)  # fmt: skip
"""Ids, too."""

SPAN = timedelta(days=30)
NOISE = 0.15
"""Share of visits that follow no taste at all."""

_LOVED_KIND, _LOVED_COLOUR, _AFFORDABLE = 12.0, 4.0, 2.0
_STEPS = (
    ("click", 0.6),
    ("like", 0.35),
    ("cart", 0.5),
    ("purchase", 0.6),
    ("rating", 0.4),
)
"""What may follow a view of something that fits, in order, and how often each does."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who shops here.

    Attributes:
        user_id: One of NAMES.
        kinds: Kinds of product they care for.
        colours: Colours they care for.
        budget: What they like to pay at most.
        interactions: What they did in the last 30 days, oldest first.
    """

    user_id: str
    kinds: tuple[str, ...]
    colours: tuple[str, ...]
    budget: float
    interactions: tuple[Interaction, ...]

    @property
    def taste(self) -> str:
        """The taste in words."""
        return f"{', '.join(self.kinds)} in {' or '.join(self.colours)}, up to {self.budget:.0f}"


def people(seed: int, now: datetime, items: Sequence[Item]) -> list[Person]:
    """Make up three dozen people and what they did.

    Args:
        seed: The same seed gives the same people doing the same things, `now` aside.
        now: Everything happened in the 30 days before, with an offset.
        items: What there is to shop, with `created_at`; nobody touches an item before that.

    Returns:
        In the order of NAMES. Ids of interactions are the same whenever this is called, so that
        recording them again adds nothing.
    """
    return [_person(Dice(seed, "taste", name), name, now, items) for name in NAMES]


def interactions(seed: int, now: datetime, items: Sequence[Item]) -> list[Interaction]:
    """Put together what all people did, oldest first (see `people`)."""
    done = [each for person in people(seed, now, items) for each in person.interactions]
    return sorted(done, key=lambda each: each.happened_at)


def _person(dice: Dice, name: str, now: datetime, items: Sequence[Item]) -> Person:
    kinds = dice.several([kind.name for kind in KINDS], dice.pick((1, 2, 3)))
    colours = dice.several(list(COLOURS), dice.pick((1, 2)))
    budget = dice.pick((40.0, 120.0, 400.0, 1500.0))
    weights = [_worth(item, kinds, colours, budget) for item in items]
    done = []
    for visit in range(1, 11 + int(dice.share() * 15)):
        session = f"demo-{name}-{visit:02}"
        done += _visit(dice, name, session, now, items, weights)
    done.sort(key=lambda each: each.happened_at)
    return Person(name, tuple(kinds), tuple(colours), budget, tuple(done))


def _worth(item: Item, kinds: Sequence[str], colours: Sequence[str], budget: float) -> float:
    """How likely somebody is to look at an item, above 0, on a scale of its own."""
    worth = _LOVED_KIND if item.item_id.rpartition("-")[0] in kinds else 1 / _LOVED_KIND
    worth *= _LOVED_COLOUR if (item.attributes or {}).get("colour") in colours else 1.0
    return worth * (_AFFORDABLE if (item.price or 0.0) <= budget else 1.0)


def _visit(
    dice: Dice,
    name: str,
    session: str,
    now: datetime,
    items: Sequence[Item],
    weights: Sequence[float],
) -> list[Interaction]:
    """Look at one item, and with luck do more with it in the minutes after."""
    strayed = dice.happens(NOISE)
    item = dice.pick(items, weights=None if strayed else weights)
    earliest = max(now - SPAN, item.created_at or now - SPAN)
    # An hour is kept free at the end, for what follows the view.
    at = earliest + (now - timedelta(hours=1) - earliest) * dice.share()
    done: list[tuple[str, float | None]] = [("view", None)]
    if strayed and dice.happens(0.3):
        done.append(("dislike", None))
    elif not strayed:
        done += _steps(dice)
    return [
        Interaction(
            user_id=name,
            item_id=item.item_id,
            kind=kind,
            value=value,
            happened_at=min(at + timedelta(minutes=4 * number), now),
            session_id=session,
            interaction_id=f"{session}-{kind}",
        )
        for number, (kind, value) in enumerate(done)
    ]


def _steps(dice: Dice) -> list[tuple[str, float | None]]:
    """Go from step to step until one is not taken; a like may be left out."""
    taken: list[tuple[str, float | None]] = []
    for kind, probability in _STEPS:
        if dice.happens(probability):
            taken.append((kind, dice.pick((3.0, 4.0, 5.0)) if kind == "rating" else None))
        elif kind != "like":
            break
    return taken
